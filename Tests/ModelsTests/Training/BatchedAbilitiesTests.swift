import Datasets
import Layers
import Models
import Synchronization
import Tensor
import Testing
import Training

/// A model that can do everything, draws several times for a sample, and notes how many samples it was given at once.
private struct Echo: LatentEncoding, LikelihoodEstimating, AnomalyScoring, Discriminating, Translating, Restoring {
  struct Configuration: Codable, Sendable, Equatable {
    var side = 8
    var classCount: Int?
  }

  /// The most samples that were seen at once.
  final class Largest: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func note(_ tensor: Tensor) { count.withLock { $0 = max($0, tensor.shape[0]) } }
  }

  private final class Part: Module { let bias = Parameter([], .zeros) }

  static let kind = "echo"
  let configuration: Configuration
  let network = Network(Part())
  let largest = Largest()

  init(_ configuration: Configuration) { self.configuration = configuration }

  var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.side, configuration.side, 1], condition: configuration.classCount.map { .classes($0) } ?? .none),
      InputRequirement([3], stream: "b"),
    ]
  }

  var latentShape: Tensor.Shape { [2] }
  var likelihoodKind: LikelihoodKind { .lowerBound }
  var directions: [String] { ["a-to-b", "b-to-a", "b-to-b"] }
  var damagedShape: Tensor.Shape { [2] }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] { [:] }
  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics { [:] }

  /// A number for each sample out of three draws, one of them from a context.
  private func number(_ count: Int, _ state: State, _ random: inout SampleRandom) -> Tensor {
    let first = random.normal([count, 5])
    let second = Context(network, state, mode: .inference, random: &random).uniform([count, 3])
    return first.sum(axes: [1]) + second.sum(axes: [1]) + random.normal([count])
  }

  private func images(_ numbers: Tensor) -> Tensor {
    let (count, side) = (numbers.shape[0], configuration.side)
    let images = numbers.reshaped(to: [count, 1, 1, 1]).broadcast(to: [count, side, side, 1])
    largest.note(images)
    return images
  }

  func sample(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let classes = Tensor((condition.labels ?? Array(repeating: 0, count: count)).map { Float($0) })
    return images(number(count, state, &random) + classes * 100)
  }

  func encode(_ samples: Tensor, given condition: Condition, with state: State) -> Tensor {
    largest.note(samples)
    return samples.flattened().sliced([0..<samples.shape[0], 0..<2])
  }

  func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    images(latents.square().sum(axes: [1]))
  }

  func logLikelihoods(
    of samples: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    largest.note(samples)
    return (0..<draws).reduce(samples.mean(axes: [1, 2, 3])) { sum, _ in sum + number(samples.shape[0], state, &random)
    }
  }

  func scores(of samples: Tensor, given condition: Condition, with state: State) -> Tensor {
    largest.note(samples)
    return samples.mean(axes: [1, 2, 3])
  }

  func translate(_ samples: Tensor, direction: String, with state: State) -> Tensor {
    largest.note(samples)
    return samples * 2
  }

  func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor {
    let known = mask.map { damaged * $0 } ?? damaged
    return images(known.sum(axes: [1]) + number(damaged.shape[0], state, &random))
  }
}

/// What a model makes of a sample depends on itself, its place and the seed: not on its batch, not on how many there are.
@Suite struct BatchedAbilitiesTests {
  private static func echo(_ side: Int = 8, classCount: Int? = nil) -> (trained: TrainedModel, largest: Echo.Largest) {
    let echo = Echo(Echo.Configuration(side: side, classCount: classCount))
    return (TrainedModel(model: echo, state: echo.makeTraining(seed: 0).state), echo.largest)
  }

  private static func noise(_ shape: Tensor.Shape) -> Tensor {
    var random = RandomGenerator(seed: 8)
    return .uniform(shape, using: &random)
  }

  /// `ability` gives the first rows of what it gives for all, bit by bit.
  private func checkRows(
    _ all: Tensor, _ name: String, counts: [Int] = [1, 2, 63, 64, 65, 129], _ ability: (Tensor) throws -> Tensor
  ) throws {
    let whole = try ability(all)
    #expect(whole.shape[0] == all.shape[0])
    for count in counts {
      let isSame = try ability(all[0..<count]) == whole[0..<count]
      #expect(isSame, "\(name) of \(count)")
    }
    // The samples are not all alike.
    #expect(whole[0] != whole[1] && whole[0] != whole[129])
  }

  @Test(arguments: VAE.Architecture.allCases) func aVAE(_ architecture: VAE.Architecture) throws {
    let vae = try VAE(
      VAE.Configuration(
        height: 8, width: 8, latentSize: 3, architecture: architecture, hiddenSize: 21, convolutionFeatures: 5))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let images = Self.noise([130, 8, 8, 1])
    try checkRows(images, "encode") { try trained.encode($0) }
    try checkRows(images, "reconstruct") { try trained.reconstruct($0) }
    try checkRows(Self.noise([130, 3]), "decode") { try trained.decode($0) }
    try checkRows(images, "anomalies") { try trained.anomalyScores(of: $0, seed: 2) }
    for draws in [1, 3] {
      try checkRows(images, "\(draws) draws") { try trained.logLikelihoods(of: $0, draws: draws, seed: 2) }
    }
    #expect(try trained.encode(images) == vae.encode(images, given: .none, with: trained.state))
  }

  @Test(arguments: [GANConfiguration.dcgan, .spectralNorm, .wganGP]) func aGAN(_ base: GANConfiguration) throws {
    var configuration = base
    (configuration.height, configuration.width, configuration.latentSize) = (8, 8, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (6, 4)
    let gan = try DCGAN(configuration)
    let trained = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    try checkRows(Self.noise([130, 8, 8, 1]), "scores") { try trained.scores(of: $0) }
    try checkRows(Self.noise([130, 3]), "decode") { try trained.decode($0) }
    try checkRows(Self.noise([130, 1]), "sample") { try trained.sample($0.shape[0], seed: 3) }
  }

  /// Whatever a model draws, and however often.
  @Test func manyDraws() throws {
    let trained = Self.echo().trained
    let images = Self.noise([130, 8, 8, 1])
    try checkRows(images, "sample") { try trained.sample($0.shape[0], seed: 3) }
    try checkRows(images, "likelihoods") { try trained.logLikelihoods(of: $0, draws: 7, seed: 3) }
    try checkRows(images, "anomalies") { try trained.anomalyScores(of: $0, seed: 3) }
    try checkRows(Self.noise([130, 2]), "restore") { try trained.restore($0, seed: 3) }
    try checkRows(Self.noise([130, 2]), "restore") { try trained.restore($0, mask: $0, seed: 3) }
    try checkRows(images, "translate") { try trained.translate($0) }
    #expect(try trained.sample(2, seed: 3) != trained.sample(2, seed: 4))
    #expect(try trained.decode(trained.drawLatents(130, seed: 5)).shape == [130, 8, 8, 1])
  }

  /// 64 small images at once, a single large one, and fewer where there are several copies of each.
  @Test(arguments: [(8, 64), (28, 64), (56, 16), (256, 1)]) func batchesGoByScalars(side: Int, most: Int) throws {
    func largest(_ ability: (TrainedModel) throws -> Tensor) throws -> Int {
      let (trained, largest) = Self.echo(side)
      _ = try ability(trained)
      return largest.value
    }
    let images = Tensor.zeros([70, side, side, 1])
    #expect(try largest { try $0.sample(70) } == most)
    #expect(try largest { try $0.encode(images) } == most)
    #expect(try largest { try $0.reconstruct(images) } == most)
    #expect(try largest { try $0.scores(of: images) } == most)
    #expect(try largest { try $0.anomalyScores(of: images) } == most)
    #expect(try largest { try $0.translate(images) } == most)
    #expect(try largest { try $0.decode(.zeros([70, 2])) } == most)
    #expect(try largest { try $0.restore(.zeros([70, 2])) } == most)
    #expect(try largest { try $0.interpolate(from: images[0], to: images[1], count: 70) } == most)
    let fewer = min(64, max(1, 64 * 784 / 4 / (side * side)))
    #expect(try largest { try $0.logLikelihoods(of: images, draws: 4) } == fewer)
  }

  /// No list of so many labels is made.
  @Test func moreSamplesThanLabelsFitIntoMemory() throws {
    struct Enough: Error {}
    let trained = Self.echo(classCount: 3).trained
    var first: Tensor?
    #expect(throws: Enough.self) {
      try trained.forEachBatch(of: 1 << 32) { batch in
        first = batch
        throw Enough()
      }
    }
    #expect(try first == trained.sample(64))
    func twoClasses(_ places: Range<Int>) -> Condition { .labels(places.map { $0 % 2 }) }
    #expect(throws: Enough.self) {
      try trained.forEachBatch(of: 1 << 32, conditions: twoClasses) { batch in
        first = batch
        throw Enough()
      }
    }
    #expect(try first == trained.sample(64, given: twoClasses(0..<64)))
  }

  @Test func conditionsAreCheckedBeforeAndOnTheWay() throws {
    let trained = Self.echo(classCount: 3).trained
    try trained.checkSampling(given: .labels([0, 2]))
    let early = try #require(throws: CapabilityError.self) { try trained.checkSampling(given: .labels([0, 3])) }
    #expect(early.description == "echo cannot sample: expected labels of 3 classes, found label 3")
    var count = 0
    let late = try #require(throws: CapabilityError.self) {
      func rising(_ places: Range<Int>) -> Condition { .labels(places.map { $0 / 64 + 1 }) }
      try trained.forEachBatch(of: 130, conditions: rising) { count += $0.shape[0] }
    }
    #expect(late == early && count == 128)
    let wrong = try #require(throws: CapabilityError.self) {
      func one(_ places: Range<Int>) -> Condition { .labels([1]) }
      try trained.forEachBatch(of: 130, conditions: one) { _ in }
    }
    #expect(wrong.description == "echo cannot sample: expected labels of 3 classes, found conditions for 1 sample")
  }

  /// A search among latents goes through several batches.
  @Test func gradientsPassThroughBatches() throws {
    let latents = Self.noise([130, 2])
    let gradient = try latents.recorded().gradientOfSum { try Self.echo().trained.decode($0) }
    #expect(gradient == latents * 128)
  }

  /// Each direction takes the samples of its own input, those beyond the last input the samples of the first.
  @Test func translationsSayWhatTheyTake() throws {
    let trained = Self.echo().trained
    #expect(try trained.translate(.zeros([5, 3]), direction: "b-to-a").shape == [5, 3])
    #expect(try trained.translate(.zeros([5, 8, 8, 1]), direction: "b-to-b").shape == [5, 8, 8, 1])
    func refusal(_ body: () throws -> Tensor) throws -> String {
      try #require(throws: CapabilityError.self) { _ = try body() }.description
    }
    #expect(
      try refusal { try trained.translate(.zeros([5, 3])) }
        == "echo cannot translate a-to-b: expected a tensor [N, 8, 8, 1], found [5, 3]")
    #expect(
      try refusal { try trained.translate(.zeros([5, 8, 8, 1]), direction: "b-to-a") }
        == "echo cannot translate b-to-a: expected a tensor [N, 3], found [5, 8, 8, 1]")
    #expect(
      try refusal { try trained.translate(.zeros([5, 3]), direction: "c") }
        == "echo cannot translate \"c\": it knows a-to-b, b-to-a, b-to-b")
  }

  @Test func placesBeyondARun() async {
    await #expect(processExitsWith: .failure) {
      _ = SampleRandom(RandomGenerator(seed: 0), places: 0..<(1 << 32) + 1)
    }
    await #expect(processExitsWith: .failure) { _ = SampleRandom(RandomGenerator(seed: 0), places: -1..<1) }
  }
}

extension Tensor {
  /// The gradient of the sum of what `body` makes of this recorded tensor.
  fileprivate func gradientOfSum(_ body: (Tensor) throws -> Tensor) rethrows -> Tensor {
    try body(self).sum().gradient(at: self)
  }
}
