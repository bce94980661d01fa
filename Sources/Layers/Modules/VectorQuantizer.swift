import LatentSystem
import Tensor

/// Replaces each vector by the nearest one of a codebook, which is learned as moving averages of the vectors that fall
/// to each code.
///
/// In training the codebook begins with vectors of the first batch, every call moves it, and a code that hardly any
/// vector falls to begins anew at a vector of the batch. In inference it stays as it is.
///
/// Where the context holds a part of the batch, its ``Context/reduction`` makes the averages those of the whole.
///
/// Reference: van den Oord, Vinyals and Kavukcuoglu, "Neural discrete representation learning", arXiv:1711.00937,
/// appendix A.1.
public final class VectorQuantizer: Module, MixingSamples {
  /// The code vectors, `[codes, size]`.
  public let codebook: Buffer
  /// How many vectors of a batch fall to each code, as a moving average that starts at 0: `[codes]`.
  public let useCounts: Buffer
  /// The sums of those vectors, as a moving average that starts at 0: `[codes, size]`.
  public let vectorSums: Buffer
  /// The weight of all batches in the moving averages, `1 - decayᵗ` after t of them: `[]`.
  public let weight: Buffer
  /// The weight of what was before in the moving averages.
  public let decay: Float
  /// What is added to the counts before the sums are divided by them.
  public let epsilon: Float
  /// A code to which fewer vectors of a batch fall, on average, begins anew.
  public let leastUse: Float

  /// - Parameters:
  ///   - codeCount: how many codes there are, 1 or more.
  ///   - size: of a vector.
  ///   - decay: the weight of what was before in the moving averages, at least 0 and below 1.
  ///   - epsilon: what is added to the counts before the sums are divided by them, 0 or more.
  ///   - leastUse: a code to which fewer vectors of a batch fall, on average, begins anew, with one vector; at most 1,
  ///     0 for never.
  public init(
    codeCount: Int, size: Int, decay: Float = 0.99, epsilon: Float = 1e-5, leastUse: Float = 0.5
  ) {
    require(codeCount >= 1 && size >= 1, "VectorQuantizer: \(codeCount) codes of size \(size); the least is 1 of each")
    require(decay >= 0 && decay < 1, "VectorQuantizer: the decay is \(decay); it must be at least 0 and below 1")
    require(
      epsilon >= 0 && (0...1).contains(leastUse),
      "VectorQuantizer: epsilon is \(epsilon), leastUse \(leastUse); 0 or more and 0...1 are needed")
    codebook = Buffer([codeCount, size], .normal(standardDeviation: 1))
    useCounts = Buffer([codeCount])
    vectorSums = Buffer([codeCount, size])
    weight = Buffer([])
    self.decay = decay
    self.epsilon = epsilon
    self.leastUse = leastUse
  }

  /// The number of codes.
  public var codeCount: Int { codebook.shape[0] }
  /// The size of a vector.
  public var size: Int { codebook.shape[1] }

  /// Vectors that were replaced by codes.
  public struct Quantized {
    /// The code vectors, in the shape of what they replace: `[N, …, size]`. Gradients pass through to the vectors.
    public let output: Tensor
    /// The code of each vector, in order.
    public let codes: [Int]
    /// The square of the distance of each sample's vectors to their code vectors, `[N]`: what is to be small for the
    /// vectors to stay with their codes. The code vectors are constants in it.
    public let commitment: Tensor
    /// How evenly the codes are used here: the exponential of the entropy of their shares, 1 to the number of codes. It
    /// depends on how many vectors there are.
    public let perplexity: Double
  }

  /// Replaces vectors, `[N, …, size]`.
  public func callAsFunction(_ vectors: Tensor, in context: Context) -> Quantized {
    require(
      vectors.rank >= 2 && vectors.shape[-1] == size,
      "VectorQuantizer: input of shape \(vectors.shape); the last of two or more axes must be \(size)")
    let count = context.samples?.count ?? vectors.shape[0]
    require(
      vectors.shape[0] == count && context.samples?.globalCount ?? count > 0,
      "VectorQuantizer: input of shape \(vectors.shape) in a context of \(count) samples; as many, and one at least in the whole batch, are needed"
    )
    let flat = vectors.detached().reshaped(to: [vectors.scalarCount / size, size])
    let perSample = vectors.shape.sizes.dropFirst().dropLast().reduce(1, *)
    let isTraining = context.mode == .training
    if isTraining, context[weight].scalar == 0 {
      context[codebook] = drawn(codeCount, of: flat, perSample: perSample, in: context)
    }
    let before = context[codebook]
    let codes = flat.nearestRows(of: before)
    let uses = Tensor.ones([codes.count]).scatterAdded(at: codes, count: codeCount)
    if isTraining { learn(flat, codes, uses, perSample: perSample, context) }
    let replaced = before.gathered(at: codes).reshaped(to: vectors.shape)
    return Quantized(
      output: vectors.straightThrough(to: replaced), codes: codes,
      commitment: (vectors - replaced).square().flattened().summedPerSample(),
      perplexity: Self.perplexity(ofCounts: uses.scalars.map { Int($0) }))
  }

  /// The vectors of `codes`, `[codes, size]`.
  /// - Precondition: every code is one of the codebook.
  public func vectors(of codes: [Int], in context: Context) -> Tensor { context[codebook].gathered(at: codes) }

  /// How evenly codes are used that occur so often: the exponential of the entropy of their shares, from 1 to the number
  /// of codes; 1 if none occurs.
  public static func perplexity(ofCounts counts: [Int]) -> Double {
    let total = Double(counts.reduce(0, +))
    return exp(-counts.filter { $0 > 0 }.reduce(0) { $0 + Double($1) / total * log(Double($1) / total) })
  }

  /// Moves the averages by a batch, and the codebook with them.
  private func learn(
    _ vectors: Tensor, _ codes: [Int], _ uses: Tensor, perSample: Int, _ context: Context
  ) {
    let sums = context.reduction.sum(vectors.scatterAdded(at: codes, count: codeCount))
    let uses = context.reduction.sum(uses)
    context[weight] = context[weight] * decay + (1 - decay)
    context[useCounts] = context[useCounts] * decay + uses * (1 - decay)
    context[vectorSums] = context[vectorSums] * decay + sums * (1 - decay)
    beginIdleCodesAnew(vectors, perSample: perSample, context)
    // What the averages would be had they not started at 0.
    let (counts, total) = (context[useCounts] / context[weight], context[vectorSums] / context[weight])
    let all = counts.sum()
    let smoothed = (counts + epsilon) / (all + epsilon * Float(codeCount)) * all
    // A code that no vector ever fell to stays where it is.
    let isKnown = (counts .> 0).expanded(axis: 1)
    let means = total / Tensor.where(counts .> 0, smoothed, else: 1).expanded(axis: 1)
    context[codebook] = Tensor.where(isKnown, means, else: context[codebook])
  }

  /// Codes that hardly any vector falls to become those of single vectors.
  private func beginIdleCodesAnew(_ vectors: Tensor, perSample: Int, _ context: Context) {
    let counts = context[useCounts].scalars
    let least = leastUse * context[weight].scalar
    let idle = counts.indices.filter { counts[$0] < least }
    guard !idle.isEmpty else { return }
    let isIdle = Tensor.ones([idle.count]).scatterAdded(at: idle, count: codeCount)
    let new = drawn(idle.count, of: vectors, perSample: perSample, in: context).scatterAdded(at: idle, count: codeCount)
    context[useCounts] = Tensor.where(isIdle, context[weight], else: context[useCounts])
    context[vectorSums] = Tensor.where(isIdle.expanded(axis: 1), new * context[weight], else: context[vectorSums])
  }

  /// Vectors of the whole batch, drawn at random, as long as there are enough no two the same: `[count, size]`, the
  /// same in every part.
  private func drawn(_ count: Int, of vectors: Tensor, perSample: Int, in context: Context) -> Tensor {
    let first = (context.samples?.offset ?? 0) * perSample
    let whole = context.samples.map { $0.globalCount * perSample } ?? vectors.shape[0]
    let places = context.random.distinctIndices(min(count, whole), of: whole)
    let indices = (0..<count).map { places[$0 % places.count] - first }
    let isOwn = indices.map { (0..<vectors.shape[0]).contains($0) }
    guard isOwn.contains(true) else { return context.reduction.sum(.zeros([count, size])) }
    let own = vectors.gathered(at: zip(indices, isOwn).map { $1 ? $0 : 0 })
    return context.reduction.sum(own * Tensor(isOwn.map { $0 ? 1 : 0 }, shape: [count, 1]))
  }
}
