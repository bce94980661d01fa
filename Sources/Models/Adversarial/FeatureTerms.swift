import Layers
import Tensor
import Training

/// `weight · ‖E f(x) - E f(G(z))‖²` in the generator's loss: what the discriminator sees in generated samples is to be, in
/// the mean, what it sees in real ones.
///
/// With an ``AdversarialTraining/adversarialWeight`` of 0 it takes the place of the adversarial loss, as in the paper;
/// such samples serve a classifier better than the eye. The discriminator learns nothing from it.
///
/// Reference: Salimans et al., "Improved techniques for training GANs", arXiv:1606.03498, section 3.1.
public struct FeatureMatching: AdversarialTerm {
  public static let name = "featureMatching"
  /// The weight of the distance, 0 or more.
  public var weight: Float
  /// The discriminator's head whose numbers are matched; ``DiscriminatorOutput/features`` if nil.
  public var head: String?
  /// Whether squares are summed over the features, as the paper has it; else it is their mean, as its authors' program
  /// has it.
  public var isSummed: Bool

  /// A term of the given weight.
  public init(weight: Float = 1, head: String? = nil, isSummed: Bool = false) {
    self.weight = weight
    self.head = head
    self.isSummed = isSummed
  }

  public func generatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real else {
      fatalError("FeatureMatching: there are no real samples to match in a step of the generator alone")
    }
    return distance(pass.batchMean(features(real).detached()), pass.batchMean(features(pass.fake))) * weight
  }

  /// The distance of two means `[…]` of features: a scalar, recorded.
  public func distance(_ real: Tensor, _ fake: Tensor) -> Tensor {
    let squares = (real - fake).square()
    return isSummed ? squares.sum() : squares.mean()
  }

  private func features(_ part: AdversarialPass.Part) -> Tensor {
    if let head {
      guard let found = part.output.heads[head] else {
        fatalError("FeatureMatching: the discriminator has no head called \(head)")
      }
      return found
    }
    guard let features = part.output.features else {
      fatalError("FeatureMatching: the discriminator tells no features; it needs some in its output, or name a head")
    }
    return features
  }

  public func validate() throws { try validate(weight: weight) }
}

/// `weight · (D(x) - D(T(x)))²` in the discriminator's loss: a real sample x is to be scored as one that is augmented by T.
///
/// Reference: Zhang et al., "Consistency regularization for generative adversarial networks", arXiv:1910.12027.
public struct ConsistencyRegularization: AdversarialTerm {
  public static let name = "consistency"
  /// The weight of the squared difference, 0 or more.
  public var weight: Float
  /// What is done to a sample: always, whatever its probability. Its kinds are for images.
  public var augmentation: Augmentation

  /// A term of the given weight.
  public init(weight: Float = 10, augmentation: Augmentation = Augmentation([.translation])) {
    self.weight = weight
    self.augmentation = augmentation
  }

  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real else { return nil }
    let other = augmentation.augmented(real.samples, probability: 1, random: &pass.random)
    return (real.output.scores - pass.discriminate(other, given: real.condition).scores).square() * weight
  }

  public func validate() throws {
    try validate(weight: weight)
    try augmentation.validate()
  }
}
