import Tensor

/// Adagrad: steps along the gradient divided by the root of the sum of all its squares so far, as PyTorch's `Adagrad`
/// defines it.
///
/// `s ← s + g²`, then `p ← p - rate / (1 + (step - 1) · rateDecay) · g / (√s + epsilon)`. Weight decay is added to the
/// gradient.
///
/// Reference: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
/// JMLR 12 (2011).
public struct Adagrad: Optimizer {
  public var learningRate: Float
  public var weightDecay: Float
  /// How fast the learning rate falls, beside what the sum does: it is divided by `1 + rateDecay` for the second step,
  /// `1 + 2 · rateDecay` for the third.
  public var rateDecay: Float
  /// Where the sums of squares start.
  public var initialSum: Float
  /// Added to the root, so that no step is divided by zero.
  public var epsilon: Float
  public var groups: [ParameterGroup] = []
  public var progress = OptimizerProgress()

  /// Adagrad with the given settings.
  public init(
    learningRate: Float = 1e-2, rateDecay: Float = 0, initialSum: Float = 0, epsilon: Float = 1e-10,
    weightDecay: Float = 0
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.rateDecay = rateDecay
    self.initialSum = initialSum
    self.epsilon = epsilon
  }

  public mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
  ) {
    let gradient = gradient.addingDecay(of: parameter, weightDecay)
    var sum = progress.moments.take(name + ".sum") ?? Tensor(repeating: initialSum, shape: parameter.shape)
    sum.add(gradient.square(), scaledBy: 1)
    let decayed = Double(rate) / (1 + Double(progress.step - 1) * Double(rateDecay))
    parameter.add(gradient / (sum.squareRoot() + epsilon), scaledBy: Float(-decayed))
    progress.moments[name + ".sum"] = sum
  }
}

extension Adagrad: CustomStringConvertible {
  /// The settings and the number of steps done.
  public var description: String {
    summary(["rateDecay": rateDecay, "initialSum": initialSum, "epsilon": epsilon])
  }
}
