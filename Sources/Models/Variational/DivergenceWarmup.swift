import LatentSystem

/// The first steps of a training, over which the weight of the divergence grows from 0.
enum DivergenceWarmup {
  /// What is said of a training that ends before the weight has grown to what it is to be.
  static func remarks(_ betaWarmup: Int, inTrainingOf stepCount: Int) -> [String] {
    guard betaWarmup > stepCount else { return [] }
    return [
      """
      betaWarmup is \(counted(betaWarmup, "step")), more than the \(stepCount) of the training: the weight of the \
      divergence never gets to its full value, and the bound is not what is minimized; a smaller one or a longer training \
      helps
      """
    ]
  }
}
