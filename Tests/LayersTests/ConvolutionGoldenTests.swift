import Foundation
import Tensor
import Testing

@testable import Layers

/// A case of `golden-convolutions.json`.
struct ConvolutionGolden: Decodable, CustomTestStringConvertible {
  /// A number for all axes, or one for each.
  struct Sizes: Decodable {
    let values: [Int]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      values = try (try? [container.decode(Int.self)]) ?? container.decode([Int].self)
    }

    var one: Int { values[0] }
    private func at(_ axis: Int) -> Int { values[min(axis, values.count - 1)] }
    var three: Tensor.Size3D { .init(depth: at(0), height: at(1), width: at(2)) }
    var padding: Tensor.Padding3D { .init(depth: at(0), height: at(1), width: at(2)) }
  }

  struct Parameters: Decodable {
    let stride: Sizes
    let padding: Sizes
    let dilation: Sizes?
    let outputPadding: Sizes?
  }

  let name: String
  let op: String
  let params: Parameters
  let inputs: [String: Golden.Array]
  let outputs: [String: Golden.Array]
  let upstream: [String: Golden.Array]
  let gradients: [String: Golden.Array]
  let second: [String: Golden.Array]?

  var testDescription: String { name }

  static let all: [ConvolutionGolden] = {
    struct File: Decodable { let cases: [ConvolutionGolden] }
    guard let path = try? resourcePath("Golden/golden-convolutions.json"),
      let data = try? Data(contentsOf: URL(fileURLWithPath: path)),
      let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.cases
  }()

  /// The layer of a weight `[out, kernel…, in]`, with its parameters.
  func layer(_ weight: [Int]) throws -> (layer: any Layer, weight: Parameter, bias: Parameter?) {
    let (from, to, p) = (weight[weight.count - 1], weight[0], params)
    func kernel() -> Tensor.Size3D { .init(depth: weight[1], height: weight[2], width: weight[3]) }
    switch op {
    case "conv1d":
      let layer = Conv1D(
        from: from, to: to, kernelSize: weight[1], stride: p.stride.one, padding: .init(p.padding.one),
        dilation: p.dilation?.one ?? 1)
      return (layer, layer.weight, layer.bias)
    case "convTranspose1d":
      let layer = ConvTranspose1D(
        from: from, to: to, kernelSize: weight[1], stride: p.stride.one, padding: .init(p.padding.one),
        outputPadding: p.outputPadding?.one ?? 0)
      return (layer, layer.weight, layer.bias)
    case "conv3d":
      let layer = Conv3D(
        from: from, to: to, kernelSize: kernel(), stride: p.stride.three, padding: p.padding.padding)
      return (layer, layer.weight, layer.bias)
    default:
      let layer = ConvTranspose3D(
        from: from, to: to, kernelSize: kernel(), stride: p.stride.three, padding: p.padding.padding,
        outputPadding: p.outputPadding?.three ?? 0)
      return (layer, layer.weight, layer.bias)
    }
  }
}

/// Layers along one axis and three, with biases, against PyTorch in float64.
@Suite struct ConvolutionGoldenTests {
  @Test func completeness() {
    let counts = Dictionary(grouping: ConvolutionGolden.all, by: \.op).mapValues(\.count)
    #expect(counts == ["conv1d": 3, "convTranspose1d": 1, "conv3d": 4, "convTranspose3d": 3])
  }

  @Test("Value, first and second derivatives", arguments: ConvolutionGolden.all)
  func golden(_ golden: ConvolutionGolden) throws {
    let names = ["x", "w", "b"]
    let inputs = try names.map { try #require(golden.inputs[$0]).tensor }
    let (layer, weight, bias) = try golden.layer(inputs[1].shape.sizes)
    let context = Context(
      Network(layer), State(["weight": inputs[1], "bias": inputs[2]]), mode: .inference,
      differentiating: ["weight", "bias"])
    let leaves = [inputs[0].recorded(), context[weight], context[try #require(bias)]]
    let output = layer(leaves[0], in: context)
    let expected = try #require(golden.outputs["y"])
    #expect(output.shape.sizes == expected.shape && isClose(output, expected.data, tolerance: 1e-5))

    let upstream = try #require(golden.upstream["y"]).tensor
    let gradients = output.pullback(upstream, at: leaves, recording: true)
    for (name, gradient) in zip(names, gradients) {
      let expected = try #require(golden.gradients[name])
      #expect(isClose(gradient, expected.data, tolerance: 1e-5), "gradient at \(name)")
    }
    guard let second = golden.second else { return }
    let energy = gradients.map { $0.square().sum() * 0.5 }.reduce(Tensor(0), +)
    for (name, value) in zip(names, energy.gradients(at: leaves)) {
      let zeros = [Double](repeating: 0, count: value.scalarCount)
      #expect(isClose(value, second[name]?.data ?? zeros, tolerance: 1e-5), "second derivative at \(name)")
    }
  }
}
