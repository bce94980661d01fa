import Foundation
import Testing

@testable import Tensor

/// An operation on images of `zoo.json`, with its value and derivatives.
struct ImageGoldenCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Parameters: Decodable {
    var factor: Int?
    var epsilon: Float?
    var top: Int?
    var bottom: Int?
    var left: Int?
    var right: Int?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: GoldenTensor]
  let outputs: [String: GoldenTensor]
  let upstream: [String: GoldenTensor]
  let gradients: [String: GoldenTensor]
  /// Derivatives of half the squares of the gradients.
  let second: [String: GoldenTensor]?

  var testDescription: String { name }

  static let all: [ImageGoldenCase] = {
    struct File: Decodable { let cases: [ImageGoldenCase] }
    guard let url = Bundle.module.url(forResource: "zoo", withExtension: "json"),
      let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.cases
  }()

  /// The result at inputs, of which `x` are the images.
  func output(_ inputs: [String: Tensor]) throws -> Tensor {
    let x = try #require(inputs["x"])
    switch op {
    case "bicubicUpsample":
      let factor = try #require(params.factor)
      let size = Tensor.Size2D(height: x.shape[1] * factor, width: x.shape[2] * factor)
      return x.resized(to: size, method: .bicubic)
    case "instanceNorm":
      let (scale, offset) = try (#require(inputs["scale"]), #require(inputs["offset"]))
      return x.instanceNorm(epsilon: try #require(params.epsilon)) * scale + offset
    case "pixelShuffle":
      return x.pixelShuffled(factor: .init(try #require(params.factor)))
    default:
      let (top, bottom) = try (#require(params.top), #require(params.bottom))
      let (left, right) = try (#require(params.left), #require(params.right))
      return x.padded2d(.init(top: top, bottom: bottom, left: left, right: right), mode: .reflect)
    }
  }
}

/// Operations that models of images stand on, against PyTorch in float64.
@Suite struct ImageGoldenTests {
  @Test func completeness() {
    let counts = Dictionary(grouping: ImageGoldenCase.all, by: \.op).mapValues(\.count)
    #expect(counts == ["bicubicUpsample": 3, "instanceNorm": 1, "pixelShuffle": 2, "reflectionPad2d": 3])
  }

  @Test("Value, first and second derivatives", arguments: ImageGoldenCase.all)
  func golden(_ golden: ImageGoldenCase) throws {
    let names = golden.inputs.keys.sorted()
    let inputs = golden.inputs.mapValues { $0.tensor.recorded() }
    let leaves = names.compactMap { inputs[$0] }
    let output = try golden.output(inputs)
    expect(output, golden.outputs["y"], "value")
    let gradients = output.pullback(try #require(golden.upstream["y"]).tensor, at: leaves, recording: true)
    for (name, gradient) in zip(names, gradients) { expect(gradient, golden.gradients[name], "gradient at \(name)") }
    guard let second = golden.second else { return }
    let energy = gradients.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
    for (name, value) in zip(names, energy.gradients(at: leaves)) {
      expect(value, second[name], "second derivative at \(name)")
    }
  }

  /// Expects the golden tensor within 1e-5 of its largest magnitude, or zero where the file has none.
  private func expect(_ tensor: Tensor, _ golden: GoldenTensor?, _ what: String) {
    #expect(golden == nil || tensor.shape.sizes == golden?.shape, "shape of the \(what)")
    let data = golden?.data ?? [Double](repeating: 0, count: tensor.scalarCount)
    let tolerance = 1e-5 * max(1e-3, data.map(abs).max() ?? 0)
    #expect(zip(tensor.scalars, data).allSatisfy { abs(Double($0) - $1) <= tolerance }, "\(what) is \(tensor)")
  }
}
