import Datasets
import Foundation
import Layers
import Tensor
import Testing
import Training

@testable import Models

/// A case of `encoding.json`.
struct EncodingGolden: Decodable, CustomTestStringConvertible {
  struct Parameters: Decodable {
    let gamma: Float?
    let form: String?
    let discriminateReconstructions: Bool?
    let lambda: Float?
    let player: String?
    let codes: [Int]?
    let categoricalWeight: Float?
    let continuousWeight: Float?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: VariationalGolden.Array]
  let outputs: [String: VariationalGolden.Array]
  let gradients: [String: VariationalGolden.Array]

  var testDescription: String { name }

  static func cases(_ prefix: String) throws -> [EncodingGolden] {
    struct File: Decodable { let cases: [EncodingGolden] }
    let url = try #require(Bundle.module.url(forResource: "Golden/encoding", withExtension: "json"))
    let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter {
      $0.name.hasPrefix(prefix)
    }
    try #require(!found.isEmpty, "there is no case of \(prefix)")
    return found
  }

  func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }

  func output(_ name: String) throws -> Double { try #require(outputs[name]?.data.first) }

  /// What the file calls a parameter: `generator.hidden.weight` is `decoder.hidden.w`.
  static func name(of parameter: String) -> String {
    parameter.replacing("generator.", with: "decoder.").replacing("codeDiscriminator.", with: "code.")
      .replacing(".weight", with: ".w").replacing(".bias", with: ".b")
  }

  /// The parameters' values for a network whose names are those of the file, but for those above.
  func state(_ network: Network) throws -> State {
    State(
      Dictionary(
        uniqueKeysWithValues: try network.parameterNames.map { ($0, try input(Self.name(of: $0))) }))
  }

  /// Compares a move's gradients, divided by `factor`, with those of the file.
  func check(_ move: PlayerMove, factor: Float = 1, tolerance: Double = 2e-5) throws {
    for name in move.gradients.names {
      let gradient = try #require(move.gradients[name]) * (1 / factor)
      let expected = try #require(gradients[Self.name(of: name)], "\(self.name): \(name)").data
      #expect(isClose(gradient, expected, tolerance: tolerance), "\(self.name): \(name)")
    }
  }
}

/// The networks of the golden cases: two dense layers each.
enum GoldenNetworks {
  /// Of normal distributions, whose noise is given, or with a part of it left out.
  final class Posterior: LatentEncoder {
    let hidden = Dense(from: 6, to: 4)
    let mean = Dense(from: 4, to: 2)
    let logVariance = Dense(from: 4, to: 2)
    private let noise: Tensor
    private let hasDivergence: Bool

    init(noise: Tensor, hasDivergence: Bool) { (self.noise, self.hasDivergence) = (noise, hasDivergence) }

    func posterior(of samples: Tensor, given condition: Condition, in context: Context) -> any LatentDistribution {
      let features = hidden(samples, in: context).tanh()
      let gaussian = DiagonalGaussian(
        mean: mean(features, in: context), logVariance: logVariance(features, in: context))
      let fixed = FixedNoise(gaussian: gaussian, noise: noise)
      return hasDivergence ? fixed : WithoutDivergence(inner: fixed)
    }
  }

  /// A distribution that costs nothing.
  private struct WithoutDivergence: LatentDistribution {
    let inner: FixedNoise
    var center: Tensor { inner.center }
    func draw(_ draws: Int, in context: Context) -> LatentDraw { inner.draw(draws, in: context) }
    func divergences(from prior: any LatentDistribution) -> Tensor? { .zeros(inner.center.shape) }
  }

  final class Coder: Layer {
    let hidden = Dense(from: 6, to: 4)
    let out = Dense(from: 4, to: 2)
    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      out(hidden(input, in: context).tanh(), in: context)
    }
  }

  final class Decoder: Generator {
    let hidden = Dense(from: 2, to: 4)
    let out = Dense(from: 4, to: 6)
    func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
      out(hidden(latents, in: context).tanh(), in: context).sigmoid()
    }
  }

  final class Critic: Discriminator {
    let hidden = Dense(from: 6, to: 5)
    let out = Dense(from: 5, to: 1)
    private let hasFeatures: Bool
    init(hasFeatures: Bool = true) { self.hasFeatures = hasFeatures }

    /// Without features, those that it gives are all alike.
    func callAsFunction(_ samples: Tensor, given: Condition, in context: Context) -> DiscriminatorOutput {
      let features = hidden(samples, in: context).tanh()
      return DiscriminatorOutput(
        scores: out(features, in: context).squeezed(axis: 1),
        features: hasFeatures ? features : .zeros([samples.shape[0], 1]))
    }
  }

  final class CodeCritic: Layer {
    let hidden = Dense(from: 2, to: 4)
    let out = Dense(from: 4, to: 1)
    func callAsFunction(_ codes: Tensor, in context: Context) -> Tensor {
      out(hidden(codes, in: context).tanh(), in: context).squeezed(axis: 1)
    }
  }
}

/// A prior whose latents are given.
struct FixedPrior: LatentPrior {
  let latents: Tensor
  var shape: Tensor.Shape { Tensor.Shape(Array(latents.shape.sizes.dropFirst())) }
  func draw(_ count: Int, using source: inout SampleRandom) -> Tensor { latents }
}

extension Round {
  func move(_ name: String) -> PlayerMove? { moves.first { $0.name == name } }
  subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }
}

extension Gradients {
  /// Whether every scalar is exactly 0.
  var isZero: Bool { names.allSatisfy { tensors[$0]?.maximumMagnitude == 0 } }
}
