import Tensor

/// Adam: steps along the mean of the gradients divided by the root of the mean of their squares.
///
/// Reference: Kingma and Ba, "Adam: a method for stochastic optimization", arXiv:1412.6980, algorithm 1, with ε outside
/// the bias-corrected root. Weight decay is added to the gradient, or, if decoupled, shrinks the parameter itself
/// (AdamW: Loshchilov and Hutter, "Decoupled weight decay regularization", arXiv:1711.05101).
public struct Adam: Optimizer {
  public var learningRate: Float
  public var weightDecay: Float
  /// How much of the mean of the gradients stays from step to step.
  public var beta1: Float
  /// How much of the mean of the squares stays from step to step.
  public var beta2: Float
  /// Added to the root, so that no step is divided by zero.
  public var epsilon: Float
  /// Whether weight decay shrinks the parameters apart from the gradients.
  public var isDecayDecoupled: Bool
  public var groups: [ParameterGroup] = []
  public var progress = OptimizerProgress()

  /// Adam with the given settings.
  public init(
    learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 0, isDecayDecoupled: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.isDecayDecoupled = isDecayDecoupled
  }

  /// AdamW: ``Adam`` with decoupled weight decay.
  public static func adamW(
    learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8,
    weightDecay: Float = 1e-2
  ) -> Adam {
    Adam(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
      isDecayDecoupled: true)
  }

  public mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
  ) {
    let gradient = isDecayDecoupled ? gradient : gradient.addingDecay(of: parameter, weightDecay)
    let correction1 = 1 - Self.power(Double(beta1), progress.step)
    let correction2 = 1 - Self.power(Double(beta2), progress.step)
    var mean = takeMoment(name + ".mean", like: parameter)
    var square = takeMoment(name + ".square", like: parameter)
    parameter.updateByAdam(
      gradient, mean: &mean, square: &square, beta1: beta1, beta2: beta2,
      stepSize: Float(Double(rate) / correction1), rootCorrection: Float(1 / correction2.squareRoot()),
      epsilon: epsilon, decay: isDecayDecoupled ? 1 - rate * weightDecay : 1)
    progress.moments[name + ".mean"] = mean
    progress.moments[name + ".square"] = square
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= square }
      square *= square
      rest >>= 1
    }
    return result
  }
}

extension Adam: CustomStringConvertible {
  /// The settings and the number of steps done.
  public var description: String {
    summary(["beta1": beta1, "beta2": beta2, "epsilon": epsilon]) + (isDecayDecoupled ? ", decoupled decay" : "")
  }
}
