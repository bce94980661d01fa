import Testing

@testable import Tensor

@Suite struct MovementTests {
  @Test(arguments: KernelSet.all)
  func transposes(_ kernels: KernelSet) {
    for (rows, columns) in [(0, 4), (1, 1), (3, 5), (4, 4), (8, 16), (17, 33), (35, 7), (64, 50)] {
      let (xStride, yStride) = (columns + 3, rows + 2)
      // Up to the last element that may be touched.
      let x = (0..<max(0, (rows - 1) * xStride + columns)).map { Float($0) }
      var exact = [Float](repeating: 0, count: max(0, (columns - 1) * yStride + rows))
      for r in 0..<rows { for c in 0..<columns { exact[c * yStride + r] = x[r * xStride + c] } }
      let y = guarded(exact.count, x) {
        kernels.movement.transpose2D($1[0], xStride, $0, yStride, rows, columns)
      }
      #expect(y == exact, "\(rows)×\(columns)")
    }
  }

  @Test(arguments: KernelSet.all)
  func stridedCopies(_ kernels: KernelSet) {
    let x = (0..<5000).map { Float($0) }
    for (outer, inner) in [(0, 2), (1, 9), (5, 7), (20, 33), (6, 64), (3, 143)] {
      for (xInner, xOuter) in [(1, inner), (1, 50), (0, 1), (outer, 1), (3, 120), (2, 0)] {
        for (yInner, yOuter) in [(1, inner), (outer, 1), (2, 2 * inner)] {
          func extent(_ innerStride: Int, _ outerStride: Int) -> Int {
            outer == 0 ? 0 : (outer - 1) * outerStride + (inner - 1) * innerStride + 1
          }
          let size = extent(yInner, yOuter)
          var exact = [Float](repeating: 0, count: size)
          for o in 0..<outer { for i in 0..<inner { exact[o * yOuter + i * yInner] = x[o * xOuter + i * xInner] } }
          let y = guarded(size, Array(x[..<extent(xInner, xOuter)])) {
            kernels.movement.copyStrided2D($1[0], xInner, xOuter, $0, yInner, yOuter, inner, outer)
          }
          #expect(y == exact, "\((xInner, xOuter, yInner, yOuter, inner, outer))")
        }
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func runningSums(_ kernels: KernelSet) {
    var noise = Noise(state: 9)
    for (outer, axis, inner) in [(0, 2, 2), (2, 0, 2), (2, 5, 1), (4, 6, 1), (11, 9, 1), (3, 4, 7), (1, 6, 40)] {
      let x = noise.floats(outer * axis * inner).map { $0.rounded() }
      for reversed in [false, true] {
        var exact = x
        for o in 0..<outer {
          for k in 1..<max(axis, 1) {
            let row = (o * axis + (reversed ? axis - 1 - k : k)) * inner
            for i in 0..<inner { exact[row + i] += exact[row + i + (reversed ? inner : -inner)] }
          }
        }
        let sums = guarded(x.count, x) {
          kernels.movement.cumulativeSumMiddle($1[0], $0, outer, axis, inner, reversed)
        }
        #expect(sums == exact)
        let inPlace = guarded(x.count, initial: x) { y, _ in
          kernels.movement.cumulativeSumMiddle(y, y, outer, axis, inner, reversed)
        }
        #expect(inPlace == exact)
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func indexedRows(_ kernels: KernelSet) {
    var noise = Noise(state: 10)
    let indices = [2, 0, 2, 2, 1, 0]
    for size in [0, 1, 3, 4, 15, 16, 17, 40] {
      // Whole numbers, so that sums are exact.
      let (x, u) = (
        noise.floats(3 * size).map { ($0 * 8).rounded() }, noise.floats(2 * size).map { ($0 * 8).rounded() }
      )
      let weights: [Float] = [1, -2, 3, 0.5, 0, 4]
      let (combined, scattered, products) = fenced(indices) { indices in
        (
          guarded(2 * size, x, weights) {
            kernels.movement.combineIndexedRows($1[0], indices, $1[1], $0, 2, 3, size)
          },
          guarded(3 * size, u, weights, initial: x) {
            kernels.movement.scatterIndexedRows($1[0], indices, $1[1], $0, 2, 3, size)
          },
          guarded(6, u, x) { kernels.movement.dotIndexedRows($1[0], $1[1], indices, $0, 2, 3, size) }
        )
      }
      var (sums, expected, dots) = (x, [Float](repeating: 0, count: 2 * size), [Float](repeating: 0, count: 6))
      for (place, row) in indices.enumerated() {
        for c in 0..<size {
          let (weight, target) = (weights[place], place / 3 * size + c)
          expected[target] += weight * x[row * size + c]
          sums[row * size + c] += weight * u[target]
          dots[place] += u[target] * x[row * size + c]
        }
      }
      #expect(combined == expected && products == dots, "\(size)")
      #expect(scattered == sums)
    }
  }

  @Test(arguments: KernelSet.all)
  func rows(_ kernels: KernelSet) {
    let indices = [3, 0, 3, 1]
    for size in [0, 1, 5, 8, 17, 40, 63, 64, 130, 511, 600] {
      let x = (0..<4 * size).map { Float($0) }
      let gathered = fenced(indices) { indices in
        guarded(4 * size, x) { kernels.movement.gatherRows($1[0], indices, 4, size, $0) }
      }
      #expect(gathered == indices.flatMap { x[$0 * size..<($0 + 1) * size] })
      var exact = [Float](repeating: 1, count: 4 * size)
      for (i, index) in indices.enumerated() { for k in 0..<size { exact[index * size + k] += x[i * size + k] } }
      let initial = [Float](repeating: 1, count: 4 * size)
      let scattered = fenced(indices) { indices in
        guarded(4 * size, x, initial: initial) { kernels.movement.scatterAddRows($1[0], indices, 4, size, $0) }
      }
      #expect(scattered == exact)
    }
  }

  @Test(arguments: KernelSet.all)
  func bytes(_ kernels: KernelSet) {
    for n in edgeSizes {
      let bytes = (0..<n).map { UInt8(truncatingIfNeeded: $0) }
      func floats(_ scale: Float, _ offset: Float) -> [Float] {
        fenced(bytes) { bytes in guarded(n) { y, _ in kernels.movement.bytesToFloats(bytes, scale, offset, y, n) } }
      }
      #expect(floats(2, -1) == bytes.map { Float($0) * 2 - 1 })
      let y = floats(1 / 255, -0.5)
      for k in 0..<max(0, n - 256) { #expect(y[k] == y[k + 256]) }
    }
  }
}
