import Latent
import LatentBenchmarkHarness

/// Operations that ``layers`` has no row of, forward and backward, at sizes of small networks.
let operations = BenchmarkSuite(name: "operation") { suite in
  addFunctions(to: &suite)
  addPairs(to: &suite)
  addReductions(to: &suite)
  addSelections(to: &suite)
  addRearrangements(to: &suite)
  addImageOperations(to: &suite)
  addProducts(to: &suite)
}

private let matrix: Tensor.Shape = [1024, 1024]
private let map: Tensor.Shape = [64, 14, 14, 128]

private func addFunctions(to suite: inout BenchmarkSuite) {
  let functions: [(String, @Sendable (Tensor) -> Tensor)] = [
    ("exp", { $0.exp() }), ("expm1", { $0.expm1() }), ("log", { $0.log() }), ("log1p", { $0.log1p() }),
    ("sqrt", { $0.squareRoot() }), ("rsqrt", { $0.reciprocalSquareRoot() }), ("square", { $0.square() }),
    ("abs", { $0.absolute() }), ("sin", { $0.sin() }), ("cos", { $0.cos() }), ("tan", { $0.tan() }),
    ("erf", { $0.erf() }), ("pow2.5", { $0.pow(2.5) }), ("clamp", { $0.clamped(to: 0.7...1.2) }),
    ("scale", { $0 * 3 + 1 }), ("logsigmoid", { $0.logSigmoid() }), ("mish", { $0.mish() }), ("selu", { $0.selu() }),
    ("gate", { $0.tanhGate() }),
  ]
  for (name, function) in functions {
    addBenchmark("\(name)-1M", to: &suite, matrix, draw: positive) { function($0[0]) }
  }
  addBenchmark("prelu-64x14x14x128", to: &suite, map, parameters: [[128]]) { $0[0].prelu(slope: $0[1]) }
}

private func addPairs(to suite: inout BenchmarkSuite) {
  let functions: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
    ("add", { $0 + $1 }), ("subtract", { $0 - $1 }), ("multiply", { $0 * $1 }), ("divide", { $0 / $1 }),
    ("maximum", { $0.maximum($1) }), ("pow", { $0.pow($1) }), ("atan2", { .atan2(y: $0, x: $1) }),
  ]
  for (name, function) in functions {
    addBenchmark("\(name)-1M", to: &suite, matrix, parameters: [matrix], draw: positive) { function($0[0], $0[1]) }
  }
  addBenchmark("multiply-row-1M", to: &suite, matrix, parameters: [[1024]]) { $0[0] * $0[1] }
  addBenchmark("multiply-column-1M", to: &suite, matrix, parameters: [[1024, 1]]) { $0[0] * $0[1] }
  addBenchmark("outer-add-1M", to: &suite, [1024, 1], parameters: [[1024]]) { $0[0] + $0[1] }
}

private func addReductions(to suite: inout BenchmarkSuite) {
  let functions: [(String, @Sendable (Tensor) -> Tensor)] = [
    ("sum", { $0.sum() }), ("sum-rows", { $0.sum(axis: 0) }), ("sum-columns", { $0.sum(axis: 1) }),
    ("mean", { $0.mean() }), ("max-columns", { $0.max(axis: 1) }), ("max-rows", { $0.max(axis: 0) }),
    ("variance-columns", { $0.variance(axis: 1) }), ("deviation-rows", { $0.standardDeviation(axis: 0) }),
    ("norm-columns", { $0.norm(axis: 1) }), ("logsumexp-columns", { $0.logSumExp(axis: 1) }),
    ("logsumexp-rows", { $0.logSumExp(axis: 0) }), ("product-columns", { $0.product(axis: 1) }),
    ("cumulativesum-columns", { $0.cumulativeSum(axis: 1) }), ("cumulativesum-rows", { $0.cumulativeSum(axis: 0) }),
    ("logsoftmax-columns", { $0.logSoftmax(axis: 1) }), ("softmax-rows", { $0.softmax(axis: 0) }),
  ]
  for (name, function) in functions {
    addBenchmark("\(name)-1M", to: &suite, matrix, draw: positive) { function($0[0]) }
  }
  addBenchmark("sum-channels-64x14x14x128", to: &suite, map) { $0[0].sum(axes: [0, 1, 2]) }
  addBenchmark("mean-positions-64x14x14x128", to: &suite, map) { $0[0].mean(axes: [1, 2]) }
}

private func addSelections(to suite: inout BenchmarkSuite) {
  let rows = (0..<4096).map { $0 * 37 % 1024 }
  addBenchmark("gather-4096-of-1024x256", to: &suite, [1024, 256]) { $0[0].gathered(at: rows) }
  addBenchmark("scatteradd-4096-to-1024x256", to: &suite, [4096, 256]) { $0[0].scatterAdded(at: rows, count: 1024) }
  let places = (0..<1024).map { $0 * 37 % 1000 }
  addBenchmark("gather-along-1024x1000", to: &suite, [1024, 1000]) { $0[0].gathered(alongAxis: 1, indices: places) }
  addBenchmark("sort-1024x256", to: &suite, [1024, 256]) { $0[0].sorted().values }
  addBenchmark("topk10-1024x1000", to: &suite, [1024, 1000]) { $0[0].topK(10).values }
}

private func addRearrangements(to suite: inout BenchmarkSuite) {
  addBenchmark("transpose-1M", to: &suite, matrix) { $0[0].transposed() }
  addBenchmark("permute-64x14x14x128-to-channels-first", to: &suite, map) { $0[0].permuted([0, 3, 1, 2]) }
  addBenchmark("slice-64x14x14x128", to: &suite, map) { $0[0].sliced([0..<64, 1..<13, 1..<13, 0..<64]) }
  addBenchmark("flip-64x14x14x128", to: &suite, map) { $0[0].flipped(axis: 2) }
  addBenchmark("roll-64x14x14x128", to: &suite, map) { $0[0].rolled(by: 3, axis: 1) }
  addBenchmark("tile-256x256-4x4", to: &suite, [256, 256]) { $0[0].tiled(counts: [4, 4]) }
  addBenchmark("repeat-1024x256-4", to: &suite, [1024, 256]) { $0[0].repeated(count: 4, axis: 0) }
  addBenchmark("stack-4x1024x256", to: &suite, [1024, 256], parameters: [[1024, 256], [1024, 256], [1024, 256]]) {
    .stacked($0, axis: 0)
  }
  addBenchmark("broadcast-1024-to-1M", to: &suite, [1024]) { $0[0].broadcast(to: matrix) }
}

private func addImageOperations(to suite: inout BenchmarkSuite) {
  addBenchmark("pad2-64x14x14x128", to: &suite, map) { $0[0].padded2d(2, mode: .zeros) }
  addBenchmark("pixelunshuffle2-64x28x28x32", to: &suite, [64, 28, 28, 32]) { $0[0].pixelUnshuffled(factor: 2) }
  addBenchmark("pixelnorm-64x14x14x128", to: &suite, map) { $0[0].pixelNormalized() }
  addBenchmark("adaptiveaverage7-64x14x14x128", to: &suite, map) { $0[0].adaptiveAveragePool2d(to: 7) }
  addBenchmark("averagepool3d2-16x16x16x16x32", to: &suite, [16, 16, 16, 16, 32]) { $0[0].averagePool3d(2) }
  addBenchmark("maxpool3d2-16x16x16x16x32", to: &suite, [16, 16, 16, 16, 32]) { $0[0].maxPool3d(2) }
  addBenchmark("resize20-bilinear-64x14x14x64", to: &suite, [64, 14, 14, 64]) { $0[0].resized(to: 20) }
  addBenchmark("resize20-bicubic-64x14x14x64", to: &suite, [64, 14, 14, 64]) { $0[0].resized(to: 20, method: .bicubic) }
  addBenchmark("grid-64x28x28x16", to: &suite, [64, 28, 28, 16], parameters: [[64, 28, 28, 2]]) {
    $0[0].gridSampled(at: $0[1])
  }
}

private func addProducts(to suite: inout BenchmarkSuite) {
  addBenchmark("matmul-256", to: &suite, [256, 256], parameters: [[256, 256]]) { $0[0].matmul($0[1]) }
  addBenchmark("matmul-64x64x64x64", to: &suite, [64, 64, 64], parameters: [[64, 64, 64]]) { $0[0].matmul($0[1]) }
  addBenchmark("einsum-bij,bkj-64x64x64", to: &suite, [64, 64, 64], parameters: [[64, 64, 64]]) {
    .einsum("bij,bkj->bik", $0[0], $0[1])
  }
  addBenchmark("convT4s2-64x7x7x128->64", to: &suite, [64, 7, 7, 128], parameters: [[64, 4, 4, 128]]) {
    $0[0].convTranspose2d($0[1], stride: 2, padding: 1)
  }
  addBenchmark("conv5-64x14x14x64->64", to: &suite, [64, 14, 14, 64], parameters: [[64, 5, 5, 64]]) {
    $0[0].conv2d($0[1], padding: 2)
  }
  addBenchmark("conv1-64x14x14x128->128", to: &suite, map, parameters: [[128, 1, 1, 128]]) { $0[0].conv2d($0[1]) }
  addBenchmark("conv3dilated2-64x14x14x64->64", to: &suite, [64, 14, 14, 64], parameters: [[64, 3, 3, 64]]) {
    $0[0].conv2d($0[1], padding: 2, dilation: 2)
  }
  addBenchmark("conv3grouped4-64x14x14x64->64", to: &suite, [64, 14, 14, 64], parameters: [[64, 3, 3, 16]]) {
    $0[0].conv2d($0[1], padding: 1, groups: 4)
  }
  addBenchmark("conv3depthwise-64x14x14x128", to: &suite, map, parameters: [[128, 3, 3, 1]]) {
    $0[0].conv2d($0[1], padding: 1, groups: 128)
  }
  addBenchmark("convT1d4s2-64x128x64->32", to: &suite, [64, 128, 64], parameters: [[32, 4, 64]]) {
    $0[0].convTranspose1d($0[1], stride: 2, padding: 1)
  }
  addBenchmark("convT3d4s2-16x8x8x8x32->16", to: &suite, [16, 8, 8, 8, 32], parameters: [[16, 4, 4, 4, 32]]) {
    $0[0].convTranspose3d($0[1], stride: 2, padding: 1)
  }
}
