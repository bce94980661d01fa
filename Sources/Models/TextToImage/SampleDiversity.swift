import Layers
import Tensor
import Training

/// `weight · max(0, 1 - d(G(z, c), G(z′, c)) / (share · d(x, x′)))` in the generator's loss: two samples of one condition
/// are to differ nearly as much as two real ones of the batch do, by the mean absolute difference d.
///
/// Where hardly two samples of a batch have the same condition, as with captions, the discriminator has no way to see that
/// all samples of one are alike, and a generator learns to leave its latents aside.
///
/// Reference: Yang et al., "Diversity-sensitive conditional generative adversarial networks", arXiv:1901.09024, equation 4,
/// where latents' distances divide the samples', and what is enough is a number to choose, not a share of the real ones'.
public struct SampleDiversity: AdversarialTerm {
  public static let name = "diversity"
  /// The weight of the term, 0 or more.
  public var weight: Float
  /// How much of the distance of real samples is enough, above 0.
  public var share: Float
  public var needsPairs: Bool { true }

  /// A term of the given weight.
  public init(weight: Float = 3, share: Float = 0.8) { (self.weight, self.share) = (weight, share) }

  /// Nothing where no real samples are known, as in a step of the generator alone.
  public func generatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real?.samples.detached() else { return nil }
    let first = pass.context.samples?.offset ?? 0
    let enough = pass.batchMean(Self.distances(real, first: first)).scalar * share
    // Real samples that do not differ ask for nothing.
    guard enough > 0 else { return nil }
    return (1 - Self.distances(pass.fake.samples, first: first) / enough).relu() * weight
  }

  /// How far each sample of `[N, …]` is from the other one of its pair, `[N]`; 0 for one without.
  ///
  /// - Parameter first: the place of the first of them in the whole batch.
  static func distances(_ samples: Tensor, first: Int) -> Tensor {
    let count = samples.shape[0]
    let others = AdversarialTraining.partners(count, first: first).map { $0 ?? -1 }
    let partners = samples.gathered(at: others.enumerated().map { $1 < 0 ? $0 : $1 })
    return (samples - partners).absolute().reshaped(to: [count, samples.scalarCount / max(1, count)]).mean(axes: [1])
  }

  public func validate() throws {
    try validate(weight: weight)
    guard share > 0, share.isFinite else {
      throw ConfigurationError("the share of \(Self.name) is \(share), expected more than 0")
    }
  }
}
