import LatentFormats
import LatentSystem
import Tensor

/// A random change of samples that keeps their shape: grey pixels drawn as black or white, a small shift.
public protocol SampleTransform: Sendable {
  /// What it does, in words that tell it from all others, such as those of other settings.
  var description: String { get }

  /// The changed samples, `[N, …]` → `[N, …]`.
  func callAsFunction(_ samples: Tensor, using generator: inout RandomGenerator) -> Tensor
}

/// The samples of another source after a random change.
///
/// ```swift
/// let binary = TransformedSource(images, StochasticBinarization(), isDynamic: true)
/// ```
///
/// In a training each use of a sample may draw anew; what is drawn follows from the training's seed and from how many
/// batches were taken, so a resumed training draws the same. Outside of a training, sample `i` is always the same.
public struct TransformedSource: SampleSource {
  /// What is changed.
  public let source: any SampleSource
  /// How.
  public let transform: any SampleTransform
  /// Whether each use in a training draws anew.
  public let isDynamic: Bool
  /// Decides what is drawn where nothing is drawn anew.
  public let seed: UInt64

  /// The samples of `source`, changed by `transform`.
  public init(_ source: any SampleSource, _ transform: any SampleTransform, isDynamic: Bool, seed: UInt64 = 0) {
    self.source = source
    self.transform = transform
    self.isDynamic = isDynamic
    self.seed = seed
  }

  public var count: Int { source.count }
  public var sampleShape: Tensor.Shape { source.sampleShape }
  public var conditions: ConditionSpace { source.conditions }
  public var missingConditions: String? { source.missingConditions }
  public var origins: [any SampleSource] { [source] }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let words = Array("\(transform.description)\(isDynamic ? " anew" : "") \(seed)".utf8)
    let own = source.fingerprint(withConditions: withConditions)
    return words.withUnsafeBytes { CRC32.checksum($0, initial: own) }
  }

  public func batch(at indices: [Int]) -> Batch { changedAsEver(source.batch(at: indices)) }

  public func batch(at indices: [Int], using generator: inout RandomGenerator) -> Batch {
    let batch = source.batch(at: indices, using: &generator)
    guard isDynamic else { return changedAsEver(batch) }
    return Batch(
      samples: transform(batch.samples, using: &generator), condition: batch.condition, indices: indices)
  }

  /// Each sample changed as its place says.
  private func changedAsEver(_ batch: Batch) -> Batch {
    let random = RandomGenerator(seed: seed)
    let changed = batch.indices.enumerated().map { place, index in
      var own = random.split(at: index)
      return transform(batch.samples[place..<place + 1], using: &own)
    }
    let samples = changed.count == 1 ? changed[0] : changed.isEmpty ? batch.samples : Tensor.concatenated(changed)
    return Batch(samples: samples, condition: batch.condition, indices: batch.indices)
  }
}

/// Every scalar becomes 1 with the probability that it states, else 0.
public struct StochasticBinarization: SampleTransform {
  public let description = "binarized"

  /// The only one there is.
  public init() {}

  /// - Precondition: all scalars lie in 0...1.
  public func callAsFunction(_ samples: Tensor, using generator: inout RandomGenerator) -> Tensor {
    let isRight = samples.scalarCount == 0 || samples.min().scalar >= 0 && samples.max().scalar <= 1
    require(isRight, "StochasticBinarization: a scalar is no probability; all must lie in 0...1")
    // Drawn from 0..<1: what is 0 stays 0, what is 1 stays 1.
    return Tensor.uniform(samples.shape, using: &generator) .< samples
  }
}

/// Images are moved by whole pixels, by as many up to a limit in each direction; what comes in at the edges is 0.
public struct RandomShift: SampleTransform {
  /// The largest shift in pixels, 0 or more.
  public let limit: Int

  public var description: String { "shifted by up to \(limit)" }

  /// - Precondition: `limit >= 0`.
  public init(upTo limit: Int) {
    require(limit >= 0, "RandomShift: up to \(limit) pixels; the least is 0")
    self.limit = limit
  }

  /// - Precondition: `images` is `[N, H, W, C]`.
  public func callAsFunction(_ images: Tensor, using generator: inout RandomGenerator) -> Tensor {
    require(images.rank == 4, "RandomShift: samples of shape \(images.shape); images [N, H, W, C] are needed")
    let (count, height, width, channels) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3])
    let draws = Tensor.uniform([count, 2], in: 0..<Float(2 * limit + 1), using: &generator).scalars
    var result = [Float](repeating: 0, count: images.scalarCount)
    images.withScalars { source in
      for image in 0..<count {
        let (down, right) = (Int(draws[2 * image]) - limit, Int(draws[2 * image + 1]) - limit)
        let columns = max(0, right)..<max(0, right, min(width, width + right))
        guard !columns.isEmpty else { continue }
        for row in max(0, down)..<max(0, down, min(height, height + down)) {
          let target = ((image * height + row) * width + columns.lowerBound) * channels
          let origin = ((image * height + row - down) * width + columns.lowerBound - right) * channels
          for scalar in 0..<columns.count * channels { result[target + scalar] = source[origin + scalar] }
        }
      }
    }
    return Tensor(result, shape: images.shape)
  }
}

/// Images are mirrored, left for right, with a probability of one half each.
public struct RandomFlip: SampleTransform {
  public let description = "mirrored at random"

  /// The only one there is.
  public init() {}

  /// - Precondition: `images` is `[N, H, W, C]`.
  public func callAsFunction(_ images: Tensor, using generator: inout RandomGenerator) -> Tensor {
    require(images.rank == 4, "RandomFlip: samples of shape \(images.shape); images [N, H, W, C] are needed")
    let (width, channels) = (images.shape[2], images.shape[3])
    let isMirrored = Tensor.uniform([images.shape[0]], using: &generator).scalars.map { $0 < 0.5 }
    var result = images.scalars
    images.withScalars { source in
      let rows = images.shape[1]
      for row in 0..<images.shape[0] * rows where isMirrored[row / rows] {
        for column in 0..<width {
          let (target, origin) = ((row * width + column) * channels, (row * width + width - 1 - column) * channels)
          for channel in 0..<channels { result[target + channel] = source[origin + channel] }
        }
      }
    }
    return Tensor(result, shape: images.shape)
  }
}

/// How grey pixels are taken where a model is one of black and white ones.
public enum Binarization: String, Sendable, CaseIterable, Codable {
  /// As they are: as probabilities.
  case none
  /// Drawn once as 0 or 1: a pixel is always the same.
  case `static`
  /// Drawn anew as 0 or 1 at each use in a training. Reference: Burda et al., arXiv:1509.00519, section 5.
  case dynamic

  /// The samples of `source` taken this way; those that were drawn already stay as they are.
  public func applied(to source: any SampleSource) -> any SampleSource {
    if self == .none || (source as? TransformedSource)?.transform is StochasticBinarization { return source }
    return TransformedSource(source, StochasticBinarization(), isDynamic: self == .dynamic)
  }
}
