import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

@Suite struct NetpbmTests {
  private func read(_ name: String) throws -> DecodedImage { try Netpbm.decode(fixture(name), path: name) }

  @Test func readsPlainAndBinaryFiles() throws {
    #expect(try read("plain.pgm") == DecodedImage(pixels: [0, 128, 255, 64, 191, 3], height: 2, width: 3, channels: 1))
    #expect(try read("plain.ppm") == DecodedImage(pixels: [1, 2, 3, 250, 251, 252], height: 1, width: 2, channels: 3))
    #expect(try read("deep.pgm") == DecodedImage(pixels: [0, 255, 128, 1], height: 2, width: 2, channels: 1))
    let pixels = try fixture("resized.pixels")
    #expect(try read("binary.ppm") == DecodedImage(pixels: pixels, height: 19, width: 21, channels: 3))
    let red = stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }
    #expect(try read("binary.pgm") == DecodedImage(pixels: red, height: 19, width: 21, channels: 1))
  }

  /// One is black, whatever it is in the other formats.
  @Test(arguments: ["P1\n3 2\n101010", "P1 3 2 1 0 1 # black\n0 1 0\n", "P4 3 2\n", "P4\n3\n2 "])
  func readsBlackAndWhite(text: String) throws {
    // Three bits in a byte, and what is behind them is of no interest.
    let bits: [UInt8] = text.hasPrefix("P1") ? [] : [0b1011_1111, 0b0100_0000]
    #expect(
      try Netpbm.decode(Array(text.utf8) + bits)
        == DecodedImage(pixels: [0, 255, 0, 255, 0, 255], height: 2, width: 3, channels: 1))
  }

  /// A comment right behind the last number is no pixels; behind the space it is some.
  @Test func commentsBeforePixels() throws {
    func pixels(_ text: String) throws -> [UInt8] { try Netpbm.decode(Array(text.utf8)).pixels }
    #expect(try pixels("P5 2 1 255# grey\nab") == Array("ab".utf8))
    #expect(try pixels("P5 2 1 255 #b") == Array("#b".utf8))
    #expect(try pixels("P4 8 2# bits\nab") == pixels("P4 8 2 ab"))
    #expect(try message { _ = try pixels("P5 1 1 255# grey") }.hasSuffix("expected 1 bytes of pixels, found 0"))
  }

  @Test(
    arguments: [
      ("P7 1 1\n0", "at byte 0: expected a PBM, PGM or PPM image (P1 to P6), found 50 37"),
      ("P1 1 1\n2", "at byte 7: expected a pixel of 0 or 1, found 32"),
      ("P1 3 3\n01 ", "expected 9 digits, found the end of the file"),
      ("P1 1 2\n0 ", "expected a pixel of 0 or 1, found the end of the file"),
      ("P4 9 2 abc", "expected 2 rows of 2 bytes, found 3 in all"),
      ("P5", "expected a PBM, PGM or PPM image"), ("P5 x", "at byte 3: expected a width, found 78"),
      ("P5 1 ", "at byte 5: expected a height, found the end of the file"),
      ("P5 1 1 0 ", "expected a largest value of 1 to 65535, found 0"),
      ("P5 1 0 9 ", "expected an image of 1×1 pixels up to 1000 bytes, found 0×1"),
      ("P6 99 99 9 ", "found 99×99"), ("P6 9999999999 9999999999 9 ", "found 9999999999×9999999999"),
      ("P5 2 2 255 abc", "expected 4 bytes of pixels, found 3"), ("P5 1 1 9 a", "expected a pixel of 0 to 9, found 97"),
      ("P2 2 2 9 1 2", "at byte 8: expected 4 numbers, found the end of the file"),
      ("P2 1 1 9 12 ", "expected a pixel of 0 to 9, found 12"), ("P2 1 1 9 1x", "expected a pixel, found 78"),
    ])
  func saysWhatIsWrong(text: String, expected: String) throws {
    let message = try message { _ = try Netpbm.decode(Array(text.utf8), path: "f", maximumSize: 1000) }
    #expect(message.contains(expected), "\(message)")
  }
}
