import LatentSystem
import Tensor

/// Stops the program unless `a` and `b` are sets of feature vectors that can be compared.
///
/// - Parameters:
///   - operation: whose arguments they are.
///   - least: how many vectors each must have.
func requireFeatures(_ a: Tensor, _ b: Tensor, _ operation: String, atLeast least: Int) {
  require(
    a.rank == 2 && b.rank == 2 && a.shape[1] == b.shape[1] && a.shape[1] > 0,
    "\(operation): features of shapes \(a.shape) and \(b.shape); [count, features] with equally many features is needed"
  )
  require(
    a.shape[0] >= least && b.shape[0] >= least,
    "\(operation): \(a.shape[0]) and \(b.shape[0]) vectors; at least \(least) of each are needed")
}
