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
  /// ``RelativisticAverageObjective``.
  public static let relativisticAverage = AdversarialLoss(RelativisticAverageObjective())

  /// The losses of this library.
  public static let standard = [nonSaturating, minimax, leastSquares, hinge, wasserstein, relativisticAverage]

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

  /// Whether a score above 0 says that a sample is taken for real.
  var hasSignedScores: Bool { objective.hasSignedScores }

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
    registry.register(RelativisticAverageObjective.self) { AdversarialLoss($0) }
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
