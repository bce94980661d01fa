import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct PixelCNNTests {
  static func tiny(
    _ height: Int = 6, _ width: Int = 5, _ values: PixelValues = .binary, classes: Int? = nil
  ) throws -> PixelCNN {
    try PixelCNN(
      PixelCNN.Configuration(
        height: height, width: width, values: values, binarization: values == .binary ? .dynamic : .none, features: 6,
        layerCount: 2, firstKernelSize: 5, headFeatures: 5, classCount: classes))
  }

  /// A loss of nothing known: ln 2, or ln K, a pixel.
  @Test(arguments: [(PixelValues.binary, 2.0), (.grey(levels: 8), 8.0), (.codes(count: 3), 3.0)])
  func aHeadOfZerosKnowsNothing(_ values: PixelValues, _ count: Double) throws {
    let model = try Self.tiny(28, 28, values)
    var training = model.makeTraining(seed: 1)
    for name in training.state.names where name.hasPrefix("output") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    let figures = model.evaluate(on: TrainingData(BuiltInDigits.make(count: 20)), with: training.state)
    let expected = 784 * Double(Tensor(Float(count)).log().scalar)
    #expect(abs((figures["nll"] ?? 0) - expected) < 1e-4 * expected)
  }

  @Test func learnsTheBuiltInDigits() throws {
    let digits = BuiltInDigits.make(count: 400)
    let model = try PixelCNN(PixelCNN.Configuration(features: 8, layerCount: 2, headFeatures: 16))
    let trained = try Trainer(model, length: .steps(100), batchSize: 10, seed: 1, learningRate: 5e-3).train(on: digits)
    let unseen = model.prepared(BuiltInDigits.make(count: 50, seed: 9))
    let nats = try #require(model.evaluate(on: TrainingData(unseen), with: trained.state)["nll"])
    #expect(nats < 150, "\(nats)")
  }

  @Test func trainedProbabilitiesAddUp() throws {
    let model = try Self.tiny(3, 3)
    let images = PixelNetworkChecks.allImages(3, .binary)[100..<140]
    let trained = try Trainer(model, length: .steps(30), batchSize: 8, seed: 1, learningRate: 1e-2)
      .train(on: TensorSet(images))
    let check = PixelNetworkChecks(
      "trained", model.distributions[0].network, .binary, 3, .none,
      Context(model.network, trained.state, mode: .inference))
    check.probabilitiesAddUp()
    check.cachesAreExact(count: 4)
  }

  // MARK: Samples

  @Test func samplesDependOnTheirPlaceAlone() throws {
    let model = try Self.tiny(classes: 3)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let all = try trained.sample(7, seed: 4)
    #expect(all.shape == [7, 6, 5, 1] && all.scalars.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(try trained.sample(3, seed: 4) == all[0..<3])
    var random = SampleRandom(RandomGenerator(seed: 4), places: 2..<4)
    #expect(model.sample(2, given: .labels([2, 0]), with: trained.state, using: &random) == all[2..<4])
  }

  @Test(arguments: [(PixelValues.grey(levels: 4), 3.0 as Float), (.codes(count: 3), 1)])
  func samplesAreValues(_ values: PixelValues, _ scale: Float) throws {
    let model = try Self.tiny(4, 4, values)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let samples = try trained.sample(20, seed: 1)
    let places = samples.scalars.map { $0 * scale }
    #expect(Set(places) == Set((0..<values.count).map { Float($0) }))
    #expect(values.input(of: samples).shape == [20, 4, 4, values.inputChannels])
    if case .grey = values { #expect(values.input(of: samples) == samples) }
  }

  @Test func completionsKeepWhatIsKnown() throws {
    let model = try Self.tiny()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    var random = RandomGenerator(seed: 3)
    let images = Tensor.uniform([70, 6, 5, 1], using: &random).rounded()
    var mask = Tensor.zeros(images.shape)
    mask[.all, 0..<3] = Tensor(1)
    let complete = try trained.complete(images, mask: mask, seed: 5)
    #expect(complete[.all, 0..<3] == images[.all, 0..<3])
    #expect(complete[.all, 3...] != images[.all, 3...])
    // What is missing does not matter, nor how many are completed at once; nothing known is a sample.
    let damaged = images * mask + (1 - mask) * 17
    #expect(try trained.complete(damaged, mask: mask, seed: 5) == complete)
    #expect(try trained.complete(images[0..<9], mask: mask[0..<9], seed: 5) == complete[0..<9])
    #expect(try trained.complete(images, mask: mask * 0, seed: 5) == trained.sample(70, seed: 5))
    #expect(try trained.complete(images, mask: mask * 0 + 1) == images)
  }

  @Test func progressIsToldAndEndsIt() throws {
    let model = try Self.tiny()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    var shares: [Double] = []
    func note(_ share: Double) { shares.append(share) }
    try trained.forEachBatch(of: 70, progress: note) { _ in }
    // Two batches of six rows, and an end each.
    #expect(shares.count == 14 && shares == shares.sorted() && shares[0] == 0 && shares[13] == 1)
    struct Enough: Error {}
    var calls = 0
    func end(_ share: Double) throws {
      calls += 1
      if calls == 3 { throw Enough() }
    }
    #expect(throws: Enough.self) { try trained.forEachBatch(of: 70, progress: end) { _ in } }
    #expect(calls == 3)
  }

  @Test func cancellationEndsIt() async throws {
    let model = try Self.tiny()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try trained.sample(10, seed: 1)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  // MARK: Likelihood

  @Test func likelihoodsAreExactAndNamed() throws {
    let model = try Self.tiny(classes: 3)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let images = PixelNetworkChecks(
      "", model.distributions[0].network, .binary, Tensor.Size2D(height: 6, width: 5), .none,
      Context(model.network, trained.state, mode: .inference)
    ).images(9)
    let labels = Condition.labels((0..<9).map { $0 % 3 })
    let all = try trained.logLikelihoods(of: images, given: labels)
    #expect(model.likelihoodKind == .exact && all.shape == [9] && all.scalars.allSatisfy { $0 < 0 })
    #expect(try trained.logLikelihoods(of: images[4..<5], given: .labels([1])) == all[4..<5])
    #expect(try trained.logLikelihoods(of: images, given: labels, draws: 7, seed: 9) == all)
    #expect(try trained.anomalyScores(of: images, given: labels) == -all)
    #expect(throws: CapabilityError.self) { try trained.logLikelihoods(of: images) }
  }

  @Test func badConfigurations() throws {
    func message(_ change: (inout PixelCNN.Configuration) -> Void) -> String? {
      var configuration = PixelCNN.Configuration()
      change(&configuration)
      return #expect(throws: ConfigurationError.self) { try PixelCNN(configuration) }?.description
    }
    #expect(message { $0.features = 0 } == "pixelcnn: features is 0, expected 1 to 4096")
    #expect(message { $0.kernelSize = 4 } == "pixelcnn: kernelSize is 4, expected an odd number")
    #expect(message { $0.values = .grey(levels: 1) } == "pixelcnn: levels is 1, expected 2 to 256")
    #expect(
      message { $0.values = .grey(levels: 4) }
        == "pixelcnn: binarization is dynamic, which takes black and white pixels")
    #expect(
      message { $0.binarization = .none }
        == "pixelcnn: binarization is none; black and white pixels are drawn, static or dynamic")
    #expect(message { $0.classCount = 1 } == "pixelcnn: classCount is 1, expected 2 to 65536")
  }
}
