import Tensor
import Testing

@testable import Layers

@Suite struct RecurrentTests {
  @Test("Values and derivatives of both orders", arguments: ["lstm", "lstm/reversed", "gru"])
  func golden(_ name: String) throws {
    let golden = try Golden.findSequence(name)
    let x = try #require(golden.inputs["x"]).tensor.recorded()
    let size = try #require(golden.inputs["cell.stateWeight"]).shape[0]
    let isReversed = golden.params.isReversed ?? false
    let layer: any Layer =
      name == "gru"
      ? GRU(from: x.shape[2], to: size, isReversed: isReversed)
      : LSTM(from: x.shape[2], to: size, isReversed: isReversed)
    let (context, parameters) = golden.context(layer)
    try golden.check(layer(x, in: context), from: parameters.merging(["x": x]) { $1 }, isWhole: true)
  }

  private func layerWithContext<Cell>(_ layer: Recurrent<Cell>) -> Context {
    var random = RandomGenerator(seed: 4)
    let network = Network(layer)
    return Context(network, network.initialState(using: &random), mode: .inference)
  }

  private func expectSamePieces<Cell>(_ layer: Recurrent<Cell>) {
    let context = layerWithContext(layer)
    var random = RandomGenerator(seed: 5)
    let x = Tensor.normal([3, 5, layer.cell.inputSize], using: &random)
    let whole = layer(x, from: nil, in: context).outputs
    #expect(whole.shape == [3, 5, layer.cell.outputSize])
    let first = layer(x[.all, 0..<2], from: nil, in: context)
    let second = layer(x[.all, 2...], from: first.memory, in: context)
    let joined = Tensor.concatenated([first.outputs, second.outputs], axis: 1)
    #expect(joined.isApproximatelyEqual(to: whole, absoluteTolerance: 1e-6))
    var memory = layer.cell.initialMemory(count: 3)
    for time in 0..<5 {
      let (output, next) = layer.cell(x[.all, time], from: memory, in: context)
      #expect(output.isApproximatelyEqual(to: whole[.all, time], absoluteTolerance: 1e-6))
      memory = next
    }
    let back = Recurrent(layer.cell, isReversed: true)
    let reversed = back(x.flipped(axis: 1), in: layerWithContext(back)).flipped(axis: 1)
    #expect(reversed == whole)
  }

  @Test("In pieces, step by step and from the end") func pieces() {
    expectSamePieces(LSTM(from: 2, to: 4))
    expectSamePieces(GRU(from: 2, to: 4))
    expectSamePieces(LSTM(from: 1, to: 1, hasBias: false))
  }

  @Test func namesShapesAndFirstValues() {
    let network = Network(Sequential(LSTM(from: 2, to: 100), GRU(from: 100, to: 3, hasBias: false)))
    #expect(
      "\(network)" == """
        layers.0.cell.inputWeight [2, 400]
        layers.0.cell.stateWeight [100, 400]
        layers.0.cell.inputBias [400]
        layers.0.cell.stateBias [400]
        layers.1.cell.inputWeight [100, 9]
        layers.1.cell.stateWeight [3, 9]
        """)
    var random = RandomGenerator(seed: 6)
    let bias = network.initialState(using: &random)["layers.0.cell.inputBias"]?.scalars ?? []
    #expect(bias.allSatisfy { abs($0) <= 0.1 } && bias.contains { $0 > 0.09 } && bias.contains { $0 < -0.09 })
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GRU(from: 0, to: 2)
    }
    expect(result, saysWhy: "GRUCell: from 0 to 2; both must be positive")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = LSTM(from: 2, to: 3)
      _ = layer(.zeros([4, 0, 2]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(result, saysWhy: "LSTMCell: the input has shape [4, 0, 2]; [N, L, 2] with a step or more is needed")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let cell = GRUCell(from: 2, to: 3)
      _ = cell(.zeros([4, 3]), from: .zeros([4, 3]), in: Context(Network(cell), State(), mode: .inference))
    }
    expect(result, saysWhy: "GRUCell: the input has shape [4, 3]; [N, 2] is needed")
  }
}
