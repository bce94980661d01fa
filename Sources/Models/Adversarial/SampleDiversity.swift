import Layers
import Tensor
import Training

/// `weight · max(0, 1 - d(G(z, c), G(z′, c)) / (share · E d(x, x′)))` in the generator's loss: two samples of one condition
/// are to differ nearly as much as two real ones do, by the mean absolute difference d of what the discriminator is shown of
/// them, in the mean over the real ones of the batch.
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

  /// A term for each sample, 0 for one that is no part of a pair. Nothing where no real samples are known, as in a step of
  /// the generator alone.
  public func generatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real?.samples.detached() else { return nil }
    let (own, first) = (pass.fake.samples, pass.context.samples?.offset ?? 0)
    let (distances, partners) = (
      Self.distances(real, first: first), AdversarialTraining.partners(own.shape[0], first: first)
    )
    // The share of samples in pairs is that of the real ones, too: there are as many.
    let paired = Tensor(partners.enumerated().map { $0 == $1 ? 0 : 1 })
    let (sum, count) = (pass.batchMean(distances).scalar, pass.batchMean(paired).scalar)
    // Real samples that do not differ ask for nothing.
    guard sum > 0, count > 0 else { return nil }
    let enough = share * sum / count
    return (1 - Self.distances(own, first: first) / enough).relu() * paired * weight
  }

  /// How far each sample of `[N, …]` is from the other one of its pair, `[N]`; 0 for one without.
  ///
  /// - Parameter first: the place of the first of them in the whole batch.
  private static func distances(_ samples: Tensor, first: Int) -> Tensor {
    let count = samples.shape[0]
    let differences = samples - samples.gathered(at: AdversarialTraining.partners(count, first: first))
    return differences.absolute().reshaped(to: [count, samples.scalarCount / max(1, count)]).mean(axes: [1])
  }

  public func validate() throws {
    try validate(weight: weight)
    guard share > 0, share.isFinite else {
      throw ConfigurationError("the share of \(Self.name) is \(share), expected more than 0")
    }
  }
}
