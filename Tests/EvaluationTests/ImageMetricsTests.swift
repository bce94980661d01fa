import Tensor
import Testing

@testable import Evaluation

@Suite struct PeakSignalToNoiseTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("psnr") {
      let ratio = try PeakSignalToNoise(
        of: golden.input("a"), to: golden.input("b"), range: #require(golden.params.range))
      #expect(try isClose(ratio.values, golden.output("psnr"), tolerance: 1e-8), "\(golden.name)")
      #expect(try isClose(ratio.squaredErrors, golden.output("mse"), tolerance: 1e-8), "\(golden.name)")
      #expect(try isClose(ratio.mean, golden.output("psnr").mean, tolerance: 1e-8), "\(golden.name)")
    }
  }

  @Test func knownAnswers() {
    let zeros = Tensor.zeros([2, 4, 5, 1])
    let ratio = PeakSignalToNoise(of: zeros + 0.125, to: zeros)
    #expect(isClose(ratio.values, [18.061799739838872, 18.061799739838872], tolerance: 1e-14))
    #expect(PeakSignalToNoise(of: zeros, to: zeros).values == [.infinity, .infinity])
    // An image without any error counts for 60 dB in a mean, not for infinity, and is not left out of it.
    let half = PeakSignalToNoise(
      of: Tensor.concatenated([zeros, zeros + 0.125]), to: Tensor.concatenated([zeros, zeros]))
    #expect(half.limitedValues == [60, 60] + ratio.values && PeakSignalToNoise.most == 60)
    #expect(isClose(half.mean, (60 + ratio.mean) / 2, tolerance: 1e-14))
    #expect(PeakSignalToNoise(of: zeros + 0.0001, to: zeros).limitedValues == [60, 60])
    #expect(PeakSignalToNoise(of: zeros + Float.nan, to: zeros).limitedValues.allSatisfy { $0.isNaN })
    #expect(PeakSignalToNoise(of: Tensor.zeros([0, 3]), to: Tensor.zeros([0, 3])).mean.isNaN)
    // Twice the range: 6.02 dB more.
    let wide = PeakSignalToNoise(of: zeros + 0.125, to: zeros, range: 2)
    #expect(abs(wide.mean - ratio.mean - 6.020599913279624) < 1e-12)
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PeakSignalToNoise(of: Tensor.zeros([2, 3, 3, 1]), to: Tensor.zeros([2, 3, 4, 1]))
    }
    expect(result, saysWhy: "PeakSignalToNoise: images of shape [2, 3, 3, 1], references of shape [2, 3, 4, 1]")
  }
}

@Suite struct StructuralSimilarityTests {
  @Test func asGolden() throws {
    for golden in try Golden.cases("ssim") {
      let (a, b) = try (golden.input("a"), golden.input("b"))
      let range = try #require(golden.params.range)
      let similarity = StructuralSimilarity(of: a, to: b, range: range)
      #expect(try isClose(similarity.values, golden.output("ssim"), tolerance: 1e-8), "\(golden.name)")
      #expect(similarity.mean == similarity.values.mean)
      #expect(isClose(StructuralSimilarity(of: b, to: a, range: range).values, similarity.values, tolerance: 1e-12))
      // Of a range of 2, twice the pixels.
      #expect(isClose(StructuralSimilarity(of: a * 2, to: b * 2, range: 2).values, similarity.values, tolerance: 1e-12))
    }
  }

  @Test func knownAnswers() {
    var generator = RandomGenerator(seed: 1)
    let images = Tensor.uniform([2, 14, 12, 3], using: &generator)
    #expect(isClose(StructuralSimilarity(of: images, to: images).values, [1, 1], tolerance: 1e-12))
    #expect(StructuralSimilarity(of: 1 - images, to: images).mean < -0.5)
    // Each image for itself.
    let other = images.flipped(axes: [0])
    #expect(
      StructuralSimilarity(of: images[0...0], to: other[0...0]).values[0]
        == StructuralSimilarity(of: images, to: other).values[0])
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = StructuralSimilarity(of: Tensor.zeros([2, 8, 20, 1]), to: Tensor.zeros([2, 8, 20, 1]))
    }
    expect(result, saysWhy: "StructuralSimilarity: images of shape [2, 8, 20, 1]; a window takes 11 × 11 pixels")
  }
}
