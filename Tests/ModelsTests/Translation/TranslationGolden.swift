import Datasets
import Foundation
import Layers
import Tensor
import Testing
import Training

@testable import Models

/// A case of `translation.json`.
struct TranslationGolden: Decodable, CustomTestStringConvertible {
  struct Parameters: Decodable {
    let cycleWeight: Float?
    let identityWeight: Float?
    let size: Int?
    let incoming: [Int]?
    let draws: [Float]?
    let picks: [Int]?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: VariationalGolden.Array]
  let outputs: [String: VariationalGolden.Array]
  let gradients: [String: VariationalGolden.Array]?

  var testDescription: String { name }

  static func cases(_ operation: String) throws -> [TranslationGolden] {
    struct File: Decodable { let cases: [TranslationGolden] }
    let url = try #require(Bundle.module.url(forResource: "Golden/translation", withExtension: "json"))
    let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter { $0.op == operation }
    try #require(!found.isEmpty, "there is no case of \(operation)")
    return found
  }

  func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }

  func output(_ name: String) throws -> Double { try #require(outputs[name]?.data.first) }

  /// What the file calls a parameter: `toB.conv0.weight` is `g.conv0.w`.
  static func name(of parameter: String) -> String {
    parameter.replacing("toB.", with: "g.").replacing("toA.", with: "f.").replacing("discriminatorA.", with: "dx.")
      .replacing("discriminatorB.", with: "dy.").replacing(".weight", with: ".w").replacing(".bias", with: ".b")
  }
}

/// The networks of the golden cases.
final class GoldenTranslators: Module {
  final class Translator: Layer {
    let conv0 = Conv2D(from: 1, to: 3, kernelSize: 3, padding: 1, paddingMode: .reflect, hasBias: false)
    let conv1 = Conv2D(from: 3, to: 1, kernelSize: 3, padding: 1, paddingMode: .reflect)

    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      conv1(conv0(input, in: context).instanceNorm().relu(), in: context).tanh()
    }
  }

  final class Critic: Layer {
    let conv0 = Conv2D(from: 1, to: 3, kernelSize: 3, stride: 2, padding: 1)
    let conv1 = Conv2D(from: 3, to: 1, kernelSize: 1)

    func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
      conv1(conv0(input, in: context).leakyReLU(slope: 0.2), in: context)
    }
  }

  let toB = Translator()
  let toA = Translator()
  let discriminatorA = Critic()
  let discriminatorB = Critic()

  var procedure: CycleGANTraining {
    CycleGANTraining(
      network: Network(self), toB: toB, toA: toA, discriminatorA: discriminatorA, discriminatorB: discriminatorB)
  }
}
