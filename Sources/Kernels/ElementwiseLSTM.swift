// The elementwise part of a step of long short-term memory.

/// c' = σ(f) · c + σ(i) · tanh(g) and h = σ(o) · tanh(c'), where i, f, g and o are the quarters of each row of x.
///
/// x is [rows, 4 · columns]; c, h and d, which becomes c', are [rows, columns], all contiguous. d may be exactly c; else
/// they do not overlap. Both extents may be 0. A row's result depends on nothing but the row.
package func lstmRows(
  _ x: UnsafePointer<Float>, _ c: UnsafePointer<Float>, _ h: UnsafeMutablePointer<Float>,
  _ d: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  var row = 0
  while row < rows {
    let (gates, start) = (x + 4 &* row &* columns, row &* columns)
    let (f, g, o) = (gates + columns, gates + 2 &* columns, gates + 3 &* columns)
    @inline(__always)
    func body(_ k: Int, _ count: Int) {
      let (output, state) = lstmStep(
        loadUpTo(count, gates + k), loadUpTo(count, f + k), loadUpTo(count, g + k), loadUpTo(count, o + k),
        loadUpTo(count, c + start + k))
      storeUpTo(count, output, h + start + k)
      storeUpTo(count, state, d + start + k)
    }
    forEachVector(columns, body)
    row &+= 1
  }
}

/// h and c'.
@inline(__always)
func lstmStep(_ i: Vector, _ f: Vector, _ g: Vector, _ o: Vector, _ c: Vector) -> (Vector, Vector) {
  let state = multiplyAdd(logistic(f), c, logistic(i) * hyperbolicTangent(g))
  return (logistic(o) * hyperbolicTangent(state), state)
}

/// The gradients of `lstmRows` at x and c, for the upstream gradients u of h and v of c'.
///
/// x and y, the gradient at x, are [rows, 4 · columns]; c, u, v and w, the gradient at c, are [rows, columns], all
/// contiguous. y may be exactly x, and w exactly v; else they do not overlap. Both extents may be 0.
package func lstmRowsGradient(
  _ u: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ c: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ w: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  var row = 0
  while row < rows {
    let (gates, target, start) = (x + 4 &* row &* columns, y + 4 &* row &* columns, row &* columns)
    @inline(__always)
    func body(_ k: Int, _ count: Int) {
      let place = start &+ k
      let (first, second, third, fourth, last) = lstmGradient(
        loadUpTo(count, u + place), loadUpTo(count, v + place), loadUpTo(count, gates + k),
        loadUpTo(count, gates + columns + k), loadUpTo(count, gates + 2 &* columns + k),
        loadUpTo(count, gates + 3 &* columns + k), loadUpTo(count, c + place))
      storeUpTo(count, first, target + k)
      storeUpTo(count, second, target + columns + k)
      storeUpTo(count, third, target + 2 &* columns + k)
      storeUpTo(count, fourth, target + 3 &* columns + k)
      storeUpTo(count, last, w + place)
    }
    forEachVector(columns, body)
    row &+= 1
  }
}

/// The gradients at i, f, g, o and c.
@inline(__always)
func lstmGradient(
  _ u: Vector, _ v: Vector, _ i: Vector, _ f: Vector, _ g: Vector, _ o: Vector, _ c: Vector
) -> (Vector, Vector, Vector, Vector, Vector) {
  let (input, forget, value, output) = (logistic(i), logistic(f), hyperbolicTangent(g), logistic(o))
  let squashed = hyperbolicTangent(multiplyAdd(forget, c, input * value))
  let atState = multiplyAdd(u * output, multiplyAdd(-squashed, squashed, splat(1)), v)
  return (
    atState * value * (input * (1 - input)), atState * c * (forget * (1 - forget)),
    atState * input * multiplyAdd(-value, value, splat(1)), u * squashed * (output * (1 - output)), atState * forget
  )
}
