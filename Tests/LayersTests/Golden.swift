import Foundation
import LatentLayersTestSupport
import Tensor
import Testing

/// The reference values of `golden-layers.json`.
struct Golden: Decodable {
  typealias Array = GoldenArray

  struct Parameters: Decodable {
    let targets: Array?
    let labels: [Int]?
    let slope: Float?
    let penaltyWeight: Float?
    let real: Array?
    let fake: Array?
    let mix: Array?
    let smoothing: Float?
    let classWeights: Array?
    let delta: Float?
    let heads: Int?
    let isCausal: Bool?
    let isReversed: Bool?
    let mask: Array?
  }

  struct Case: Decodable {
    let name: String
    let params: Parameters
    let inputs: [String: Array]
    let output: Array
    let upstream: Array?
    let gradients: [String: Array]
    let second: [String: Array]?
  }

  struct Settings: Decodable {
    let rate: Float
    let momentum: Float?
    let nesterov: Bool?
    let rateDecay: Float?
    let initial: Float?
    let betas: [Float]?
    let eps: Float?
    let weightDecay: Float
    let alpha: Float?

    private enum CodingKeys: String, CodingKey {
      case momentum, nesterov, betas, eps, alpha, initial
      case rate = "lr"
      case rateDecay = "lr_decay"
      case weightDecay = "weight_decay"
    }
  }

  struct Trajectory: Decodable {
    let name: String
    let start: [Double]
    let gradients: [[Double]]
    let trajectory: [[Double]]
    let settings: Settings
  }

  /// Three power iterations from `u0`, then `weight / sigma`, and the gradient of `sum(normalized · upstream)`.
  struct SpectralNorm: Decodable {
    let weight: Array
    let u0: Array
    let iterations: Int
    let u: Array
    let v: Array
    let sigma: Double
    let normalized: Array
    let largestSingularValue: Double
    let upstream: Array
    let gradient: Array
  }

  /// The statistics after `batches`, from zeros and ones.
  struct RunningStatistics: Decodable {
    let momentum: Float
    let epsilon: Float
    let batches: [Array]
    let runningMean: Array
    let runningVariance: Array
  }

  let cases: [Case]
  let optimizers: [Trajectory]
  let spectralNorm: SpectralNorm
  let batchNormRunning: RunningStatistics

  static func load() throws -> Golden {
    let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/golden-layers.json")))
    return try JSONDecoder().decode(Golden.self, from: data)
  }

  /// Trajectories of `golden-optimizers.json`.
  static func furtherOptimizers() throws -> [Trajectory] {
    struct File: Decodable { let optimizers: [Trajectory] }
    let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/golden-optimizers.json")))
    return try JSONDecoder().decode(File.self, from: data).optimizers
  }

  /// A case of `golden-losses.json`.
  static func findLoss(_ name: String) throws -> Case { try find(name, in: "golden-losses") }

  /// A case of `golden-sequences.json`.
  static func findSequence(_ name: String) throws -> Case { try find(name, in: "golden-sequences") }

  private static func find(_ name: String, in file: String) throws -> Case {
    struct File: Decodable { let cases: [Case] }
    let data = try Data(contentsOf: URL(fileURLWithPath: resourcePath("Golden/\(file).json")))
    return try #require(try JSONDecoder().decode(File.self, from: data).cases.first { $0.name == name })
  }

  static func find(_ name: String) throws -> Case {
    try #require(try load().cases.first { $0.name == name })
  }
}

extension Golden.Case {
  /// Compares `output`, computed from the recorded `inputs`, with the values and derivatives of both orders.
  /// - Parameter isWhole: whether errors are relative to the largest of all derivatives of one order: for inputs that change
  ///   next to nothing, as the sums that they make are of terms as large as others.
  func check(_ output: Tensor, from inputs: [String: Tensor], isWhole: Bool = false) throws {
    #expect(output.shape == self.output.tensor.shape)
    #expect(isClose(output, self.output.data, tolerance: 1e-6), "output \(output)")
    let names = inputs.keys.sorted()
    #expect(names == self.inputs.keys.sorted())
    let (upstream, seconds) = try (#require(self.upstream).tensor.recorded(), #require(second))
    let leaves = names.compactMap { inputs[$0] }
    func floor(_ derivatives: [String: Golden.Array]) -> Double {
      isWhole ? derivatives.values.flatMap(\.data).map(abs).max() ?? 0 : 1e-3
    }
    let first = output.pullback(upstream, at: leaves, recording: true)
    for (name, gradient) in zip(names, first) {
      let expected = try #require(gradients[name])
      let isRight = isClose(gradient, expected.data, tolerance: 1e-5, floor: floor(gradients))
      #expect(isRight, "\(name): \(gradient), expected \(expected.data)")
    }
    let energy = first.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
    for (name, gradient) in zip(names + ["u"], energy.gradients(at: leaves + [upstream])) {
      let expected = seconds[name]?.data ?? [Double](repeating: 0, count: gradient.scalarCount)
      let isRight = isClose(gradient, expected, tolerance: 1e-5, floor: floor(seconds))
      #expect(isRight, "second \(name): \(gradient), expected \(expected)")
    }
  }
}
