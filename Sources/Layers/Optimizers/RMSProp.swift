import Tensor

/// RMSProp: steps along the gradient divided by the root of the mean of its squares, as PyTorch's `RMSprop` defines it.
///
/// Weight decay is added to the gradient.
///
/// Reference: Tieleman and Hinton, "Lecture 6.5: RMSProp", COURSERA Neural Networks for Machine Learning, 2012.
public struct RMSProp: Optimizer {
  public var learningRate: Float
  public var weightDecay: Float
  /// How much of the mean of the squares stays from step to step.
  public var decay: Float
  /// Added to the root, so that no step is divided by zero.
  public var epsilon: Float
  public var groups: [ParameterGroup] = []
  public var progress = OptimizerProgress()

  /// RMSProp with the given settings.
  public init(learningRate: Float = 1e-2, decay: Float = 0.99, epsilon: Float = 1e-8, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.decay = decay
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  public mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
  ) {
    var square = takeMoment(name + ".square", like: parameter)
    parameter.updateByRMSProp(
      gradient.addingDecay(of: parameter, weightDecay), square: &square, rate: rate, decay: decay, epsilon: epsilon)
    progress.moments[name + ".square"] = square
  }
}

extension RMSProp: CustomStringConvertible {
  /// The settings and the number of steps done.
  public var description: String { summary(["decay": decay, "epsilon": epsilon]) }
}
