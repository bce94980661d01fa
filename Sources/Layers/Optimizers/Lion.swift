import Tensor

/// Lion: steps of one size for all scalars, along the sign of a mean of the gradients.
///
/// `p ← p - rate · (sign(beta1 · m + (1 - beta1) · g) + weightDecay · p)`, then `m ← beta2 · m + (1 - beta2) · g`. Weight
/// decay shrinks the parameter itself. As every scalar moves by the whole rate, it should be three to ten times smaller
/// than Adam's, and weight decay larger by as much.
///
/// Reference: Chen et al., "Symbolic discovery of optimization algorithms", arXiv:2302.06675, algorithm 2.
public struct Lion: Optimizer {
  public var learningRate: Float
  public var weightDecay: Float
  /// The share of the mean in the direction of a step; the rest is the gradient's.
  public var beta1: Float
  /// How much of the mean of the gradients stays from step to step.
  public var beta2: Float
  public var groups: [ParameterGroup] = []
  public var progress = OptimizerProgress()

  /// Lion with the given settings.
  public init(learningRate: Float = 1e-4, beta1: Float = 0.9, beta2: Float = 0.99, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.beta1 = beta1
    self.beta2 = beta2
  }

  public mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
  ) {
    var mean = takeMoment(name + ".mean", like: parameter)
    let direction = (mean * beta1 + gradient * (1 - beta1)).sign()
    if weightDecay != 0 { parameter *= 1 - rate * weightDecay }
    parameter.add(direction, scaledBy: -rate)
    mean *= beta2
    mean.add(gradient, scaledBy: 1 - beta2)
    progress.moments[name + ".mean"] = mean
  }
}

extension Lion: CustomStringConvertible {
  /// The settings and the number of steps done.
  public var description: String { summary(["beta1": beta1, "beta2": beta2]) }
}
