import Foundation
import Tensor
import Testing

/// A case of `adversarial.json`.
struct AdversarialCase: Decodable, CustomTestStringConvertible {
  struct Parameters: Decodable {
    let form: String?
    let player: String?
    let m: Int?
    let interval: Int?
    let learningRate: Float?
    let beta1: Float?
    let beta2: Float?
    let labels: [Int]?
    let realLabels: [Int]?
    let fakeLabels: [Int]?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: VariationalGolden.Array]
  let outputs: [String: VariationalGolden.Array]
  let upstream: [String: VariationalGolden.Array]?
  let gradients: [String: VariationalGolden.Array]?

  var testDescription: String { name }

  /// The cases of an operation.
  static func cases(_ operation: String) throws -> [AdversarialCase] {
    struct File: Decodable { let cases: [AdversarialCase] }
    let url = try #require(Bundle.module.url(forResource: "Golden/adversarial", withExtension: "json"))
    let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter { $0.op == operation }
    try #require(!found.isEmpty, "there is no case of \(operation)")
    return found
  }

  func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
  func output(_ name: String) throws -> [Double] { try #require(outputs[name]).data }

  /// Compares what was computed from the recorded inputs, by name, with the values and derivatives: of the sum of the
  /// outputs times what is upstream, or else of `loss`.
  func check(_ computed: [String: Tensor], from leaves: [String: Tensor], tolerance: Double = 2e-6) throws {
    for (name, tensor) in computed {
      #expect(isClose(tensor, try output(name), tolerance: tolerance), "\(self.name): \(name) \(tensor)")
    }
    let scalar =
      try upstream?.reduce(Tensor(0)) { sum, term in
        sum + (try #require(computed[term.key]) * term.value.tensor).sum()
      } ?? #require(computed["loss"])
    let names = leaves.keys.sorted()
    for (name, gradient) in zip(names, scalar.gradients(at: names.compactMap { leaves[$0] })) {
      let expected = gradients?[name]?.data ?? [Double](repeating: 0, count: gradient.scalarCount)
      #expect(isClose(gradient, expected, tolerance: tolerance), "\(self.name): gradient of \(name)")
    }
  }
}
