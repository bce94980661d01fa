// Weighted rows at given places: what sampling images at a grid is, and its gradients. A row of the result has `terms`
// of them, whose places and weights stand one after the other. Places are not checked.

/// Row i of y = Σₖ weights[i, k] · row indices[i, k] of x.
package func combineIndexedRows(
  _ x: UnsafePointer<Float>, _ indices: UnsafePointer<Int>, _ weights: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ terms: Int, _ size: Int
) {
  for row in 0..<rows {
    let (places, factors, to) = (indices + row &* terms, weights + row &* terms, y + row &* size)
    var i = 0
    while i <= size &- width {
      var sum = Vector.zero
      for k in 0..<terms { sum = multiplyAdd(load(x + (places[k] &* size &+ i)), splat(factors[k]), sum) }
      store(sum, to + i)
      i &+= width
    }
    while i < size {
      var sum: Float = 0
      for k in 0..<terms { sum += factors[k] * x[places[k] &* size &+ i] }
      to[i] = sum
      i &+= 1
    }
  }
}

/// Adds weights[i, k] · row i of x to row indices[i, k] of y, in the order of i and k.
package func scatterIndexedRows(
  _ x: UnsafePointer<Float>, _ indices: UnsafePointer<Int>, _ weights: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ terms: Int, _ size: Int
) {
  for row in 0..<rows {
    let from = x + row &* size
    for k in 0..<terms {
      let (to, factor) = (y + indices[row &* terms &+ k] &* size, weights[row &* terms &+ k])
      var i = 0
      while i <= size &- width {
        store(multiplyAdd(load(from + i), splat(factor), load(to + i)), to + i)
        i &+= width
      }
      while i < size {
        to[i] += factor * from[i]
        i &+= 1
      }
    }
  }
}

/// y[i, k] = the product of row i of a with row indices[i, k] of b.
package func dotIndexedRows(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ indices: UnsafePointer<Int>,
  _ y: UnsafeMutablePointer<Float>, _ rows: Int, _ terms: Int, _ size: Int
) {
  for row in 0..<rows {
    let left = a + row &* size
    for k in 0..<terms {
      let right = b + indices[row &* terms &+ k] &* size
      var sums = Vector.zero
      var i = 0
      while i <= size &- width {
        sums = multiplyAdd(load(left + i), load(right + i), sums)
        i &+= width
      }
      var sum = joinLanes(sums, plus)
      while i < size {
        sum += left[i] * right[i]
        i &+= 1
      }
      y[row &* terms &+ k] = sum
    }
  }
}
