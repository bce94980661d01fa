// One step of an optimizer, in place, in one pass over the arrays. All arrays hold `n` contiguous floats and do not
// overlap; `n` may be 0; no alignment is assumed.

/// One step of Adam (Kingma and Ba, arXiv:1412.6980), with a factor on the parameters for decoupled weight decay.
///
/// m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p · decay - stepSize · m / (√v · rootCorrection + ε).
///
/// - Parameters:
///   - p: Parameters.
///   - m: Running mean of the gradients.
///   - v: Running mean of their squares.
///   - g: Gradients.
///   - n: How many.
///   - beta1: β₁.
///   - beta2: β₂.
///   - stepSize: learning rate / (1 - β₁ᵗ), computed by the caller in double precision.
///   - rootCorrection: 1 / √(1 - β₂ᵗ), likewise.
///   - epsilon: ε.
///   - decay: 1, or 1 - learning rate · weight decay.
package func adam(
  _ p: UnsafeMutablePointer<Float>, _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>,
  _ g: UnsafePointer<Float>, _ n: Int, _ beta1: Float, _ beta2: Float, _ stepSize: Float, _ rootCorrection: Float,
  _ epsilon: Float, _ decay: Float
) {
  let (keepMean, takeMean) = (splat(beta1), splat(1 - beta1))
  let (keepSquare, takeSquare) = (splat(beta2), splat(1 - beta2))
  let (rate, correction, floor, shrink) = (splat(-stepSize), splat(rootCorrection), splat(epsilon), splat(decay))
  @inline(__always)
  func step(_ parameter: inout Vector, _ mean: inout Vector, _ square: inout Vector, _ gradient: Vector) {
    mean = multiplyAdd(mean, keepMean, takeMean * gradient)
    square = multiplyAdd(square, keepSquare, takeSquare * gradient * gradient)
    let denominator = multiplyAdd(square.squareRoot(), correction, floor)
    parameter = multiplyAdd(parameter, shrink, rate * mean / denominator)
  }
  update(p, m, v, g, n, step)
}

/// One step of gradient descent with momentum.
///
/// velocity ← momentum · velocity + g, p ← p - rate · (nesterov ? g + momentum · velocity : velocity).
package func sgd(
  _ p: UnsafeMutablePointer<Float>, _ velocity: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ n: Int,
  _ rate: Float, _ momentum: Float, _ nesterov: Bool
) {
  let (factor, keep) = (splat(-rate), splat(momentum))
  if nesterov {
    @inline(__always)
    func step(_ parameter: inout Vector, _ speed: inout Vector, _ gradient: Vector) {
      speed = multiplyAdd(speed, keep, gradient)
      parameter = multiplyAdd(multiplyAdd(speed, keep, gradient), factor, parameter)
    }
    update(p, velocity, g, n, step)
  } else {
    @inline(__always)
    func step(_ parameter: inout Vector, _ speed: inout Vector, _ gradient: Vector) {
      speed = multiplyAdd(speed, keep, gradient)
      parameter = multiplyAdd(speed, factor, parameter)
    }
    update(p, velocity, g, n, step)
  }
}

/// One step of RMSprop as PyTorch defines it.
///
/// v ← decay · v + (1 - decay) g², p ← p - rate · g / (√v + ε).
package func rmsProp(
  _ p: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ n: Int,
  _ rate: Float, _ decay: Float, _ epsilon: Float
) {
  let (keep, take, factor) = (splat(decay), splat(1 - decay), splat(-rate))
  @inline(__always)
  func step(_ parameter: inout Vector, _ square: inout Vector, _ gradient: Vector) {
    square = multiplyAdd(square, keep, take * gradient * gradient)
    parameter = parameter + factor * gradient / (square.squareRoot() + epsilon)
  }
  update(p, v, g, n, step)
}

/// Applies `body` to the elements of two arrays it changes and one it reads.
@inline(__always)
private func update(
  _ p: UnsafeMutablePointer<Float>, _ s: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>, _ n: Int,
  _ body: (inout Vector, inout Vector, Vector) -> Void
) {
  var i = 0
  while i <= n &- width {
    var (first, second) = (load(p + i), load(s + i))
    body(&first, &second, load(g + i))
    store(first, p + i)
    store(second, s + i)
    i &+= width
  }
  if i < n {
    let rest = n &- i
    var (first, second) = (loadPartial(p + i, rest), loadPartial(s + i, rest))
    body(&first, &second, loadPartial(g + i, rest))
    storePartial(first, p + i, rest)
    storePartial(second, s + i, rest)
  }
}

/// Applies `body` to the elements of three arrays it changes and one it reads.
@inline(__always)
private func update(
  _ p: UnsafeMutablePointer<Float>, _ s: UnsafeMutablePointer<Float>, _ t: UnsafeMutablePointer<Float>,
  _ g: UnsafePointer<Float>, _ n: Int, _ body: (inout Vector, inout Vector, inout Vector, Vector) -> Void
) {
  var i = 0
  while i <= n &- width {
    var (first, second, third) = (load(p + i), load(s + i), load(t + i))
    body(&first, &second, &third, load(g + i))
    store(first, p + i)
    store(second, s + i)
    store(third, t + i)
    i &+= width
  }
  if i < n {
    let rest = n &- i
    var (first, second, third) = (loadPartial(p + i, rest), loadPartial(s + i, rest), loadPartial(t + i, rest))
    body(&first, &second, &third, loadPartial(g + i, rest))
    storePartial(first, p + i, rest)
    storePartial(second, s + i, rest)
    storePartial(third, t + i, rest)
  }
}
