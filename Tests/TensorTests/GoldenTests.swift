import Testing

@testable import Tensor

/// Values and derivatives against PyTorch in float64, element by element.
@Suite struct GoldenTests {
  /// Operations of other modules, which test them against the same file.
  static let elsewhere: Set<String> = [
    "sigmoidCrossEntropy", "softmaxCrossEntropy", "meanSquaredError", "meanAbsoluteError", "gaussianKL",
    "wganGPCriticLoss",
  ]
  static let covered = GoldenCase.all.filter { !elsewhere.contains($0.op) }

  @Test("Every golden case is tested here or named as tested elsewhere")
  func completeness() {
    #expect(GoldenCase.all.count == 119 + 53 + 27)
    for op in Set(GoldenCase.all.map(\.op)) {
      let isHere = GoldenCase.function(op) != nil
      #expect(isHere != Self.elsewhere.contains(op), "\(op)")
    }
    #expect(Self.elsewhere.isSubset(of: Set(GoldenCase.all.map(\.op))))
    #expect(Self.covered.count == 113 + 53 + 27)
  }

  @Test("Value, first and second derivatives", arguments: covered)
  func golden(_ golden: GoldenCase) throws {
    let function = try #require(GoldenCase.function(golden.op))
    let inputs = golden.inputs.mapValues { $0.tensor.recorded() }
    let leaves = try golden.names.map { try #require(inputs[$0]) }
    let upstream = try #require(golden.upstream).tensor.recorded()

    let output = try function(golden.params, inputs)
    golden.expect(output, golden.output, "value")
    #expect(output.isRecorded)
    #expect(try function(golden.params, inputs.mapValues { $0.detached() }) == output, "recording changed the value")

    let plain = output.pullback(upstream, at: leaves)
    let gradients = output.pullback(upstream, at: leaves, recording: true)
    for (index, name) in golden.names.enumerated() {
      golden.expect(gradients[index], golden.gradients[name], "gradient at \(name)")
      #expect(!plain[index].isRecorded)
      #expect(plain[index] == gradients[index], "recording changed the gradient at \(name)")
    }

    guard let second = golden.second else { return }
    let energy = gradients.map { $0.square().sum() }.reduce(Tensor(0), +) * 0.5
    let seconds = energy.gradients(at: leaves + [upstream])
    for (index, name) in (golden.names + ["u"]).enumerated() {
      golden.expect(seconds[index], second[name], "second derivative at \(name)")
    }
  }
}

extension GoldenCase {
  /// Expects the golden tensor within 1e-4 of its largest magnitude, or exactly zero where the file has none. Kinks and
  /// extremes, which mix magnitudes, are held to 1e-4 of each element.
  fileprivate func expect(_ tensor: Tensor, _ golden: GoldenTensor?, _ what: String) {
    guard let golden else {
      #expect(tensor.scalars.allSatisfy { $0 == 0 }, "\(name): \(what) is \(tensor), expected zeros")
      return
    }
    #expect(tensor.shape.sizes == golden.shape, "\(name): shape of \(what)")
    let largest = golden.data.map(abs).max() ?? 0
    for (place, (value, exact)) in zip(tensor.scalars, golden.data).enumerated() {
      let tolerance = second == nil ? 1e-4 * abs(exact) : max(1e-6, 1e-4 * largest)
      #expect(abs(Double(value) - exact) <= tolerance, "\(name): \(what), scalar \(place): \(value), expected \(exact)")
    }
  }
}
