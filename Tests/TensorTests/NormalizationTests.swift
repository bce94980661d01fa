import Foundation
import Testing

@testable import Tensor

/// What the golden cases leave open: statistics, optional parts, and how the operations are related.
@Suite struct NormalizationTests {
  private func noise(_ shape: Tensor.Shape, _ seed: UInt64 = 1) -> Tensor {
    var noise = TestNoise(seed)
    return noise.tensor(shape)
  }

  /// The golden file's running statistics of a batch normalization.
  private struct Running: Decodable {
    let momentum: Float
    let epsilon: Float
    let batches: [GoldenTensor]
    let runningMean: GoldenTensor
    let runningVariance: GoldenTensor
  }

  @Test("Running statistics as PyTorch keeps them")
  func runningStatistics() throws {
    struct File: Decodable { let batchNormRunning: Running }
    let url = try #require(Bundle.module.url(forResource: "golden", withExtension: "json"))
    let golden = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).batchNormRunning
    var (mean, variance) = (Tensor.zeros([3]), Tensor.ones([3]))
    for batch in golden.batches {
      let x = batch.tensor.recorded()
      let result = x.batchNorm(epsilon: golden.epsilon)
      #expect(result.output.isRecorded && !result.mean.isRecorded && !result.variance.isRecorded)
      let n = Float(x.scalarCount / 3)
      mean += (result.mean - mean) * golden.momentum
      variance += (result.variance * (n / (n - 1)) - variance) * golden.momentum
    }
    expectSame(mean, Reference([3]) { golden.runningMean.data[$0[0]] }, tolerance: 1e-6)
    expectSame(variance, Reference([3]) { golden.runningVariance.data[$0[0]] }, tolerance: 1e-6)
  }

  @Test("Training and inference with the same statistics agree")
  func trainingAndInference() {
    let x = noise([4, 3, 2, 5])
    let (scale, offset) = (noise([5], 2), noise([5], 3))
    let training = x.batchNorm(scale: scale, offset: offset)
    #expect(
      x.batchNorm(mean: training.mean, variance: training.variance, scale: scale, offset: offset) == training.output)
    #expect(training.mean.shape == [5] && training.variance.shape == [5])
    expectSame(training.variance, Reference(x.variance(axes: [0, 1, 2])), tolerance: 1e-6)
  }

  @Test("Without scale and offset, mean 0 and variance 1 over the axes")
  func moments() {
    let x = noise([3, 4, 5, 6]) * 3 + 7
    let grouped: Tensor.Shape = [3, 20, 2, 3]
    for (name, y, axes) in [
      ("batchNorm", x.batchNorm().output, [0, 1, 2]), ("layerNorm", x.layerNorm(), [3]),
      ("layerNorm of three axes", x.layerNorm(axisCount: 3), [1, 2, 3]), ("instanceNorm", x.instanceNorm(), [1, 2]),
      ("groupNorm", x.groupNorm(groups: 2).reshaped(to: grouped), [1, 3]),
      ("normalized", x.normalized(axes: [0, -1]), [0, 3]),
    ] {
      let mean = y.mean(axes: axes)
      expectSame(mean, Reference(mean.shape.sizes) { _ in 0 }, tolerance: 1e-5, "mean of \(name)")
      expectSame(y.variance(axes: axes), Reference(mean.shape.sizes) { _ in 1 }, tolerance: 1e-4, "variance of \(name)")
    }
  }

  @Test("Groups of one channel are instances, one group is a layer")
  func groups() {
    let x = noise([2, 3, 3, 4])
    let (scale, offset) = (noise([4], 2), noise([4], 3))
    expectSame(
      x.groupNorm(groups: 4, scale: scale, offset: offset),
      Reference(x.instanceNorm(scale: scale, offset: offset)), tolerance: 1e-5)
    expectSame(x.groupNorm(groups: 1), Reference(x.layerNorm(axisCount: 3)), tolerance: 1e-5)
    expectSame(x.instanceNorm(), Reference(x.normalized(axes: [1, 2])), tolerance: 1e-6)
    let vectors = noise([5, 6])
    expectSame(
      vectors.groupNorm(groups: 2).reshaped(to: [10, 3]), Reference(vectors.reshaped(to: [10, 3]).layerNorm()),
      tolerance: 1e-5)
  }

  @Test("Constant inputs become the offset, with finite derivatives")
  func constants() {
    let x = Tensor(repeating: 3, shape: [4, 2, 2, 2]).recorded()
    let offset = Tensor([5, -1])
    for output in [
      x.batchNorm(offset: offset).output, x.instanceNorm(offset: offset), x.groupNorm(groups: 2, offset: offset),
      x.layerNorm(offset: offset),
    ] {
      #expect(output == offset.broadcast(to: x.shape))
      #expect(output.square().sum().gradients(at: [x])[0].isAllFinite)
    }
  }
}
