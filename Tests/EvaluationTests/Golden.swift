import Foundation
import LatentLayersTestSupport
import Tensor
import Testing

/// The reference values of `zoo.json`.
struct Golden: Decodable {
  typealias Array = GoldenArray

  struct Parameters: Decodable {
    let k: Int?
    let splits: Int?
    let labels: [Int]?
    let codes: [Int]?
    let classes: Int?
    let modeCount: Int?
    let range: Double?
    let threshold: Double?
    let sigma: Double?
    let radius: Double?
    let realSubsets: [[Int]]?
    let generatedSubsets: [[Int]]?
  }

  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let op: String
    let params: Parameters
    let inputs: [String: Array]
    let outputs: [String: Array]

    var testDescription: String { name }

    func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
    func output(_ name: String) throws -> [Double] { try #require(outputs[name]).data }
    func number(_ name: String) throws -> Double { try #require(outputs[name]?.data.first) }
  }

  let cases: [Case]

  private static let all: Result<[Case], any Error> = Result {
    let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/zoo.json")))
    return try JSONDecoder().decode(Golden.self, from: data).cases
  }

  /// The cases of an operation.
  static func cases(_ operation: String) throws -> [Case] {
    let found = try all.get().filter { $0.op == operation }
    try #require(!found.isEmpty, "there is no case of \(operation)")
    return found
  }
}

/// The path of a resource of this target.
func resourcePath(_ name: String) throws -> String {
  try #require(Bundle.module.url(forResource: name, withExtension: nil)).path
}

/// Whether `values` are `expected`, each within `tolerance` of the largest expected magnitude or of 10⁻³.
func isClose(_ values: [Double], _ expected: [Double], tolerance: Double) -> Bool {
  guard values.count == expected.count else { return false }
  let scale = max(expected.map(abs).max() ?? 0, 1e-3)
  return zip(values, expected).allSatisfy { abs($0 - $1) <= tolerance * scale }
}

func isClose(_ value: Double, _ expected: Double, tolerance: Double) -> Bool {
  isClose([value], [expected], tolerance: tolerance)
}
