import LatentSystem
import Tensor

/// The directions of a weight matrix that change its output most, and by how much: its leading singular vectors.
///
/// Of the layer that a generator gives its latents to first they are directions along which samples change most.
///
/// Reference: Shen and Zhou, "Closed-form factorization of latent semantics in GANs", arXiv:2007.06600.
public struct SingularDirections: Sendable, Equatable {
  /// The leading singular values, the largest first. Those below 10⁻⁷ of the largest are mostly rounding, as they are
  /// roots of the eigenvalues of the matrix times its transpose.
  public let values: [Double]
  /// The directions of the input, `[count, in]`, of length 1 and orthogonal. Of the two signs the one by which the
  /// coordinate of largest magnitude is positive.
  public let input: Tensor
  /// The directions of the output that they become, `[count, out]`, of length 1; arbitrary where the singular value is
  /// rounding.
  public let output: Tensor

  /// The first `count` singular directions of `weight`, `[in, out]`, as a dense layer has it.
  ///
  /// - Precondition: rank 2; `count` at least 1 and no more than `in` and `out`; all scalars finite.
  /// - Complexity: O(in · out · min(in, out) + min(in, out)³).
  public init(of weight: Tensor, count: Int) {
    require(weight.rank == 2, "SingularDirections: a weight of shape \(weight.shape); [in, out] is needed")
    let (inputs, outputs) = (weight.shape[0], weight.shape[1])
    require(
      count >= 1 && count <= min(inputs, outputs), "SingularDirections: \(count) directions of shape \(weight.shape)")
    require(weight.isAllFinite, "SingularDirections: a weight is not finite")
    let matrix = Matrix(rows: inputs, columns: outputs, scalars: weight.scalars.map { Double($0) })
    let inputDirections: LeadingDirections
    if inputs <= outputs {
      let eigen = SymmetricEigen(matrix.matmul(matrix, transposingOther: true, isSymmetric: true), vectorCount: count)
      inputDirections = LeadingDirections(values: eigen.values, rows: eigen.vectors)
    } else {
      let eigen = SymmetricEigen(matrix.matmul(matrix, transposingSelf: true, isSymmetric: true), vectorCount: count)
      inputDirections = LeadingDirections(
        values: eigen.values, rows: eigen.vectors.matmul(matrix, transposingOther: true))
    }
    values = inputDirections.values.prefix(count).map { max(0, $0).squareRoot() }
    input = inputDirections.directions
    output = LeadingDirections(values: [], rows: inputDirections.rows.matmul(matrix), keepsSigns: true).directions
  }
}
