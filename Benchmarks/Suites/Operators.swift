import Latent
import LatentBenchmarkHarness

/// Matrix products: squares from a core's cache to beyond it, and the first layer of the reference VAE.
let matrixProducts = BenchmarkSuite(name: "matmul") { suite in
  for size in [128, 256, 512, 1024] { addProduct(to: &suite, "\(size)", rows: size, inner: size, columns: size) }
  addProduct(to: &suite, "64x784x400", rows: 64, inner: 784, columns: 400)
}

private func addProduct(to suite: inout BenchmarkSuite, _ name: String, rows: Int, inner: Int, columns: Int) {
  suite.benchmark(name, .flops(2 * rows * inner * columns)) {
    (normal([rows, inner]), normal([inner, columns]))
  } body: { operands in
    blackHole(operands.0.matmul(operands.1))
  }
}

/// Elementwise operations, sums and a transposition of a million scalars.
let elementwise: [BenchmarkSuite] = [
  unary("exp") { $0.exp() }, unary("tanh") { $0.tanh() }, unary("sigmoid") { $0.sigmoid() },
  BenchmarkSuite(name: "add") { suite in
    suite.benchmark("1M", .bytes(12 * million)) {
      (normal([million]), normal([million]))
    } body: { operands in
      blackHole(operands.0 + operands.1)
    }
  },
  matrix("sum", "1M", bytes: 4 * million) { $0.sum() },
  matrix("sum-axis0", "1024x1024", bytes: 4 * million) { $0.sum(axes: [0]) },
  matrix("transpose", "1024", bytes: 8 * million) { $0.transposed() },
]

private let million = 1 << 20

private func unary(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) -> BenchmarkSuite {
  BenchmarkSuite(name: name) { suite in
    suite.benchmark("1M", .bytes(8 * million)) {
      normal([million])
    } body: {
      blackHole(function($0))
    }
  }
}

private func matrix(
  _ name: String, _ size: String, bytes: Int, _ function: @escaping @Sendable (Tensor) -> Tensor
) -> BenchmarkSuite {
  BenchmarkSuite(name: name) { suite in
    suite.benchmark(size, .bytes(bytes)) {
      normal([1024, 1024])
    } body: {
      blackHole(function($0))
    }
  }
}

/// What one core can do at the most: multiplications and additions in registers, and the micro-kernel on operands that
/// stay in its first cache.
let processor = BenchmarkSuite(name: "processor") { suite in
  let (rounds, depth, tiles) = (10_000, 256, 100)
  suite.benchmark("peak", .flops(runMultiplyAddPeak(iterations: rounds))) {
    blackHole(runMultiplyAddPeak(iterations: rounds))
  }
  suite.benchmark("micro-kernel", .flops(runMicroKernel(k: depth, repetitions: tiles))) {
    blackHole(runMicroKernel(k: depth, repetitions: tiles))
  }
}

private func normal(_ shape: Tensor.Shape) -> Tensor {
  var generator = RandomGenerator(seed: 1)
  return .normal(shape, using: &generator)
}
