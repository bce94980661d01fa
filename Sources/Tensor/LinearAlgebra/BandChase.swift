/// The reduction of a band above the diagonal to two diagonals, with the same singular values.
///
/// Row by row: a reflection makes it short; what that adds below the diagonal, one from the left takes away again in
/// one column, which makes a row further down too long, and so on to the end. The rest of what was added is left to the
/// rows after it, whose own reflections take it away.
struct BandChase {
  /// Row r begins at column `r - width + 1`.
  private var band: [Double]
  private let size: Int
  private let width: Int
  private let stride: Int

  /// The band of `a`, `[size, size]` of `rowStride`, that has `width` diagonals above the main one.
  init(_ a: UnsafePointer<Double>, size: Int, rowStride: Int, width: Int) {
    self.size = size
    self.width = width
    stride = 3 * width
    band = [Double](repeating: 0, count: size * stride)
    for row in 0..<size {
      for column in row..<min(size, row + width + 1) {
        band[place(row, column)] = a[row * rowStride + column]
      }
    }
  }

  private func place(_ row: Int, _ column: Int) -> Int { row * stride + column - row + width - 1 }

  /// The two diagonals.
  mutating func run() -> (diagonal: [Double], offDiagonal: [Double]) {
    var vector = [Double](repeating: 0, count: width)
    var product = [Double](repeating: 0, count: 2 * width)
    let (size, width, stride) = (size, width, stride)
    band.withUnsafeMutableBufferPointer { band in
      vector.withUnsafeMutableBufferPointer { vector in
        product.withUnsafeMutableBufferPointer { product in
          guard let band = band.baseAddress, let vector = vector.baseAddress, let product = product.baseAddress else {
            return
          }
          let chase = Chase(
            band: band, size: size, width: width, stride: stride, vector: vector, product: product)
          for row in 0..<size { chase.shorten(row) }
        }
      }
    }
    return ((0..<size).map { band[place($0, $0)] }, (0..<max(0, size - 1)).map { band[place($0, $0 + 1)] })
  }

  /// The loops, on memory.
  private struct Chase {
    let band: UnsafeMutablePointer<Double>
    let size: Int
    let width: Int
    let stride: Int
    /// Room for a reflection.
    let vector: UnsafeMutablePointer<Double>
    /// Room for the products of a reflection from the left.
    let product: UnsafeMutablePointer<Double>

    private func at(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Double> {
      band + row * stride + column - row + width - 1
    }

    /// Makes `row` end beside the diagonal, and takes away what that adds elsewhere.
    func shorten(_ row: Int) {
      var (pivot, first) = (row, row + 1)
      while first < size {
        let last = min(size, first + width)
        shortenRow(pivot, first, last)
        shortenColumn(first, last)
        (pivot, first) = (first, first + width)
      }
    }

    /// From the right: of row `pivot` nothing is left in the columns `first..<last` but in the first.
    private func shortenRow(_ pivot: Int, _ first: Int, _ last: Int) {
      let count = last - first
      vector.update(from: at(pivot, first), count: count)
      let (factor, image) = RowArithmetic.makeReflector(vector, count)
      at(pivot, first).update(repeating: 0, count: count)
      at(pivot, first)[0] = image
      guard factor != 0 else { return }
      for row in pivot + 1..<last {
        let own = at(row, first)
        RowArithmetic.add(vector, times: -factor * RowArithmetic.dot(own, vector, count), to: own, count)
      }
    }

    /// From the left: of column `first` nothing is left in the rows `first..<last` but in the first.
    private func shortenColumn(_ first: Int, _ last: Int) {
      let count = last - first
      for row in 0..<count { vector[row] = at(first + row, first)[0] }
      let (factor, image) = RowArithmetic.makeReflector(vector, count)
      for row in 0..<count { at(first + row, first)[0] = row == 0 ? image : 0 }
      guard factor != 0 else { return }
      // From one row to the next the same column is one place earlier.
      RowArithmetic.reflectRows(
        at(first, first + 1), rowStride: stride - 1, rows: count, count: min(size, last + width) - first - 1, vector,
        factor, product)
    }
  }
}
