/// Eigenvalues of symmetric tridiagonal matrices, by the QL algorithm with implicit shifts.
///
/// Reference: Dubrulle, Martin and Wilkinson, "The implicit QL algorithm", Numerische Mathematik 12, 1968.
enum ImplicitQL {
  /// A step: rotations of neighbours `first` and `first + 1`, of those before, and so on downwards.
  struct Sweep {
    let first: Int
    var rotations: [(cosine: Double, sine: Double)]
  }

  /// Two or three are the rule for each eigenvalue. With finite numbers there is always an end; this is for others.
  private static let mostSteps = 100

  /// Turns `diagonal` into the eigenvalues, in no particular order, each exact to rounding of the largest.
  ///
  /// - Parameters:
  ///   - offDiagonal: between neighbours of the diagonal, one less; destroyed.
  ///   - rotate: is given each step that is made, to do the same to eigenvectors. Nil makes none.
  static func diagonalize(
    _ diagonal: inout [Double], _ offDiagonal: [Double], rotate: ((Sweep) -> Void)? = nil
  ) {
    let size = diagonal.count
    guard size > 1 else { return }
    var e = offDiagonal + [0]
    let norm = zip(diagonal, e).reduce(0) { max($0, $1.0.magnitude + $1.1.magnitude) }
    let negligible = norm * .ulpOfOne / 2
    for l in 0..<size {
      for _ in 0..<mostSteps {
        var end = l
        while end < size - 1, e[end].magnitude > negligible { end += 1 }
        if end == l { break }
        var sweep = rotate == nil ? nil : Sweep(first: end - 1, rotations: [])
        sweep?.rotations.reserveCapacity(end - l)
        diagonal.withUnsafeMutableBufferPointer { d in
          e.withUnsafeMutableBufferPointer { e in step(d, e, from: l, to: end, &sweep) }
        }
        if let sweep { rotate?(sweep) }
      }
    }
  }

  /// One step on the part `first...end`, which nothing connects with the rest.
  private static func step(
    _ d: UnsafeMutableBufferPointer<Double>, _ e: UnsafeMutableBufferPointer<Double>, from first: Int, to end: Int,
    _ sweep: inout Sweep?
  ) {
    // Wilkinson's shift: the eigenvalue of the first two by two elements that is nearer to the first one.
    let half = (d[first + 1] - d[first]) / (2 * e[first])
    let root = (half * half + 1).squareRoot()
    var g = d[end] - d[first] + e[first] / (half < 0 ? half - root : half + root)
    var (sine, cosine, shift) = (1.0, 1.0, 0.0)
    for i in (first..<end).reversed() {
      let (f, b) = (sine * e[i], cosine * e[i])
      let length = (f * f + g * g).squareRoot()
      e[i + 1] = length
      if length == 0 {
        // The matrix falls apart here.
        d[i + 1] -= shift
        e[end] = 0
        return
      }
      (sine, cosine) = (f / length, g / length)
      let before = d[i + 1] - shift
      let twice = (d[i] - before) * sine + 2 * cosine * b
      shift = sine * twice
      d[i + 1] = before + shift
      g = cosine * twice - b
      sweep?.rotations.append((cosine, sine))
    }
    d[first] -= shift
    e[first] = g
    e[end] = 0
  }
}
