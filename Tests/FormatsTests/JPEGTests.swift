import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

private let fixtures =
  ["grey", "grey-progressive", "444", "422", "420", "411", "progressive", "restarts", "rgb", "rough", "cmyk", "ycck"]
  + (2...8).map { "turned-\($0)" }

/// A segment of a JPEG file.
private func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
  [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
}

private let start: [UInt8] = [0xFF, 0xD8]
private let end: [UInt8] = [0xFF, 0xD9]

/// A frame header of grey pixels.
private func frame(_ height: UInt8, _ width: UInt8, _ marker: UInt8 = 0xC0, bits: UInt8 = 8) -> [UInt8] {
  segment(marker, [bits, 0, height, 0, width, 1, 7, 0x11, 0])
}

private let steps = segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
/// One code of one bit, 0, which stands for 0: no difference, and the end of a block.
private let codes = [UInt8(0x00), 0x10].flatMap {
  segment(0xC4, [$0, 1] + [UInt8](repeating: 0, count: 15) + [0])
}
private let scan = segment(0xDA, [1, 7, 0, 0, 63, 0])

@Suite struct JPEGTests {
  @Test(arguments: fixtures) func readsWhatPillowReads(name: String) throws {
    let image = try JPEG.read(fixturePath("jpeg-\(name).jpg"))
    let expected = try fixture("jpeg-\(name).pixels")
    let size = expected.prefix(5).map(Int.init)
    #expect(image.height == size[0] + size[1] << 8 && image.width == size[2] + size[3] << 8)
    #expect(image.channels == size[4] && image.pixels == Array(expected.dropFirst(5)))
  }

  /// Damage to what is no metadata is no crash, and a file that is cut short is one error, if pixels are missing.
  @Test(arguments: ["420", "progressive", "restarts", "grey"])
  func truncationsAndDamage(name: String) throws {
    let bytes = try fixture("jpeg-\(name).jpg")
    for length in 0..<bytes.count - 2 {
      #expect(throws: FileError.self, "length \(length)") { try JPEG.decode(Array(bytes[..<length])) }
    }
    for length in bytes.count - 2..<bytes.count {
      #expect(try JPEG.decode(Array(bytes[..<length])) == JPEG.decode(bytes), "length \(length)")
    }
    for index in bytes.indices {
      for flip: UInt8 in [1, 0x10, 0x80, 0xFF] {
        var damaged = bytes
        damaged[index] ^= flip
        _ = try? JPEG.decode(damaged, maximumSize: 1 << 16)
      }
    }
    #expect(try JPEG.decode(bytes + [1, 2, 3]) == JPEG.decode(bytes))
  }

  /// Nothing but zeros is the grey in the middle.
  @Test func smallestImage() throws {
    let image = try JPEG.decode(start + steps + codes + frame(3, 2) + scan + [0x00] + end)
    #expect(image == DecodedImage(pixels: [UInt8](repeating: 128, count: 6), height: 3, width: 2, channels: 1))
    // Fill bytes may stand before a marker, metadata anywhere.
    let filled = try JPEG.decode(
      start + segment(0xFE, [1, 2]) + steps + [0xFF, 0xFF] + codes + frame(3, 2) + scan + [0x3F, 0xFF] + end)
    #expect(filled == image)
  }

  /// What cameras and other programs leave behind pixels and between segments, and libjpeg takes no notice of.
  @Test func padding() throws {
    let bytes = try fixture("jpeg-restarts.jpg")
    let image = try JPEG.decode(bytes)
    let pixels = bytes.dropLast(2)
    #expect(try JPEG.decode(pixels + [UInt8](repeating: 0, count: 100) + end) == image)
    #expect(try JPEG.decode(pixels + [1, 2, 3, 0xFF, 0x00, 4, 0xFF, 0xD3, 5] + end) == image)
    let tables = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDB })
    #expect(try JPEG.decode(bytes[..<tables] + [0, 0] + bytes[tables...]) == image)
    let marker = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xD0 })
    var filled = bytes
    filled.insert(contentsOf: [0xFF, 0xFF], at: marker)
    #expect(try JPEG.decode(filled) == image)
  }

  @Test(
    arguments: [
      ([], "at byte 0: expected a JPEG image (ff d8 ff), found nothing"),
      (start + end, "at byte 4: expected an image before the end, found none"),
      (start + frame(1, 1, 0xC3), "expected a baseline or progressive JPEG image, found a lossless one"),
      (start + frame(1, 1, 0xC5), "found a hierarchical one"),
      (start + frame(1, 1, 0xC9), "found one with arithmetic coding"),
      (start + frame(1, 1, bits: 12), "expected 8 bits a sample, found 12"),
      (start + frame(0, 1), "expected an image of at least 1×1 pixels, found a height that comes after the pixels"),
      (
        start + segment(0xC0, [8, 0, 1, 0, 1, 2]),
        "expected a grey image, or one of three or four colours, found 2 channels"
      ),
      (
        start + segment(0xC0, [8, 0, 9, 0, 9, 3, 1, 0x31, 0, 2, 0x21, 0, 3, 0x11, 0]),
        "expected samplings that divide each other, found 2×1 beside 3×1"
      ),
      (start + frame(1, 1) + frame(1, 1), "expected one image, found another"),
      (start + scan, "expected the size of the image before its pixels, found pixels"),
      (start + frame(1, 1) + scan, "expected the quantization table 0 before the pixels, found none"),
      (start + steps + frame(1, 1) + scan, "expected the Huffman table 0 before the pixels, found none"),
      (start + steps + codes + frame(1, 1) + end, "expected pixels of all 1 channels, found none of channel 7"),
      (start + steps + codes + frame(200, 200) + scan + [0] + end, "expected pixels, found a marker within them"),
      (
        start + steps + codes + frame(200, 200) + scan + [0],
        "expected pixels, found the end of the file: it is cut short"
      ),
      (start + steps, "expected a marker, found the end of the file: it is cut short"),
      (start + segment(0xC0, [8, 20, 0, 20, 0, 1, 7, 0x11, 0]), "expected pixels that 15 bytes can hold"),
      (start + segment(0xC4, [0, 3] + [UInt8](repeating: 0, count: 15) + [1, 2, 3]), "too many short ones"),
      (start + [0x12], "expected a JPEG image (ff d8 ff), found ff d8 12"),
      (start + segment(0xFE, []) + [0x12], "at byte 6: expected a marker, found the end of the file: it is cut short"),
    ] as [([UInt8], String)])
  func saysWhatIsWrong(bytes: [UInt8], text: String) throws {
    let message = try message { _ = try JPEG.decode(bytes, path: "f") }
    #expect(message.contains(text), "\(message)")
  }

  /// The transform against the sum of cosines that it stands for (ITU-T T.81, A.3.3), in double precision.
  @Test func transformIsThatOfTheStandard() {
    var state: UInt32 = 1
    func next() -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 16)
    }
    for _ in 0..<200 {
      let coefficients = (0..<64).map { Int16(next() % (1 + 400 / (1 + $0)) - 200 / (1 + $0)) }
      var samples = [UInt8](repeating: 0, count: 64)
      JPEGTransform.samples(of: coefficients, steps: [UInt16](repeating: 2, count: 64), to: &samples, stride: 8)
      for y in 0..<8 {
        for x in 0..<8 {
          var sum = 0.0
          for v in 0..<8 {
            for u in 0..<8 {
              let scale = (u == 0 ? 0.5.squareRoot() : 1) * (v == 0 ? 0.5.squareRoot() : 1) / 4
              sum +=
                scale * 2 * Double(coefficients[v * 8 + u]) * cosine((2 * x + 1) * u) * cosine((2 * y + 1) * v)
            }
          }
          #expect(abs(Double(samples[y * 8 + x]) - min(max(sum + 128, 0), 255)) <= 1)
        }
      }
    }
  }

  /// The cosine of so many sixteenths of half a turn.
  private func cosine(_ sixteenths: Int) -> Double { cos(Double(sixteenths) * .pi / 16) }
}
