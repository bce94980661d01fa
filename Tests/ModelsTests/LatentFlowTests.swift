import Foundation
import Layers
import Tensor
import Testing

@testable import Models

/// Flows of posteriors: their determinants, inverses and densities.
@Suite struct LatentFlowTests {
  /// Some flows of one size, with numbers far from their first ones.
  private final class Parts: Module {
    let flows: [any LatentFlow]
    init(_ flows: [any LatentFlow]) { self.flows = flows }
  }

  private static func context(of parts: Parts, seed: UInt64, scale: Float = 1) -> Context {
    let network = Network(parts)
    var random = RandomGenerator(seed: seed)
    var state = network.initialState(using: &random)
    for name in state.names { state[name] = state[name].map { $0 + .normal($0.shape, using: &random) * scale } }
    return Context(network, state, mode: .inference, random: random)
  }

  private static func iaf(
    _ size: Int, hidden: [Int] = [8], conditionSize: Int = 3, gateOffset: Float = 2
  ) -> InverseAutoregressiveFlow {
    InverseAutoregressiveFlow(
      AutoregressiveNetwork(
        .inputs(size), hiddenSizes: hidden, outputsPerInput: 2, conditionSize: conditionSize, activation: .tanh),
      gateOffset: gateOffset)
  }

  @Test func stepAsGolden() throws {
    let cases = try VariationalGolden.cases("iafStep")
    #expect(cases.count == 2)
    for golden in cases {
      let leaves = try golden.leaves()
      let (z, m, s) = try (#require(leaves["z"]), #require(leaves["m"]), #require(leaves["s"]))
      let step = InverseAutoregressiveFlow.step(from: z, mean: m, gate: s)
      #expect(step.isReversed)
      let images = step.latents.flipped(axis: 1)
      #expect(isClose(images, try golden.output("z"), tolerance: 1e-6))
      #expect(isClose(step.logDeterminant, try golden.output("logDet"), tolerance: 1e-6), "\(golden.name)")
      let (ofImages, ofDeterminant) = try (
        #require(golden.upstream?["z"]).tensor, #require(golden.upstream?["logDet"]).tensor
      )
      let loss = (images * ofImages).sum() + (step.logDeterminant * ofDeterminant).sum()
      golden.check(loss, at: leaves)
      guard let second = golden.second else { continue }
      let names = ["z", "m", "s"]
      let first = loss.gradients(at: [z, m, s], recording: true)
      let energy = first.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
      for (name, gradient) in zip(names, energy.gradients(at: [z, m, s])) {
        #expect(isClose(gradient, try #require(second[name]).data, tolerance: 1e-5), "second \(name)")
      }
    }
  }

  /// Two steps after a Gaussian with a context, and the gradients at all weights.
  @Test func posteriorAsGolden() throws {
    let golden = try #require(try VariationalGolden.cases("iaf").first)
    let flows = (0..<2).map { _ in
      InverseAutoregressiveFlow(
        AutoregressiveNetwork(
          .inputs(4), hidden: [.hidden(6, of: 4, first: 1), .hidden(6, of: 4, first: 1)], outputsPerInput: 2,
          conditionSize: 2, directConnections: .never),
        gateOffset: 0)
    }
    let parts = Parts(flows)
    let network = Network(parts)
    var names: [String: String] = [:]
    for flow in 0..<2 {
      names["flows.\(flow).network.conditioning.weight"] = "flow\(flow).wc"
      for layer in 0..<3 {
        names["flows.\(flow).network.layers.\(layer).weight"] = "flow\(flow).w\(layer)"
        names["flows.\(flow).network.layers.\(layer).bias"] = "flow\(flow).b\(layer)"
      }
    }
    #expect(network.parameterNames == Set(names.keys))
    let context = Context(
      network, State(try names.mapValues { try golden.input($0) }), mode: .training,
      differentiating: network.parameterNames, random: RandomGenerator(seed: 1))
    let (mean, logVariance, features) = try (
      golden.input("mean").recorded(), golden.input("logVariance").recorded(), golden.input("context").recorded()
    )
    let base = FixedNoise(
      gaussian: DiagonalGaussian(mean: mean, logVariance: logVariance), noise: try golden.input("eps"))
    let draw = FlowDistribution(base: base, flows: flows, given: features, in: context).draw(1, in: context)
    #expect(isClose(draw.latents, try golden.output("z2"), tolerance: 1e-5))
    #expect(isClose(draw.logDensity(), try golden.output("logQ"), tolerance: 1e-5))
    let (ofLatents, ofDensity) = try (
      #require(golden.upstream?["z2"]).tensor, #require(golden.upstream?["logQ"]).tensor
    )
    let loss = (draw.latents * ofLatents).sum() + (draw.logDensity() * ofDensity).sum()
    golden.check(loss, at: ["mean": mean, "logVariance": logVariance, "context": features])
    let gradients = context.gradients(of: loss)
    for (name, short) in names {
      let gradient = try #require(gradients[name])
      guard let expected = golden.gradients[short]?.data else {
        #expect(golden.zero?.contains(short) == true && gradient.maximumMagnitude == 0, "\(short)")
        continue
      }
      #expect(isClose(gradient, expected, tolerance: 2e-5), "\(short)")
    }
  }

  /// The logarithm of the determinant is that of the Jacobian, for one step and for several.
  @Test(arguments: ["iaf", "planar", "amortized planar", "mixed"]) func determinants(kind: String) throws {
    let size = 6
    let flows: [any LatentFlow] =
      switch kind {
      case "iaf": [Self.iaf(size), Self.iaf(size, hidden: [3]), Self.iaf(size, hidden: [])]
      case "planar": [PlanarFlow(size), PlanarFlow(size)]
      case "amortized planar": [PlanarFlow(size, featureCount: 3), PlanarFlow(size, featureCount: 3)]
      default: [Self.iaf(size), PlanarFlow(size), Self.iaf(size, hidden: [7, 7])]
      }
    let parts = Parts(flows)
    let context = Self.context(of: parts, seed: 5, scale: 0.3)
    var random = RandomGenerator(seed: 8)
    let (features, points) = (Tensor.normal([3, 3], using: &random), Tensor.normal([3, size], using: &random))
    for row in 0..<3 {
      let point = points[row..<row + 1].recorded()
      var (latents, logDeterminant) = (point, Tensor(0))
      for flow in flows {
        let step = flow(latents, given: features[row..<row + 1], in: context)
        (latents, logDeterminant) = (step.latents, logDeterminant + step.logDeterminant.sum())
      }
      let jacobian = (0..<size).map { column in
        latents[0..<1, column..<column + 1].sum().gradients(at: [point])[0].scalars.map(Double.init)
      }
      let expected = log(abs(determinant(jacobian)))
      #expect(abs(Double(logDeterminant.scalar) - expected) < 1e-3 * max(1, abs(expected)), "\(kind) row \(row)")
    }
  }

  /// A planar flow starts near the identity: it moves latents and their density little, whoever chooses its numbers.
  @Test(arguments: [false, true]) func planarFlowsStartNearTheIdentity(isAmortized: Bool) {
    let parts = Parts([isAmortized ? PlanarFlow(6, featureCount: 3) : PlanarFlow(6)])
    let network = Network(parts)
    var random = RandomGenerator(seed: 6)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    let (latents, features) = (Tensor.normal([50, 6], using: &random), Tensor.normal([50, 3], using: &random))
    let step = parts.flows[0](latents, given: features, in: context)
    #expect((step.latents - latents).absolute().max().scalar < 0.1)
    #expect(step.logDeterminant.absolute().max().scalar < 0.05)
  }

  /// Where the map nearly folds, the logarithm of its determinant keeps its digits; without w it only shifts.
  @Test func planarFlowsAtTheirLimits() {
    func step(_ weight: [Float], _ direction: [Float], _ bias: Float) -> (step: FlowStep, points: Tensor) {
      let parts = Parts([PlanarFlow(2)])
      let state = State([
        "flows.0.weight": Tensor(weight, shape: [2, 1]), "flows.0.direction": Tensor(direction, shape: [2, 1]),
        "flows.0.bias": Tensor(bias),
      ])
      let points = Tensor([0, 1], shape: [1, 2]).recorded()
      return (parts.flows[0](points, given: nil, in: Context(Network(parts), state, mode: .inference)), points)
    }
    // wᵀu = -20 where tanh is 0: the determinant is softplus(-20 + ln(e - 1)), 3.5e-9, which 1 + wᵀû would round away.
    let (folded, points) = step([2, 0], [-10, 0], 0)
    #expect(abs(folded.logDeterminant.scalars[0] + 19.458_675) < 1e-3)
    #expect(folded.logDeterminant.sum().gradients(at: [points])[0].isAllFinite)
    let (shifted, start) = step([0, 0], [0.3, -0.4], 0.5)
    let expected = start + Tensor([0.3, -0.4]) * tanh(0.5 as Float)
    #expect((shifted.latents - expected).absolute().max().scalar < 1e-6)
    #expect(shifted.logDeterminant.absolute().max().scalar < 1e-6)
  }

  /// By elimination.
  private func determinant(_ matrix: [[Double]]) -> Double {
    var (rows, result) = (matrix, 1.0)
    for column in rows.indices {
      let pivot = rows.indices[column...].max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
      if pivot != column {
        rows.swapAt(pivot, column)
        result.negate()
      }
      result *= rows[column][column]
      for row in rows.indices where row > column {
        let factor = rows[row][column] / rows[column][column]
        for place in rows.indices { rows[row][place] -= factor * rows[column][place] }
      }
    }
    return result
  }

  /// The inverse gives back what went in, of one draw and of several with one row of features for each sample.
  @Test(arguments: [1, 4]) func inverses(draws: Int) {
    let flows = [Self.iaf(6), Self.iaf(6, hidden: [9, 5])]
    let context = Self.context(of: Parts(flows), seed: 2, scale: 0.5)
    var random = RandomGenerator(seed: 3)
    let features = Tensor.normal([2, 3], using: &random)
    let start = Tensor.normal([2 * draws, 6], using: &random)
    let images = flows.reduce(start) { $1($0, given: features, in: context).latents }
    let back = flows.reversed().reduce(images) { $1.inverse(of: $0, given: features, in: context) }
    #expect((back - start).absolute().max().scalar < 1e-4)
  }

  @Test(arguments: [false, true]) func inversesOfPlanarFlows(isAmortized: Bool) {
    let flows = (0..<3).map { _ in isAmortized ? PlanarFlow(6, featureCount: 3) : PlanarFlow(6) }
    let context = Self.context(of: Parts(flows), seed: 2, scale: 0.5)
    var random = RandomGenerator(seed: 3)
    let features = Tensor.normal([2, 3], using: &random)
    let start = Tensor.normal([8, 6], using: &random)
    let images = flows.reduce(start) { $1($0, given: features, in: context).latents }
    #expect((images - start).absolute().max().scalar > 0.1)
    let back = flows.reversed().reduce(images) { $1.inverse(of: $0, given: features, in: context) }
    #expect((back - start).absolute().max().scalar < 1e-4)
    // There and back is where one was, so the gradient is that of the start itself.
    let leaf = start.recorded()
    let step = flows[0](leaf, given: features, in: context)
    let again = flows[0].inverse(of: step.latents, given: features, in: context)
    let upstream = Tensor.normal(start.shape, using: &random)
    #expect(((again * upstream).sum().gradient(at: leaf) - upstream).maximumMagnitude < 1e-3)
  }

  /// Several draws of a sample see its features as each draw by itself does, and so do gradients.
  @Test func drawsShareFeatures() {
    // With no hidden layer the condition goes straight to the outputs.
    for flow in [Self.iaf(4), Self.iaf(4, hidden: [])] {
      let context = Self.context(of: Parts([flow]), seed: 7, scale: 0.5)
      var random = RandomGenerator(seed: 9)
      let latents = Tensor.normal([6, 4], using: &random)
      let features = Tensor.normal([2, 3], using: &random).recorded()
      let shared = flow(latents, given: features, in: context)
      let own = flow(latents, given: .concatenated([features, features, features]), in: context)
      #expect(shared.latents.isApproximatelyEqual(to: own.latents))
      #expect(shared.logSlopes.isApproximatelyEqual(to: own.logSlopes))
      let (a, b) = (
        shared.logDeterminant.sum().gradients(at: [features])[0], own.logDeterminant.sum().gradients(at: [features])[0]
      )
      #expect(a.isApproximatelyEqual(to: b, relativeTolerance: 1e-5, absoluteTolerance: 1e-5))
    }
  }

  /// With outputs of a constant, z is the noise times a power of the gate, in its own order after an even number of steps.
  @Test(arguments: [1, 2, 5]) func firstValues(steps: Int) throws {
    let flows = (0..<steps).map { _ in Self.iaf(4, gateOffset: 1.5) }
    let parts = Parts(flows)
    let network = Network(parts)
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    for name in state.names where name.contains(".layers.1.") { state[name] = state[name].map { .zeros(like: $0) } }
    let context = Context(network, state, mode: .inference, random: random)
    let start = Tensor.normal([3, 4], using: &random)
    let base = FixedNoise(
      gaussian: DiagonalGaussian(mean: .zeros([3, 4]), logVariance: .zeros([3, 4])), noise: start)
    let draw = FlowDistribution(base: base, flows: flows, given: .ones([3, 3]), in: context).draw(1, in: context)
    let logGate = -log1p(exp(-1.5))
    let expected = start * Float(exp(Double(steps) * logGate))
    let ordered = steps.isMultiple(of: 2) ? draw.latents : draw.latents.flipped(axis: 1)
    #expect((ordered - expected).absolute().max().scalar < 1e-6)
    let densities = StandardNormal([3, 4]).logDensity(at: start)
    let difference = try draw.logDensity() - (#require(densities))
    #expect((difference + Float(Double(4 * steps) * logGate)).absolute().max().scalar < 1e-4)
    // Term by term too, in the order of the latents.
    let terms = try #require(StandardNormal([3, 4]).logDensities(at: start)) - Float(Double(steps) * logGate)
    let own = steps.isMultiple(of: 2) ? draw.logDensities() : draw.logDensities().flipped(axis: 1)
    #expect((own - terms).absolute().max().scalar < 1e-5)
  }

  /// The density of two variables, through the inverse, sums to 1 over a grid: any wrong sign or factor would show.
  @Test func densitiesSumToOne() throws {
    let flows = [Self.iaf(2, conditionSize: 1), Self.iaf(2, hidden: [1], conditionSize: 1)]
    let context = Self.context(of: Parts(flows), seed: 4, scale: 0.4)
    let (count, width) = (400, Float(16))
    let step = width / Float(count)
    let axis = (0..<count).map { (Float($0) + 0.5) * step - width / 2 }
    let grid = Tensor(axis.flatMap { x in axis.flatMap { [x, $0] } }, shape: [count * count, 2])
    let features = Tensor.ones([1, 1])
    let start = flows.reversed().reduce(grid) { $1.inverse(of: $0, given: features, in: context) }
    let base = DiagonalGaussian(
      mean: Tensor([0.4, -0.3], shape: [1, 2]), logVariance: Tensor([-0.5, 0.2], shape: [1, 2]))
    let noise = (start - base.mean) * (base.logVariance * -0.5).exp()
    // The draw of exactly this noise tells the density at the grid.
    let draw = FlowDistribution(
      base: FixedNoise(
        gaussian: DiagonalGaussian(
          mean: base.mean.broadcast(to: grid.shape), logVariance: base.logVariance.broadcast(to: grid.shape)),
        noise: noise), flows: flows, given: features, in: context
    ).draw(1, in: context)
    let density = draw.logDensity().exp()
    let isRight = (draw.latents - grid).absolute().max(axes: [1]) .< 1e-2
    #expect(isRight.mean().scalar > 0.999)
    #expect(abs((density * isRight).sum().scalar * step * step - 1) < 1e-3)
  }

  /// Every variable depends on the context, the first too.
  @Test func contextReachesAll() {
    let flow = Self.iaf(3)
    let context = Self.context(of: Parts([flow]), seed: 1)
    let features = Tensor([0.1, 0.2, 0.3], shape: [1, 3]).recorded()
    let step = flow(.ones([1, 3]), given: features, in: context)
    for column in 0..<3 {
      let ofLatent = step.latents[0..<1, column..<column + 1].sum().gradients(at: [features])[0]
      let ofSlope = step.logSlopes[0..<1, column..<column + 1].sum().gradients(at: [features])[0]
      #expect(ofLatent.scalars.allSatisfy { $0 != 0 } && ofSlope.scalars.allSatisfy { $0 != 0 })
    }
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = InverseAutoregressiveFlow(AutoregressiveNetwork(.inputs(2), hiddenSizes: [4]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("InverseAutoregressiveFlow: a network with 1 outputs for each input; it takes 2"))
    let rows = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let flow = InverseAutoregressiveFlow(
        AutoregressiveNetwork(.inputs(2), hiddenSizes: [4], outputsPerInput: 2, conditionSize: 1))
      let network = Network(flow)
      var random = RandomGenerator(seed: 1)
      let context = Context(network, network.initialState(using: &random), mode: .inference)
      _ = flow(.zeros([3, 2]), given: .zeros([2, 1]), in: context)
    }
    expect(
      rows, saysWhy: "AutoregressiveNetwork: a condition of 2 rows for 3; one is needed for each, or for each sample")
  }
}
