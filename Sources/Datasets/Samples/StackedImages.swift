import LatentSystem
import Tensor

/// Images whose channels are others, drawn at random out of a set of grey ones: of labelled digits, a set with a thousand
/// modes, by which it is measured how many a generator has learned (Stacked MNIST).
///
/// ```swift
/// let stacked = StackedImages(digits, count: 128_000, seed: 1)   // [28, 28, 3], labels 0..<1000
/// ```
///
/// The label of an image is the number whose digits are the labels of its channels.
///
/// Reference: Metz et al., "Unrolled generative adversarial networks", arXiv:1611.02163, section 3.3.1; Srivastava et
/// al., "VEEGAN", arXiv:1705.07761.
public struct StackedImages: SampleSource {
  /// What the channels are drawn from.
  public let images: ImageSet
  public let count: Int
  /// How many images make one.
  public let channels: Int
  /// Decides which.
  public let seed: UInt64

  /// - Parameters:
  ///   - images: grey ones.
  ///   - count: how many stacked images there are.
  ///   - channels: how many images make one.
  ///   - seed: decides which.
  /// - Precondition: the images have one channel; a count of 1 or more, 1 to 6 channels.
  public init(_ images: ImageSet, count: Int, channels: Int = 3, seed: UInt64 = 0) {
    require(images.channels == 1, "StackedImages: images of \(images.channels) channels; grey ones are needed")
    require(
      count >= 1 && (1...6).contains(channels),
      "StackedImages: \(count) images of \(channels) channels; 1 or more of 1 to 6 are needed")
    self.images = images
    self.count = count
    self.channels = channels
    self.seed = seed
  }

  public var sampleShape: Tensor.Shape { [images.height, images.width, channels] }

  public var conditions: ConditionSpace {
    guard let classCount = images.classCount else { return .none }
    return .classes((0..<channels).reduce(1) { product, _ in product * classCount })
  }

  public var missingConditions: String? { images.missingConditions }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    // What is drawn follows from these numbers.
    [UInt64(images.fingerprint(withConditions: withConditions)), UInt64(count), UInt64(channels), seed]
      .withUnsafeBytes { CRC32.checksum($0) }
  }

  /// The images that are the channels of the stacked image at `index`.
  public func parts(of index: Int) -> [Int] {
    var random = RandomGenerator(seed: seed, stream: 0x5AC4).split(at: index)
    return (0..<channels).map { _ in Int.random(in: 0..<images.count, using: &random) }
  }

  public func batch(at indices: [Int]) -> Batch {
    require(
      indices.allSatisfy { (0..<count).contains($0) },
      "StackedImages: the images at \(indices.prefix(8)) of \(count); each must lie in 0..<\(count)")
    let parts = indices.map(parts(of:))
    let grey = images.batch(at: parts.flatMap(\.self)).samples
    let stacked = grey.reshaped(to: [indices.count, channels, images.height, images.width]).permuted([0, 2, 3, 1])
    guard let labels = images.labels, let classCount = images.classCount else {
      return Batch(samples: stacked, indices: indices)
    }
    let numbers = parts.map { $0.reduce(0) { $0 * classCount + labels[$1] } }
    return Batch(samples: stacked, condition: .labels(numbers), indices: indices)
  }
}
