import Testing

@testable import Tensor

@Suite struct OptimizerUpdateTests {
  @Test(arguments: KernelSet.all)
  func adam(_ kernels: KernelSet) {
    var noise = Noise(state: 10)
    for n in edgeSizes {
      let (p, m, v, g) = (noise.floats(n), noise.floats(n), noise.floats(n).map { abs($0) }, noise.floats(n))
      var (newM, newV) = ([Float](), [Float]())
      let newP = guarded(n, g, initial: p) { p, g in
        newM = guarded(n, initial: m) { m, _ in
          newV = guarded(n, initial: v) { v, _ in
            kernels.updates.adam(p, m, v, g[0], n, 0.9, 0.999, 0.01, 1.5, 1e-8, 0.99)
          }
        }
      }
      let (b1, b2) = (Double(Float(0.9)), Double(Float(0.999)))
      let mean = (0..<n).map { b1 * Double(m[$0]) + (1 - b1) * Double(g[$0]) }
      let square = (0..<n).map { b2 * Double(v[$0]) + (1 - b2) * Double(g[$0]) * Double(g[$0]) }
      expectNear(newM, mean, tolerance: 1e-6, "m")
      expectNear(newV, square, tolerance: 1e-6, "v")
      let exact = (0..<n).map { Double(p[$0]) * 0.99 - 0.01 * mean[$0] / (square[$0].squareRoot() * 1.5 + 1e-8) }
      expectNear(newP, exact, tolerance: 1e-5, "p")
    }
  }

  @Test(arguments: KernelSet.all)
  func momentumAndRootMeanSquare(_ kernels: KernelSet) {
    var noise = Noise(state: 11)
    for n in edgeSizes {
      let (p, s, g) = (noise.floats(n), noise.floats(n), noise.floats(n))
      for nesterov in [false, true] {
        var speed = [Float]()
        let newP = guarded(n, g, initial: p) { p, g in
          speed = guarded(n, initial: s) { s, _ in kernels.updates.sgd(p, s, g[0], n, 0.1, 0.9, nesterov) }
        }
        let exact = (0..<n).map { 0.9 * Double(s[$0]) + Double(g[$0]) }
        expectNear(speed, exact, tolerance: 1e-6, "velocity")
        expectNear(
          newP, (0..<n).map { Double(p[$0]) - 0.1 * (nesterov ? Double(g[$0]) + 0.9 * exact[$0] : exact[$0]) },
          tolerance: 1e-6, "p")
      }
      let v = s.map { abs($0) + 0.01 }
      var newV = [Float]()
      let newP = guarded(n, g, initial: p) { p, g in
        newV = guarded(n, initial: v) { v, _ in kernels.updates.rmsProp(p, v, g[0], n, 0.01, 0.99, 1e-8) }
      }
      let square = (0..<n).map { 0.99 * Double(v[$0]) + 0.01 * Double(g[$0]) * Double(g[$0]) }
      expectNear(newV, square, tolerance: 1e-6, "v")
      expectNear(
        newP, (0..<n).map { Double(p[$0]) - 0.01 * Double(g[$0]) / (square[$0].squareRoot() + 1e-8) },
        tolerance: 1e-5, "p")
    }
  }
}
