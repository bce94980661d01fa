import Latent
import LatentBenchmarkHarness

/// Matrix products: squares from a core's cache to beyond it, the first layer of the reference VAE, and single
/// rows: the last layer of its decoder, the first of the reference DCGAN's generator.
let matrixProducts = BenchmarkSuite(name: "matmul") { suite in
  for size in [128, 256, 512, 1024] { addProduct(to: &suite, "\(size)", rows: size, inner: size, columns: size) }
  addProduct(to: &suite, "64x784x400", rows: 64, inner: 784, columns: 400)
  addProduct(to: &suite, "1x400x784", rows: 1, inner: 400, columns: 784)
  addProduct(to: &suite, "1x100x12544", rows: 1, inner: 100, columns: 12544)
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
  unary("exp") { $0.exp() }, unary("expm1") { $0.expm1() }, unary("tanh") { $0.tanh() },
  unary("sigmoid") { $0.sigmoid() },
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

/// What a network does between its products, on the features of the reference DCGAN's networks, a batch of 64. Passes
/// over memory are all it costs: gradients are of a dense cotangent.
let memoryBound: [BenchmarkSuite] = [
  BenchmarkSuite(name: "batchnorm-fwd+bwd") { suite in
    suite.benchmark("64x14x14x128") {
      (recordedFeatures(), Tensor.ones([128]).recorded(), Tensor.zeros([128]).recorded(), normal(features))
    } body: { operands in
      let (x, scale, offset, cotangent) = operands
      let output = x.batchNorm(scale: scale, offset: offset).output
      for gradient in output.pullback(cotangent, at: [x, scale, offset]) { blackHole(gradient) }
    }
  },
  BenchmarkSuite(name: "batchnorm-inference") { suite in
    suite.benchmark("64x14x14x128", .bytes(8 * 64 * 14 * 14 * 128)) {
      (normal(features), normal([128]), Tensor.ones([128]))
    } body: { operands in
      let (x, mean, ones) = operands
      blackHole(x.batchNorm(mean: mean, variance: ones, scale: ones, offset: mean))
    }
  },
  differentiated("relu") { $0.relu() }, differentiated("leakyReLU") { $0.leakyReLU(slope: 0.2) },
  differentiated("tanh") { $0.tanh() }, differentiated("sigmoid") { $0.sigmoid() },
  differentiated("softplus") { $0.softplus() },
  bias("64x14x14x128", features), bias("64x28x28x3", [64, 28, 28, 3]),
  BenchmarkSuite(name: "sum-axis1") { suite in
    for columns in [10, 64] {
      suite.benchmark("65536x\(columns)", .bytes(4 * 65536 * columns)) {
        normal([65536, columns])
      } body: {
        blackHole($0.sum(axes: [1]))
      }
    }
  },
  rows("softmax") { $0.softmax() }, rows("log-softmax") { $0.logSoftmax() },
]

private func rows(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) -> BenchmarkSuite {
  BenchmarkSuite(name: name) { suite in
    for columns in [10, 1000] {
      suite.benchmark("1024x\(columns)", .bytes(8 * 1024 * columns)) {
        normal([1024, columns])
      } body: {
        blackHole(function($0))
      }
    }
  }
}

private let features: Tensor.Shape = [64, 14, 14, 128]

private func recordedFeatures() -> Tensor { normal(features).recorded() }

private func differentiated(_ name: String, _ function: @escaping @Sendable (Tensor) -> Tensor) -> BenchmarkSuite {
  BenchmarkSuite(name: "\(name)-fwd+bwd") { suite in
    suite.benchmark("64x14x14x128") {
      (recordedFeatures(), normal(features))
    } body: { operands in
      let (x, cotangent) = operands
      blackHole(function(x).pullback(cotangent, at: [x])[0])
    }
  }
}

private func bias(_ name: String, _ shape: Tensor.Shape) -> BenchmarkSuite {
  BenchmarkSuite(name: "bias-fwd+bwd") { suite in
    suite.benchmark(name) {
      (normal(shape), normal([shape[-1]]).recorded(), normal(shape))
    } body: { operands in
      let (x, bias, cotangent) = operands
      blackHole((x + bias).pullback(cotangent, at: [bias])[0])
    }
  }
}

/// Normally distributed scalars, always the same.
func normal(_ shape: Tensor.Shape) -> Tensor {
  var generator = RandomGenerator(seed: 1)
  return .normal(shape, using: &generator)
}

/// Fixed scalars in 0.5...1.5, for functions that have a domain.
func positive(_ shape: Tensor.Shape) -> Tensor {
  var random = RandomGenerator(seed: 2)
  return .uniform(shape, in: 0.5..<1.5, using: &random)
}
