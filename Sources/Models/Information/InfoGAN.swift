import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A GAN of images whose latents have codes, which a head of its discriminator recovers: without labels, they come to
/// stand for what images differ in, such as the class of a digit, its slant and its width.
///
/// ```swift
/// let model = try InfoGAN()
/// let trained = try Trainer(model, length: .epochs(10), batchSize: 128).train(on: images)
/// let codes = try trained.recoveredCodes(of: images)
/// ```
///
/// Reference: Chen, Duan, Houthooft, Schulman, Sutskever and Abbeel, "InfoGAN: interpretable representation learning by
/// information maximizing generative adversarial nets", arXiv:1606.03657, at half the width.
public struct InfoGAN: GenerativeModel {
  public static let kind = "infogan"
  public let configuration: Configuration
  /// The two networks and how they are trained.
  public let procedure: AdversarialTraining

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      prior: CodePrior(configuration.codes))
    procedure.terms = [configuration.term]
    procedure.averageDecay = configuration.averageDecay
    self.procedure = procedure
  }

  public var network: Network { procedure.network }
  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  /// What the names of the parameters begin with: `generator.…`, `discriminator.…`.
  private final class Parts: Module {
    let generator: InfoGANGenerator
    let discriminator: InfoGANDiscriminator

    init(_ configuration: Configuration) {
      let (height, width, channels) = (configuration.height, configuration.width, configuration.channels)
      generator = InfoGANGenerator(
        height: height, width: width, channels: channels, latentSize: configuration.codes.size,
        features: configuration.features)
      discriminator = InfoGANDiscriminator(
        height: height, width: width, channels: channels, features: configuration.features,
        headFeatures: configuration.headFeatures, codeSize: configuration.codes.codeSize)
    }
  }
}

// MARK: - Training

extension InfoGAN {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.learningRate
    let other = LearningRates.ofDiscriminator(
      configuration.discriminatorLearningRate, whenGenerator: rate, inPlaceOf: configuration.learningRate)
    func optimizer(_ rate: Float) -> any Optimizer { configuration.optimizer.makeCheckedOptimizer(learningRate: rate) }
    return [
      AdversarialTraining.OptimizerName.generator: optimizer(rate),
      AdversarialTraining.OptimizerName.discriminator: optimizer(other),
    ]
  }

  public func makeMemory(using generator: inout RandomGenerator) -> State { procedure.makeMemory() }

  public func check(batchSize: Int) throws {
    guard batchSize < 2 else { return }
    throw ConfigurationError(
      "\(Self.kind): batches of 1 leave batch normalization one value; it needs two: a larger batch size helps")
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try procedure.trainingStep(&training) { (feed.next().samples.signedPixels, .none) }
  }

  public var leastStepsToJudge: Int {
    max(Self.leastSteps, AdversarialTraining.leastStepsToJudge(channels: configuration.channels))
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    procedure.warnings(for: trend) + [codesIgnored(trend)].compactMap { $0 }
  }

  /// The kinds of warnings that this model has beside those of other GANs.
  public enum WarningKind {
    /// Images that tell nothing of their codes.
    public static let codesIgnored = "codes-ignored"
  }

  private func codesIgnored(_ trend: TrainingTrend) -> TrainingWarning? {
    let most = configuration.codes.categoricalEntropy
    guard configuration.categoricalWeight > 0, trend.stepCount >= Self.leastSteps,
      let course = trend.course(of: MutualInformation.information), let information = course.median,
      information < Self.leastShare * most,
      course.isRising(by: Self.leastGrowth, least: Self.leastRise * most) == false
    else { return nil }
    return TrainingWarning(
      kind: WarningKind.codesIgnored,
      text: """
        the generator ignores the codes: its images tell \(DecimalText.significant(information, digits: 2)) of \
        \(DecimalText.significant(most, digits: 3)) nats of the categorical ones; a larger weight of these or a lower \
        learning rate may help
        """)
  }

  private static let leastSteps = 300
  private static let leastShare = 0.05
  private static let leastGrowth = 1.5
  private static let leastRise = 0.002
}

// MARK: - Use

extension InfoGAN: CodeRecovering, Discriminating {
  public var codes: LatentCodes { configuration.codes }
  public var latentShape: Tensor.Shape { procedure.prior.shape }
  public var firstLatentWeight: String? { "generator.widen.weight" }

  /// Noise and codes.
  public var latentVariables: LatentVariables { .other }

  public func drawLatents(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor { procedure.prior.draw(count, using: &random) }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == codes.size,
      "decode: latents of shape \(latents.shape), expected [N, \(codes.size)]")
    let context = Context(network, state, mode: .inference)
    return (procedure.generator(latents, given: .none, in: context) + 1) * 0.5
  }

  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    judged(images, with: state).scores
  }

  public func recoveredCodes(of images: Tensor, with state: State) -> Tensor {
    requireSome(judged(images, with: state).heads[MutualInformation.head], "InfoGAN: there is no head for codes")
  }

  private func judged(_ images: Tensor, with state: State) -> DiscriminatorOutput {
    procedure.discriminator(images.signedPixels, given: .none, in: Context(network, state, mode: .inference))
  }
}

extension InfoGAN {
  /// The sizes and choices of an ``InfoGAN``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels, a multiple of 4.
    public var height = 28
    /// The width of an image in pixels, a multiple of 4.
    public var width = 28
    /// 1 for grey images, 3 for colour.
    public var channels = 1
    /// What latents are made of.
    public var codes = LatentCodes()
    /// The channels of both networks at half the image size; where it is smaller there are twice as many, in dense layers
    /// 16 times. The published networks have 64.
    public var features = 32
    /// The width of the head that recovers codes.
    public var headFeatures = 128
    /// The weight λ of categorical codes in both losses.
    public var categoricalWeight: Float = 1
    /// The weight of continuous codes in both losses.
    public var continuousWeight: Float = 1
    /// The rule both networks are trained with.
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    /// The generator's learning rate.
    public var learningRate: Float = 1e-3
    /// The discriminator's learning rate.
    public var discriminatorLearningRate: Float = 2e-4
    /// How much of the generator's moving average stays from step to step; none is kept if nil.
    public var averageDecay: Float? = 0.999

    /// A model of 28×28 grey digits.
    public init() {}

    var term: MutualInformation {
      MutualInformation(codes, categoricalWeight: categoricalWeight, continuousWeight: continuousWeight)
    }

    func validate() throws {
      func check(_ sizes: [(name: String, value: Int, range: ClosedRange<Int>)]) throws {
        for (name, value, range) in sizes where !range.contains(value) {
          throw ConfigurationError(
            "\(InfoGAN.kind): \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
      }
      // Only then can they be added.
      try check([
        ("noiseSize", codes.noiseSize, 0...4096), ("continuousCount", codes.continuousCount, 0...4096),
        ("number of categorical codes", codes.categories.count, 0...256),
      ])
      guard codes.categories.allSatisfy({ (2...4096).contains($0) }) else {
        throw ConfigurationError(
          "\(InfoGAN.kind): categories is \(codes.categories), expected 2 to 4096 values of each code")
      }
      try check([("codeSize", codes.codeSize, 1...65536)])
      var gan = GANConfiguration(
        height: height, width: width, channels: channels, optimizer: optimizer, learningRate: learningRate)
      (gan.discriminatorLearningRate, gan.averageDecay) = (discriminatorLearningRate, averageDecay)
      gan.latentSize = codes.size
      try gan.validate(kind: InfoGAN.kind)
      try check([("features", features, 1...4096), ("headFeatures", headFeatures, 1...65536)])
      do { try term.validate() } catch let error as ConfigurationError {
        throw ConfigurationError("\(InfoGAN.kind): \(error)")
      }
    }
  }
}

extension InfoGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
