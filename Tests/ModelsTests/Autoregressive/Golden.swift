import Foundation
import LatentLayersTestSupport
import Layers
import Tensor
import Testing

/// The reference values of `autoregressive.json`.
struct Golden: Decodable {
  typealias Array = GoldenArray

  struct Parameters: Decodable {
    let kernels: [Int]?
    let channels: Int?
    let kernel: Int?
    let mask: String?
  }

  struct Case: Decodable, CustomTestStringConvertible, Sendable {
    let name: String
    let op: String
    let params: Parameters
    let inputs: [String: Array]
    let outputs: [String: Array]
    let upstream: [String: Array]?
    let gradients: [String: Array]?
    let zero: [String]?
    let second: [String: Array]?

    var testDescription: String { name }

    func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
    func output(_ name: String) throws -> Tensor { try #require(outputs[name]).tensor }
  }

  let cases: [Case]

  /// The cases of an operation.
  static func cases(_ operation: String) throws -> [Case] {
    let url = try #require(Bundle.module.url(forResource: "Golden/autoregressive", withExtension: "json"))
    let found = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url)).cases.filter { $0.op == operation }
    try #require(!found.isEmpty, "there is no case of \(operation)")
    return found
  }

  /// The only case of an operation.
  static func only(_ operation: String) throws -> Case { try #require(try cases(operation).first) }
}

extension Golden.Parameters: Sendable {}

extension Golden.Case {
  /// A state of the inputs, by the names that parameters have in `network`.
  func state(_ network: Network, _ names: (String) -> String) throws -> State {
    State(
      try Dictionary(
        uniqueKeysWithValues: network.parameters.map { name, parameter in
          (name, try input(names(name)).reshaped(to: parameter.shape))
        }))
  }

  /// Compares an output.
  func check(_ value: Tensor, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try expectClose(value, #require(outputs[name]).data, 2e-6, "\(self.name): \(name)", sourceLocation)
  }

  /// Compares the gradient at an input, which may be one of those that are exactly zero.
  func check(gradient: Tensor, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    if zero?.contains(name) == true {
      #expect(gradient.scalars.allSatisfy { $0 == 0 }, "\(self.name): \(name)", sourceLocation: sourceLocation)
    } else {
      let expected = try #require(gradients?[name], "there is no gradient at \(name)").data
      try expectClose(gradient, expected, 1e-5, "\(self.name): gradient at \(name)", sourceLocation)
    }
  }

  /// Compares the second derivatives, if the case has some: those of half the squares of the gradients of `sum` at all of
  /// these inputs. Those that are zero are left out of the file.
  func checkSecond(
    of sum: Tensor, at inputs: KeyValuePairs<String, Tensor>, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    guard let second else { return }
    let leaves = inputs.map(\.value)
    let first = sum.gradients(at: leaves, recording: true)
    let energy = first.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
    for (input, gradient) in zip(inputs, energy.gradients(at: leaves)) {
      let expected = second[input.key]?.data ?? [Double](repeating: 0, count: gradient.scalarCount)
      try expectClose(
        gradient, expected, 1e-5, "\(self.name): second derivative at \(input.key)", sourceLocation)
    }
  }
}

/// Expects each scalar within `tolerance` of the largest expected magnitude, or of 10⁻³.
private func expectClose(
  _ value: Tensor, _ expected: [Double], _ tolerance: Double, _ what: String, _ sourceLocation: SourceLocation
) throws {
  try #require(value.scalarCount == expected.count, "\(what)", sourceLocation: sourceLocation)
  let scale = max(expected.map(abs).max() ?? 0, 1e-3)
  let isRight = zip(value.scalars, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * scale }
  #expect(isRight, "\(what): \(value), expected \(expected)", sourceLocation: sourceLocation)
}
