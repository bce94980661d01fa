import LatentSystem

extension Tensor {
  /// Numbers distributed normally with the given mean and standard deviation, but only within `bounds`: those outside
  /// never come up, the others keep their proportions. Batches as ``uniform(_:in:using:)``.
  ///
  /// Made by inverting the distribution function at numbers distributed uniformly, so each takes one of them, however
  /// narrow the bounds are.
  /// - Parameter bounds: in standard deviations from the mean.
  public static func truncatedNormal(
    _ shape: Shape, mean: Float = 0, standardDeviation: Float = 1, within bounds: ClosedRange<Float> = -2...2,
    using generator: inout RandomGenerator
  ) -> Tensor {
    var result = uniform(shape, using: &generator)
    let distribution = TruncatedNormal(bounds)
    result.withMutableScalars { scalars in
      guard let base = scalars.baseAddress else { return }
      Elementwise.forEachChunk(scalars.count) { range in
        for place in range { base[place] = distribution.quantile(base[place]) }
      }
    }
    return mean == 0 && standardDeviation == 1 ? result : result * standardDeviation + mean
  }

  /// Labels drawn from categorical distributions with these logits, `[…, classes]`: one for each row of the last axis, in
  /// row-major order. The probability of a label is its ``softmax(axis:)``; logits need not be normalized.
  ///
  /// Every row takes one block of the generator, so what a sample gets does not depend on how the samples are batched.
  /// - Precondition: `rank >= 1`; no row contains NaN or +∞, or only -∞.
  public static func categorical(logits: Tensor, using generator: inout RandomGenerator) -> [Int] {
    require(logits.rank >= 1, "categorical: a scalar has no axis of classes")
    let classes = logits.shape[-1]
    let rows = logits.shape.sizes.dropLast().reduce(1, *)
    require(classes > 0 || rows == 0, "categorical: shape \(logits.shape) has no classes to choose from")
    // Two numbers a row, for 48 bits: with 24, rare labels would never come up.
    let draws = uniform([rows, 2], using: &generator)
    let largest = classes > 0 ? logits.detached().max(axes: [-1], keepingDimensions: true) : logits.detached()
    return (logits.detached() - largest).withScalars { scalars in
      draws.withScalars { draws in
        (0..<rows).map { row in
          let weights = exponentials(scalars[row * classes..<(row + 1) * classes])
          let total = weights.reduce(0, +)
          require(total.isFinite, "categorical: row \(row) of the logits has NaN, +∞ or only -∞")
          let share = Double(draws[2 * row]) + Double(draws[2 * row + 1]) * 0x1p-24
          return WeightedChoice.place(at: share, of: weights, total: total)
        }
      }
    }
  }
}

private func exponentials(_ values: Slice<UnsafeBufferPointer<Float>>) -> [Double] { values.map { exp(Double($0)) } }

/// The standard normal distribution within bounds.
private struct TruncatedNormal {
  private let bounds: ClosedRange<Float>
  /// Bounds that lie above 0 are mirrored: the distribution function keeps its digits in the lower tail only.
  private let isMirrored: Bool
  /// The values of the distribution function at the lower bound, and the distance to that at the upper one.
  private let (start, width): (Double, Double)

  init(_ bounds: ClosedRange<Float>) {
    self.bounds = bounds
    isMirrored = bounds.lowerBound > 0
    let lower = Double(isMirrored ? -bounds.upperBound : bounds.lowerBound)
    let upper = Double(isMirrored ? -bounds.lowerBound : bounds.upperBound)
    start = Self.probability(below: lower)
    width = Self.probability(below: upper) - start
  }

  /// The number below which a share `share`, in `0..<1`, of the draws lies.
  func quantile(_ share: Float) -> Float {
    // The middle of the step in which the share was drawn: 0 itself would be at minus infinity.
    let exact = Self.quantile(start + (Double(share) + 0x1p-25) * width)
    let value = Float(isMirrored ? -exact : exact)
    return min(max(value, bounds.lowerBound), bounds.upperBound)
  }

  private static func probability(below x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

  /// The inverse of the distribution function: a rational start within 4.5e-4, then two of Halley's steps.
  ///
  /// Reference: Abramowitz and Stegun, "Handbook of mathematical functions", 26.2.23.
  private static func quantile(_ probability: Double) -> Double {
    guard probability > 0 else { return -.infinity }
    let tail = min(probability, 1 - probability)
    let t = (-2 * log(tail)).squareRoot()
    let numerator = 2.515517 + t * (0.802853 + t * 0.010328)
    let denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    var x = numerator / denominator - t
    for _ in 0..<2 {
      let step = (Self.probability(below: x) - tail) * (2 * Double.pi).squareRoot() * exp(0.5 * x * x)
      x -= step / (1 + 0.5 * x * step)
    }
    return probability <= 0.5 ? x : -x
  }
}
