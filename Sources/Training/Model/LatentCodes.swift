import Datasets
import LatentSystem
import Layers
import Tensor

/// What latents with codes are made of, in this order: noise, categorical codes as one-hot vectors, and continuous codes.
///
/// A model with codes is made to tell them from a sample, so that each comes to stand for something that samples differ
/// in.
///
/// Reference: Chen et al., "InfoGAN: interpretable representation learning by information maximizing generative
/// adversarial nets", arXiv:1606.03657, section 4.
public struct LatentCodes: Codable, Sendable, Equatable {
  /// How many numbers stand for nothing, uniform in -1...1.
  public var noiseSize: Int
  /// The number of values of each categorical code, which are equally probable.
  public var categories: [Int]
  /// How many continuous codes there are, uniform in -1...1.
  public var continuousCount: Int

  /// Latents of the given parts.
  public init(noiseSize: Int = 62, categories: [Int] = [10], continuousCount: Int = 2) {
    self.noiseSize = noiseSize
    self.categories = categories
    self.continuousCount = continuousCount
  }

  /// How many numbers the codes have: one for each value of a categorical code, and one for each continuous code.
  public var codeSize: Int { categories.reduce(0, +) + continuousCount }

  /// How many numbers a latent has.
  public var size: Int { noiseSize + codeSize }

  /// The places of a categorical code among the codes.
  public func places(ofCategorical index: Int) -> Range<Int> {
    let start = categories[..<index].reduce(0, +)
    return start..<start + categories[index]
  }

  /// The places of the continuous codes among the codes.
  public var continuousPlaces: Range<Int> { codeSize - continuousCount..<codeSize }

  /// The entropy of the categorical codes in nats: what can be known of them at most.
  public var categoricalEntropy: Double { categories.reduce(0) { $0 + log(Double($1)) } }

  /// The codes of latents, `[N, size]` → `[N, codeSize]`.
  public func codes(of latents: Tensor) -> Tensor { latents[.all, noiseSize..<size] }
}

/// A model whose latents have codes that it recovers from samples.
public protocol CodeRecovering: LatentDecoding {
  /// What its latents are made of.
  var codes: LatentCodes { get }

  /// What the model takes the codes of each sample for, `[N] + sampleShape` → `[N, codes.codeSize]`: logits of the values of
  /// categorical codes, and means of continuous ones.
  func recoveredCodes(of samples: Tensor, with state: State) -> Tensor
}

extension TrainedModel {
  /// What the model takes the codes of each sample for, `[N, …]` → `[N, codes]`: logits of the values of categorical codes,
  /// and means of continuous ones.
  /// - Throws: ``CapabilityError`` if the model's latents have no codes, or the samples are of another shape.
  public func recoveredCodes(of samples: Tensor) throws -> Tensor {
    let model = try ability("recover codes", "its latents have none") { $0 as? any CodeRecovering }
    try check(samples, model.sampleShape, "recover codes")
    return inBatches(samples) { samples, _, _ in model.recoveredCodes(of: samples, with: state) }
  }
}
