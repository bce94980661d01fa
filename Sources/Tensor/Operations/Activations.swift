import LatentSystem

extension Tensor {
  /// `max(x, 0)`. The derivative at 0 is 0.
  public func relu() -> Tensor {
    recordUnary("relu", mapped(kernels.unary.relu), saving: [.output(0)]) { u, saved in
      u.whereNotPositive(saved[0], slope: 0)
    }
  }

  /// `x` where it is positive, `slope · x` elsewhere.
  public func leakyReLU(slope: Float = 0.01) -> Tensor {
    // The output has the input's sign if the slope is positive, and is as a rule kept anyway by what comes next.
    let saved: Saved = slope > 0 ? .output(0) : .input(0)
    return recordUnary("leakyReLU", mapped { kernels.fused.leakyRelu($0, slope, $1, $2) }, saving: [saved]) {
      u, saved in
      u.whereNotPositive(saved[0], slope: slope)
    }
  }

  /// This tensor times `slope` wherever `control` is not positive: the derivative of the rectifiers. It is linear in this
  /// tensor, and constant in `control` wherever that has a derivative.
  private func whereNotPositive(_ control: Tensor, slope: Float) -> Tensor {
    let result = Tensor.zipped(self, control) { u, x, y, count in
      slope == 0 ? kernels.fused.reluGradient(u, x, y, count) : kernels.fused.leakyReluGradient(u, x, slope, y, count)
    }
    return recordUnary("rectifier's derivative", result, saving: [.constant(control)]) { u, saved in
      u.whereNotPositive(saved[0], slope: slope)
    }
  }

  /// The hyperbolic tangent.
  public func tanh() -> Tensor {
    recordUnary("tanh", mapped(kernels.unary.tanh), saving: [.output(0)]) { u, saved in u.timesTanhSlope(saved[0]) }
  }

  /// This tensor times `1 - y²`, the derivative of the hyperbolic tangent where that is y.
  private func timesTanhSlope(_ y: Tensor) -> Tensor {
    Tensor.record(
      "tanh's derivative", .zipped(self, y, kernels.fused.tanhGradient), from: self, y,
      saving: [.input(0), .input(1)]
    ) {
      let (v, u, y) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? v.timesTanhSlope(y) : nil, $0.isWanted[1] ? v * u * y * -2 : nil]
    }
  }

  /// The logistic function `1 / (1 + e^-x)`.
  public func sigmoid() -> Tensor {
    recordUnary("sigmoid", mapped(kernels.unary.sigmoid), saving: [.output(0)]) { u, saved in
      u.timesSigmoidSlope(saved[0])
    }
  }

  /// This tensor times `y · (1 - y)`, the derivative of the logistic function where that is y.
  private func timesSigmoidSlope(_ y: Tensor) -> Tensor {
    Tensor.record(
      "sigmoid's derivative", .zipped(self, y, kernels.fused.sigmoidGradient), from: self, y,
      saving: [.input(0), .input(1)]
    ) {
      let (v, u, y) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? v.timesSigmoidSlope(y) : nil, $0.isWanted[1] ? v * u * (1 - 2 * y) : nil]
    }
  }

  /// `log(1 + e^x)`, a smooth rectifier, without overflow.
  public func softplus() -> Tensor {
    recordUnary("softplus", mapped(kernels.unary.softplus), saving: [.input(0)]) { u, saved in u.timesSigmoid(saved[0])
    }
  }

  /// This tensor times `sigmoid(x)`, the derivative of softplus at x.
  private func timesSigmoid(_ x: Tensor) -> Tensor {
    Tensor.record(
      "softplus' derivative", .zipped(self, x, kernels.fused.softplusGradient), from: self, x,
      saving: [.input(0), .input(1)]
    ) {
      let (v, u, x) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [$0.isWanted[0] ? v.timesSigmoid(x) : nil, $0.isWanted[1] ? (v * u).timesSigmoidSlope(x.sigmoid()) : nil]
    }
  }

  /// The logarithm of the logistic function, without underflow.
  public func logSigmoid() -> Tensor { -(-self).softplus() }

  /// `x · sigmoid(x)`, also called swish.
  ///
  /// Reference: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", arXiv:1702.03118.
  public func silu() -> Tensor {
    recordUnary("silu", mapped(kernels.fused.silu), saving: [.input(0)]) { u, saved in u.timesSiluSlope(saved[0]) }
  }

  /// This tensor times the derivative of `x · sigmoid(x)`.
  private func timesSiluSlope(_ x: Tensor) -> Tensor {
    Tensor.record(
      "silu's derivative", .zipped(self, x, kernels.fused.siluGradient), from: self, x, saving: [.input(0), .input(1)]
    ) {
      let (v, u, x) = ($0.cotangent, $0.saved[0], $0.saved[1])
      guard $0.isWanted[1] else { return [v.timesSiluSlope(x), nil] }
      let s = x.sigmoid()
      return [$0.isWanted[0] ? v.timesSiluSlope(x) : nil, v * u * (s * (1 - s)) * (x * (1 - 2 * s) + 2)]
    }
  }

  /// `x · Φ(x)` with the normal distribution function Φ, exact.
  ///
  /// Reference: Hendrycks and Gimpel, "Gaussian error linear units", arXiv:1606.08415.
  public func gelu() -> Tensor {
    recordUnary("gelu", mapped(kernels.fused.gelu), saving: [.input(0)]) { u, saved in u.timesGeluSlope(saved[0]) }
  }

  /// This tensor times the derivative of `x · Φ(x)`.
  private func timesGeluSlope(_ x: Tensor) -> Tensor {
    Tensor.record(
      "gelu's derivative", .zipped(self, x, kernels.fused.geluGradient), from: self, x, saving: [.input(0), .input(1)]
    ) {
      let (v, u, x) = ($0.cotangent, $0.saved[0], $0.saved[1])
      guard $0.isWanted[1] else { return [v.timesGeluSlope(x), nil] }
      let square = x.square()
      let density = (square * -0.5).exp() * 0.398_942_280_4
      return [$0.isWanted[0] ? v.timesGeluSlope(x) : nil, v * u * density * (2 - square)]
    }
  }

  /// `x` where it is positive, `alpha · (e^x - 1)` elsewhere. The derivative at 0 is `alpha`.
  ///
  /// Reference: Clevert, Unterthiner and Hochreiter, "Exponential linear units", arXiv:1511.07289.
  public func elu(alpha: Float = 1) -> Tensor { exponentialLinear("elu", slope: 1, alpha) }

  /// `slope · x` where x is positive, `alpha · (e^x - 1)` elsewhere.
  private func exponentialLinear(_ operation: StaticString, slope: Float, _ alpha: Float) -> Tensor {
    let result = mapped(for: operation) { kernels.fused.elu($0, slope, alpha, $1, $2) }
    return recordUnary(operation, result, saving: [.input(0)]) { u, saved in
      u.timesEluSlope(saved[0], slope, alpha)
    }
  }

  /// This tensor times the derivative of the exponential linear unit at x.
  private func timesEluSlope(_ x: Tensor, _ slope: Float, _ alpha: Float) -> Tensor {
    let result = Tensor.zipped(self, x) { kernels.fused.eluGradient($0, $1, slope, alpha, $2, $3) }
    return Tensor.record("elu's derivative", result, from: self, x, saving: [.input(0), .input(1)]) {
      let (v, u, x) = ($0.cotangent, $0.saved[0], $0.saved[1])
      return [
        $0.isWanted[0] ? v.timesEluSlope(x, slope, alpha) : nil,
        // Where the slope is an exponential, that is its own derivative.
        $0.isWanted[1] ? .where(x .> 0, Tensor(0), else: (v * u).timesEluSlope(x, slope, alpha)) : nil,
      ]
    }
  }
}

extension Tensor {
  /// The values of `function`.
  package func applying(_ function: ChannelFinish.Function) -> Tensor {
    switch function {
    case .relu: relu()
    case .leakyReLU(let slope): leakyReLU(slope: slope)
    case .tanh: tanh()
    case .sigmoid: sigmoid()
    }
  }

  /// This tensor times the derivative of `function` where its value is y.
  func timesSlope(of function: ChannelFinish.Function, at y: Tensor) -> Tensor {
    switch function {
    case .relu: whereNotPositive(y, slope: 0)
    case .leakyReLU(let slope): whereNotPositive(y, slope: slope)
    case .tanh: timesTanhSlope(y)
    case .sigmoid: timesSigmoidSlope(y)
    }
  }
}

// MARK: - Of these and others

extension Tensor {
  /// `scale · elu(x, alpha)` with the two constants for which activations of mean 0 and variance 1 stay so from layer to
  /// layer: `scale` 1.0507 and `alpha` 1.6733.
  ///
  /// Reference: Klambauer et al., "Self-normalizing neural networks", arXiv:1706.02515.
  public func selu() -> Tensor {
    exponentialLinear("selu", slope: 1.050_700_987_355_480_5, 1.673_263_242_354_377_3 * 1.050_700_987_355_480_5)
  }

  /// `x · tanh(softplus(x))`.
  ///
  /// Reference: Misra, "Mish: a self regularized non-monotonic activation function", arXiv:1908.08681.
  public func mish() -> Tensor { self * softplus().tanh() }

  /// `x` where it is positive, `slope · x` elsewhere, with a slope that can be learned. The derivative at 0 is the slope.
  ///
  /// - Parameter slope: `[C]`, one for each channel, the last axis; or `[1]`, one for all.
  /// - Returns: a tensor of the same shape.
  ///
  /// Reference: He et al., "Delving deep into rectifiers", arXiv:1502.01852.
  public func prelu(slope: Tensor) -> Tensor {
    require(
      slope.rank == 1 && (slope.shape[0] == 1 || rank >= 1 && slope.shape[0] == shape[-1]),
      "prelu: the slope has shape \(slope.shape), input \(shape) expects [1] or one for each channel, the last axis")
    return self * .where(self .> 0, 1, else: slope)
  }
}
