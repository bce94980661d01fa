import Testing

@testable import Tensor

@Suite struct RowProductKernelTests {
  @Test("All edges of depth and columns, with strides", arguments: KernelSet.all)
  func rowProduct(_ kernels: KernelSet) {
    var noise = Noise(state: 30)
    for depth in [0, 1, 7, 8, 9, 17, 100] {
      for columns in [0, 1, 3, 16, 17, 31, 100] {
        for (aStride, rowStride) in [(1, columns), (3, columns + 5)] {
          // Up to the last element that is read.
          let a = noise.floats(max(0, (depth - 1) * aStride + 1))
          let b = noise.floats(max(0, (depth - 1) * rowStride + columns))
          let y = guarded(columns, a, b) {
            kernels.products.rowProduct(depth, columns, $1[0], aStride, $1[1], rowStride, $0)
          }
          let exact = (0..<columns).map { c in
            (0..<depth).reduce(0.0) { $0 + Double(a[$1 * aStride]) * Double(b[$1 * rowStride + c]) }
          }
          expectNear(y, exact, tolerance: 3e-5, "\(depth) × \(columns), strides \(aStride) and \(rowStride)")
        }
      }
    }
  }
}
