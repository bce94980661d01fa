import LatentFormats
import LatentSystem
import Tensor

/// Images that stay on a disk and are read as they are needed, those of the next step of a training while the step before
/// is at work. What is learned from them is what would be learned from an ``ImageSet`` of the same images, to the last bit.
///
/// ```swift
/// let images = try ImageSet.open("photographs", memory: 1 << 30)   // streamed if they take more
/// ```
///
/// No more images are in memory than two steps of a training take. Files must stay as they are for as long as they are
/// used; if one cannot be read any more, a training ends with an error and its checkpoint.
public struct StreamedImages: ImageCollection, DelayedSource {
  public let count: Int
  public let height: Int
  public let width: Int
  public let channels: Int
  public let labels: [Int]?
  /// The number of classes; nil without labels.
  public let classCount: Int?
  public let classNames: [String]?
  public let missingConditions: String?
  public let leftOutCount: Int
  public let fileNames: [String]?
  private let store: any ImageStore
  private let survey: ImageSurvey
  /// The places of these images in the store; nil if they are all.
  private let places: [Int]?
  private let reader: ReadAhead
  private let ownChecksum = Cached<UInt32>()

  public var preparedCount: Int { survey.preparedCount }
  public var transparentCount: Int { survey.transparentCount }
  public var poverty: String? { survey.poverty }
  public var isNearlyBlack: Bool { survey.isNearlyBlack }

  /// What is known of images beside their pixels.
  struct Description {
    var labels: [Int]?
    var classCount: Int?
    var classNames: [String]?
    var missingConditions: String?
    var leftOutCount = 0
    var fileNames: [String]?
  }

  /// All images of a store, each of which is read once.
  /// - Throws: ``FileError`` for the first that cannot be read.
  init(_ store: some ImageStore, _ known: Description, onProgress: (Int) -> Void = { _ in }) throws {
    self.init(store, try ImageSurvey(store, onProgress: onProgress), nil, known)
  }

  private init(_ store: any ImageStore, _ survey: ImageSurvey, _ places: [Int]?, _ known: Description) {
    (self.store, self.survey, self.places) = (store, survey, places)
    count = places?.count ?? store.count
    (height, width, channels) = (survey.height, survey.width, survey.channels)
    (labels, classCount, classNames) = (known.labels, known.classCount, known.classNames)
    (missingConditions, leftOutCount, fileNames) = (known.missingConditions, known.leftOutCount, known.fileNames)
    reader = ReadAhead { index in try Self.pixels(of: store, survey, places?[index] ?? index) }
  }

  /// The pixels of an image as the survey says they are.
  private static func pixels(of store: any ImageStore, _ survey: ImageSurvey, _ place: Int) throws -> [UInt8] {
    let image = try store.image(at: place).image
    guard image.height == survey.height, image.width == survey.width, image.channels <= survey.channels else {
      throw ImageFolder.otherSize(
        store.path(of: place), image, survey.height, survey.width, "it was before")
    }
    return image.channels == survey.channels ? image.pixels : image.pixels.coloured(survey.channels)
  }

  public func subset(_ indices: some Sequence<Int>) -> StreamedImages {
    let indices = Array(indices)
    require(
      !indices.isEmpty && indices.allSatisfy { $0 >= 0 && $0 < count },
      "StreamedImages.subset: the images at \(indices.prefix(8)) of \(count); at least one is needed")
    return StreamedImages(
      store, survey, indices.map { places?[$0] ?? $0 },
      Description(
        labels: labels.map { labels in indices.map { labels[$0] } }, classCount: classCount, classNames: classNames,
        missingConditions: missingConditions, leftOutCount: leftOutCount,
        fileNames: fileNames.map { names in indices.map { names[$0] } }))
  }

  public func labeled(_ labels: [Int]?, classCount: Int?, classNames: [String]?) -> StreamedImages {
    ImageSet.check(labels, classCount: classCount, of: count)
    return StreamedImages(
      store, survey, places,
      Description(
        labels: labels, classCount: classCount, classNames: classNames, missingConditions: missingConditions,
        leftOutCount: leftOutCount, fileNames: fileNames))
  }

  /// Which of how many images these are, if they were chosen from those that were read.
  package var choice: ImageSet.Choice? { places.map { ImageSet.Choice(places: $0, count: store.count) } }

  /// The bytes that all images would take in memory while they are loaded.
  package var memoryWhenLoaded: Int { get throws { try store.memory } }

  /// How many images are in memory at the moment.
  var windowCount: Int { reader.count }
}

// MARK: - A source of samples

extension StreamedImages {
  /// The shape of one image, `[H, W, C]`.
  public var sampleShape: Tensor.Shape { [height, width, channels] }

  public var conditions: ConditionSpace { classCount.map { .classes($0) } ?? .none }

  /// As that of an ``ImageSet`` of the same images. Of a subset it takes reading all of it, the first time.
  public func fingerprint(withConditions: Bool) -> UInt32 {
    let checksum =
      places == nil
      ? survey.checksum
      : ownChecksum.value {
        (0..<count).reduce(0) { sum, index in
          (reader.bytes(at: index) ?? []).withUnsafeBytes { CRC32.checksum($0, initial: sum) }
        }
      }
    guard withConditions, let labels else { return checksum }
    return labels.withUnsafeBytes { CRC32.checksum($0, initial: checksum) }
  }

  /// The images at `indices`, in that order, in 0...1; black ones in place of those that cannot be read, of which
  /// ``failure`` tells.
  /// - Precondition: every index lies in `0..<count`.
  public func batch(at indices: [Int]) -> Batch {
    require(
      indices.allSatisfy { $0 >= 0 && $0 < count },
      "StreamedImages: the images at \(indices.prefix(8)) of \(count); each must lie in 0..<\(count)")
    let size = height * width * channels
    var bytes: [UInt8] = []
    bytes.reserveCapacity(indices.count * size)
    for index in indices { bytes += reader.bytes(at: index) ?? [UInt8](repeating: 0, count: size) }
    return Batch(
      samples: Tensor(bytes: bytes, rowsAt: Array(indices.indices), rowShape: sampleShape),
      condition: labels.map { labels in .labels(indices.map { labels[$0] }) } ?? .none, indices: indices)
  }

  public func prepare(_ indices: [Int]) { reader.prepare(indices) }

  public var failure: (any Error)? { reader.failure }
}

/// A value that is made when it is first asked for.
private final class Cached<Value: Sendable>: @unchecked Sendable {
  private let lock = Lock()
  private var known: Value?

  /// The value, by `make` if there is none yet.
  func value(_ make: () -> Value) -> Value {
    if let known = lock.withLock({ known }) { return known }
    let new = make()
    lock.withLock { known = new }
    return new
  }
}
