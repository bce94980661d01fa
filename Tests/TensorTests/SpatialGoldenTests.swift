import Foundation
import Testing

@testable import Tensor

/// The parameters of a case's operation; each operation has some of them, one number for each axis in the middle.
struct SpatialParameters: Decodable, Sendable {
  var size: [Int]?
  var stride: [Int]?
  /// Before and after.
  var padding: [[Int]]?
  var outputPadding: [Int]?
  var dilation: [Int]?
  var groups: Int?
  var countsPadding: Bool?
  var mode: Tensor.PaddingMode?
  var method: String?
  var antialias: Bool?
  var samplingPadding: Tensor.SamplingPadding?
  var alignsCorners: Bool?
  var axisCount: Int?
  var epsilon: Float?

  private func one(_ values: [Int]?, _ standard: Int) -> Int { values?[0] ?? standard }

  private func two(_ values: [Int]?, _ standard: Int) -> Tensor.Size2D {
    values.map { .init(height: $0[0], width: $0[1]) } ?? .init(standard)
  }

  private func three(_ values: [Int]?, _ standard: Int) -> Tensor.Size3D {
    values.map { .init(depth: $0[0], height: $0[1], width: $0[2]) } ?? .init(standard)
  }

  var padding1D: Tensor.Padding1D { padding.map { .init(before: $0[0][0], after: $0[0][1]) } ?? 0 }
  var padding2D: Tensor.Padding2D {
    padding.map { .init(top: $0[0][0], bottom: $0[0][1], left: $0[1][0], right: $0[1][1]) } ?? 0
  }
  var padding3D: Tensor.Padding3D {
    padding.map {
      .init(
        front: $0[0][0], back: $0[0][1], top: $0[1][0], bottom: $0[1][1], left: $0[2][0], right: $0[2][1])
    } ?? 0
  }
  var stride1D: Int { one(stride, 1) }
  var stride2D: Tensor.Size2D { two(stride, 1) }
  var stride3D: Tensor.Size3D { three(stride, 1) }
  var dilation1D: Int { one(dilation, 1) }
  var dilation2D: Tensor.Size2D { two(dilation, 1) }
  var dilation3D: Tensor.Size3D { three(dilation, 1) }
  var outputPadding1D: Int { one(outputPadding, 0) }
  var outputPadding2D: Tensor.Size2D { two(outputPadding, 0) }
  var outputPadding3D: Tensor.Size3D { three(outputPadding, 0) }
  var size1D: Int { one(size, 1) }
  var size2D: Tensor.Size2D { two(size, 1) }
  var size3D: Tensor.Size3D { three(size, 1) }
}

/// One operation on sequences, images or volumes with its value and derivatives. See Golden/generate_spatial.py.
struct SpatialGoldenCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let op: String
  let params: SpatialParameters
  let inputs: [String: GoldenTensor]
  let output: GoldenTensor
  let upstream: GoldenTensor
  let gradients: [String: GoldenTensor]
  let second: [String: GoldenTensor]

  var testDescription: String { name }

  static let all: [SpatialGoldenCase] = {
    struct File: Decodable { let cases: [SpatialGoldenCase] }
    guard let url = Bundle.module.url(forResource: "spatial", withExtension: "json"),
      let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.cases
  }()

  typealias Function = @Sendable (_ x: Tensor, _ other: Tensor, SpatialParameters) -> Tensor

  /// The operation of a name; its second input is called w, grid, slope or scale.
  static let functions: [String: Function] = [
    "conv1d": {
      $0.conv1d($1, stride: $2.stride1D, padding: $2.padding1D, dilation: $2.dilation1D, groups: $2.groups ?? 1)
    },
    "conv2d": {
      $0.conv2d($1, stride: $2.stride2D, padding: $2.padding2D, dilation: $2.dilation2D, groups: $2.groups ?? 1)
    },
    "conv3d": {
      $0.conv3d($1, stride: $2.stride3D, padding: $2.padding3D, dilation: $2.dilation3D, groups: $2.groups ?? 1)
    },
    "convTranspose1d": {
      $0.convTranspose1d(
        $1, stride: $2.stride1D, padding: $2.padding1D, outputPadding: $2.outputPadding1D, dilation: $2.dilation1D,
        groups: $2.groups ?? 1)
    },
    "convTranspose2d": {
      $0.convTranspose2d(
        $1, stride: $2.stride2D, padding: $2.padding2D, outputPadding: $2.outputPadding2D, dilation: $2.dilation2D,
        groups: $2.groups ?? 1)
    },
    "convTranspose3d": {
      $0.convTranspose3d(
        $1, stride: $2.stride3D, padding: $2.padding3D, outputPadding: $2.outputPadding3D, dilation: $2.dilation3D,
        groups: $2.groups ?? 1)
    },
    "averagePool1d": { x, _, p in
      x.averagePool1d(p.size1D, stride: p.stride1D, padding: p.padding1D, countsPadding: p.countsPadding ?? true)
    },
    "averagePool3d": { x, _, p in
      x.averagePool3d(p.size3D, stride: p.stride3D, padding: p.padding3D, countsPadding: p.countsPadding ?? true)
    },
    "maxPool1d": { x, _, p in x.maxPool1d(p.size1D, stride: p.stride1D, padding: p.padding1D) },
    "maxPool3d": { x, _, p in x.maxPool3d(p.size3D, stride: p.stride3D, padding: p.padding3D) },
    "adaptiveAveragePool1d": { x, _, p in x.adaptiveAveragePool1d(to: p.size1D) },
    "adaptiveAveragePool2d": { x, _, p in x.adaptiveAveragePool2d(to: p.size2D) },
    "adaptiveAveragePool3d": { x, _, p in x.adaptiveAveragePool3d(to: p.size3D) },
    "pad": { x, _, p in
      let mode = p.mode ?? .zeros
      switch p.padding?.count {
      case 1: return x.padded1d(p.padding1D, mode: mode)
      case 2: return x.padded2d(p.padding2D, mode: mode)
      default: return x.padded3d(p.padding3D, mode: mode)
      }
    },
    "resize": { x, _, p in
      let method = p.method.flatMap { Tensor.ResizingMethod(rawValue: $0) } ?? .nearest
      return x.resized(to: p.size2D, method: method, antialias: p.antialias ?? false)
    },
    "gridSample": { x, grid, p in
      let method = p.method.flatMap { Tensor.SamplingMethod(rawValue: $0) } ?? .nearest
      return x.gridSampled(
        at: grid, method: method, padding: p.samplingPadding ?? .zeros, alignsCorners: p.alignsCorners ?? false)
    },
    "selu": { x, _, _ in x.selu() },
    "mish": { x, _, _ in x.mish() },
    "prelu": { x, slope, _ in x.prelu(slope: slope) },
    "rmsNorm": { x, scale, p in x.rmsNorm(axisCount: p.axisCount ?? 1, scale: scale, epsilon: p.epsilon ?? 1e-5) },
  ]
}

/// Operations on sequences, images and volumes against PyTorch in float64, element by element.
@Suite struct SpatialGoldenTests {
  @Test("Every golden case has an operation and every operation a case")
  func completeness() {
    #expect(SpatialGoldenCase.all.count == 96)
    #expect(Set(SpatialGoldenCase.all.map(\.op)) == Set(SpatialGoldenCase.functions.keys))
  }

  @Test("Value, first and second derivatives", arguments: SpatialGoldenCase.all)
  func golden(_ golden: SpatialGoldenCase) throws {
    let function = try #require(SpatialGoldenCase.functions[golden.op])
    let names = golden.inputs.keys.sorted { $0 == "x" || $1 != "x" && $0 < $1 }
    let leaves = try names.map { try #require(golden.inputs[$0]).tensor.recorded() }
    let upstream = golden.upstream.tensor.recorded()
    let other = leaves.count > 1 ? leaves[1] : Tensor(0)

    let output = function(leaves[0], other, golden.params)
    golden.expect(output, golden.output, "value")
    #expect(function(leaves[0].detached(), other.detached(), golden.params) == output, "recording changed the value")

    let plain = output.pullback(upstream, at: leaves)
    let gradients = output.pullback(upstream, at: leaves, recording: true)
    for (index, name) in names.enumerated() {
      golden.expect(gradients[index], golden.gradients[name], "gradient at \(name)")
      #expect(plain[index] == gradients[index], "recording changed the gradient at \(name)")
    }
    let energy = gradients.map { $0.square().sum() }.reduce(Tensor(0), +) * 0.5
    for (name, value) in zip(names + ["u"], energy.gradients(at: leaves + [upstream])) {
      golden.expect(value, golden.second[name], "second derivative at \(name)")
    }
  }
}

extension SpatialGoldenCase {
  /// Expects the golden tensor within 1e-4 of its largest magnitude, or exactly zero where the file has none.
  fileprivate func expect(_ tensor: Tensor, _ golden: GoldenTensor?, _ what: String) {
    guard let golden else {
      #expect(tensor.scalars.allSatisfy { $0 == 0 }, "\(name): \(what) is \(tensor), expected zeros")
      return
    }
    #expect(tensor.shape.sizes == golden.shape, "\(name): shape of \(what)")
    let tolerance = max(1e-6, 1e-4 * (golden.data.map(abs).max() ?? 0))
    for (place, (value, exact)) in zip(tensor.scalars, golden.data).enumerated() {
      #expect(abs(Double(value) - exact) <= tolerance, "\(name): \(what), scalar \(place): \(value), expected \(exact)")
    }
  }
}
