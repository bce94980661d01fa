import Foundation
import LatentLayersTestSupport
import Tensor
import Testing

@testable import Layers

@Suite struct VectorQuantizerTests {
  /// A case of `golden-quantizers.json`.
  private struct Case: Decodable {
    struct Settings: Decodable {
      let beta: Float?
      let decay: Float?
      let epsilon: Float?
    }

    let name: String
    let op: String
    let params: Settings
    let inputs: [String: Golden.Array]
    let outputs: [String: Golden.Array]
    let gradients: [String: Golden.Array]?

    static func all(_ operation: String) throws -> [Case] {
      struct File: Decodable { let cases: [Case] }
      let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/golden-quantizers.json")))
      let cases = try JSONDecoder().decode(File.self, from: data).cases.filter { $0.op == operation }
      try #require(!cases.isEmpty)
      return cases
    }

    func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }

    func expect(_ value: Tensor, _ output: String) throws {
      let expected = try #require(outputs[output]).tensor
      #expect(
        value.reshaped(to: expected.shape).isApproximatelyEqual(
          to: expected, relativeTolerance: 1e-5, absoluteTolerance: 1e-6), "\(name): \(output)")
    }
  }

  /// A quantizer, and the state in which it has the given codebook.
  private func start(
    _ codebook: Tensor, weight: Float = 1, decay: Float = 0.99, epsilon: Float = 1e-5, leastUse: Float = 0
  ) -> (layer: VectorQuantizer, network: Network, state: State) {
    let layer = VectorQuantizer(
      codeCount: codebook.shape[0], size: codebook.shape[1], decay: decay, epsilon: epsilon, leastUse: leastUse)
    let network = Network(layer)
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    state["codebook"] = codebook
    state["weight"] = Tensor(weight)
    return (layer, network, state)
  }

  /// Codes, the straight-through gradient, commitment and perplexity; a codebook that is learned by gradients besides.
  @Test func asGolden() throws {
    for golden in try Case.all("vectorQuantizer") {
      let (z, codebook, u) = try (
        golden.input("z").recorded(), golden.input("codebook").recorded(), golden.input("u")
      )
      let (layer, network, state) = start(codebook.detached())
      let quantized = layer(z, in: Context(network, state, mode: .inference))
      try golden.expect(Tensor(quantized.codes.map { Float($0) }), "codes")
      try golden.expect(quantized.output, "quantized")
      try golden.expect(Tensor(Float(quantized.perplexity)), "perplexity")
      let positions = Float(quantized.codes.count)
      let commitment = quantized.commitment.sum() / positions
      try golden.expect(commitment, "commitmentLoss")
      let chosen = codebook.gathered(at: quantized.codes).reshaped(to: z.shape)
      let codebookLoss = (z.detached() - chosen).square().sum() / positions
      try golden.expect(codebookLoss, "codebookLoss")
      let beta = try #require(golden.params.beta)
      let loss = (quantized.output * u).sum() + codebookLoss + commitment * beta
      let gradients = loss.gradients(at: [z, codebook])
      for (gradient, name) in zip(gradients, ["z", "codebook"]) {
        let expected = try #require(golden.gradients?[name]).tensor
        #expect(gradient.isApproximatelyEqual(to: expected, relativeTolerance: 1e-5, absoluteTolerance: 1e-6))
      }
    }
  }

  @Test func movingAveragesAsGolden() throws {
    for golden in try Case.all("vectorQuantizerEMA") {
      let (decay, epsilon) = try (#require(golden.params.decay), #require(golden.params.epsilon))
      var (layer, network, state) = try start(golden.input("codebook"), decay: decay, epsilon: epsilon)
      state["useCounts"] = try golden.input("clusterSizes")
      state["vectorSums"] = try golden.input("clusterSums")
      let batches = try golden.input("z")
      for time in 0..<batches.shape[0] {
        let context = Context(network, state, mode: .training, random: RandomGenerator(seed: 2))
        let codes = layer(batches[time], in: context).codes
        state.merge(context.bufferUpdates)
        try golden.expect(Tensor(codes.map { Float($0) }), "codes\(time + 1)")
        for (buffer, output) in [
          ("useCounts", "clusterSizes"), ("vectorSums", "clusterSums"), ("codebook", "codebook"),
        ] {
          try golden.expect(#require(state[buffer]), output + "\(time + 1)")
        }
      }
    }
  }

  /// The gradient at vectors is that at the output, to the bit; the commitment's is that of a square.
  @Test func gradientsPassThrough() {
    var random = RandomGenerator(seed: 3)
    let z = Tensor.normal([4, 3, 3, 5], using: &random).recorded()
    let (layer, network, state) = start(.normal([7, 5], using: &random))
    let quantized = layer(z, in: Context(network, state, mode: .inference))
    let output = quantized.output.detached().recorded()
    let weights = Tensor.normal(z.shape, using: &random)
    func loss(_ x: Tensor) -> Tensor { (x.square() * weights).sum() }
    #expect(loss(quantized.output).gradient(at: z) == loss(output).gradient(at: output))
    let expected = (z.detached() - output.detached()) * 2
    #expect(
      quantized.commitment.sum().gradient(at: z).isApproximatelyEqual(to: expected, absoluteTolerance: 1e-6))
  }

  /// Identical batches: the codes are the means of their vectors from the first step on, without a bias towards 0.
  @Test func codesAreMeans() throws {
    var random = RandomGenerator(seed: 4)
    let centers = Tensor([0, 0, 4, 0, 0, 4, 4, 4], shape: [4, 2])
    let noise = Tensor.normal([40, 2], using: &random) * 0.3
    let vectors = centers.gathered(at: (0..<40).map { $0 % 4 }) + noise
    var (layer, network, state) = start(centers + 0.2, weight: 0)
    state["weight"] = Tensor(1e-30)
    let means = Tensor.concatenated(
      (0..<4).map { code in
        vectors.gathered(at: Swift.stride(from: code, to: 40, by: 4).map { $0 }).mean(
          axes: [0], keepingDimensions: true)
      })
    for step in 1...2000 {
      let context = Context(network, state, mode: .training, random: RandomGenerator(seed: 5))
      _ = layer(vectors, in: context)
      state.merge(context.bufferUpdates)
      guard step == 1 || step == 2000 else { continue }
      #expect(try #require(state["codebook"]).isApproximatelyEqual(to: means, absoluteTolerance: 1e-4))
    }
  }

  /// The first batch gives the codes, no two the same; a code that nothing falls to begins anew, and stays finite.
  @Test func idleCodesBeginAnew() throws {
    var random = RandomGenerator(seed: 6)
    let vectors = Tensor.normal([60, 3], using: &random)
    let layer = VectorQuantizer(codeCount: 16, size: 3)
    let network = Network(layer)
    var state = network.initialState(using: &random)
    func train(_ vectors: Tensor) -> VectorQuantizer.Quantized {
      let context = Context(network, state, mode: .training, random: random.split())
      let quantized = layer(vectors, in: context)
      state.merge(context.bufferUpdates)
      return quantized
    }
    let first = train(vectors)
    #expect(Set(first.codes).count == 16)
    #expect(first.perplexity > 8 && first.perplexity <= 16)
    // Vectors somewhere else: all codes but one are idle sooner or later.
    for _ in 0..<400 { _ = train(vectors + 50) }
    let codebook = try #require(state["codebook"])
    #expect(codebook.isFinite().scalars.allSatisfy { $0 == 1 })
    #expect(Set(train(vectors + 50).codes).count > 12)
    let before = state
    let context = Context(network, state, mode: .inference)
    _ = layer(vectors, in: context)
    #expect(context.bufferUpdates.names.isEmpty && state["codebook"] == before["codebook"])
  }

  /// Three parts of a batch, one of them empty, on threads, give the codebook of the whole: at the first batch, whose
  /// vectors the codes start at, and when idle codes begin anew.
  @Test func partsOfABatch() throws {
    var random = RandomGenerator(seed: 7)
    let (first, second) = (
      Tensor.normal([8, 5, 3], using: &random), Tensor.normal([8, 5, 3], using: &random) + 40
    )
    let layer = VectorQuantizer(codeCount: 4, size: 3, decay: 0.01, leastUse: 1)
    let network = Network(layer)
    let start = network.initialState(using: &random)
    @Sendable func train(_ range: Range<Int>, _ reduction: any BatchReduction) -> [State] {
      var state = start
      return [first, second].map { batch in
        let context = Context(
          network, state, mode: .training, random: RandomGenerator(seed: 8), reduction: reduction,
          samples: range.count == 8 ? nil : Context.Samples(range, of: 8))
        _ = layer(batch[range], in: context)
        state.merge(context.bufferUpdates)
        return state
      }
    }
    let whole = train(0..<8, WholeBatch())
    let ranges = [0..<3, 3..<3, 3..<8]
    let parts = onThreads(3) { train(ranges[$0], $1) }
    for (step, state) in whole.enumerated() {
      for part in parts {
        for name in state.names {
          let (own, expected) = try (#require(part[step][name]), #require(state[name]))
          #expect(own.isApproximatelyEqual(to: expected, relativeTolerance: 1e-6, absoluteTolerance: 1e-5), "\(name)")
        }
      }
    }
    // All codes but those nearest to the second batch began anew there.
    let codebook = try #require(whole[1]["codebook"])
    #expect(codebook.min().scalar > 20)
  }

  /// At the first step codes with few vectors are their means too, as the smoothing does not see the averages' start.
  @Test func smoothingIsNotOfTheStart() throws {
    let vectors = Tensor([1, 1, 1, 1, 1, 1, 1, 9], shape: [8, 1])
    let (layer, network, state) = start(Tensor([0, 10], shape: [2, 1]), weight: 1e-30)
    let context = Context(network, state, mode: .training, random: RandomGenerator(seed: 1))
    _ = layer(vectors, in: context)
    let codebook = try #require(context.bufferUpdates["codebook"])
    #expect(codebook.isApproximatelyEqual(to: Tensor([1, 9], shape: [2, 1]), absoluteTolerance: 2e-4))
  }

  /// The nearest code of vectors far from 0 is told as in double precision.
  @Test func nearestFarAway() {
    var random = RandomGenerator(seed: 9)
    let (vectors, codes) = (
      Tensor.normal([200, 16], using: &random) + 500, Tensor.normal([10, 16], using: &random) + 500
    )
    let (x, c) = (vectors.scalars.map { Double($0) }, codes.scalars.map { Double($0) })
    let expected = (0..<200).map { row in
      (0..<10).min { a, b in
        func distance(_ code: Int) -> Double {
          (0..<16).reduce(0) { $0 + (x[row * 16 + $1] - c[code * 16 + $1]) * (x[row * 16 + $1] - c[code * 16 + $1]) }
        }
        return distance(a) < distance(b)
      }
    }
    #expect(vectors.nearestRows(of: codes) == expected)
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) { _ = VectorQuantizer(codeCount: 0, size: 2) }
    await #expect(processExitsWith: .failure) { _ = VectorQuantizer(codeCount: 2, size: 2, decay: 1) }
    await #expect(processExitsWith: .failure) { _ = VectorQuantizer(codeCount: 2, size: 2, leastUse: 1.5) }
    await #expect(processExitsWith: .failure) { _ = Tensor.ones([2, 3]).nearestRows(of: .ones([2, 2])) }
    await #expect(processExitsWith: .failure) { _ = Tensor.ones([2]).straightThrough(to: .ones([3])) }
  }
}
