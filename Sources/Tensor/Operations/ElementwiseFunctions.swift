// MARK: - Of one tensor

extension Tensor {
  /// e to the power of every scalar.
  public func exp() -> Tensor {
    recordUnary("exp", mapped(kernels.unary.exp), saving: [.output(0)]) { u, saved in u * saved[0] }
  }

  /// The natural logarithm; NaN below 0, -∞ at 0.
  public func log() -> Tensor {
    recordUnary("log", mapped(kernels.unary.log), saving: [.input(0)]) { u, saved in u / saved[0] }
  }

  /// `e^x - 1`, as accurate near 0 as elsewhere.
  public func expm1() -> Tensor {
    recordUnary("expm1", mapped(kernels.unary.expMinusOne), saving: [.input(0)]) { u, saved in u * saved[0].exp() }
  }

  /// `log(1 + x)`, as accurate near 0 as elsewhere; NaN below -1, -∞ at -1.
  public func log1p() -> Tensor {
    recordUnary("log1p", mapped(kernels.unary.logOnePlus), saving: [.input(0)]) { u, saved in
      u.dividedByOnePlus(saved[0])
    }
  }

  /// `u / (1 + x)` with this tensor as u.
  private func dividedByOnePlus(_ x: Tensor) -> Tensor {
    let result = Tensor.zipped(self, x, kernels.fused.logOnePlusGradient)
    return Tensor.record("log1p's derivative", result, from: self, x, saving: [.input(1), .output(0)]) {
      let quotient = $0.cotangent.dividedByOnePlus($0.saved[0])
      return [quotient, $0.isWanted[1] ? -quotient * $0.saved[1] : nil]
    }
  }

  /// The square root; NaN below 0. Its derivative at 0 is infinite: put an ε inside where that can be met.
  public func squareRoot() -> Tensor {
    recordUnary("squareRoot", mapped(kernels.unary.squareRoot), saving: [.output(0)]) { u, saved in u * 0.5 / saved[0] }
  }

  /// One divided by the square root.
  public func reciprocalSquareRoot() -> Tensor {
    recordUnary("reciprocalSquareRoot", mapped(kernels.unary.reciprocalSquareRoot), saving: [.output(0)]) { u, saved in
      u * -0.5 * (saved[0].square() * saved[0])
    }
  }

  /// Every scalar times itself.
  public func square() -> Tensor {
    recordUnary("square", mapped(kernels.unary.square), saving: [.input(0)]) { u, saved in u * saved[0] * 2 }
  }

  /// The magnitude; its derivative at 0 is taken as 0.
  public func absolute() -> Tensor {
    recordUnary("absolute", mapped(kernels.unary.absolute), saving: [.input(0)]) { u, saved in u * saved[0].sign() }
  }

  /// The sine of an angle in radians.
  public func sin() -> Tensor {
    recordUnary("sin", mapped(kernels.unary.sine), saving: [.input(0)]) { u, saved in u * saved[0].cos() }
  }

  /// The cosine of an angle in radians.
  public func cos() -> Tensor {
    recordUnary("cos", mapped(kernels.unary.cosine), saving: [.input(0)]) { u, saved in u * -saved[0].sin() }
  }

  /// The tangent of an angle in radians.
  public func tan() -> Tensor {
    recordUnary("tan", mapped(kernels.unary.tangent), saving: [.output(0)]) { u, saved in u * (saved[0].square() + 1) }
  }

  /// The Gauss error function, `2/√π · ∫₀ˣ e^(-t²) dt`.
  public func erf() -> Tensor {
    recordUnary("erf", mapped(kernels.unary.erf), saving: [.input(0)]) { u, saved in
      u * (-saved[0].square()).exp() * 1.128_379_167_1
    }
  }

  /// Every scalar to the power of `exponent`. A negative one needs a whole exponent; NaN otherwise.
  public func pow(_ exponent: Float) -> Tensor {
    let result = Tensor.broadcast("pow", self, Tensor(exponent), kernels.binary.power)
    return recordUnary("pow", result, saving: [.input(0)]) { u, saved in
      exponent == 0 ? Tensor.zeros(like: u) : u * (saved[0].pow(exponent - 1) * exponent)
    }
  }

  /// Every scalar, but `lower` where it is less and `upper` where it is more.
  ///
  /// The derivative is 1 between the bounds, and 0 outside and at the bounds themselves (as PyTorch has it).
  /// - Precondition: `lower <= upper`.
  public func clamped(to bounds: ClosedRange<Float>) -> Tensor {
    let (lower, upper) = (bounds.lowerBound, bounds.upperBound)
    return recordUnary("clamped", mapped { kernels.fused.clamp($0, lower, upper, $1, $2) }, saving: [.input(0)]) {
      u, saved in
      u * ((saved[0] .> lower) * (saved[0] .< upper))
    }
  }

  /// As ``clamped(to:)``, but what lies outside can come back: at the bounds and beyond them the derivative is 1 where
  /// descent along the cotangent leads inwards, and 0 where it leads further away.
  ///
  /// For numbers that a network gives and a loss is minimized by. With derivatives of 0 those that once left the bounds,
  /// in a step too large, would stay where they are for good.
  /// - Precondition: `lower <= upper`.
  package func clampedWithReturn(to bounds: ClosedRange<Float>) -> Tensor {
    let (lower, upper) = (bounds.lowerBound, bounds.upperBound)
    let result = mapped { kernels.fused.clamp($0, lower, upper, $1, $2) }
    return recordUnary("clampedWithReturn", result, saving: [.input(0)]) { u, saved in
      let (x, direction) = (saved[0], u.detached())
      let inside = (x .> lower) * (x .< upper)
      let returning = (x .<= lower) * (direction .< 0) + (x .>= upper) * (direction .> 0)
      return u * (inside + returning)
    }
  }
}

// MARK: - Of two tensors

extension Tensor {
  /// Every scalar to the power of the corresponding scalar of `exponent`; shapes broadcast.
  ///
  /// The derivative at the exponent is `log(self) · self^exponent`, which is NaN for a negative base, and taken as 0 for
  /// a base of 0.
  public func pow(_ exponent: Tensor) -> Tensor {
    let result = Tensor.broadcast("pow", self, exponent, kernels.binary.power)
    return Tensor.record(
      "pow", result, from: self, exponent, saving: [.input(0), .input(1), .output(0)]
    ) { arguments in
      let (u, base, exponent, y) = (arguments.cotangent, arguments.saved[0], arguments.saved[1], arguments.saved[2])
      // 0 to the power of -1, and the logarithm of 0, would make NaN of what is 0.
      let lowered: () -> Tensor = { .where((exponent .== 0) * (base .== 0), Tensor(0), else: exponent - 1) }
      let logarithm: () -> Tensor = { Tensor.where(base .== 0, Tensor(1), else: base).log() }
      return [
        arguments.isWanted[0] ? u * exponent * base.pow(lowered()) : nil,
        arguments.isWanted[1] ? u * logarithm() * y : nil,
      ]
    }
  }

  /// The angles in radians, from -π to π, of the points `(x, y)`; shapes broadcast. On the left of the origin the sign of
  /// a zero `y` decides between π and -π, as in C.
  ///
  /// The derivatives `x / (x² + y²)` and `-y / (x² + y²)` are NaN at the origin.
  public static func atan2(y: Tensor, x: Tensor) -> Tensor {
    let angle = broadcast("atan2", y, x, kernels.binary.arcTangent)
    return record("atan2", angle, from: y, x, saving: [.input(0), .input(1)]) { arguments in
      let (u, y, x) = (arguments.cotangent, arguments.saved[0], arguments.saved[1])
      let scaled = u / (x.square() + y.square())
      return [arguments.isWanted[0] ? scaled * x : nil, arguments.isWanted[1] ? -scaled * y : nil]
    }
  }

  /// The larger of each pair; shapes broadcast. A tie passes half of the gradient to each side; NaN wins.
  public func maximum(_ other: Tensor) -> Tensor { extremum("maximum", other, kernels.binary.maximum) }

  /// Every scalar, or `bound` where that is larger. See ``maximum(_:)-(Tensor)``.
  public func maximum(_ bound: Float) -> Tensor { maximum(Tensor(bound)) }

  /// The smaller of each pair; shapes broadcast. A tie passes half of the gradient to each side; NaN wins.
  public func minimum(_ other: Tensor) -> Tensor { extremum("minimum", other, kernels.binary.minimum) }

  /// Every scalar, or `bound` where that is smaller. See ``minimum(_:)-(Tensor)``.
  public func minimum(_ bound: Float) -> Tensor { minimum(Tensor(bound)) }

  private func extremum(_ operation: StaticString, _ other: Tensor, _ kernel: BinaryKernel) -> Tensor {
    Tensor.record(
      operation, Tensor.broadcast(operation, self, other, kernel), from: self, other,
      saving: [.input(0), .input(1), .output(0)]
    ) { arguments in
      let (u, a, b, y) = (arguments.cotangent, arguments.saved[0], arguments.saved[1], arguments.saved[2])
      let tie = (a .== b) * 0.5
      return [
        arguments.isWanted[0] ? u * ((a .== y) - tie) : nil,
        arguments.isWanted[1] ? u * ((b .== y) - tie) : nil,
      ]
    }
  }
}
