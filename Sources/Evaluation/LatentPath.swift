import LatentSystem
import Tensor

/// A way from one latent to another.
public enum LatentPath: String, Sendable, CaseIterable {
  /// The straight line.
  case straight
  /// Along the great circle: points between two latents of a normal distribution are about as far from 0 as these,
  /// where straight lines pass nearer to 0.
  ///
  /// `sin((1 - t)θ)/sin θ · a + sin(tθ)/sin θ · b`, with θ the angle between `a` and `b`. For angles whose sine is
  /// nothing but rounding, and for a latent of 0, it is the straight line.
  ///
  /// Reference: White, "Sampling generative networks", arXiv:1609.04468.
  case spherical

  /// For each pair of latents the point at `fraction` of the way.
  ///
  /// - Parameters:
  ///   - starts: `[N, …]`; an angle is taken over all scalars of a latent.
  ///   - ends: of the same shape.
  ///   - fractions: one for each pair: 0 is the start, 1 the end; others go on beyond.
  /// - Returns: the shape of `starts`. Constants: nothing is recorded.
  /// - Precondition: equal shapes with one fraction for each latent.
  public func points(from starts: Tensor, to ends: Tensor, at fractions: [Double]) -> Tensor {
    require(
      starts.shape == ends.shape && starts.rank >= 1 && starts.shape[0] == fractions.count,
      "LatentPath: latents of shapes \(starts.shape) and \(ends.shape), \(fractions.count) fractions; [N, …] twice and N fractions are needed"
    )
    var result = starts.detached()
    let size = fractions.isEmpty ? 0 : starts.scalarCount / fractions.count
    result.withMutableScalars { target in
      ends.withScalars { ends in
        for (index, fraction) in fractions.enumerated() {
          let range = index * size..<(index + 1) * size
          let (a, b) = weights(target[range], ends[range], fraction)
          for place in range { target[place] = Float(a * Double(target[place]) + b * Double(ends[place])) }
        }
      }
    }
    return result
  }

  /// `count` points at equal distances of `t` from one latent to another, both included: `[count, …]`.
  ///
  /// - Parameters:
  ///   - start: one latent, without an axis for the batch.
  ///   - end: of the same shape.
  /// - Precondition: equal shapes; `count >= 2`.
  public func points(from start: Tensor, to end: Tensor, count: Int) -> Tensor {
    require(count >= 2, "LatentPath: \(count) points on the way; at least 2 are needed")
    require(
      start.shape == end.shape, "LatentPath: latents of shapes \(start.shape) and \(end.shape); they must be equal")
    func repeated(_ latent: Tensor) -> Tensor {
      latent.detached().reshaped(to: start.shape.prepending(1)).gathered(at: [Int](repeating: 0, count: count))
    }
    let fractions = (0..<count).map { Double($0) / Double(count - 1) }
    return points(from: repeated(start), to: repeated(end), at: fractions)
  }

  /// What both ends are multiplied by.
  private func weights(
    _ a: Slice<UnsafeMutableBufferPointer<Float>>, _ b: Slice<UnsafeBufferPointer<Float>>, _ fraction: Double
  ) -> (Double, Double) {
    let straight = (1 - fraction, fraction)
    guard self == .spherical else { return straight }
    var (aa, bb, ab) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      aa += Double(x) * Double(x)
      bb += Double(y) * Double(y)
      ab += Double(x) * Double(y)
    }
    guard aa > 0, bb > 0 else { return straight }
    let angle = acos(min(1, max(-1, ab / (aa * bb).squareRoot())))
    let sine = sin(angle)
    guard sine > 1e-7 else { return straight }
    return (sin((1 - fraction) * angle) / sine, sin(fraction * angle) / sine)
  }
}
