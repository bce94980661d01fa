import Tensor
import Testing

@testable import Layers

private class Base: Module, @unchecked Sendable {
  let scale = Parameter([1], .ones)
}

private final class Everything: Base, @unchecked Sendable {
  let first = Dense(from: 2, to: 3)
  let list: [any Layer] = [Dense(from: 3, to: 3, hasBias: false), .relu, Dense(from: 3, to: 1)]
  let maybe: Dense? = Dense(from: 1, to: 1, hasBias: false)
  let nothing: Dense? = nil
  let byName: [String: Parameter] = [
    "b": Parameter([2], .zeros), "a": Parameter([3], .zeros), "c": Parameter([1], .zeros),
  ]
  let pair = (Parameter([4], .ones), [Parameter([5], .ones)])
  let statistics = Buffer([3])
  let number = 3
  let text = "text"
  let function: @Sendable (Tensor) -> Tensor = { $0 }
}

private final class Sharing: Module {
  let encoder: Dense
  let decoder: Dense
  let tied: Parameter
  let own: Sequential

  init() {
    let dense = Dense(from: 2, to: 2)
    (encoder, decoder, tied) = (dense, dense, dense.weight)
    own = Sequential(dense, Dense(from: 2, to: 1, hasBias: false))
  }
}

private final class Lazy: Module, @unchecked Sendable {
  lazy var inner = Dense(from: 1, to: 1)
}

private final class Closure: Module {
  let block: (@Sendable (Tensor, Context) -> Tensor)?
  init() {
    let hidden = Dense(from: 1, to: 1)
    block = { hidden($0, in: $1) }
  }
}

private class Hidden: Module, @unchecked Sendable {
  private let weight = Parameter([2], .zeros)
}

private final class SameName: Hidden, @unchecked Sendable {
  private let weight = Parameter([2], .ones)
}

private final class Hashed: Module, Hashable {
  let inner = Dense(from: 1, to: 1)
  static func == (a: Hashed, b: Hashed) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

private final class InSet: Module {
  let parts: Set<Hashed> = [Hashed(), Hashed()]
}

/// Mixes samples, and has nothing to be named.
private final class Centring: Layer, MixingSamples {
  func callAsFunction(_ input: Tensor, in context: Context) -> Tensor { input - input.mean(axes: [0]) }
}

@Suite struct DiscoveryTests {
  @Test func summary() {
    let inner = Sequential(Dense(from: 100, to: 50), .relu, BatchNorm(50))
    #expect(
      Network(Sequential(inner, .relu, Dense(from: 50, to: 10, hasBias: false), inner)).summary == """
        (all)                  Sequential  5,650
          layers.0             Sequential  5,150
            layers.0.layers.0  Dense       5,050
            layers.0.layers.2  BatchNorm     100
          layers.2             Dense         500
        """)
    #expect(Network(Sequential()).summary == "(all)  Sequential  0")
    #expect("\(Parameter([2, 3], .glorotUniform))" == "Parameter [2, 3], glorotUniform")
    #expect("\(Buffer([2], .ones))" == "Buffer [2], ones")
  }

  @Test func whatMixesSamplesIsFound() {
    let (batchNorm, centring) = (Sequential(Dense(from: 1, to: 2), BatchNorm(2)), Sequential(.relu, Centring()))
    let (neither, dense) = (Sequential(Dense(from: 1, to: 2), .relu), Dense(from: 1, to: 1))
    let network = Network(Sequential(batchNorm, Sequential(centring), neither, dense))
    #expect(network.mixesSamples(in: batchNorm) && network.mixesSamples(in: centring))
    #expect(!network.mixesSamples(in: neither) && !network.mixesSamples(in: dense))
    #expect(Network(Sequential(Sequential(Sequential(centring)), neither)).mixesSamples(in: centring))
  }

  @Test func findsAllKindsOfProperties() {
    let module = Everything()
    let network = Network(module)
    #expect(
      network.parameters.map(\.name) == [
        "scale", "first.weight", "first.bias", "list.0.weight", "list.2.weight", "list.2.bias", "maybe.weight",
        "byName.a", "byName.b", "byName.c", "pair.0", "pair.1.0",
      ])
    #expect(network.buffers.map(\.name) == ["statistics"])
    #expect(network.parameterNames == Set(network.parameters.map(\.name)))
    #expect(network.parameterNames(of: module.first) == ["first.weight", "first.bias"])
    #expect(network.parameterNames(of: module) == network.parameterNames)
    #expect(network.parameterCount == 39)
    #expect(network.description.hasPrefix("scale [1]\nfirst.weight [2, 3]\nfirst.bias [3]\n"))
    #expect(network.description.hasSuffix("\nstatistics [3] (buffer)"))
  }

  @Test func looksIntoStructsAndEnumerations() {
    struct Pair { let first: Dense, second: Dense? }
    enum Choice {
      case dense(Dense)
      case none
    }
    final class Holder: Module {
      let pair = Pair(first: Dense(from: 1, to: 2, hasBias: false), second: nil)
      let choice = Choice.dense(Dense(from: 2, to: 1, hasBias: false))
    }
    #expect(Network(Holder()).parameters.map(\.name) == ["pair.first.weight", "choice.dense.weight"])
  }

  @Test func whatIsSharedIsThereOnce() {
    let module = Sharing()
    let network = Network(module)
    #expect(network.parameters.map(\.name) == ["encoder.weight", "encoder.bias", "own.layers.1.weight"])
    #expect(network.parameterNames(of: module.decoder) == ["encoder.weight", "encoder.bias"])
    #expect(network.parameterNames(of: module.own) == network.parameterNames)
    #expect(network.name(of: module.tied) == "encoder.weight")
  }

  @Test func sequentialCountsItsLayers() {
    let network = Network(Sequential(Dense(from: 2, to: 3), .tanh, Dense(from: 3, to: 1)))
    #expect(
      network.parameters.map(\.name) == ["layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias"])
  }

  @Test func whatCannotBeSeenStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Network(Lazy()) }
    expect(
      result, saysWhy: "Network: Lazy has a lazy property 'inner'; what it will hold cannot be seen. Make it a let")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Network(Closure()) }
    expect(result, saysWhy: "Network: 'block' of Closure is a closure over modules, which cannot be seen in it")
  }

  @Test func ambiguousNamesStop() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Network(SameName())
    }
    expect(result, saysWhy: "Network: two parameters or buffers are called 'weight'")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Network(InSet()) }
    expect(result, saysWhy: "Network: 'parts' of InSet is a set, whose order changes from run to run. Use an array")
  }

  @Test func strangersStop() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Network(Dense(from: 1, to: 1)).parameterNames(of: Dense(from: 1, to: 1))
    }
    expect(result, saysWhy: "Network: a Dense is not part of this network")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = Network(Dense(from: 1, to: 1))
      _ = Context(network, State(), mode: .inference)[Parameter([7, 5], .zeros)]
    }
    expect(result, saysWhy: "Network: a parameter of shape [7, 5] is not part of the network this context was made for")
  }

  @Test func mismatchSaysWhy() {
    let network = Network(Dense(from: 2, to: 1))
    let good = State(["weight": Tensor.zeros([2, 1]), "bias": Tensor.zeros([1])])
    #expect(network.mismatch(with: good) == nil)
    var state = good
    state["bias"] = nil
    #expect(network.mismatch(with: state) == "tensor bias of shape [1] is missing")
    state["bias"] = Tensor.zeros([2])
    #expect(network.mismatch(with: state) == "tensor bias has shape [2], expected [1]")
    state = good
    state["other"] = Tensor(0)
    #expect(network.mismatch(with: state) == "tensor other belongs to no part of the network")
  }
}

@Suite struct InitialStateTests {
  @Test func sameSeedSameState() {
    let network = Network(Sequential(Dense(from: 4, to: 5), Dense(from: 5, to: 2)))
    var generator = RandomGenerator(seed: 3)
    let state = network.initialState(using: &generator)
    let next = network.initialState(using: &generator)
    generator = RandomGenerator(seed: 3)
    #expect(network.initialState(using: &generator) == state)
    #expect(next != state)
    #expect(network.mismatch(with: state) == nil)
  }

  /// A tensor's first values depend on its place, not on how many numbers those before it took.
  @Test func otherShapesChangeNothing() throws {
    let small = Network(Sequential(Dense(from: 4, to: 5), Dense(from: 3, to: 2)))
    let large = Network(Sequential(Dense(from: 40, to: 50, initializer: .heNormal), Dense(from: 3, to: 2)))
    var (a, b) = (RandomGenerator(seed: 3), RandomGenerator(seed: 3))
    let (first, second) = (small.initialState(using: &a), large.initialState(using: &b))
    #expect(first["layers.1.weight"] == second["layers.1.weight"])
    #expect(first["layers.0.weight"] != second["layers.0.weight"])
    #expect(a == b)
  }

  /// A network's initialization holds for layers that name none of their own.
  @Test func initializationOfANetwork() throws {
    let layers = Sequential(
      Dense(from: 40, to: 60), Conv2D(from: 3, to: 5, kernelSize: 3), ConvTranspose2D(from: 3, to: 5, kernelSize: 3),
      Dense(from: 40, to: 60, initializer: .ones, biasInitializer: .zeros), BatchNorm(4))
    func state(_ initialization: Initialization? = nil) -> State {
      var generator = RandomGenerator(seed: 5)
      guard let initialization else { return Network(layers).initialState(using: &generator) }
      return Network(layers).initialState(using: &generator, initialization: initialization)
    }
    #expect(state() == state(.standard))
    // As PyTorch: weights and biases uniform in ±1/√fanIn.
    for (layer, fan) in [(0, 40), (1, 27), (2, 45)] {
      for part in ["weight", "bias"] {
        let tensor = try #require(state()["layers.\(layer).\(part)"])
        let bound = (1 / Float(fan)).squareRoot()
        #expect(tensor.maximumMagnitude <= bound && tensor.maximumMagnitude > 0.5 * bound, "\(layer) \(part)")
      }
    }
    let glorot = state(.glorot)
    for layer in 0..<3 { #expect(glorot["layers.\(layer).bias"]?.maximumMagnitude == 0) }
    let largest = try #require(glorot["layers.0.weight"]?.maximumMagnitude)
    #expect(largest > 0.9 * Float(6 / 100.0).squareRoot() && largest <= Float(6 / 100.0).squareRoot())
    #expect(state(.he)["layers.0.weight"] == state(Initialization(weight: .heUniform, bias: .ones))["layers.0.weight"])
    #expect(state(Initialization(weight: .heUniform, bias: .ones))["layers.1.bias"] == Tensor.ones([5]))
    for name in ["layers.3.weight", "layers.3.bias", "layers.4.scale", "layers.4.runningVariance"] {
      #expect(glorot[name] == state()[name])
    }
  }

  /// A classifier starts near equal shares for all classes, a loss of log 10. After batch normalization, by Glorot's rule
  /// its logits have a variance of 1, and the first steps go into making them small.
  @Test func aClassifierStartsNearEqualShares() {
    let layers = Sequential(
      Conv2D(from: 1, to: 16, kernelSize: 3, padding: 1), BatchNorm(16), .relu, .flatten,
      Dense(from: 14 * 14 * 16, to: 10))
    func loss(_ initialization: Initialization) -> Float {
      var random = RandomGenerator(seed: 2)
      let state = Network(layers).initialState(using: &random, initialization: initialization)
      let images = Tensor.normal([64, 14, 14, 1], using: &random)
      let context = Context(Network(layers), state, mode: .training, random: random)
      return layers(images, in: context).softmaxCrossEntropy(labels: (0..<64).map { $0 % 10 }).mean().scalar
    }
    let equalShares: Float = 2.302_585
    #expect(abs(loss(.standard) - equalShares) < 0.15, "\(loss(.standard))")
    #expect(loss(.glorot) > equalShares + 0.3, "\(loss(.glorot))")
  }

  @Test func buffersStartAsTheySay() {
    var generator = RandomGenerator(seed: 1)
    #expect(Network(Everything()).initialState(using: &generator)["statistics"] == Tensor.zeros([3]))
  }

  /// The moments and the bound an initializer should have for a fan of 200 and 300.
  struct Moments: Sendable {
    let initializer: Initializer
    var mean = 0.0
    let variance: Double
    var bound = Double.infinity

    static let all: [Moments] = [
      Moments(initializer: .normal(mean: 1, standardDeviation: 0.02), mean: 1, variance: 0.0004),
      Moments(initializer: .uniform(bound: 0.5), variance: 0.25 / 3, bound: 0.5),
      Moments(initializer: .uniformByFanIn, variance: 1 / 600.0, bound: (1 / 200.0).squareRoot()),
      Moments(initializer: .glorotUniform, variance: 2 / 500.0, bound: (6 / 500.0).squareRoot()),
      Moments(initializer: .glorotNormal, variance: 2 / 500.0),
      Moments(initializer: .heUniform, variance: 2 / 200.0, bound: (6 / 200.0).squareRoot()),
      Moments(initializer: .heNormal, variance: 2 / 200.0),
      Moments(initializer: .gateUniform, variance: 4 / 200.0, bound: (12 / 200.0).squareRoot()),
      Moments(initializer: .zeros, variance: 0, bound: 0),
      Moments(initializer: .ones, mean: 1, variance: 0, bound: 1),
    ]
  }

  @Test(arguments: Moments.all) func initializers(_ expected: Moments) {
    var generator = RandomGenerator(seed: 11)
    let tensor = expected.initializer([200, 300], fan: Fan(in: 200, out: 300), using: &generator)
    let scalars = tensor.scalars.map { Double($0) }
    let count = Double(scalars.count)
    let mean = scalars.reduce(0, +) / count
    let variance = scalars.reduce(0.0) { sum, scalar in sum + (scalar - mean) * (scalar - mean) } / count
    // Five standard errors; the variance of a sample variance is at most 2 σ⁴ / n for these distributions.
    let (meanError, varianceError) = ((expected.variance / count).squareRoot(), (2 / count).squareRoot())
    #expect(abs(mean - expected.mean) <= 5 * meanError)
    #expect(abs(variance - expected.variance) <= 5 * expected.variance * varianceError)
    let largest = scalars.map { abs($0) }.max() ?? 0
    #expect(largest <= expected.bound * (1 + 1e-6))
    if expected.bound.isFinite { #expect(largest >= 0.999 * expected.bound) }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Fan(in: 0, out: 3)
    }
    expect(result, saysWhy: "Fan: 0 inputs and 3 outputs; both must be positive")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Initialization(weight: .heNormal, bias: .networkWeight)
    }
    expect(
      result, saysWhy: "Initialization: networkWeight stands for what an initialization says; it cannot be one")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dense(from: 0, to: 3)
    }
    expect(result, saysWhy: "Dense: from 0 to 3; both must be positive")
  }
}
