import LatentSystem

extension Tensor {
  /// For each row of this matrix `[N, size]` the row of `codebook`, `[codes, size]`, that is nearest, the first of
  /// several. Not recorded.
  /// - Precondition: both have rank 2 and rows of one size; the codebook has one or more.
  public func nearestRows(of codebook: Tensor) -> [Int] {
    require(
      rank == 2 && codebook.rank == 2 && shape[1] == codebook.shape[1] && codebook.shape[0] >= 1,
      "nearestRows: shapes \(shape) and \(codebook.shape); [N, size] and [codes, size] are needed")
    guard shape[0] > 0 else { return [] }
    // Seen from one of the codes, vectors that lie far from 0 but close together keep their digits.
    let origin = codebook.detached()[0..<1]
    let (rows, codes) = (detached() - origin, codebook.detached() - origin)
    // The square of the row's own length is the same for all.
    let products = rows.matmul(codes, transposingOther: true)
    return (products * 2 - codes.square().sum(axes: [1])).argmax(axis: 1)
  }
}
