import LatentFormats
import LatentSystem

/// What has to be known of images on a disk before the first of them is used, and takes reading them once: that all can
/// be read and have one size, whether some are coloured, and their checksum.
struct ImageSurvey: Sendable {
  private(set) var height = 0
  private(set) var width = 0
  /// The most that an image has.
  private(set) var channels = 0
  private(set) var preparedCount = 0
  private(set) var transparentCount = 0
  /// Whether no pixel is brighter than 1 of 255, and some are that.
  var isNearlyBlack: Bool { brightest == 1 }
  /// What is so poor about the images, in words.
  private(set) var poverty: String?
  /// The checksum of all pixels, as of ``ImageSet/pixels``.
  private(set) var checksum: UInt32 = 0

  private var brightest: UInt8 = 0
  private var first: [UInt8] = []
  private var areAlike = true

  /// Looks at all images of a store.
  /// - Parameter onProgress: called now and then with the number of images that are done.
  /// - Throws: ``FileError`` for the first that is damaged or of another size.
  init(_ store: some ImageStore, onProgress: (Int) -> Void) throws {
    let image = try store.image(at: 0).image
    (height, width, channels) = (image.height, image.width, image.channels)
    // What a grey image counts as is known when the first coloured one is found.
    while let more = try look(at: store, onProgress) {
      channels = more
      (preparedCount, transparentCount, checksum, brightest, areAlike) = (0, 0, 0, 0, true)
    }
    if areAlike, store.count > 1 { poverty = ImageSet.poverty(ofAll: store.count, like: first) }
    first = []
  }

  /// - Returns: the channels of the first image that has more than ``channels``; nil if none has.
  private mutating func look(at store: some ImageStore, _ onProgress: (Int) -> Void) throws -> Int? {
    for start in stride(from: 0, to: store.count, by: Self.atOnce) {
      let places = start..<min(store.count, start + Self.atOnce)
      for (index, result) in zip(places, Self.read(places, of: store)) {
        let found = try result.get()
        if found.image.channels > channels { return found.image.channels }
        try add(found, index, store)
      }
      onProgress(places.upperBound)
    }
    return nil
  }

  private static let atOnce = 32
  private typealias Found = (image: DecodedImage, isPrepared: Bool)

  /// Some images, decoded on all threads.
  private static func read(_ places: Range<Int>, of store: some ImageStore) -> [Result<Found, any Error>] {
    var results = [Result<Found, any Error>?](repeating: nil, count: places.count)
    results.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let results = buffer
      Threads.parallelFor(places.count) { place in
        results[place] = Result { try store.image(at: places.lowerBound + place) }
      }
    }
    return results.compactMap(\.self)
  }

  private mutating func add(_ found: Found, _ index: Int, _ store: some ImageStore) throws {
    let image = found.image
    guard image.height == height, image.width == width else {
      throw ImageFolder.otherSize(store.path(of: index), image, height, width, store.path(of: 0))
    }
    if found.isPrepared { preparedCount += 1 }
    if image.isTransparent { transparentCount += 1 }
    // The brightest of all is of no interest.
    if brightest < 2 { brightest = max(brightest, image.pixels.max() ?? 0) }
    let pixels = image.channels == channels ? image.pixels : image.pixels.coloured(channels)
    if index == 0 { first = pixels }
    areAlike = areAlike && pixels == first
    checksum = pixels.withUnsafeBytes { CRC32.checksum($0, initial: checksum) }
  }
}

extension [UInt8] {
  /// Grey pixels with so many equal channels.
  func coloured(_ channels: Int) -> [UInt8] {
    channels == 1 ? self : flatMap { repeatElement($0, count: channels) }
  }
}
