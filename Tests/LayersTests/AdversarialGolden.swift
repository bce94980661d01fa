import Foundation
import Tensor
import Testing

@testable import Layers

/// A case of `golden-adversarial.json`.
struct AdversarialGolden: Decodable, CustomTestStringConvertible {
  struct Parameters: Decodable {
    let groupSize: Int?
    let channels: Int?
    let learningRateMultiplier: Float?
    let demodulate: Bool?
    let gamma: Float?
    let decay: Float?
    let weight: Float?
    let meanDetached: Bool?
    let psi: Float?
    let cutoff: Int?
    let beta: Float?
    let crossover: [Int]?
    let layers: Int?
    let labels: [Int]?
    let training: Bool?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: Golden.Array]
  let outputs: [String: Golden.Array]
  let upstream: [String: Golden.Array]?
  let gradients: [String: Golden.Array]?
  let second: [String: Golden.Array]?

  var testDescription: String { name }

  /// The cases of an operation.
  static func cases(_ operation: String) throws -> [AdversarialGolden] {
    struct File: Decodable { let cases: [AdversarialGolden] }
    let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/golden-adversarial.json")))
    let cases = try JSONDecoder().decode(File.self, from: data).cases.filter { $0.op == operation }
    try #require(!cases.isEmpty)
    return cases
  }

  func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }

  /// A context in which the module's parameters have the values of the inputs of the given names, and those parameters
  /// as leaves by these names.
  func context(_ module: any Module, _ names: [String: String]) throws -> (context: Context, leaves: [String: Tensor]) {
    let network = Network(module)
    var state = State()
    for (parameter, input) in names {
      let shape = try #require(network.parameters.first { $0.name == parameter }).parameter.shape
      state[parameter] = try self.input(input).reshaped(to: shape)
    }
    let context = Context(
      network, state, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 0))
    let leaves = network.parameters.compactMap { parameter in
      names[parameter.name].map { ($0, context[parameter.parameter]) }
    }
    return (context, Dictionary(uniqueKeysWithValues: leaves))
  }

  /// Compares what was computed from the recorded `leaves`, inputs by name, with values and derivatives: of the sum of
  /// the outputs times what is upstream, or else of `loss`.
  func check(_ computed: [String: Tensor], from leaves: [String: Tensor], tolerance: Double = 1e-5) throws {
    for (name, tensor) in computed {
      let expected = try #require(outputs[name])
      #expect(tensor.scalarCount == expected.data.count)
      #expect(isClose(tensor, expected.data, tolerance: tolerance), "\(self.name): \(name) \(tensor)")
    }
    let scalar =
      try upstream?.reduce(Tensor(0)) { sum, term in
        sum + (try #require(computed[term.key]) * term.value.tensor).sum()
      } ?? #require(computed["loss"])
    let names = leaves.keys.sorted()
    let first = scalar.gradients(at: names.compactMap { leaves[$0] }, recording: second != nil)
    for (name, gradient) in zip(names, first) {
      let expected = gradients?[name]?.data ?? [Double](repeating: 0, count: gradient.scalarCount)
      #expect(isClose(gradient, expected, tolerance: tolerance), "\(self.name): gradient of \(name)")
    }
    guard let second else { return }
    // Second derivatives that cancel out are sums of terms as large as the first ones.
    let floor = gradients?.values.flatMap(\.data).map(abs).max() ?? 0
    let energy = first.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
    for (name, gradient) in zip(names, energy.gradients(at: names.compactMap { leaves[$0] })) {
      let expected = second[name]?.data ?? [Double](repeating: 0, count: gradient.scalarCount)
      #expect(isClose(gradient, expected, tolerance: 2e-5, floor: floor), "\(self.name): second derivative of \(name)")
    }
  }
}
