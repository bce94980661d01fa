import LatentSystem
import Tensor

/// Attention of several heads: each looks at its own part of the features; what they see is joined and mixed.
///
/// ```swift
/// let attention = MultiHeadAttention(64, heads: 4, isCausal: true)
/// let output = attention(sequence, in: context)                         // [N, L, 64] → [N, L, 64]
/// let other = attention(sequence, attendingTo: caption, mask: mask, in: context)
/// ```
///
/// The formulas are those of PyTorch's `MultiheadAttention` with `batch_first=True`, so that weights can be carried over:
/// the three parts of `in_proj_weight`, transposed, are those of ``query``, ``key`` and ``value``; `out_proj.weight`,
/// transposed, is that of ``output``.
///
/// Reference: Vaswani et al., "Attention is all you need", arXiv:1706.03762, section 3.2.
public final class MultiHeadAttention: Layer {
  /// Makes the queries: from `size` to `size`.
  public let query: Dense
  /// Makes the keys: from `contextSize` to `size`.
  public let key: Dense
  /// Makes the values: from `contextSize` to `size`.
  public let value: Dense
  /// Mixes what the heads see: from `size` to `size`.
  public let output: Dense
  /// How many heads there are.
  public let heads: Int
  /// Whether position `i` sees the positions `0...i` only.
  public let isCausal: Bool

  /// - Parameters:
  ///   - size: the number of features in and out.
  ///   - heads: how many heads there are; it divides `size`.
  ///   - contextSize: the number of features of what is looked at; `size` if nil.
  ///   - isCausal: whether position `i` sees the positions `0...i` only.
  ///   - hasBias: whether biases are added.
  ///   - initializer: of the weights.
  ///   - biasInitializer: of the biases.
  public init(
    _ size: Int, heads: Int, contextSize: Int? = nil, isCausal: Bool = false, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias
  ) {
    require(
      size > 0 && heads > 0 && size % heads == 0,
      "MultiHeadAttention: \(size) features do not divide into \(heads) heads of equal size")
    func dense(from inputSize: Int) -> Dense {
      Dense(
        from: inputSize, to: size, hasBias: hasBias, initializer: initializer, biasInitializer: biasInitializer)
    }
    query = dense(from: size)
    key = dense(from: contextSize ?? size)
    value = dense(from: contextSize ?? size)
    output = dense(from: size)
    self.heads = heads
    self.isCausal = isCausal
  }

  /// Each position looks at all of its own sequence: `[N, L, size]` → `[N, L, size]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    self(input, attendingTo: input, in: context)
  }

  /// Each position looks at the positions of another sequence, or of its own with a mask.
  ///
  /// - Parameters:
  ///   - input: `[N, L, size]`, who looks.
  ///   - other: `[N, S, contextSize]`, what is looked at.
  ///   - mask: not 0 where a position may look at another; it broadcasts to `[N, L, S]`, so that `[N, 1, S]` masks
  ///     padding, see ``mask(lengths:count:)``. A position that may look at nothing gets what ``output`` makes of zeros.
  ///   - context: of the call.
  /// - Returns: `[N, L, size]`.
  public func callAsFunction(
    _ input: Tensor, attendingTo other: Tensor, mask: Tensor? = nil, in context: Context
  ) -> Tensor {
    let (size, contextSize) = (query.weight.shape[0], key.weight.shape[0])
    require(
      input.rank == 3 && input.shape[2] == size && other.rank == 3 && other.shape[2] == contextSize
        && other.shape[0] == input.shape[0],
      """
      MultiHeadAttention: input \(input.shape), attending to \(other.shape); [N, L, \(size)] and [N, S, \(contextSize)] \
      are needed
      """)
    let seen = split(query(input, in: context)).attention(
      keys: split(key(other, in: context)), values: split(value(other, in: context)),
      mask: joinedMask(mask, from: input.shape[1], to: other.shape[1]))
    return output(seen.permuted([0, 2, 1, 3]).reshaped(to: input.shape), in: context)
  }

  /// A mask of padding for sequences that fill the first positions: `[N, 1, count]`, 1 below each length.
  public static func mask(lengths: [Int], count: Int) -> Tensor {
    let ends = Tensor(lengths.map { Float($0) }, shape: [lengths.count, 1, 1])
    return Tensor.ramp(count: count) .< ends
  }

  /// `[N, L, size]` → `[N, heads, L, size / heads]`.
  private func split(_ features: Tensor) -> Tensor {
    let (count, length, size) = (features.shape[0], features.shape[1], features.shape[2])
    return features.reshaped(to: [count, length, heads, size / heads] as Tensor.Shape).permuted([0, 2, 1, 3])
  }

  /// The mask for all heads; nil if everything may be seen.
  private func joinedMask(_ mask: Tensor?, from length: Int, to otherLength: Int) -> Tensor? {
    let causal = isCausal ? Tensor.lowerTriangle(rows: length, columns: otherLength) : nil
    guard let mask else { return causal }
    let ofHeads = mask.rank == 3 ? mask.expanded(axis: 1) : mask
    return causal.map { $0 .& ofHeads } ?? ofHeads
  }
}
