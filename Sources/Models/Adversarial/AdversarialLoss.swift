import LatentSystem
import Layers
import Tensor
import Training

/// What generator and discriminator are trained against each other on, whose type may be a user's own.
///
/// ```swift
/// var configuration = GANConfiguration(loss: .hinge)
/// AdversarialLoss.register(MyObjective.self)             // once, before files that name it are saved or opened
/// configuration.loss = AdversarialLoss(MyObjective())
/// ```
public struct AdversarialLoss: Sendable {
  /// The loss itself.
  public let objective: any AdversarialObjective

  /// A loss of any type.
  public init(_ objective: any AdversarialObjective) { self.objective = objective }

  /// ``NonSaturatingObjective``.
  public static let nonSaturating = AdversarialLoss(NonSaturatingObjective())
  /// ``MinimaxObjective``.
  public static let minimax = AdversarialLoss(MinimaxObjective())
  /// ``LeastSquaresObjective``.
  public static let leastSquares = AdversarialLoss(LeastSquaresObjective())
  /// ``HingeObjective``.
  public static let hinge = AdversarialLoss(HingeObjective())
  /// ``WassersteinObjective``.
  public static let wasserstein = AdversarialLoss(WassersteinObjective())

  /// The losses of this library.
  public static let standard = [nonSaturating, minimax, leastSquares, hinge, wasserstein]

  /// The discriminator's terms for scores of real samples, of their shape.
  ///
  /// - Parameter target: what a real sample counts as, 1 or a little less with one-sided label smoothing (Salimans et
  ///   al., arXiv:1606.03498, section 3.4). Losses without a target ignore it.
  public func discriminatorTerms(real scores: Tensor, target: Float = 1) -> Tensor {
    objective.discriminatorTerms(real: scores, target: target)
  }

  /// The discriminator's terms for scores of generated samples, of their shape.
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { objective.discriminatorTerms(fake: scores) }

  /// The generator's terms for scores of its samples, of their shape.
  public func generatorTerms(fake scores: Tensor) -> Tensor { objective.generatorTerms(fake: scores) }

  /// Whether real samples have a target that can be smoothed.
  var hasTarget: Bool { objective.hasTarget }

  /// The loss of a discriminator that scores every sample 0, for labels smoothed by `smoothing`; infinity where no
  /// discriminator is the worst: there is no least loss either.
  func ignorance(_ smoothing: Float) -> Double {
    guard objective.leastDiscriminatorLoss(smoothing: Double(smoothing)) != nil else { return .infinity }
    let score = Tensor(0)
    return Double((discriminatorTerms(real: score, target: 1 - smoothing) + discriminatorTerms(fake: score)).scalar)
  }
}

extension AdversarialLoss: Equatable, Codable, CustomStringConvertible {
  private static let registry: TypeRegistry<AdversarialLoss> = {
    let registry = TypeRegistry<AdversarialLoss>(family: "loss")
    registry.register(NonSaturatingObjective.self) { AdversarialLoss($0) }
    registry.register(MinimaxObjective.self) { AdversarialLoss($0) }
    registry.register(LeastSquaresObjective.self) { AdversarialLoss($0) }
    registry.register(HingeObjective.self) { AdversarialLoss($0) }
    registry.register(WassersteinObjective.self) { AdversarialLoss($0) }
    return registry
  }()

  /// Lets files name a type of loss of one's own: needed before a model with one is saved or opened.
  public static func register<Objective: AdversarialObjective>(_ type: Objective.Type) {
    registry.register(type) { AdversarialLoss($0) }
  }

  public static func == (a: AdversarialLoss, b: AdversarialLoss) -> Bool { a.objective.isEqual(to: b.objective) }

  public init(from decoder: any Decoder) throws { self = try Self.registry.read(from: decoder) }

  public func encode(to encoder: any Encoder) throws { try Self.registry.write(objective, to: encoder) }

  /// The name of its type.
  public var description: String { type(of: objective).name }
}

/// A loss of scores: a value that gives terms of the scores' shape, of which the training takes the mean.
///
/// Scores are logits, or unbounded scores of a critic: one for each sample, for each pack of samples, or for each patch of
/// a sample.
public protocol AdversarialObjective: NamedChoice {
  /// The discriminator's terms for scores of real samples; `target` is what a real sample counts as.
  func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor
  /// The discriminator's terms for scores of generated samples.
  func discriminatorTerms(fake scores: Tensor) -> Tensor
  /// The generator's terms for scores of its samples.
  func generatorTerms(fake scores: Tensor) -> Tensor
  /// Whether real samples have a target that can be smoothed.
  var hasTarget: Bool { get }
  /// The loss of a discriminator that is always right, for labels smoothed by `smoothing`; nil if there is no least one.
  func leastDiscriminatorLoss(smoothing: Double) -> Double?
}

/// Cross-entropy; the generator maximizes the log-probability of its samples being real. Reference: Goodfellow et al.,
/// "Generative adversarial nets", arXiv:1406.2661, section 3.
public struct NonSaturatingObjective: AdversarialObjective {
  public static let name = "nonSaturating"
  public var hasTarget: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores.softplus() - scores * target }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.softplus() }
  public func generatorTerms(fake scores: Tensor) -> Tensor { (-scores).softplus() }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { entropy(smoothing) }
}

/// Cross-entropy; the generator minimizes the log-probability of its samples being generated, whose gradient vanishes
/// where the discriminator is sure. Reference: Goodfellow et al., arXiv:1406.2661, equation 1.
public struct MinimaxObjective: AdversarialObjective {
  public static let name = "minimax"
  public var hasTarget: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { scores.softplus() - scores * target }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.softplus() }
  public func generatorTerms(fake scores: Tensor) -> Tensor { -scores.softplus() }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { entropy(smoothing) }
}

/// Half the squared distances of the scores to 1 and 0. Reference: Mao et al., "Least squares generative adversarial
/// networks", arXiv:1611.04076, equation 9.
public struct LeastSquaresObjective: AdversarialObjective {
  public static let name = "leastSquares"
  public var hasTarget: Bool { true }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { (scores - target).square() * 0.5 }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores.square() * 0.5 }
  public func generatorTerms(fake scores: Tensor) -> Tensor { (scores - 1).square() * 0.5 }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { 0 }
}

/// `max(0, 1 - real)`, `max(0, 1 + fake)`; the generator maximizes its score. Reference: Lim and Ye, "Geometric GAN",
/// arXiv:1705.02894; Miyato et al., arXiv:1802.05957, equations 16 and 17.
public struct HingeObjective: AdversarialObjective {
  public static let name = "hinge"
  public var hasTarget: Bool { false }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { (1 - scores).relu() }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { (1 + scores).relu() }
  public func generatorTerms(fake scores: Tensor) -> Tensor { -scores }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { 0 }
}

/// The difference of the scores, for a critic that a regularizer keeps Lipschitz. Reference: Arjovsky, Chintala and
/// Bottou, "Wasserstein GAN", arXiv:1701.07875.
public struct WassersteinObjective: AdversarialObjective {
  public static let name = "wasserstein"
  public var hasTarget: Bool { false }
  /// The loss.
  public init() {}

  public func discriminatorTerms(real scores: Tensor, target: Float) -> Tensor { -scores }
  public func discriminatorTerms(fake scores: Tensor) -> Tensor { scores }
  public func generatorTerms(fake scores: Tensor) -> Tensor { -scores }
  public func leastDiscriminatorLoss(smoothing: Double) -> Double? { nil }
}

/// The entropy in nats of a label that is wrong with probability `q`.
private func entropy(_ q: Double) -> Double { q == 0 ? 0 : -(1 - q) * log(1 - q) - q * log(q) }
