import Testing

@testable import Tensor

/// Products in double precision against a plain sum, for every copy of the kernels this processor can run.
@Suite struct DoubleProductTests {
  /// Around the sizes of tiles and of blocks.
  static let sizes = [
    (1, 1, 1), (2, 3, 5), (5, 7, 3), (6, 8, 16), (7, 9, 17), (12, 16, 4), (13, 17, 255), (24, 33, 256), (25, 31, 257),
    (97, 40, 30), (200, 270, 20), (0, 3, 4), (3, 0, 4),
  ]

  /// Numbers in -1...1 that look random.
  private static func numbers(_ count: Int, seed: UInt32) -> [Double] {
    GEMMTests.numbers(count, seed: seed).map { Double($0) + Double($0) * 1e-9 }
  }

  @Test(arguments: sizes, InstructionSet.available)
  func asThePlainSum(_ sizes: (m: Int, n: Int, k: Int), _ set: InstructionSet) {
    let (m, n, k) = sizes
    let kernels = KernelSet(for: set)
    for (transposesA, transposesB) in [(false, false), (true, false), (false, true), (true, true)] {
      let (a, b) = (Self.numbers(m * k, seed: 1), Self.numbers(k * n, seed: 2))
      let (stride, gap) = (n + 3, 3)
      let before = Self.numbers(m * stride, seed: 3)
      var c = before
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeMutableBufferPointer { c in
            guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
            DoubleProduct.add(
              transposesA ? .init(a, rowStride: 1, columnStride: m) : .init(a, rowStride: k),
              transposesB ? .init(b, rowStride: 1, columnStride: k) : .init(b, rowStride: n), m: m, n: n, k: k,
              factor: -0.5, to: c, cRowStride: stride, kernels: kernels)
          }
        }
      }
      var worst = 0.0
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for p in 0..<k { sum += a[transposesA ? p * m + i : i * k + p] * b[transposesB ? j * k + p : p * n + j] }
          worst = max(worst, abs(before[i * stride + j] - sum / 2 - c[i * stride + j]))
        }
        // What lies between the rows of C stays as it is.
        for j in n..<n + gap { #expect(c[i * stride + j] == before[i * stride + j]) }
      }
      #expect(worst < 1e-14 * Double(max(k, 1)).squareRoot(), "\(sizes) \(transposesA) \(transposesB) \(set)")
    }
  }

  /// Of a product that is known to be symmetric, what is on the diagonal and below it.
  @Test(arguments: InstructionSet.available) func lowerHalf(_ set: InstructionSet) {
    for size in [1, 5, 12, 13, 40, 130] {
      let (rows, kernels) = (9, KernelSet(for: set))
      let a = Self.numbers(rows * size, seed: 4)
      var (whole, half) = ([Double](repeating: 0, count: size * size), [Double](repeating: 0, count: size * size))
      a.withUnsafeBufferPointer { a in
        guard let a = a.baseAddress else { return }
        let operand = DoubleProduct.Operand(a, rowStride: size)
        func add(to c: inout [Double], isLower: Bool) {
          c.withUnsafeMutableBufferPointer { c in
            guard let c = c.baseAddress else { return }
            DoubleProduct.add(
              operand.transposed, operand, m: size, n: size, k: rows, to: c, cRowStride: size, isLower: isLower,
              kernels: kernels)
          }
        }
        add(to: &whole, isLower: false)
        add(to: &half, isLower: true)
      }
      for i in 0..<size {
        for j in 0...i { #expect(half[i * size + j] == whole[i * size + j]) }
      }
    }
  }
}
