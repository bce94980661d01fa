// Batch normalization: statistics of columns, and the maps that use them. Matrices are contiguous, [rows, columns];
// `columns` is a multiple of 16, rows may be 0. Arrays of one value a column do not overlap each other or a matrix.

/// mean[c] = the mean of column c; squares[c] = the sum of the squared distances from it. Both 0 without rows.
///
/// Eight rows at a time are averaged in registers and joined to what came before (Chan, Golub and LeVeque, "Updating
/// formulae and a pairwise algorithm for computing sample variances", 1979), so a large mean costs no accuracy.
package func columnMoments(
  _ x: UnsafePointer<Float>, _ mean: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>,
  _ rows: Int, _ columns: Int
) {
  clear(mean, columns)
  clear(squares, columns)
  var r = 0
  while r <= rows &- 8 {
    let share = splat(8 / Float(r &+ 8))
    let weight = splat(Float(r)) * share
    var c = 0
    while c < columns {
      let (blockMean, blockSquares) = momentsOfEight(x + (r &* columns &+ c), columns)
      join(mean + c, squares + c, blockMean, blockSquares, share, weight)
      c &+= width
    }
    r &+= 8
  }
  while r < rows {
    let share = splat(1 / Float(r &+ 1))
    let weight = splat(Float(r)) * share
    var c = 0
    while c < columns {
      join(mean + c, squares + c, load(x + (r &* columns &+ c)), Vector(), share, weight)
      c &+= width
    }
    r &+= 1
  }
}

/// Joins the moments of `otherCount` further rows to those of `count` rows; at least one of all is needed.
package func joinColumnMoments(
  _ mean: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>, _ otherMean: UnsafePointer<Float>,
  _ otherSquares: UnsafePointer<Float>, _ columns: Int, _ count: Int, _ otherCount: Int
) {
  let share = splat(Float(otherCount) / Float(count &+ otherCount))
  let weight = splat(Float(count)) * share
  var c = 0
  while c < columns {
    join(mean + c, squares + c, load(otherMean + c), load(otherSquares + c), share, weight)
    c &+= width
  }
}

/// sums[c] = Σᵣ u[r, c]; products[c] = Σᵣ u[r, c] · (x[r, c] - mean[c]).
package func columnGradientSums(
  _ u: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ mean: UnsafePointer<Float>,
  _ sums: UnsafeMutablePointer<Float>, _ products: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int
) {
  clear(sums, columns)
  clear(products, columns)
  // One loop for eight rows and one for the others: a vector that comes from either is compiled lane by lane.
  var r = 0
  while r <= rows &- 8 {
    let start = r &* columns
    var c = 0
    while c < columns {
      let m = load(mean + c)
      let (p, q) = (u + (start &+ c), x + (start &+ c))
      let (sum, product) = productsOfFour(p, q, m, columns)
      let (sum2, product2) = productsOfFour(p + 4 &* columns, q + 4 &* columns, m, columns)
      store(load(sums + c) + (sum + sum2), sums + c)
      store(load(products + c) + (product + product2), products + c)
      c &+= width
    }
    r &+= 8
  }
  while r < rows {
    let start = r &* columns
    var c = 0
    while c < columns {
      let v = load(u + (start &+ c))
      store(load(sums + c) + v, sums + c)
      store(load(products + c) + v * (load(x + (start &+ c)) - load(mean + c)), products + c)
      c &+= width
    }
    r &+= 1
  }
}

/// y = (x - mean) · factor + offset, where element i belongs to column i mod `columns`.
///
/// x and y hold `n` floats, from the start of a row on; y may be x.
package func normalizeColumns(
  _ x: UnsafePointer<Float>, _ mean: UnsafePointer<Float>, _ factor: UnsafePointer<Float>,
  _ offset: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ columns: Int
) {
  @inline(__always)
  func body(_ v: Vector, _ c: Int) -> Vector {
    multiplyAdd(v - load(mean + c), load(factor + c), load(offset + c))
  }
  var start = 0
  while start < n {
    let end = n &- start < columns ? n : start &+ columns
    var i = start
    while i <= end &- width {
      store(body(load(x + i), i &- start), y + i)
      i &+= width
    }
    if i < end { storePartial(body(loadPartial(x + i, end &- i), i &- start), y + i, end &- i) }
    start = end
  }
}

/// y = factor · u + slope · (x - mean) + offset, where element i belongs to column i mod `columns`: the gradient at the
/// input of a batch normalization.
///
/// u, x and y hold `n` floats, from the start of a row on; y may be u or x.
package func normalizeColumnsGradient(
  _ u: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ mean: UnsafePointer<Float>,
  _ factor: UnsafePointer<Float>, _ slope: UnsafePointer<Float>, _ offset: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ n: Int, _ columns: Int
) {
  @inline(__always)
  func body(_ u: Vector, _ v: Vector, _ c: Int) -> Vector {
    let line = multiplyAdd(v - load(mean + c), load(slope + c), load(offset + c))
    return multiplyAdd(u, load(factor + c), line)
  }
  var start = 0
  while start < n {
    let end = n &- start < columns ? n : start &+ columns
    var i = start
    while i <= end &- width {
      store(body(load(u + i), load(x + i), i &- start), y + i)
      i &+= width
    }
    if i < end {
      let rest = end &- i
      storePartial(body(loadPartial(u + i, rest), loadPartial(x + i, rest), i &- start), y + i, rest)
    }
    start = end
  }
}

/// Sets `n` floats to 0, a multiple of the width.
@inline(__always)
private func clear(_ y: UnsafeMutablePointer<Float>, _ n: Int) {
  var i = 0
  while i < n {
    store(Vector(), y + i)
    i &+= width
  }
}

/// Joins the moments of further rows, `share` of all that there are then; `weight` is `share` times those before.
@inline(__always)
private func join(
  _ mean: UnsafeMutablePointer<Float>, _ squares: UnsafeMutablePointer<Float>, _ otherMean: Vector,
  _ otherSquares: Vector, _ share: Vector, _ weight: Vector
) {
  let before = load(mean)
  let distance = otherMean - before
  store(multiplyAdd(distance, share, before), mean)
  // In this order, so that a large first distance, whose weight is 0, does not become infinite.
  store(multiplyAdd(distance * weight, distance, load(squares) + otherSquares), squares)
}

/// The mean of eight vectors `stride` floats apart, and the sum of the squared distances from it.
@inline(__always)
private func momentsOfEight(_ p: UnsafePointer<Float>, _ stride: Int) -> (mean: Vector, squares: Vector) {
  let q = p + 4 &* stride
  let (a, b, c, d) = (load(p), load(p + stride), load(p + 2 &* stride), load(p + 3 &* stride))
  let (e, f, g, h) = (load(q), load(q + stride), load(q + 2 &* stride), load(q + 3 &* stride))
  let mean = (((a + b) + (c + d)) + ((e + f) + (g + h))) * 0.125
  let first = squaresOfFour(a - mean, b - mean, c - mean, d - mean)
  return (mean, first + squaresOfFour(e - mean, f - mean, g - mean, h - mean))
}

@inline(__always)
private func squaresOfFour(_ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector) -> Vector {
  multiplyAdd(a, a, b * b) + multiplyAdd(c, c, d * d)
}

/// The sum of four vectors at `p`, `stride` floats apart, and of their products with the distances of those at `q` from m.
@inline(__always)
private func productsOfFour(
  _ p: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ m: Vector, _ stride: Int
) -> (sum: Vector, product: Vector) {
  let (a, b, c, d) = (load(p), load(p + stride), load(p + 2 &* stride), load(p + 3 &* stride))
  let first = multiplyAdd(a, load(q) - m, b * (load(q + stride) - m))
  let second = multiplyAdd(c, load(q + 2 &* stride) - m, d * (load(q + 3 &* stride) - m))
  return ((a + b) + (c + d), first + second)
}
