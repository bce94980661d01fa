import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct DenoiserTests {
  private static func model(noise: Float = 0.5) throws -> Denoiser {
    var configuration = Denoiser.Configuration(height: 16, width: 16, noise: noise)
    configuration.features = 8
    return try Denoiser(configuration)
  }

  private static let size = ImagePreparation(size: 16)

  @Test("Each image gets noise of its own, up to that of the configuration, whoever draws it") func noise() throws {
    let model = try Self.model(noise: 0.2)
    let grey = Tensor(repeating: 0.5, shape: [400, 16, 16, 1])
    var random = SampleRandom(RandomGenerator(seed: 1), places: 0..<400)
    let noisy = model.damaged(grey, using: &random).images
    // 0.2 is hardly cut off on both sides of the middle.
    let deviations = (noisy - grey).square().mean(axes: [1, 2, 3]).squareRoot()
    #expect(deviations.max().scalar < 0.23 && deviations.min().scalar < 0.01)
    #expect(abs(deviations.mean().scalar - 0.1) < 0.01)
    #expect(noisy.min().scalar >= 0 && noisy.max().scalar <= 1)
    var some = SampleRandom(RandomGenerator(seed: 1), places: 30..<40)
    #expect(model.damaged(grey[30..<40], using: &some).images == noisy[30..<40])
  }

  @Test("Some steps make noisy images better, by many decibels") func learns() throws {
    let images = Self.size(BuiltInDigits.make(count: 600))
    let test = Self.size(BuiltInDigits.make(count: 100, seed: 1))
    let model = try Self.model()
    let trained = try Trainer(model, length: .steps(150), batchSize: 16, seed: 1).train(on: images)
    let figures = model.evaluate(on: TrainingData(test), with: trained.state)
    let (ratio, noisy) = (try #require(figures["psnr"]), try #require(figures["psnr_of_noisy"]))
    #expect(ratio > noisy + 1)
    #expect(try model.preview(with: trained.state, from: TrainingData(test)) { _ in }?.images.count == 30)
    // At one deviation, as the program does it.
    let clean = test.batch(at: Array(0..<100)).samples
    var random = RandomGenerator(seed: 2)
    let damaged = (clean + Tensor.normal(clean.shape, standardDeviation: 0.3, using: &random)).clamped(to: 0...1)
    func mean(_ images: Tensor) -> Double {
      PeakSignal.errors(of: images, to: clean).map(PeakSignal.ratio).reduce(0, +) / 100
    }
    #expect(mean(try trained.denoise(damaged)) > mean(damaged) + 3)
  }

  /// Of numbers from N(0, 1) with noise of deviation σ the squared error is least for x / (1 + σ²): what may have been there,
  /// in the mean. The steps become smaller, so that of their noise 0.05 is left at most.
  @Test("The loss has one minimum, which shrinks as much as there is noise", arguments: [0.5, 1, 2] as [Float])
  func leastError(deviation: Float) throws {
    let model = try Self.model()
    let line = Dense(from: 1, to: 1)
    let network = Network(line)
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    var optimizer = Adam(learningRate: 0.02)
    let steps = 600
    for step in 0..<steps {
      optimizer.learningRate = 0.02 * (1 - Float(step) / Float(steps))
      let clean = Tensor.normal([256, 1], using: &random)
      let noisy = clean + Tensor.normal([256, 1], standardDeviation: deviation, using: &random)
      network.update(&state, with: &optimizer, using: &random) { context in
        model.loss(of: line(noisy, in: context), to: clean, DamagedImages(images: noisy))
      }
    }
    let ends = line([[0], [1]], in: Context(network, state, mode: .inference)).scalars
    #expect(abs(ends[0]) < 0.05, "\(ends)")
    #expect(abs(ends[1] - ends[0] - 1 / (1 + deviation * deviation)) < 0.05, "\(ends)")
  }

  @Test("Before its first step it leaves images as they are") func beginning() throws {
    let model = try Self.model()
    let untrained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    var random = RandomGenerator(seed: 3)
    let images = Tensor.uniform([3, 16, 16, 1], using: &random)
    #expect(try untrained.denoise(images) == images)
  }

  @Test("What becomes of an image does not depend on those beside it") func oneByOne() throws {
    let model = try Self.model()
    var random = RandomGenerator(seed: 4)
    let trained = TrainedModel(model: model, state: model.drawnState(using: &random))
    let images = Tensor.uniform([8, 16, 16, 1], using: &random)
    let together = try trained.denoise(images)
    #expect((together - images).maximumMagnitude > 0.01)
    for row in 0..<8 {
      #expect((try trained.denoise(images[row..<row + 1])[0] - together[row]).maximumMagnitude < 1e-5)
    }
  }

  @Test("Images that are black but for a few pixels do not become black", arguments: [1, 2, 3, 4] as [UInt64])
  func sparseImages(seed: UInt64) throws {
    let source = TensorSet(Self.sparseImages(seed: 1))
    let test = TrainingData(TensorSet(Self.sparseImages(seed: 2)))
    let model = try Self.model()
    let trained = try Trainer(model, length: .steps(60), batchSize: 16, seed: seed).train(on: source)
    let figures = model.evaluate(on: test, with: trained.state)
    let (ratio, noisy) = (try #require(figures["psnr"]), try #require(figures["psnr_of_noisy"]))
    #expect(ratio > noisy + 1)
  }

  /// Images with a white square each, a twentieth of their pixels.
  private static func sparseImages(seed: UInt64) -> Tensor {
    var random = RandomGenerator(seed: seed)
    let places = Tensor.uniform([100, 2], using: &random).scalars
    var images = Tensor.zeros([100, 16, 16, 1])
    for index in 0..<100 {
      let (row, column) = (Int(places[2 * index] * 12), Int(places[2 * index + 1] * 12))
      images[index, row..<row + 4, column..<column + 3] = Tensor(1)
    }
    return images
  }

  @Test("What does not fit is refused") func refusals() throws {
    #expect(throws: ConfigurationError("denoiser: noise is 0.0, expected more than 0 and at most 10")) {
      try Denoiser(Denoiser.Configuration(noise: 0))
    }
    let text = "denoiser: width is 18, expected a multiple of 4 up to 65536: pad or scale the images"
    #expect(throws: ConfigurationError(text)) { try Denoiser(Denoiser.Configuration(height: 16, width: 18)) }
    var still = Denoiser.Configuration()
    still.learningRate = 0
    #expect(throws: ConfigurationError("denoiser: learningRate is 0.0, expected a positive number")) {
      try Denoiser(still)
    }
    let model = try Self.model()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let images = Tensor.zeros([2, 16, 16, 1])
    #expect(throws: CapabilityError.self) { try trained.restore(images, mask: images) }
    #expect(throws: CapabilityError.self) { try trained.denoise(.zeros([2, 12, 16, 1])) }
  }
}

extension RestorationModel {
  /// First values, but those of the last convolution drawn too: with zeros a network would do nothing.
  func drawnState(using random: inout RandomGenerator) -> State {
    var state = makeTraining(seed: 1).state
    let last = state.names.filter { $0.contains(".exit.") || $0.contains(".correction.") }
    precondition(!last.isEmpty)
    for name in last {
      state[name] = state[name].map { .normal($0.shape, standardDeviation: 0.1, using: &random) }
    }
    return state
  }
}
