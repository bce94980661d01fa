import Tensor

/// Gradient descent, with momentum if wanted, as PyTorch's `SGD` defines it.
///
/// `v ← momentum · v + g`, then `p ← p - rate · v`; Nesterov's form steps along `g + momentum · v`. Weight decay is added
/// to the gradient.
///
/// Reference: Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
public struct SGD: Optimizer {
  public var learningRate: Float
  public var weightDecay: Float
  /// How much of the velocity stays from step to step, 0 for none.
  public var momentum: Float
  /// Whether the step looks ahead along the velocity.
  public var isNesterov: Bool
  public var groups: [ParameterGroup] = []
  public var progress = OptimizerProgress()

  /// Gradient descent with the given settings.
  public init(learningRate: Float, momentum: Float = 0, isNesterov: Bool = false, weightDecay: Float = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
  }

  public mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
  ) {
    let gradient = gradient.addingDecay(of: parameter, weightDecay)
    if momentum == 0 { return parameter.add(gradient, scaledBy: -rate) }
    var velocity = takeMoment(name + ".velocity", like: parameter)
    parameter.updateBySGD(gradient, velocity: &velocity, rate: rate, momentum: momentum, isNesterov: isNesterov)
    progress.moments[name + ".velocity"] = velocity
  }
}

extension Tensor {
  /// This gradient plus that of an L2 penalty on `parameter`.
  func addingDecay(of parameter: Tensor, _ weightDecay: Float) -> Tensor {
    guard weightDecay != 0 else { return self }
    var result = self
    result.add(parameter, scaledBy: weightDecay)
    return result
  }
}

extension SGD: CustomStringConvertible {
  /// The settings and the number of steps done.
  public var description: String { summary(["momentum": momentum]) + (isNesterov ? ", Nesterov" : "") }
}
