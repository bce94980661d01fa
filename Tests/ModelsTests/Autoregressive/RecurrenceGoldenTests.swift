import Layers
import Tensor
import Testing

@testable import Models

/// Masks and recurrent layers against values of PyTorch.
@Suite struct RecurrenceGoldenTests {
  /// The gradients of the sum of an output times the case's upstream gradient.
  private func gradients(
    _ golden: Golden.Case, _ output: Tensor, _ name: String, _ context: Context
  ) throws -> Gradients {
    context.gradients(of: (output * (try #require(golden.upstream?[name]).tensor)).sum())
  }

  @Test(arguments: try Golden.cases("maskedConv2d")) func maskedConvolutions(_ golden: Golden.Case) throws {
    let kernel = try #require(golden.params.kernel)
    let layer = Conv2D(
      from: 2, to: 3, kernelSize: Tensor.Size2D(height: kernel, width: kernel),
      padding: Tensor.Padding2D(top: kernel / 2, bottom: kernel / 2, left: kernel / 2, right: kernel / 2),
      transforms: [.pixelMask(includesOwn: golden.params.mask == "B")])
    let network = Network(layer)
    let state = State(["weight": try golden.input("w"), "bias": try golden.input("b")])
    let context = Context(network, state, mode: .inference, differentiating: ["weight", "bias"])
    let x = try golden.input("x").recorded()
    let y = layer(x, in: context)
    try golden.check(y, "y")
    let mask = try #require(layer.transforms.first as? WeightMask).mask
    #expect(try golden.output("mask") == mask[0, .all, .all, 0])
    let gradients = try gradients(golden, y, "y", context)
    try golden.check(gradient: #require(gradients["weight"]), "w")
    try golden.check(gradient: #require(gradients["bias"]), "b")
    let sum = try (y * #require(golden.upstream?["y"]).tensor).sum()
    try golden.check(gradient: sum.gradient(at: x), "x")
    try golden.checkSecond(of: sum, at: ["x": x, "w": context[layer.weight], "b": context[#require(layer.bias)]])
  }

  /// The case's kernel has a third column, right of the pixel, and for mask A none for the pixel itself: their weights
  /// have no influence.
  @Test(arguments: try Golden.cases("rowLSTM")) func rows(_ golden: Golden.Case) throws {
    let layer = RowLSTM(from: 2, to: 3)
    let network = Network(layer)
    var weight = try golden.input("wi")[.all, .all, 0..<2]
    let isA = golden.params.mask == "A"
    if isA { weight[.all, .all, 1] = Tensor(0) }
    let state = State([
      "input.weight": weight, "input.bias": try golden.input("b"),
      "transition.weight": try golden.input("ws").squeezed(axis: 1), "first.output": try golden.input("h0"),
      "first.state": try golden.input("c0"),
    ])
    let context = Context(network, state, mode: .inference, differentiating: network.parameterNames)
    let x = try golden.input("x").recorded()
    let h = layer(x, in: context)
    try golden.check(h, "h")
    let gradients = try gradients(golden, h, "h", context)
    for (name, own) in [
      ("transition.weight", "ws"), ("input.bias", "b"), ("first.output", "h0"), ("first.state", "c0"),
    ] {
      try golden.check(gradient: #require(gradients[name]), own)
    }
    var atWeight = try #require(gradients["input.weight"])
    if isA { atWeight[.all, .all, 1] = Tensor(0) }
    try golden.check(gradient: atWeight.padded(before: [0, 0, 0, 0], after: [0, 0, 1, 0]), "wi")
    try golden.check(gradient: (h * #require(golden.upstream?["h"]).tensor).sum().gradient(at: x), "x")
  }

  @Test func skewing() throws {
    for (operation, function, back) in [
      ("skew", { $0.skewed() }, { $0.unskewed() }), ("unskew", { $0.unskewed() }, { $0.skewed() }),
    ] as [(String, (Tensor) -> Tensor, (Tensor) -> Tensor)] {
      for golden in try Golden.cases(operation) {
        let x = try golden.input("x").recorded()
        let y = function(x)
        try golden.check(y, "y")
        try golden.check(gradient: (y * #require(golden.upstream?["y"]).tensor).sum().gradient(at: x), "x")
        if operation == "skew" { #expect(back(y).detached() == x.detached()) }
      }
    }
  }

  @Test func diagonals() throws {
    let golden = try Golden.only("diagonalBiLSTM")
    let layer = DiagonalBiLSTM(from: 2, to: 3)
    let network = Network(layer)
    let names = { (name: String) in
      name.replacingParts([
        ("input.weight", "wi"), ("transition.weight", "ws"), ("input.bias", "b"), ("first.output", "h0"),
        ("first.state", "c0"),
      ])
    }
    let context = Context(
      network, try golden.state(network, names), mode: .inference, differentiating: network.parameterNames)
    let x = try golden.input("x").recorded()
    let y = layer(x, in: context)
    try golden.check(y, "y")
    try golden.check(layer.left(x, in: context), "left")
    try golden.check(layer.right(x.flipped(axis: 2), in: context).flipped(axis: 2), "right")
    let gradients = try gradients(golden, y, "y", context)
    for name in network.parameterNames { try golden.check(gradient: #require(gradients[name]), names(name)) }
    try golden.check(gradient: (y * #require(golden.upstream?["y"]).tensor).sum().gradient(at: x), "x")
  }

  @Test func lstmCell() throws {
    let golden = try Golden.only("lstmCell")
    let cell = LSTMCell(from: 3, to: 4)
    let network = Network(cell)
    let state = State([
      "inputWeight": try golden.input("wx"), "stateWeight": try golden.input("wh"), "inputBias": try golden.input("b"),
      "stateBias": .zeros([16]),
    ])
    let context = Context(network, state, mode: .inference, differentiating: network.parameterNames)
    let (h, c) = (try golden.input("h").recorded(), try golden.input("c").recorded())
    let x = try golden.input("x").recorded()
    let (output, memory) = cell(x, from: .init(output: h, state: c), in: context)
    try golden.check(output, "h")
    try golden.check(memory.state, "c")
    let upstream = try #require(golden.upstream)
    let sum =
      try (output * #require(upstream["h"]).tensor).sum() + (memory.state * #require(upstream["c"]).tensor).sum()
    for (name, leaf) in [("x", x), ("h", h), ("c", c)] { try golden.check(gradient: sum.gradient(at: leaf), name) }
    let gradients = context.gradients(of: sum)
    for (name, own) in [("inputWeight", "wx"), ("stateWeight", "wh"), ("inputBias", "b"), ("stateBias", "b")] {
      try golden.check(gradient: #require(gradients[name]), own)
    }
    // The case has one bias.
    try golden.checkSecond(
      of: sum,
      at: [
        "x": x, "h": h, "c": c, "wx": context[cell.inputWeight], "wh": context[cell.stateWeight],
        "b": context[#require(cell.inputBias)],
      ])
  }

  private static let gruNames = ["inputWeight": "wx", "stateWeight": "wh", "inputBias": "bx", "stateBias": "bh"]

  private func gruContext(_ cell: GRUCell, _ golden: Golden.Case) throws -> Context {
    let network = Network(cell)
    return Context(
      network, State(try Self.gruNames.mapValues { try golden.input($0) }), mode: .inference,
      differentiating: network.parameterNames)
  }

  @Test func gruCells() throws {
    let golden = try Golden.only("gruCell")
    let cell = GRUCell(from: 3, to: 4)
    let own = try gruContext(cell, golden)
    let (x, h) = (try golden.input("x").recorded(), try golden.input("h").recorded())
    let output = cell(x, from: h, in: own).output
    try golden.check(output, "h")
    let sum = try (output * #require(golden.upstream?["h"]).tensor).sum()
    for (name, leaf) in [("x", x), ("h", h)] { try golden.check(gradient: sum.gradient(at: leaf), name) }
    let gradients = own.gradients(of: sum)
    for (name, short) in Self.gruNames { try golden.check(gradient: #require(gradients[name]), short) }
    try golden.checkSecond(
      of: sum,
      at: [
        "x": x, "h": h, "wx": own[cell.inputWeight], "wh": own[cell.stateWeight], "bx": own[#require(cell.inputBias)],
        "bh": own[#require(cell.stateBias)],
      ])
  }

  @Test("A sequence of which some end earlier: their states stay") func maskedSequence() throws {
    let sequence = try Golden.only("gruSequence")
    let cell = GRUCell(from: 3, to: 4)
    let other = try gruContext(cell, sequence)
    let (inputs, mask) = (try sequence.input("x").recorded(), try sequence.input("mask"))
    let first = try sequence.input("h").recorded()
    var (state, states) = (first, [Tensor]())
    for time in 0..<inputs.shape[1] {
      let isThere = mask[.all, time].expanded(axis: 1)
      state = cell(inputs[.all, time], from: state, in: other).output * isThere + state * (1 - isThere)
      states.append(state)
    }
    let all = Tensor.stacked(states, axis: 1)
    try sequence.check(all, "states")
    try sequence.check(state, "last")
    let sum = try (all * #require(sequence.upstream?["states"]).tensor).sum()
    for (name, leaf) in [("x", inputs), ("h", first)] { try sequence.check(gradient: sum.gradient(at: leaf), name) }
    let gradients = other.gradients(of: sum)
    for (name, short) in Self.gruNames { try sequence.check(gradient: #require(gradients[name]), short) }
  }
}
