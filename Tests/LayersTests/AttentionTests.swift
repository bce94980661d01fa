import Tensor
import Testing

@testable import Layers

@Suite struct AttentionTests {
  @Test("Values and derivatives of both orders", arguments: ["self", "causal", "cross"])
  func golden(_ name: String) throws {
    let golden = try Golden.findSequence("attention/\(name)")
    let heads = try #require(golden.params.heads)
    let x = try #require(golden.inputs["x"]).tensor.recorded()
    let other = golden.inputs["other"]?.tensor.recorded()
    let layer = MultiHeadAttention(
      x.shape[2], heads: heads, contextSize: other?.shape[2], isCausal: golden.params.isCausal ?? false)
    let (context, parameters) = golden.context(layer)
    let output = other.map { layer(x, attendingTo: $0, mask: golden.params.mask?.tensor, in: context) }
    var inputs = parameters
    inputs["x"] = x
    inputs["other"] = other
    // A key's bias changes nothing: its derivatives are 0, but for rounding.
    try golden.check(output ?? layer(x, in: context), from: inputs, isWhole: true)
  }

  @Test func ofImages() throws {
    let golden = try Golden.findSequence("attention/image")
    let layer = SelfAttention2D(3, innerChannels: 2)
    let (context, parameters) = golden.context(layer)
    let x = try #require(golden.inputs["x"]).tensor.recorded()
    try golden.check(layer(x, in: context), from: parameters.merging(["x": x]) { $1 }, isWhole: true)
  }

  @Test func attentionOfImagesStartsAsTheIdentity() {
    let layer = SelfAttention2D(16, transforms: [.spectralNorm()])
    let network = Network(layer)
    #expect(layer.query.weight.shape == [2, 1, 1, 16] && layer.output.weight.shape == [16, 1, 1, 2])
    var random = RandomGenerator(seed: 1)
    let state = network.initialState(using: &random)
    let x = Tensor.normal([2, 3, 4, 16], using: &random)
    #expect(layer(x, in: Context(network, state, mode: .training, random: random)) == x)
  }

  /// What is masked may be anything: the result has the same bits, and nothing flows back to it.
  @Test func paddingIsOfNoAccount() throws {
    let layer = MultiHeadAttention(8, heads: 2)
    let network = Network(layer)
    var random = RandomGenerator(seed: 2)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let mask = MultiHeadAttention.mask(lengths: [3, 5], count: 5)
    #expect(mask == Tensor([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], shape: [2, 1, 5]))
    let x = Tensor.normal([2, 4, 8], using: &random)
    let other = Tensor.normal([2, 5, 8], using: &random).recorded()
    var changed = other.detached()
    changed[0, 3...] = Tensor(100)
    let output = layer(x, attendingTo: other, mask: mask, in: context)
    #expect(output == layer(x, attendingTo: changed, mask: mask, in: context))
    let gradient = output.sum().gradient(at: other)
    #expect(gradient[0, 3...] == Tensor.zeros([2, 8]) && gradient[0, 2] != Tensor.zeros([8]))
  }

  @Test func nothingToSeeGivesZeros() {
    let queries = Tensor([[1, 2], [3, 4]]).recorded()
    let seen = queries.attention(
      keys: Tensor([[1, 0], [0, 1]]), values: Tensor([[5], [7]]), mask: Tensor([[0, 0], [0, 1]]))
    #expect(seen == Tensor([[0], [7]]))
    #expect(seen.sum().gradient(at: queries) == .zeros([2, 2]))
  }

  /// What comes later does not change what came before.
  @Test func causalAttentionLooksBack() {
    let layer = MultiHeadAttention(4, heads: 4, isCausal: true)
    let network = Network(layer)
    var random = RandomGenerator(seed: 3)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let x = Tensor.normal([1, 6, 4], using: &random)
    let whole = layer(x, in: context)
    for length in 1...6 {
      let part = layer(x[.all, 0..<length], in: context)
      #expect(part.isApproximatelyEqual(to: whole[.all, 0..<length], absoluteTolerance: 1e-6))
    }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MultiHeadAttention(10, heads: 4)
    }
    expect(result, saysWhy: "MultiHeadAttention: 10 features do not divide into 4 heads of equal size")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = MultiHeadAttention(4, heads: 2)
      _ = layer(.zeros([2, 3, 5]), in: Context(Network(layer), State(), mode: .inference))
    }
    expect(
      result,
      saysWhy: """
        MultiHeadAttention: input [2, 3, 5], attending to [2, 3, 5]; [N, L, 4] and [N, S, 4] are needed
        """)
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([2, 3, 4]).attention(keys: .zeros([2, 5, 4]), values: .zeros([2, 6, 4]))
    }
    expect(result, saysWhy: "attention: queries [2, 3, 4], keys [2, 5, 4] and values [2, 6, 4]; […, L, D], […")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.zeros([2, 3, 4])
      _ = x.attention(keys: x, values: x, mask: .ones([2, 4]))
    }
    expect(result, saysWhy: "attention: a mask of shape [2, 4] does not broadcast to the scores [2, 3, 3]")
  }
}

extension Golden.Case {
  /// A context in which the parameters of `module` are the inputs of their names, and those parameters, recorded.
  func context(_ module: any Module) -> (Context, [String: Tensor]) {
    let network = Network(module)
    let names = network.parameterNames
    let state = State(inputs.filter { names.contains($0.key) }.mapValues(\.tensor))
    let context = Context(
      network, state, mode: .training, differentiating: names, random: RandomGenerator(seed: 0))
    return (context, Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, context[$0.parameter]) }))
  }
}
