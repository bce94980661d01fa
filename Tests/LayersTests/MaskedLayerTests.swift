import Foundation
import Synchronization
import Tensor
import Testing

@testable import Layers

/// Masks, and networks of masked layers.
@Suite struct MaskedLayerTests {
  /// A case of `golden-masks.json`.
  struct Case: Decodable, CustomTestStringConvertible {
    struct Sizes: Decodable {
      let inputs: Int
      let hidden: [Int]
      private enum CodingKeys: String, CodingKey {
        case inputs = "D"
        case hidden
      }
    }

    let name: String
    let params: Sizes
    let inputs: [String: Golden.Array]
    let outputs: [String: Golden.Array]
    let upstream: [String: Golden.Array]?
    let gradients: [String: Golden.Array]?

    var testDescription: String { name }

    static func all(_ prefix: String) throws -> [Case] {
      struct File: Decodable { let cases: [Case] }
      let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/golden-masks.json")))
      return try JSONDecoder().decode(File.self, from: data).cases.filter { $0.name.hasPrefix(prefix + "/") }
    }

    /// The degrees of the layers as the paper has them.
    var degrees: [MaskDegrees] {
      [.inputs(params.inputs)] + params.hidden.map { .hidden($0, of: params.inputs, first: 1) }
        + [.inputs(params.inputs)]
    }
  }

  @Test func masksAsGolden() throws {
    let cases = try Case.all("madeMasks")
    #expect(cases.count == 5)
    for golden in cases {
      let degrees = golden.degrees
      for (index, own) in degrees.enumerated() {
        #expect(own.values.map(Double.init) == golden.outputs["degrees\(index)"]?.data)
      }
      for index in 0..<degrees.count - 1 {
        let isLast = index == degrees.count - 2
        let others = isLast ? degrees[index + 1].repeated(2) : degrees[index + 1]
        let mask = degrees[index].mask(to: others, isStrict: isLast)
        #expect(mask == golden.outputs["mask\(index)"]?.tensor, "\(golden.name) \(index)")
      }
    }
  }

  /// Connections are counted without their mask.
  @Test func connectionsAreCounted() {
    let all = [
      MaskDegrees.inputs(1), .inputs(7), .hidden(5, of: 3), .hidden(20, of: 7, first: 1), .inputs(4).repeated(3),
      MaskDegrees([9, 9, 2, -4, 2]), MaskDegrees([1 << 24, (1 << 24) - 1, -1 << 24]),
    ]
    for from in all {
      for to in all {
        for isStrict in [false, true] {
          let count = from.connectionCount(to: to, isStrict: isStrict)
          #expect(Float(count) == from.mask(to: to, isStrict: isStrict).sum().scalar, "\(from) \(to) \(isStrict)")
          let pairs = from.values.reduce(0) { sum, own in sum + to.values.count { isStrict ? own < $0 : own <= $0 } }
          #expect(count == pairs)
          let ones = from.values.flatMap { own in to.values.map { (isStrict ? own < $0 : own <= $0) ? 1 : 0 as Float } }
          #expect(from.mask(to: to, isStrict: isStrict) == Tensor(ones, shape: [from.count, to.count]))
        }
      }
    }
  }

  /// A mask is made when a weight is first asked for, and once.
  @Test func masksAreMadeOnce() {
    final class Counter: Sendable {
      let calls = Mutex(0)
    }
    final class Masked: Module {
      let weight = Parameter([2, 2], .ones)
      let mask: WeightMask
      init(_ mask: WeightMask) { self.mask = mask }
    }
    let counter = Counter()
    let masked = Masked(
      WeightMask([2, 2]) {
        counter.calls.withLock { $0 += 1 }
        return Tensor([1, 0, 0, 1], shape: [2, 2])
      })
    let network = Network(masked)
    var random = RandomGenerator(seed: 0)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    #expect(counter.calls.withLock { $0 } == 0)
    for _ in 0..<3 { #expect(context[masked.weight, through: [masked.mask]].scalars == [1, 0, 0, 1]) }
    #expect(masked.mask.mask.scalars == [1, 0, 0, 1])
    #expect(counter.calls.withLock { $0 } == 1)
  }

  @Test func masksOfAnotherShapeStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = WeightMask([2, 3]) { .zeros([3, 2]) }.mask
    }
    expect(result, saysWhy: "WeightMask: the weight has shape [2, 3], the mask [3, 2]")
  }

  /// Values and gradients at the raw weights, which are 0 where the mask is.
  @Test func networkAsGolden() throws {
    let cases = try Case.all("made")
    #expect(cases.count == 2)
    for golden in cases {
      let degrees = golden.degrees
      let network = AutoregressiveNetwork(
        degrees[0], hidden: Array(degrees[1..<degrees.count - 1]), outputsPerInput: 2, conditionSize: 2,
        directConnections: .never)
      let names = ["conditioning.weight": "wc"].merging(
        network.layers.indices.flatMap { [("layers.\($0).weight", "w\($0)"), ("layers.\($0).bias", "b\($0)")] }
      ) { $1 }
      let whole = Network(network)
      #expect(whole.parameterNames == Set(names.keys))
      let state = State(try names.mapValues { try #require(golden.inputs[$0]).tensor })
      let context = Context(
        whole, state, mode: .training, differentiating: whole.parameterNames, random: RandomGenerator(seed: 0))
      let (z, condition) = try (
        #require(golden.inputs["z"]).tensor.recorded(), #require(golden.inputs["context"]).tensor.recorded()
      )
      let outputs = network(z, condition: condition, in: context).split(into: 2, axis: 1)
      var loss = Tensor(0)
      for (name, output) in zip(["m", "s"], outputs) {
        #expect(isClose(output, try #require(golden.outputs[name]).data, tolerance: 1e-6))
        loss = loss + (output * (try #require(golden.upstream?[name]).tensor)).sum()
      }
      // What is not listed is 0.
      func expected(_ name: String, _ count: Int) -> [Double] {
        golden.gradients?[name]?.data ?? [Double](repeating: 0, count: count)
      }
      let gradients = context.gradients(of: loss)
      for (name, short) in names {
        let gradient = try #require(gradients[name])
        #expect(isClose(gradient, expected(short, gradient.scalarCount), tolerance: 1e-5), "\(golden.name) \(name)")
      }
      for (name, gradient) in zip(["z", "context"], loss.gradients(at: [z, condition])) {
        #expect(isClose(gradient, expected(name, gradient.scalarCount), tolerance: 1e-5), "\(golden.name) \(name)")
      }
    }
  }

  /// Every output depends on all inputs before it and on the condition, and on nothing else, with hidden layers of any
  /// size, also with fewer units than inputs, and in any order of the inputs.
  @Test(arguments: 1...6, [[], [1], [2], [3, 7], [7, 3], [9, 9, 9]]) func everyPermittedDependence(
    size: Int, hidden: [Int]
  ) throws {
    for (order, conditionSize) in [(MaskDegrees.inputs(size), 0), (MaskDegrees((1...size).reversed()), 2)] {
      let network = AutoregressiveNetwork(
        order, hiddenSizes: hidden, outputsPerInput: 2, conditionSize: conditionSize, activation: .tanh)
      expectPermittedDependence(of: network, conditionSize)
    }
  }

  private func expectPermittedDependence(of network: AutoregressiveNetwork, _ conditionSize: Int) {
    let (whole, degrees) = (Network(network), network.inputs.values)
    let size = degrees.count
    var random = RandomGenerator(seed: UInt64(size))
    let state = whole.initialState(using: &random)
    let context = Context(whole, state, mode: .inference)
    let input = Tensor.normal([1, size], using: &random).recorded()
    let condition = Tensor.normal([1, 2], using: &random).recorded()
    let output = network(input, condition: conditionSize == 0 ? nil : condition, in: context)
    #expect(output.shape == [1, 2 * size])
    for column in 0..<2 * size {
      let gradients = output[0..<1, column..<column + 1].sum().gradients(at: [input, condition])
      for other in 0..<size {
        let isPermitted = degrees[other] < degrees[column % size]
        #expect((gradients[0].scalars[other] != 0) == isPermitted, "output \(column) of input \(other)")
      }
      #expect(gradients[1].scalars.allSatisfy { ($0 != 0) == (conditionSize > 0) }, "output \(column)")
    }
  }

  /// Degrees need not be 1, 2, …: hidden units get those that the inputs have.
  @Test(arguments: [[5, 6, 7], [2, 2, 1], [-3, 4, 0], [9], [4, 4]], [[], [1], [7, 3]]) func degreesOfOnesOwn(
    degrees: [Int], hidden: [Int]
  ) {
    for conditionSize in [0, 2] {
      let network = AutoregressiveNetwork(
        MaskDegrees(degrees), hiddenSizes: hidden, outputsPerInput: 2, conditionSize: conditionSize, activation: .tanh)
      expectPermittedDependence(of: network, conditionSize)
    }
  }

  @Test func hiddenUnitsSeeWhatThereIs() {
    #expect(MaskDegrees([6, 5, 7]).hidden(5, hasBlind: false).values == [5, 6, 5, 6, 5])
    #expect(MaskDegrees([6, 5, 7]).hidden(5, hasBlind: true).values == [4, 5, 6, 4, 5])
    #expect(
      AutoregressiveNetwork(MaskDegrees([5, 6, 7]), hiddenSizes: [8, 8], conditionSize: 2).directConditioning == nil)
    #expect(AutoregressiveNetwork(MaskDegrees([5, 6, 7]), hiddenSizes: [8, 8]).direct == nil)
    // Those of 1, 2, … are the paper's.
    for inputs in 1...6 {
      for count in 1...9 {
        let own = MaskDegrees.inputs(inputs)
        #expect(own.hidden(count, hasBlind: false) == .hidden(count, of: inputs, first: 1))
        #expect(own.hidden(count, hasBlind: true) == .hidden(count, of: inputs, first: 0))
      }
    }
  }

  /// Each layer has units below the least degree, but no way goes through them: degrees never fall along one.
  @Test(arguments: [[[0, 1], [-1, 1]], [[0, 1], [-1, 0, 1]], [[-2, 1], [-1, 1], [0, 1]], [[0, 1], [1, 1]]])
  func waysOfTheCondition(hidden: [[Int]]) {
    let network = AutoregressiveNetwork(
      .inputs(2), hidden: hidden.map { MaskDegrees($0) }, outputsPerInput: 2, conditionSize: 2, activation: .tanh)
    expectPermittedDependence(of: network, 2)
    let isWay = hidden == [[0, 1], [-1, 0, 1]] || hidden.count == 3
    #expect((network.directConditioning == nil) == isWay)
  }

  /// First values scale by the connections that there are.
  @Test func firstValues() throws {
    let layer = Dense(from: .inputs(100), to: .hidden(400, of: 100), initializer: .glorotUniform)
    #expect(layer.weight.fan == Fan(in: 50, out: 198))
    #expect(Dense(from: 100, to: 400).weight.fan == Fan(in: 100, out: 400))
    var random = RandomGenerator(seed: 1)
    let weight = try #require(Network(layer).initialState(using: &random)["weight"])
    #expect(abs(weight.maximumMagnitude - (6 / Float(248)).squareRoot()) < 1e-3)
  }

  /// A convolution takes a mask too, and forbidden taps get no gradient.
  @Test func masksOfConvolutions() throws {
    let mask = Tensor([1, 1, 1, 1, 0, 0, 0, 0, 0], shape: [1, 3, 3, 1])
    let layer = Conv2D(from: 1, to: 1, kernelSize: 3, padding: 1, transforms: [.mask(mask)])
    let network = Network(layer)
    #expect(network.parameterNames == ["weight", "bias"])
    var random = RandomGenerator(seed: 1)
    let context = Context(
      network, network.initialState(using: &random), mode: .training, differentiating: ["weight"],
      random: RandomGenerator(seed: 0))
    let output = layer(Tensor.normal([2, 5, 5, 1], using: &random), in: context)
    let gradient = try #require(context.gradients(of: output.square().sum())["weight"])
    #expect((gradient .!= 0) == mask)
  }

  @Test func misuse() async {
    let ofShape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dense(from: 2, to: 3, transforms: [.mask(.ones([3, 2]))])
    }
    expect(ofShape, saysWhy: "WeightMask: the weight has shape [2, 3], the mask [3, 2]")
    let ofWeight = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Dense(from: 2, to: 3, transforms: [WeightTransform { _, _ in WeightMask(.ones([3, 2])) }])
      let context = Context(
        Network(layer), State(["weight": .ones([2, 3]), "bias": .zeros([3])]), mode: .inference)
      _ = layer(.ones([1, 2]), in: context)
    }
    expect(ofWeight, saysWhy: "WeightMask: the weight weight has shape [2, 3], the mask [3, 2]")
    let ofInputs = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaskDegrees.inputs(0)
    }
    expect(ofInputs, saysWhy: "MaskDegrees: 0 inputs; at least 1 is needed")
    let ofTimes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaskDegrees.inputs(2).repeated(-1)
    }
    expect(ofTimes, saysWhy: "MaskDegrees: units repeated -1 times; at least 1 is needed")
    let ofCondition = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = AutoregressiveNetwork(.inputs(2), hiddenSizes: [4])
      _ = network(.ones([1, 2]), condition: .ones([1, 1]), in: Context(Network(network), State(), mode: .inference))
    }
    expect(ofCondition, saysWhy: "AutoregressiveNetwork: a condition, but the network was made with none")
    let ofDegrees = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaskDegrees.hidden(3, of: 4, first: 2)
    }
    expect(ofDegrees, saysWhy: "MaskDegrees: 3 hidden units of 4 inputs from degree 2")
  }
}
