import LatentSystem
import Layers
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a pixel can be, how networks see it and what distributions they give for it.
///
/// Samples `[N, H, W, 1]` hold 0 or 1, grey levels in 0...1, or codes as whole numbers. A scalar in between is taken for
/// the nearest value.
public enum PixelValues: Codable, Sendable, Equatable {
  /// Black or white, with a logit of being white.
  case binary
  /// One of so many levels of grey, 0 to 1 in equal steps, with a logit for each. Networks see the level.
  case grey(levels: Int)
  /// One of so many codes, 0, 1, …, that are in no order, with a logit for each. Networks see one channel for each.
  case codes(count: Int)

  /// How many values there are.
  public var count: Int {
    switch self {
    case .binary: 2
    case .grey(let levels): levels
    case .codes(let count): count
    }
  }

  /// The numbers that a network gives for each pixel.
  public var logitCount: Int { self == .binary ? 1 : count }

  /// The channels that a network sees of each pixel.
  public var inputChannels: Int {
    if case .codes(let count) = self { count } else { 1 }
  }

  /// The largest scalar of a sample.
  private var largest: Float {
    if case .codes(let count) = self { Float(count - 1) } else { 1 }
  }

  /// What a network sees of samples: `[N, H, W, 1]` → `[N, H, W, inputChannels]`.
  public func input(of samples: Tensor) -> Tensor {
    switch self {
    case .binary: return samples.rounded()
    case .grey(let levels): return (samples * Float(levels - 1)).rounded() / Float(levels - 1)
    case .codes(let count):
      let shape = Tensor.Shape(samples.shape.sizes.dropLast() + [count])
      return Tensor.oneHot(places(of: samples), classCount: count).reshaped(to: shape)
    }
  }

  /// Which of the values each scalar is, from 0: for a sample of codes the codes.
  public func places(of samples: Tensor) -> [Int] {
    samples.nearestPlaces(times: Float(count - 1) / largest)
  }

  /// The scalars of a sample that are the values of these numbers.
  func scalars(at places: [Int]) -> [Float] {
    // As `input(of:)` has it, to the last bit.
    places.map { largest == 1 ? Float($0) / Float(count - 1) : Float($0) }
  }

  /// Stops the program if a sample holds a scalar out of range.
  func check(_ samples: Tensor, _ operation: StaticString) {
    let isRight = samples.scalarCount == 0 || samples.min().scalar >= 0 && samples.max().scalar <= largest
    require(isRight, "\(operation): a pixel lies outside of 0...\(largest)")
  }

  /// The negative log-likelihood of each sample in nats: `[N, H, W, 1]` and `[N, H, W, logitCount]` → `[N]`.
  ///
  /// - Parameters:
  ///   - input: what a network sees of the samples.
  ///   - samples: the samples themselves.
  ///   - logits: what it gives.
  func negativeLogLikelihood(of samples: Tensor, seenAs input: Tensor, given logits: Tensor) -> Tensor {
    guard self != .binary else { return logits.flattened().sigmoidCrossEntropy(targets: input.flattened()) }
    let rows = logits.reshaped(to: [logits.scalarCount / count, count])
    return rows.softmaxCrossEntropy(labels: places(of: samples))
      .reshaped(to: [samples.shape[0], samples.scalarsPerSample]).summedPerSample()
  }

  // MARK: Drawing

  /// How many numbers in 0..<1 a pixel is drawn from: with the 24 bits of one, rare values would never come up.
  var drawsPerPixel: Int { self == .binary ? 1 : 2 }

  /// Draws a pixel of each sample.
  ///
  /// - Parameters:
  ///   - logits: `[N, logitCount]`.
  ///   - draws: ``drawsPerPixel`` numbers in 0..<1 for each sample.
  /// - Returns: the numbers of the values.
  func drawn(from logits: Tensor, _ draws: [Float]) -> [Int] {
    if self == .binary {
      return zip(logits.sigmoid().scalars, draws).map { $1 < $0 ? 1 : 0 }
    }
    let largest = logits.max(axes: [-1], keepingDimensions: true)
    return (logits - largest).withScalars { scalars in
      (0..<logits.shape[0]).map { row in
        let weights = scalars[row * count..<(row + 1) * count].map { exp(Double($0)) }
        let share = Double(draws[2 * row]) + Double(draws[2 * row + 1]) * 0x1p-24
        return WeightedChoice.place(at: share, of: weights)
      }
    }
  }
}

extension PixelValues: CustomStringConvertible {
  public var description: String {
    switch self {
    case .binary: "binary"
    case .grey(let levels): "\(levels) levels of grey"
    case .codes(let count): "\(count) codes"
    }
  }
}
