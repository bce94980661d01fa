import LatentSystem
import Tensor

/// Feature vectors, and what their distances to others are bounded with.
///
/// Distances of all vectors of one set to all of another are mostly one matrix product, `|a|² + |b|² - 2 a·b`, in
/// single precision. What is lost to rounding there, above all between vectors that are close to each other, has a
/// bound, and whatever depends on more is decided by the distance in double precision. So all results are those of
/// double precision.
///
/// Before the product the mean of a reference set is taken of the vectors, as the bound is proportional to their
/// squares, and they are scaled, so that no square overflows.
struct DistanceSpace {
  /// Scaled and without the mean, at most 8 in magnitude, `[count, features]`.
  let scaled: Tensor
  /// The vectors as they are.
  let original: Tensor
  /// What `scaled` was multiplied by; a power of two.
  let scale: Double
  /// The squares of the scaled vectors, less the bound and plus it. Twice a product subtracted from the sum of two
  /// vectors' lower ones is no more than the square of their distance; from that of their upper ones it is no less.
  let lower: [Float]
  let upper: [Float]

  /// The most chunks of vectors that are compared at a time.
  static let mostChunks = 16

  var count: Int { original.shape[0] }
  var features: Int { original.shape[1] }

  /// Prepares sets of vectors, `[count, features]` each, for distances between them.
  static func prepare(_ sets: [Tensor]) -> [DistanceSpace] {
    guard let reference = sets.first else { return [] }
    let largest = sets.reduce(0) { max($0, $1.maximumMagnitude) }
    // The power of two is one of normal numbers: with vectors that are smaller still, nothing overflows either.
    let exponent = largest > 0 && largest.isFinite ? max(-126, min(126, -largest.exponent - 1)) : 0
    let scale = Float(sign: .plus, exponent: Int(exponent), significand: 1)
    let mean = Tensor(CentredFeatures.mean(of: reference).map { Float($0 * Double(scale)) })
    return sets.map { DistanceSpace($0.detached(), scale: scale, scaledMean: mean) }
  }

  private init(_ vectors: Tensor, scale: Float, scaledMean: Tensor) {
    original = vectors
    self.scale = Double(scale)
    scaled = vectors * scale - scaledMean
    let size = vectors.shape[1]
    var squares = [Double](repeating: 0, count: vectors.shape[0])
    scaled.withScalars { scalars in
      squares.withUnsafeMutableBufferPointer { squares in
        guard let start = scalars.baseAddress else { return }
        RowArithmetic.forEachChunk(of: 0..<squares.count, columns: size) { _, rows in
          for row in rows { squares[row] = sumOfSquares(start + row * size, size) }
        }
      }
    }
    // Each of as many roundings as there are features, and some before and after, is at most half a unit. What is lost
    // below the least normal number is less than the constant.
    let roundings = Double(size + 12) * Double(Float.ulpOfOne) / 2
    let bound = roundings < 0.5 ? roundings / (1 - roundings) : 1
    lower = squares.map { Float($0 * (1 - bound) - 1e-30) }
    upper = squares.map { Float($0 * (1 + bound) + 1e-30) }
  }

  /// The square of the distance between vector `index` and vector `other` of another set, in double precision.
  func squaredDistance(_ index: Int, to other: Int, of space: DistanceSpace) -> Double {
    let size = features
    return original.withScalars { a in
      space.original.withScalars { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return 0 }
        return sumOfSquaredDifferences(a + index * size, b + other * size, size)
      }
    }
  }

  /// Calls `body` for each vector of this set with the products of the scaled ones with all of `other`: for some
  /// vectors at a time, which several threads share.
  ///
  /// - Parameter body: is given the number of the chunk of neighbouring vectors that one thread takes, below
  ///   ``mostChunks``, the vector's index, and the products.
  func forEachRow(
    against other: DistanceSpace, _ body: (_ chunk: Int, _ index: Int, UnsafeBufferPointer<Float>) -> Void
  ) {
    let width = other.count
    guard width > 0 else { return }
    // Some 64 MB of products at a time, whole chunks.
    let chunks = min(max((1 << 24) / width / RowArithmetic.chunkRows, 1), Self.mostChunks)
    let group = chunks * RowArithmetic.chunkRows
    for first in stride(from: 0, to: count, by: group) {
      let rows = first..<min(count, first + group)
      scaled[rows].matmul(other.scaled, transposingOther: true).withScalars { products in
        RowArithmetic.forEachChunk(of: rows, columns: width) { chunk, rows in
          for row in rows {
            let start = (row - first) * width
            body(chunk, row, UnsafeBufferPointer(rebasing: products[start..<start + width]))
          }
        }
      }
    }
  }
}

/// The sum of the squares of `count` floats, in double precision.
private func sumOfSquares(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
  var sum = 0.0
  for index in 0..<count { sum += Double(x[index]) * Double(x[index]) }
  return sum
}

/// The sum of the squared differences of `count` floats, in double precision and four partial sums.
private func sumOfSquaredDifferences(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Double {
  var sums = SIMD4<Double>.zero
  var index = 0
  while index + 4 <= count {
    let x = SIMD4(Double(a[index]), Double(a[index + 1]), Double(a[index + 2]), Double(a[index + 3]))
    let y = SIMD4(Double(b[index]), Double(b[index + 1]), Double(b[index + 2]), Double(b[index + 3]))
    sums += (x - y) * (x - y)
    index += 4
  }
  var sum = sums.sum()
  while index < count {
    let difference = Double(a[index]) - Double(b[index])
    sum += difference * difference
    index += 1
  }
  return sum
}
