import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// What models that translate images have in common.
public enum Translation {
  /// The direction from images of the first kind to those of the second.
  public static let forward = "a-to-b"
  /// The direction back.
  public static let backward = "b-to-a"

  /// How many images a preview shows.
  static let previewRows = 8

  /// Images side by side, in colour if some are.
  /// - Parameter columns: what is in each, images `[N, H, W, C]` of one size.
  static func preview(_ columns: [Tensor]) throws -> Preview? {
    let most = columns.map { $0.shape[3] }.max() ?? 1
    let drawable = columns.map { images in
      images.shape[3] == most
        ? images
        : images.mean(axes: [3], keepingDimensions: true).broadcast(to: [
          images.shape[0], images.shape[1], images.shape[2], most,
        ])
    }
    let rows = (0..<previewRows).flatMap { row in drawable.map { $0[row..<row + 1] } }
    return Preview(try ImageSet(Tensor.concatenated(rows)), columns: columns.count)
  }
}

extension Tensor {
  /// What networks give in -1...1 as pixels in 0...1.
  var unsignedPixels: Tensor { (self + 1) * 0.5 }

  /// Instance normalization of maps `[N, H, W, C]`, but a map that is constant for all that can be told counts as
  /// constant: it becomes 0 and passes no gradient.
  ///
  /// An empty picture has such maps, of which only rounding is left once their mean is taken away. Normalization enlarges
  /// that up to 300 times, in gradients at each layer anew, so that those of the first layers outgrow their numbers.
  func normalizedMaps() -> Tensor {
    let (axes, maps) = ([1, 2], detached())
    let means = maps.mean(axes: axes, keepingDimensions: true)
    let variances = (maps - means).square().mean(axes: axes, keepingDimensions: true)
    // Sums of some hundred products are right to about the sixth digit of the mean or, where they cancel out, of numbers
    // near 1. A grey level more at one pixel shows in the fourth.
    let areTold = variances .> means.square() * 1e-10 + 1e-12
    return instanceNorm() * areTold
  }
}

extension SampleSource {
  /// Looks at all samples, few at a time.
  func forEachBatch(_ body: (Batch) -> Void) {
    let size = InferenceBatch.size(sampleShape)
    for start in stride(from: 0, to: count, by: size) { body(batch(at: Array(start..<min(count, start + size)))) }
  }
}

extension AdversarialTraining {
  /// The game of a network that makes samples of something else than latents against its discriminator, for what is going
  /// wrong between the two: it is not what trains them.
  static func judging(
    _ network: Network, _ generator: any Layer, _ discriminator: any Layer, loss: AdversarialLoss
  ) -> AdversarialTraining {
    var game = AdversarialTraining(
      network: network, generator: generator, discriminator: discriminator, latentSize: 1)
    game.loss = loss
    return game
  }
}

/// Checks of configurations of models of images.
struct ConfigurationChecks {
  /// The model's kind, for messages.
  let kind: String

  /// - Throws: ``ConfigurationError`` with the text if the condition does not hold.
  func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
    if !condition { throw ConfigurationError("\(kind): \(text())") }
  }

  /// Checks whole numbers.
  func check(_ values: KeyValuePairs<String, Int>, in range: ClosedRange<Int>) throws {
    for (name, value) in values {
      try check(range.contains(value), "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// Checks weights, which are 0 or more.
  func checkWeights(_ values: KeyValuePairs<String, Float>) throws {
    for (name, value) in values {
      try check(value >= 0 && value.isFinite, "\(name) is \(value), expected 0 or more")
    }
  }

  /// Checks learning rates.
  func checkRates(_ values: KeyValuePairs<String, Float>) throws {
    for (name, value) in values {
      try check(value > 0 && value.isFinite, "\(name) is \(value), expected a positive number")
    }
  }

  /// Checks that there is such an optimizer, with such settings.
  func check(_ optimizer: OptimizerChoice, learningRate: Float) throws {
    if case .failure(let error) = Result(catching: { try optimizer.makeOptimizer(learningRate: learningRate) }) {
      try check(false, "\(error)")
    }
  }
}
