import Datasets
import Foundation
import LatentLayersTestSupport
import Layers
import Models
import Tensor
import Testing

/// A case of `variational.json`.
struct VariationalGolden: Decodable, CustomTestStringConvertible {
  typealias Array = GoldenArray

  struct Parameters: Decodable {
    let k: Int?
    let beta: Float?
    let minimum: Float?
    let klEstimate: String?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: Array]
  let outputs: [String: Array]
  let upstream: [String: Array]?
  let gradients: [String: Array]
  let second: [String: Array]?
  /// The inputs at which the gradient is zero.
  let zero: [String]?

  var testDescription: String { name }

  static func cases(_ operation: String) throws -> [VariationalGolden] {
    struct File: Decodable { let cases: [VariationalGolden] }
    let url = try #require(Bundle.module.url(forResource: "Golden/variational", withExtension: "json"))
    let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter { $0.op == operation }
    try #require(!found.isEmpty, "there is no case of \(operation)")
    return found
  }

  func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
  func output(_ name: String) throws -> [Double] { try #require(outputs[name]).data }

  /// The inputs that gradients are asked at, recorded.
  func leaves() throws -> [String: Tensor] {
    var leaves: [String: Tensor] = [:]
    for name in gradients.keys { leaves[name] = try input(name).recorded() }
    return leaves
  }

  /// Compares the gradients of `loss` at the leaves with the recorded ones.
  func check(_ loss: Tensor, at leaves: [String: Tensor], tolerance: Double = 2e-5) {
    let names = leaves.keys.sorted()
    for (name, gradient) in zip(names, loss.gradients(at: names.compactMap { leaves[$0] })) {
      #expect(isClose(gradient, gradients[name]?.data ?? [], tolerance: tolerance), "\(self.name): \(name)")
    }
  }
}

/// Whether every scalar is within `tolerance` of `expected`, relative to the largest expected magnitude, at least 10⁻³.
func isClose(_ tensor: Tensor, _ expected: [Double], tolerance: Double) -> Bool {
  guard tensor.scalarCount == expected.count else { return false }
  let scale = max(expected.map(abs).max() ?? 0, 1e-3)
  return zip(tensor.scalars, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * scale }
}

/// A posterior whose noise is given, and which knows no divergence in closed form if `isSampled`.
struct FixedNoise: LatentDistribution, Sendable {
  let gaussian: DiagonalGaussian
  /// `[draws · N, latent]`.
  let noise: Tensor
  var isSampled = false

  var center: Tensor { gaussian.center }

  func draw(_ draws: Int, in context: Context) -> LatentDraw {
    let tiled = { Tensor.concatenated(Array(repeating: $0, count: draws)) }
    let latents = tiled(gaussian.mean) + noise * (tiled(gaussian.logVariance) * 0.5).exp()
    return LatentDraw(latents) { gaussian.logDensities(at: latents) ?? .zeros([]) }
  }

  func divergences(from prior: any LatentDistribution) -> Tensor? {
    isSampled ? nil : gaussian.divergences(from: prior)
  }
}

/// A model of the parts that the golden cases have.
func goldenModel(_ posterior: any LatentDistribution & Sendable, _ leaves: [String: Tensor]) throws -> VariationalModel
{
  final class Encoder: LatentEncoder {
    let fixed: any LatentDistribution & Sendable
    init(_ fixed: any LatentDistribution & Sendable) { self.fixed = fixed }
    func posterior(of samples: Tensor, given: Condition, in context: Context) -> any LatentDistribution { fixed }
  }
  final class Decoder: LatentDecoder {
    let w1, b1, w2, b2: Tensor
    init(_ leaves: [String: Tensor]) throws {
      w1 = try #require(leaves["w1"])
      b1 = try #require(leaves["b1"])
      w2 = try #require(leaves["w2"])
      b2 = try #require(leaves["b2"])
    }
    func callAsFunction(_ latents: Tensor, given: Condition, in context: Context) -> Tensor {
      (latents.matmul(w1) + b1).tanh().matmul(w2) + b2
    }
  }
  return VariationalModel(
    encoder: Encoder(posterior), prior: StandardNormalPrior(2), decoder: try Decoder(leaves),
    observation: BernoulliObservation())
}

/// A context of a network without numbers.
func emptyContext(
  seed: UInt64 = 1, reduction: any BatchReduction = WholeBatch(), samples: Context.Samples? = nil
) -> Context {
  final class Nothing: Module {}
  return Context(
    Network(Nothing()), State(), mode: .training, random: RandomGenerator(seed: seed), reduction: reduction,
    samples: samples)
}
