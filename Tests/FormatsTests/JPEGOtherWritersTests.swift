import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

/// A segment of a JPEG file.
private func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
  [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
}

private let end: [UInt8] = [0xFF, 0xD9]

/// Files that are written in unusual ways, and that libjpeg and Pillow read.
@Suite struct JPEGOtherWritersTests {
  /// An image of 19 rows and 21 columns in three channels, where the segments of its file begin that is of interest here.
  private let bytes: [UInt8]
  private let image: DecodedImage
  private let frame = 158
  private let scan = 609

  init() throws {
    bytes = try fixture("jpeg-420.jpg")
    image = try JPEG.decode(bytes)
    try #require(bytes[frame...].starts(with: [0xFF, 0xC0]) && bytes[scan...].starts(with: [0xFF, 0xDA]))
  }

  /// The file with `more` behind its first two bytes.
  private func beginning(_ more: [UInt8]) -> [UInt8] { bytes[..<2] + more + bytes[2...] }

  /// The file with other names for its channels.
  private func named(_ names: [UInt8]) -> [UInt8] {
    var result = bytes
    for (index, name) in names.enumerated() {
      result[frame + 10 + 3 * index] = name
      result[scan + 5 + 2 * index] = name
    }
    return result
  }

  @Test func channelsOfOneName() throws {
    #expect(try JPEG.decode(named([1, 1, 1])) == image)
    #expect(try JPEG.decode(named([0, 7, 7])) == image)
    var other = named([1, 1, 2])
    other[scan + 9] = 1
    #expect(try message { _ = try JPEG.decode(other) }.hasSuffix("expected different channels, found channel 1"))
  }

  /// In scans of one channel it cannot be told which of them is meant.
  @Test func channelsOfOneNameOneByOne() throws {
    var bytes = try fixture("jpeg-progressive.jpg")
    let markers = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && [0xC2, 0xDA].contains(bytes[$0 + 1]) }
    for marker in markers {
      let isFrame = bytes[marker + 1] == 0xC2
      let (first, step) = isFrame ? (marker + 10, 3) : (marker + 5, 2)
      for index in 0..<Int(bytes[first - 1]) { bytes[first + step * index] = 1 }
    }
    let text = try message { _ = try JPEG.decode(bytes) }
    #expect(text.hasSuffix("expected channels of different names, found 3 of the name 1"))
  }

  /// A beginning of JFIF's segment is none: then channels that are called R, G and B are that.
  @Test func shortSegmentsOfJFIF() throws {
    let names = named(Array("RGB".utf8))
    let without = try JPEG.decode(Array(names[..<2] + names[20...]))
    #expect(try JPEG.decode(names) == image && without != image)
    let short = segment(0xE0, Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0])
    #expect(try JPEG.decode(names[..<2] + short + names[20...]) == without)
  }

  /// Exif's segment with an orientation as a number of two bytes (3) or four (4), the highest first or last.
  private func exif(_ orientation: UInt8, type: UInt8 = 3, isBig: Bool = false) -> [UInt8] {
    func number(_ value: UInt8, _ count: Int) -> [UInt8] {
      let zeros = [UInt8](repeating: 0, count: count - 1)
      return isBig ? zeros + [value] : [value] + zeros
    }
    let value = type == 3 ? number(orientation, 2) + [0, 0] : number(orientation, 4)
    let tag: [UInt8] = isBig ? [1, 0x12] : [0x12, 1]
    let start = Array((isBig ? "Exif\0\0MM" : "Exif\0\0II").utf8) + number(42, 2) + number(8, 4)
    let entry = tag + number(type, 2) + number(1, 4) + value
    return segment(0xE1, start + number(1, 2) + entry + [0, 0, 0, 0])
  }

  @Test func orientations() throws {
    for orientation: UInt8 in 1...8 {
      let turned = image.oriented(Int(orientation))
      #expect((turned == image) == (orientation == 1))
      for isBig in [false, true] {
        for type: UInt8 in [3, 4] {
          let file = beginning(exif(orientation, type: type, isBig: isBig))
          #expect(try JPEG.decode(file) == turned, "\(orientation), \(type), \(isBig)")
        }
      }
    }
    // No number, then none that makes sense, then the first that does.
    #expect(try JPEG.decode(beginning(exif(6, type: 2))) == image)
    #expect(try JPEG.decode(beginning(exif(9) + exif(6) + exif(3))) == image.oriented(6))
  }

  @Test func heightsBehindPixels() throws {
    let pixels = Array(bytes.dropLast(2))
    #expect(try JPEG.decode(pixels + segment(0xDC, [0, 19]) + end) == image)
    for (height, found) in [([0, 20], "20"), ([0], "0"), ([1, 19], "275")] as [([UInt8], String)] {
      #expect(
        try message { _ = try JPEG.decode(pixels + segment(0xDC, height) + end) }.hasSuffix(
          "expected the height 19 again, found \(found)"))
    }
    #expect(
      try message { _ = try JPEG.decode(beginning(segment(0xDC, [0, 19]))) }.contains("expected an image before its"))
  }

  /// What stands between segments and is none.
  @Test(
    arguments: [
      [1, 2, 3], [0xFF, 0], [0xFF, 0xD3], [0xFF, 1], [9, 0xFF, 0xFF, 0, 9],
      // The conditions of arithmetic coding, which is not used.
      segment(0xCC, [0, 0x10]),
    ] as [[UInt8]])
  func strayBytes(stray: [UInt8]) throws {
    #expect(try JPEG.decode(bytes[..<frame] + stray + bytes[frame...]) == image)
    #expect(try JPEG.decode(bytes[..<scan] + stray + bytes[scan...]) == image)
  }
}
