import Latent
import LatentBenchmarkHarness

/// The operations that layers are made of, forward and backward, at the sizes of small networks of images and sequences:
/// the gradients are those at the input and at all parameters, of a dense cotangent.
let layers = BenchmarkSuite(name: "layer") { suite in
  addNormalizations(to: &suite)
  addPooling(to: &suite)
  addActivations(to: &suite)
  addMovement(to: &suite)
  addClasses(to: &suite)
  addSequences(to: &suite)
}

/// Adds a row: a function of an input and parameters, with scalars that `draw` makes.
func addBenchmark(
  _ name: String, to suite: inout BenchmarkSuite, _ input: Tensor.Shape, parameters: [Tensor.Shape] = [],
  draw: @escaping @Sendable (Tensor.Shape) -> Tensor = { normal($0) },
  _ function: @escaping @Sendable ([Tensor]) -> Tensor
) {
  suite.benchmark("\(name)-fwd+bwd") {
    let leaves = ([input] + parameters).map { draw($0).recorded() }
    return (leaves, normal(function(leaves.map { $0.detached() }).shape))
  } body: { operands in
    let (leaves, cotangent) = operands
    for gradient in function(leaves).pullback(cotangent, at: leaves) { blackHole(gradient) }
  }
}

private func addNormalizations(to suite: inout BenchmarkSuite) {
  let (features, channels): (Tensor.Shape, Tensor.Shape) = ([64, 14, 14, 128], [128])
  addBenchmark("layernorm-4096x256", to: &suite, [4096, 256], parameters: [[256], [256]]) {
    $0[0].layerNorm(scale: $0[1], offset: $0[2])
  }
  addBenchmark("rmsnorm-4096x256", to: &suite, [4096, 256], parameters: [[256]]) { $0[0].rmsNorm(scale: $0[1]) }
  addBenchmark("groupnorm8-64x14x14x128", to: &suite, features, parameters: [channels, channels]) {
    $0[0].groupNorm(groups: 8, scale: $0[1], offset: $0[2])
  }
  addBenchmark("instancenorm-64x14x14x128", to: &suite, features, parameters: [channels, channels]) {
    $0[0].instanceNorm(scale: $0[1], offset: $0[2])
  }
}

private func addPooling(to suite: inout BenchmarkSuite) {
  addBenchmark("maxpool2-128x28x28x16", to: &suite, [128, 28, 28, 16]) { $0[0].maxPool2d(2) }
  addBenchmark("maxpool3s2p1-64x14x14x128", to: &suite, [64, 14, 14, 128]) { $0[0].maxPool2d(3, stride: 2, padding: 1) }
  addBenchmark("averagepool2-128x28x28x16", to: &suite, [128, 28, 28, 16]) { $0[0].averagePool2d(2) }
}

private func addActivations(to suite: inout BenchmarkSuite) {
  addBenchmark("silu-1M", to: &suite, [1024, 1024]) { $0[0].silu() }
  addBenchmark("gelu-1M", to: &suite, [1024, 1024]) { $0[0].gelu() }
  addBenchmark("elu-1M", to: &suite, [1024, 1024]) { $0[0].elu() }
}

private func addMovement(to suite: inout BenchmarkSuite) {
  addBenchmark("concatenation-64x14x14x128", to: &suite, [64, 14, 14, 128], parameters: [[64, 14, 14, 128]]) {
    .concatenated([$0[0], $0[1]], axis: 3)
  }
  addBenchmark("nearest2-64x14x14x64", to: &suite, [64, 14, 14, 64]) { $0[0].upsampledNearest2d(factor: 2) }
  addBenchmark("bilinear2-64x14x14x64", to: &suite, [64, 14, 14, 64]) { $0[0].upsampledBilinear2d(factor: 2) }
  addBenchmark("pixelshuffle2-64x14x14x128", to: &suite, [64, 14, 14, 128]) { $0[0].pixelShuffled(factor: 2) }
  addBenchmark("reflect1-64x28x28x32", to: &suite, [64, 28, 28, 32]) { $0[0].padded2d(1, mode: .reflect) }
}

private func addClasses(to suite: inout BenchmarkSuite) {
  addBenchmark("softmax-1024x1000", to: &suite, [1024, 1000]) { $0[0].softmax() }
  let labels = (0..<1024).map { $0 % 1000 }
  addBenchmark("crossentropy-1024x1000", to: &suite, [1024, 1000]) { $0[0].softmaxCrossEntropy(labels: labels) }
}

private func addSequences(to suite: inout BenchmarkSuite) {
  addBenchmark("attention-16x4x128x32", to: &suite, [64, 128, 32], parameters: [[64, 128, 32], [64, 128, 32]]) {
    $0[0].attention(keys: $0[1], values: $0[2])
  }
  let (lstm, gru) = (Recurrent(LSTMCell(from: 64, to: 64)), Recurrent(GRUCell(from: 64, to: 64)))
  addLayer("lstm-64x28x64", to: &suite, [64, 28, 64], lstm)
  addLayer("gru-64x28x64", to: &suite, [64, 28, 64], gru)
  addLayer("conv3x3-64x28x28x1->32", to: &suite, [64, 28, 28, 1], Conv2D(from: 1, to: 32, kernelSize: 3, padding: 1))
  addLayer(
    "conv3x3-64x28x28x32->32", to: &suite, [64, 28, 28, 32], Conv2D(from: 32, to: 32, kernelSize: 3, padding: 1))
  addLayer("conv1d5-64x256x32->64", to: &suite, [64, 256, 32], Conv1D(from: 32, to: 64, kernelSize: 5, padding: 2))
  addLayer(
    "conv3d4s2-16x16x16x16x16->32", to: &suite, [16, 16, 16, 16, 16],
    Conv3D(from: 16, to: 32, kernelSize: 4, stride: 2, padding: 1))
}

/// Adds a row of a layer.
private func addLayer(_ name: String, to suite: inout BenchmarkSuite, _ input: Tensor.Shape, _ layer: some Layer) {
  suite.benchmark("\(name)-fwd+bwd") {
    let network = Network(layer)
    var random = RandomGenerator(seed: 1)
    let state = network.initialState(using: &random)
    let leaves =
      [normal(input).recorded()] + network.parameters.map { (state[$0.name] ?? .zeros($0.parameter.shape)).recorded() }
    return (
      network, state, leaves, normal(layer(leaves[0].detached(), in: Context(network, state, mode: .inference)).shape)
    )
  } body: { operands in
    let (network, state, leaves, cotangent) = operands
    var recorded = state
    for (place, leaf) in zip(network.parameters, leaves.dropFirst()) { recorded[place.name] = leaf }
    let output = layer(leaves[0], in: Context(network, recorded, mode: .inference))
    for gradient in output.pullback(cotangent, at: leaves) { blackHole(gradient) }
  }
}
