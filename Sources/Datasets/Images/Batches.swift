import LatentFormats
import LatentSystem
import Tensor

/// Some images for one step of a training.
public struct Batch: Sendable {
  /// `[N, H, W, C]`, in 0...1.
  public let images: Tensor
  /// The class of each image, if the dataset has labels.
  public let labels: [Int]?
  /// The place of each image in its dataset.
  public let indices: [Int]

  /// A batch of the given images.
  /// - Precondition: `images` is `[N, H, W, C]`; there are N indices, and N labels if any.
  public init(images: Tensor, labels: [Int]? = nil, indices: [Int]) {
    require(
      images.rank == 4 && indices.count == images.shape[0] && (labels?.count ?? indices.count) == indices.count,
      "Batch: images of shape \(images.shape), \(labels?.count ?? indices.count) labels and \(indices.count) indices")
    self.images = images
    self.labels = labels
    self.indices = indices
  }
}

extension ImageSet {
  /// The shape of one image, `[H, W, C]`.
  public var imageShape: Tensor.Shape { [height, width, channels] }

  /// A checksum of the pixels (CRC-32), which tells two sets of images apart.
  public var checksum: UInt32 { CRC32.checksum(pixels) }

  /// The images at `indices`, in that order.
  /// - Precondition: every index lies in `0..<count`.
  public func batch(at indices: [Int]) -> Batch {
    Batch(
      images: Tensor(bytes: pixels, rowsAt: indices, rowShape: imageShape),
      labels: labels.map { labels in indices.map { labels[$0] } }, indices: indices)
  }

  /// Images from a tensor `[N, H, W, C]` with scalars in 0...1, rounded to bytes. What lies beyond by no more than 0.001,
  /// as rounding may have it, counts as 0 or 1.
  /// - Throws: ``FileError`` if there are no images, not 1 or 3 channels, or other scalars, infinities and NaN among them.
  public init(_ images: Tensor, labels: [Int]? = nil) throws {
    require(images.rank == 4, "ImageSet: images of shape \(images.shape); expected [N, H, W, C]")
    if let bad = images.scalars.first(where: { !($0 >= -0.001 && $0 <= 1.001) }) {
      throw FileError(path: "images", expected: "pixels in 0…1", found: "\(bad)")
    }
    try self.init(
      pixels: images.bytes, height: images.shape[1], width: images.shape[2], channels: images.shape[3], labels: labels)
  }
}

/// An endless sequence of shuffled mini-batches.
///
/// A value: which images come next depends on the seed and on how many batches have been taken, on nothing else. Every
/// epoch has an order of its own; an incomplete last batch is dropped.
public struct BatchStream: Sendable {
  /// Where the images come from.
  public let images: ImageSet
  /// The number of images in each batch.
  public let batchSize: Int
  /// The number of batches taken so far.
  public private(set) var batchesTaken: Int
  private let generator: RandomGenerator
  private var order: [Int] = []

  /// - Parameters:
  ///   - generator: decides the order; it is not moved on.
  ///   - batchesTaken: how many batches to skip.
  /// - Precondition: `1 <= batchSize <= images.count`.
  public init(_ images: ImageSet, batchSize: Int, generator: RandomGenerator, batchesTaken: Int = 0) {
    require(
      batchSize >= 1 && batchSize <= images.count,
      "BatchStream: batches of \(batchSize) from \(images.count) images")
    self.images = images
    self.batchSize = batchSize
    self.generator = generator
    self.batchesTaken = batchesTaken
  }

  /// The number of whole batches in one pass over the images.
  public var batchesPerEpoch: Int { images.count / batchSize }

  /// The number of whole passes taken so far.
  public var epoch: Int { batchesTaken / batchesPerEpoch }

  /// The next batch.
  public mutating func next() -> Batch {
    let place = batchesTaken % batchesPerEpoch
    if place == 0 || order.isEmpty {
      var own = generator.split(at: epoch)
      order = own.permutation(images.count)
    }
    batchesTaken += 1
    return images.batch(at: Array(order[place * batchSize..<(place + 1) * batchSize]))
  }
}
