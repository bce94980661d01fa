import LatentSystem

extension Tensor {
  /// Scaled dot-product attention: for each query a mean of the values, weighted by how well their keys fit it,
  /// `softmax(Q · Kᵀ · scale) · V`.
  ///
  /// ```swift
  /// let causal = Tensor.lowerTriangle(rows: 16)                 // position i sees 0...i
  /// let seen = queries.attention(keys: keys, values: values, mask: causal)
  /// ```
  ///
  /// - Parameters:
  ///   - keys: `[…, S, D]`.
  ///   - values: `[…, S, E]`.
  ///   - mask: not 0 where a query may look at a key; it broadcasts to `[…, L, S]`. Nil if all may look at all. A query
  ///     that may look at nothing gets zeros.
  ///   - scale: what the scalar products are multiplied with; `1 / √D` if nil.
  /// - Returns: `[…, L, E]`.
  /// - Precondition: this tensor, the queries, is `[…, L, D]`; axes before the last two broadcast.
  ///
  /// Reference: Vaswani et al., "Attention is all you need", arXiv:1706.03762, equation 1.
  public func attention(keys: Tensor, values: Tensor, mask: Tensor? = nil, scale: Float? = nil) -> Tensor {
    require(
      rank >= 2 && keys.rank >= 2 && values.rank >= 2 && keys.shape[-1] == shape[-1]
        && values.shape[-2] == keys.shape[-2],
      """
      attention: queries \(shape), keys \(keys.shape) and values \(values.shape); […, L, D], […, S, D] and […, S, E] are \
      needed
      """)
    let scaled = self * (scale ?? 1 / Float(Swift.max(1, shape[-1])).squareRoot())
    let scores = scaled.matmul(keys, transposingOther: true)
    guard let mask else { return scores.softmax().matmul(values) }
    require(
      Shape.broadcast(mask.shape, scores.shape) == scores.shape,
      "attention: a mask of shape \(mask.shape) does not broadcast to the scores \(scores.shape)")
    let isVisible = mask .!= 0
    // Not -∞, which would make NaN of a row without anything else. The product makes zeros of it.
    let masked = Tensor.where(isVisible, scores, else: Tensor(-.greatestFiniteMagnitude))
    return (masked.softmax() * isVisible).matmul(values)
  }
}
