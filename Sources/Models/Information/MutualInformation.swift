import Tensor
import Training

/// What a head of the discriminator does not know of the codes of generated samples, in both losses: the generator is to
/// make samples that tell their codes, a lower bound of whose mutual information is maximized.
///
/// Real samples have no codes, so the term is of generated ones alone. For a categorical code it is the cross-entropy of
/// the head's logits, for a continuous one half the squared distance to its mean, the negative log-likelihood under a
/// normal distribution of variance 1 but for a constant.
///
/// Reference: Chen et al., "InfoGAN: interpretable representation learning by information maximizing generative
/// adversarial nets", arXiv:1606.03657, equations 5 and 6. There the variance is learned; their program has 1.
public struct MutualInformation: AdversarialTerm {
  public static let name = "mutualInformation"
  /// The name of the discriminator's head that gives logits of categorical codes and means of continuous ones, `[N, codes]`.
  public static let head = "codes"
  /// What latents are made of.
  public var codes: LatentCodes
  /// The weight λ of categorical codes, 0 or more.
  public var categoricalWeight: Float
  /// The weight of continuous codes, 0 or more.
  public var continuousWeight: Float
  public var metricName: String { "code_loss" }

  /// A term of the given weights.
  public init(_ codes: LatentCodes, categoricalWeight: Float = 1, continuousWeight: Float = 1) {
    self.codes = codes
    self.categoricalWeight = categoricalWeight
    self.continuousWeight = continuousWeight
  }

  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? { terms(pass) }
  public func generatorTerm(_ pass: AdversarialPass) -> Tensor? { terms(pass) }

  /// The bound of the information that samples have of the categorical codes, in nats: 0 for a head that knows nothing, at
  /// most the codes' entropy.
  public func metrics(_ pass: AdversarialPass) -> [Metrics.Entry] {
    guard let (recovered, latents) = parts(pass) else { return [] }
    let costs = costs(of: recovered.detached(), latents: latents)
    return [
      Metrics.Entry(
        name: Self.information, value: codes.categoricalEntropy - costs.categorical.meanValue),
      Metrics.Entry(Self.continuousError, costs.continuous.mean()),
    ]
  }

  static let information = "information"
  static let continuousError = "continuous_code_error"

  /// What a head that gives `recovered`, `[N, codes]`, does not know of the codes in `latents`, `[N, latent]`, for each
  /// sample, `[N]`: the cross-entropies of categorical codes in nats, and half the squared distances of continuous ones.
  public func costs(of recovered: Tensor, latents: Tensor) -> (categorical: Tensor, continuous: Tensor) {
    let wanted = codes.codes(of: latents)
    var categorical = Tensor.zeros([latents.shape[0]])
    for index in codes.categories.indices {
      let places = codes.places(ofCategorical: index)
      categorical = categorical + recovered[.all, places].softmaxCrossEntropy(targets: wanted[.all, places])
    }
    let places = codes.continuousPlaces
    guard !places.isEmpty else { return (categorical, .zeros([latents.shape[0]])) }
    let distances = (wanted[.all, places] - recovered[.all, places]).square()
    return (categorical, distances.summedPerSample() * 0.5)
  }

  private func terms(_ pass: AdversarialPass) -> Tensor? {
    guard let (recovered, latents) = parts(pass) else { return nil }
    let costs = costs(of: recovered, latents: latents)
    return costs.categorical * categoricalWeight + costs.continuous * continuousWeight
  }

  private func parts(_ pass: AdversarialPass) -> (recovered: Tensor, latents: Tensor)? {
    guard codes.codeSize > 0 else { return nil }
    guard let recovered = pass.fake.output.heads[Self.head], let latents = pass.fake.latents else {
      fatalError("MutualInformation: the discriminator needs a head called \(Self.head)")
    }
    return (recovered, latents)
  }

  public func validate() throws {
    for (name, weight) in [("categorical", categoricalWeight), ("continuous", continuousWeight)] {
      guard weight >= 0, weight.isFinite else {
        throw ConfigurationError("the weight of \(name) codes is \(weight), expected 0 or more")
      }
    }
  }
}
