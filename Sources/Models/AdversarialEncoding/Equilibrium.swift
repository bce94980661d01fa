import Training

/// Which of two networks that play against each other are to move, so that neither runs away from the other.
///
/// The discriminator stays if the mean cost of real or of generated samples is far below that of guessing, the generator
/// if one is far above it; if both were to stay, both move.
///
/// Reference: Larsen et al., arXiv:1512.09300, whose own program has this rule and these numbers, which the paper does not
/// mention.
public struct Equilibrium: Codable, Sendable, Equatable {
  /// The cost in nats where both are taken to be equally strong; that of guessing is ln 2.
  public var cost: Double
  /// How far a cost may be from it, in nats.
  public var margin: Double

  /// An equilibrium at `cost`, from which costs may differ by `margin`.
  public init(cost: Double = 0.68, margin: Double = 0.4) {
    self.cost = cost
    self.margin = margin
  }

  /// Who moves.
  public struct Decision: Sendable, Hashable {
    /// Whether the discriminator does.
    public let discriminatorMoves: Bool
    /// Whether the generator does.
    public let generatorMoves: Bool

    /// Both of them move.
    public static let both = Decision(discriminatorMoves: true, generatorMoves: true)
    /// The discriminator alone.
    public static let discriminator = Decision(discriminatorMoves: true, generatorMoves: false)
    /// The generator alone.
    public static let generator = Decision(discriminatorMoves: false, generatorMoves: true)
  }

  /// Who moves where the discriminator has these mean costs, `softplus(-score)` of real samples and `softplus(score)` of
  /// generated ones.
  public func decision(real: Double, fake: Double) -> Decision {
    let isDiscriminatorAhead = min(real, fake) < cost - margin
    let isGeneratorAhead = max(real, fake) > cost + margin
    if isDiscriminatorAhead == isGeneratorAhead { return .both }
    return isDiscriminatorAhead ? .generator : .discriminator
  }

  /// - Throws: ``ConfigurationError`` without the model's name.
  func validate() throws {
    guard cost > 0, cost.isFinite, margin >= 0, margin.isFinite else {
      throw ConfigurationError("the equilibrium is \(self), expected a positive cost and a margin of 0 or more")
    }
  }
}

extension Equilibrium: CustomStringConvertible {
  public var description: String { "\(cost) ± \(margin)" }
}
