/// Eigenvalues and eigenvectors of a symmetric matrix.
///
/// Reflections make it tridiagonal, rotations that chase a bulge along the diagonals then make it diagonal. The
/// eigenvectors are kept as rows, so that all accesses are along rows.
///
/// Reference: Golub and Van Loan, "Matrix computations", 4th edition, algorithms 8.3.1 and 8.3.2.
struct SymmetricDecomposition {
  /// In ascending order.
  private(set) var values: [Double]
  /// The eigenvector of each value in a row, of length 1, with its largest component positive.
  private(set) var vectors: DoubleMatrix
  /// Beside the diagonal; the last one is of no use.
  private var besides: [Double]

  /// The decomposition of a symmetric matrix of finite scalars.
  init(of matrix: DoubleMatrix) {
    values = [Double](repeating: 0, count: matrix.rows)
    besides = values
    vectors = DoubleMatrix(rows: matrix.rows, columns: matrix.rows)
    tridiagonalize(matrix)
    diagonalize()
    sort()
  }
}

// MARK: - Tridiagonal

extension SymmetricDecomposition {
  private mutating func tridiagonalize(_ matrix: DoubleMatrix) {
    let size = matrix.rows
    var (matrix, reflected) = (matrix, [Double](repeating: 0, count: size))
    matrix.withMutablePointer { a in
      for step in 0..<max(0, size - 2) {
        values[step] = a[step * (size + 1)]
        // The row becomes the vector of the reflection, of squared length 2.
        besides[step] = Self.makeReflection(a + step * size + step + 1, size - step - 1)
        Self.reflect(a, size, step, &reflected)
      }
      for step in max(0, size - 2)..<size {
        values[step] = a[step * (size + 1)]
        if step + 1 < size { besides[step] = a[step * size + step + 1] }
      }
      vectors.withMutablePointer { q in
        for row in 0..<size { q[row * (size + 1)] = 1 }
        for step in (0..<max(0, size - 2)).reversed() {
          let (reflection, first, count) = (a + step * size + step + 1, step + 1, size - step - 1)
          for row in first..<size {
            let own = q + row * size + first
            DoubleVector.add(reflection, scaledBy: -DoubleVector.dot(own, reflection, count), to: own, count)
          }
        }
      }
    }
  }

  /// Replaces `x` by `v` such that `x - v (v · x)` has one component, the first, which is returned; `v` has the squared
  /// length 2, or is 0 if there is nothing to do.
  private static func makeReflection(_ x: UnsafeMutablePointer<Double>, _ count: Int) -> Double {
    let rest = DoubleVector.dot(x + 1, x + 1, count - 1)
    guard rest > 0 else {
      let first = x[0]
      x[0] = 0
      return first
    }
    let length = (x[0] * x[0] + rest).squareRoot()
    // Of the two signs the one that adds.
    let result = x[0] > 0 ? -length : length
    x[0] -= result
    let squared = x[0] * x[0] + rest
    DoubleVector.scale(x, by: (2 / squared).squareRoot(), count)
    return result
  }

  /// Reflects what is left of the matrix `a` after `step` from both sides: `B - v wᵀ - w vᵀ`.
  private static func reflect(
    _ a: UnsafeMutablePointer<Double>, _ size: Int, _ step: Int, _ reflected: inout [Double]
  ) {
    let (first, count) = (step + 1, size - step - 1)
    let v = a + step * size + first
    reflected.withUnsafeMutableBufferPointer { buffer in
      guard let w = buffer.baseAddress else { return }
      for row in 0..<count { w[row] = DoubleVector.dot(a + (first + row) * size + first, v, count) }
      DoubleVector.add(v, scaledBy: -DoubleVector.dot(v, w, count) / 2, to: w, count)
      for row in 0..<count {
        let own = a + (first + row) * size + first
        DoubleVector.add(w, scaledBy: -v[row], to: own, count)
        DoubleVector.add(v, scaledBy: -w[row], to: own, count)
      }
    }
  }
}

// MARK: - Diagonal

extension SymmetricDecomposition {
  /// More sweeps for an eigenvalue are never needed: the method converges cubically, after about two.
  private static let sweepsPerValue = 60

  private mutating func diagonalize() {
    var (last, sweeps) = (values.count - 1, 0)
    while last > 0 {
      var first = last
      while first > 0, !isNegligible(first - 1) { first -= 1 }
      if first == last || sweeps == Self.sweepsPerValue {
        (last, sweeps) = (last - 1, 0)
      } else {
        sweep(first, last)
        sweeps += 1
      }
    }
  }

  /// Whether what is beside the diagonal at `place` is nothing but rounding.
  private func isNegligible(_ place: Int) -> Bool {
    besides[place].magnitude <= 1e-16 * (values[place].magnitude + values[place + 1].magnitude)
  }

  /// Rotations from `first` to `last` that bring what is beside the diagonal at `last` nearer to 0.
  private mutating func sweep(_ first: Int, _ last: Int) {
    let size = values.count
    let (half, beside) = ((values[last - 1] - values[last]) / 2, besides[last - 1])
    let root = (half * half + beside * beside).squareRoot()
    let shift = values[last] - beside * beside / (half < 0 ? half - root : half + root)
    var (kept, bulge) = (values[first] - shift, besides[first])
    for place in first..<last {
      let length = (kept * kept + bulge * bulge).squareRoot()
      let (cosine, sine) = length > 0 ? (kept / length, bulge / length) : (1, 0)
      if place > first { besides[place - 1] = length }
      let (a, b, c) = (values[place], besides[place], values[place + 1])
      values[place] = cosine * cosine * a + 2 * cosine * sine * b + sine * sine * c
      values[place + 1] = sine * sine * a - 2 * cosine * sine * b + cosine * cosine * c
      besides[place] = cosine * sine * (c - a) + (cosine * cosine - sine * sine) * b
      kept = besides[place]
      if place + 1 < last {
        bulge = sine * besides[place + 1]
        besides[place + 1] *= cosine
      }
      vectors.withMutablePointer { q in
        DoubleVector.rotate(q + place * size, q + (place + 1) * size, size, cosine: cosine, sine: sine)
      }
    }
  }

  private mutating func sort() {
    let order = values.indices.sorted { values[$0] < values[$1] }
    values = order.map { values[$0] }
    vectors = vectors.rows(order)
    vectors.makeLargestPositive()
  }
}
