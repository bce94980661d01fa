import Kernels
import KernelsAVX2
import KernelsAVX512

private let reluKernel = select(Kernels.relu, KernelsAVX2.relu, KernelsAVX512.relu)
private let reluGradientKernel = select(Kernels.reluGradient, KernelsAVX2.reluGradient, KernelsAVX512.reluGradient)
private let leakyReluKernel = select(Kernels.leakyRelu, KernelsAVX2.leakyRelu, KernelsAVX512.leakyRelu)
private let leakyReluGradientKernel = select(
  Kernels.leakyReluGradient, KernelsAVX2.leakyReluGradient, KernelsAVX512.leakyReluGradient)
private let tanhKernel = select(Kernels.tanh, KernelsAVX2.tanh, KernelsAVX512.tanh)
private let sigmoidKernel = select(Kernels.sigmoid, KernelsAVX2.sigmoid, KernelsAVX512.sigmoid)
private let softplusKernel = select(Kernels.softplus, KernelsAVX2.softplus, KernelsAVX512.softplus)

extension Tensor {
  /// `max(x, 0)`. The derivative at 0 is 0.
  public func relu() -> Tensor {
    recordUnary("relu", mapped(reluKernel), saving: [.output(0)]) { u, saved in u.whereNotPositive(saved[0], slope: 0) }
  }

  /// `x` where it is positive, `slope · x` elsewhere.
  public func leakyReLU(slope: Float = 0.01) -> Tensor {
    recordUnary("leakyReLU", mapped { leakyReluKernel($0, slope, $1, $2) }, saving: [.input(0)]) { u, saved in
      u.whereNotPositive(saved[0], slope: slope)
    }
  }

  /// This tensor times `slope` wherever `control` is not positive: the derivative of the rectifiers. It is linear in this
  /// tensor, and constant in `control` wherever that has a derivative.
  private func whereNotPositive(_ control: Tensor, slope: Float) -> Tensor {
    let result = Tensor.zipped(self, control) { u, x, y, count in
      slope == 0 ? reluGradientKernel(u, x, y, count) : leakyReluGradientKernel(u, x, slope, y, count)
    }
    return recordUnary("rectifier's derivative", result, saving: [.constant(control)]) { u, saved in
      u.whereNotPositive(saved[0], slope: slope)
    }
  }

  /// The hyperbolic tangent.
  public func tanh() -> Tensor {
    recordUnary("tanh", mapped(tanhKernel), saving: [.output(0)]) { u, saved in u * (1 - saved[0].square()) }
  }

  /// The logistic function `1 / (1 + e^-x)`.
  public func sigmoid() -> Tensor {
    recordUnary("sigmoid", mapped(sigmoidKernel), saving: [.output(0)]) { u, saved in
      u * (saved[0] * (1 - saved[0]))
    }
  }

  /// `log(1 + e^x)`, a smooth rectifier, without overflow.
  public func softplus() -> Tensor {
    recordUnary("softplus", mapped(softplusKernel), saving: [.input(0)]) { u, saved in u * saved[0].sigmoid() }
  }

  /// The logarithm of the logistic function, without underflow.
  public func logSigmoid() -> Tensor { -(-self).softplus() }

  /// `x · sigmoid(x)`, also called swish.
  ///
  /// Reference: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", arXiv:1702.03118.
  public func silu() -> Tensor { self * sigmoid() }

  /// `x · Φ(x)` with the normal distribution function Φ, exact.
  ///
  /// Reference: Hendrycks and Gimpel, "Gaussian error linear units", arXiv:1606.08415.
  public func gelu() -> Tensor { self * (scaled(by: 0.707_106_781_2).erf() + 1) * 0.5 }

  /// `x` where it is positive, `alpha · (e^x - 1)` elsewhere. The derivative at 0 is `alpha`.
  ///
  /// Reference: Clevert, Unterthiner and Hochreiter, "Exponential linear units", arXiv:1511.07289.
  public func elu(alpha: Float = 1) -> Tensor {
    let isPositive = self .> 0
    // The exponential sees no positive number: it could overflow.
    return .where(isPositive, self, (Tensor.where(isPositive, Tensor(0), self).exp() - 1) * alpha)
  }
}
