import LatentSystem
import Tensor

/// Anything that a model can learn from: samples of one shape, each with a condition or without.
///
/// ``ImageSet`` is one of images and ``TensorSet`` one of anything that fits into memory, ``StreamedImages`` one of images
/// that do not. A source of one's own may read from a disk, see ``DelayedSource``, or draw its samples: the same index
/// always gives the same sample.
///
/// ```swift
/// struct Waves: SampleSource {
///   let count = 10_000
///   let sampleShape: Tensor.Shape = [256, 1]
///   func batch(at indices: [Int]) -> Batch { Batch(samples: …, indices: indices) }
///   func fingerprint(withConditions: Bool) -> UInt32 { 1 }
/// }
/// ```
public protocol SampleSource: Sendable {
  /// The number of samples.
  var count: Int { get }

  /// The shape of one sample: `[H, W, C]` for images, `[D, H, W, C]` for volumes, `[L, C]` for signals.
  var sampleShape: Tensor.Shape { get }

  /// What its conditions may be.
  var conditions: ConditionSpace { get }

  /// Why there are no conditions, for the message to somebody who needs them: `no train-labels-idx1-ubyte[.gz] in DIR`.
  var missingConditions: String? { get }

  /// A checksum that tells this source from others, to be compared when a training goes on. It may take as long as
  /// reading all samples.
  /// - Parameter withConditions: whether other conditions make another source.
  func fingerprint(withConditions: Bool) -> UInt32

  /// The samples at `indices`, in that order.
  /// - Precondition: every index lies in `0..<count`.
  func batch(at indices: [Int]) -> Batch

  /// The sources that this one makes its samples of, each out of those of the same index; none if it makes them itself.
  var origins: [any SampleSource] { get }

  /// The samples at `indices` for a step of a training, for sources that draw something anew at each use; of others, they
  /// are the same as ever.
  func batch(at indices: [Int], using generator: inout RandomGenerator) -> Batch
}

extension SampleSource {
  public func batch(at indices: [Int], using generator: inout RandomGenerator) -> Batch { batch(at: indices) }
  public var conditions: ConditionSpace { .none }
  public var missingConditions: String? { nil }
  public var origins: [any SampleSource] { [] }
}

extension ImageSet: SampleSource {
  /// The shape of one image, `[H, W, C]`.
  public var sampleShape: Tensor.Shape { [height, width, channels] }

  public var conditions: ConditionSpace { classCount.map { .classes($0) } ?? .none }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let checksum = CRC32.checksum(pixels)
    guard withConditions, let labels else { return checksum }
    return labels.withUnsafeBytes { CRC32.checksum($0, initial: checksum) }
  }

  /// The images at `indices`, in that order, in 0...1.
  /// - Precondition: every index lies in `0..<count`.
  public func batch(at indices: [Int]) -> Batch {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < count },
      "ImageSet: the images at \(indices.prefix(8)) of \(count); each must lie in 0..<\(count)")
    return Batch(
      samples: Tensor(bytes: pixels, rowsAt: indices, rowShape: sampleShape),
      condition: labels.map { labels in .labels(indices.map { labels[$0] }) } ?? .none, indices: indices)
  }

  /// Images from a tensor `[N, H, W, C]` with scalars in 0...1, rounded to bytes. What lies beyond by no more than 0.001,
  /// as rounding may have it, counts as 0 or 1.
  /// - Throws: ``FileError`` if there are no images, or other scalars, infinities and NaN among them.
  public init(_ images: Tensor, labels: [Int]? = nil) throws {
    require(images.rank == 4, "ImageSet: images of shape \(images.shape); expected [N, H, W, C]")
    if let bad = images.scalars.first(where: { !($0 >= -0.001 && $0 <= 1.001) }) {
      throw FileError(path: "images", expected: "pixels in 0…1", found: "\(bad)")
    }
    try self.init(
      pixels: images.bytes, height: images.shape[1], width: images.shape[2], channels: images.shape[3], labels: labels)
  }
}

/// Samples of any shape in memory, as floats.
///
/// ```swift
/// let volumes = TensorSet(voxels, condition: .labels(kinds))   // [N, D, H, W, C]
/// ```
public struct TensorSet: SampleSource, Equatable {
  /// `[N, …]`.
  public let samples: Tensor
  /// What is known of each sample.
  public let condition: Condition
  public let conditions: ConditionSpace

  /// A set of the given samples.
  ///
  /// - Parameters:
  ///   - samples: `[N, …]`.
  ///   - condition: of each sample.
  ///   - conditions: what conditions there can be; if nil, as many classes or tokens as occur.
  /// - Precondition: N is at least 1, and there are N conditions out of `conditions`, if any.
  public init(_ samples: Tensor, condition: Condition = .none, conditions: ConditionSpace? = nil) {
    require(
      samples.rank >= 1 && samples.shape[0] >= 1,
      "TensorSet: samples of shape \(samples.shape); expected [N, …] with N of 1 or more")
    let space = conditions ?? Self.space(of: condition)
    let mismatch = space.mismatch(with: condition, count: samples.shape[0])
    require(
      mismatch == nil, "TensorSet: \(samples.shape[0]) samples, \(space) expected, found \(mismatch ?? "nothing")")
    self.samples = samples.detached()
    self.condition = condition
    self.conditions = space
  }

  public var count: Int { samples.shape[0] }
  public var sampleShape: Tensor.Shape { Tensor.Shape(Array(samples.shape.sizes.dropFirst())) }

  public func batch(at indices: [Int]) -> Batch {
    Batch(samples: samples.gathered(at: indices), condition: condition.rows(at: indices), indices: indices)
  }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let checksum = samples.withScalars { CRC32.checksum(UnsafeRawBufferPointer($0), initial: 0) }
    guard withConditions else { return checksum }
    return switch condition {
    case .none: checksum
    case .labels(let labels): labels.withUnsafeBytes { CRC32.checksum($0, initial: checksum) }
    case .tokens(let texts): Array(texts.joined()).withUnsafeBytes { CRC32.checksum($0, initial: checksum) }
    case .tensor(let tensor): tensor.withScalars { CRC32.checksum(UnsafeRawBufferPointer($0), initial: checksum) }
    }
  }

  private static func space(of condition: Condition) -> ConditionSpace {
    switch condition {
    case .none: .none
    case .labels(let labels): .classes((labels.max() ?? 0) + 1)
    case .tokens(let texts):
      .tokens(vocabulary: (texts.joined().max() ?? 0) + 1, length: texts.first?.count ?? 0)
    case .tensor(let tensor): .tensor(Array(tensor.shape.sizes.dropFirst()))
    }
  }
}
