import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

private let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

/// The names of the fixtures of 6 rows and 5 columns.
private let fixtures =
  ["grey-1", "grey-2", "grey-4", "grey-8", "grey-16", "rgb-8", "rgb-16", "palette-1", "palette-2", "palette-4"]
  + ["palette-8", "grey-alpha-8", "grey-alpha-16", "rgba-8", "rgba-16", "grey-8-clear", "rgb-8-clear"]
  + ["pillow-L", "pillow-LA", "pillow-RGB", "pillow-RGBA"]

private func fourBytes(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

private func chunk(_ name: String, _ data: [UInt8] = []) -> [UInt8] {
  let body = Array(name.utf8) + data
  return fourBytes(data.count) + body + fourBytes(Int(CRC32.checksum(body)))
}

private func header(_ width: Int, _ height: Int, depth: UInt8 = 8, type: UInt8 = 0, rest: [UInt8] = [0, 0, 0])
  -> [UInt8]
{
  chunk("IHDR", fourBytes(width) + fourBytes(height) + [depth, type] + rest)
}

/// One grey pixel of 7 and its filter.
private let pixel = Deflate.zlib([0, 7])
private let end = chunk("IEND")

@Suite struct PNGReadingTests {
  @Test(arguments: fixtures) func readsEveryKind(name: String) throws {
    let image = try PNG.read(fixturePath("\(name).png"))
    let isGrey = name.contains("grey") || name.contains("-L")
    #expect((image.height, image.width, image.channels) == (6, 5, isGrey ? 1 : 3))
    #expect(try image.pixels == fixture("\(name).pixels"))
  }

  /// The bytes of the chunks in `file` that decide the pixels, and of what stands before them.
  private func decisive(_ file: [UInt8]) -> [Range<Int>] {
    var (result, start) = ([0..<8], 8)
    while start < file.count {
      let end = start + 12 + Int(bigEndian(file[start..<start + 4]))
      let name = String(decoding: file[start + 4..<start + 8], as: UTF8.self)
      if ["IHDR", "PLTE", "tRNS", "IDAT"].contains(name) { result.append(start..<end) }
      start = end
    }
    return result
  }

  /// What is damaged beside the pixels, or missing behind them, does not matter.
  @Test(arguments: fixtures) func everyTruncationAndEveryDamagedByteIsFoundOrHarmless(name: String) throws {
    let bytes = try fixture("\(name).png")
    let (whole, decisive) = (try PNG.decode(bytes), decisive(bytes))
    let pixelEnd = try #require(decisive.last?.upperBound)
    for length in bytes.indices {
      if length < pixelEnd {
        #expect(throws: FileError.self, "length \(length)") { try PNG.decode(Array(bytes[..<length])) }
      } else {
        #expect(try PNG.decode(Array(bytes[..<length])) == whole, "length \(length)")
      }
    }
    for index in bytes.indices {
      for flip: UInt8 in [1, 0x20, 0x80, 0xFF] {
        var damaged = bytes
        damaged[index] ^= flip
        let image = try? PNG.decode(damaged)
        #expect(image == nil || image == whole, "byte \(index) ^ \(flip)")
        if decisive.contains(where: { $0.contains(index) }) { #expect(image == nil, "byte \(index) ^ \(flip)") }
      }
    }
    #expect(try PNG.decode(bytes + [1, 2, 3]) == whole)
  }

  @Test(arguments: ["tEXt", "zTXt", "iTXt", "tIME", "pHYs", "gAMA", "sRGB", "bKGD", "eXIf", "prVt"])
  func damagedChunksBesideThePixelsAreSkipped(name: String) throws {
    var extra = chunk(name, [1, 2, 3, 4])
    extra[extra.count - 1] ^= 1
    for file in [header(1, 1) + extra + chunk("IDAT", pixel) + end, header(1, 1) + chunk("IDAT", pixel) + extra + end] {
      #expect(try PNG.decode(signature + file).pixels == [7])
    }
    // Transparency whose name alone is damaged.
    var clear = chunk("tRNS", [0, 7])
    clear[4] ^= 1
    #expect(throws: FileError.self) { try PNG.decode(signature + header(1, 1) + clear + chunk("IDAT", pixel) + end) }
  }

  @Test func imagesWithoutAnEndAreReadIfAllPixelsAreThere() throws {
    let file = signature + header(1, 1) + chunk("IDAT", pixel)
    #expect(try PNG.decode(file).pixels == [7])
    #expect(try PNG.decode(file + end.dropLast(3)).pixels == [7])
    #expect(try PNG.decode(file + [0, 0, 0, 0] + Array("IENE".utf8) + [0, 0, 0, 0]).pixels == [7])
    // Half of the pixels, and then the end of the file within a chunk.
    let half = signature + header(1, 1) + chunk("IDAT", Array(pixel.prefix(5)))
    #expect(
      try message { _ = try PNG.decode(half + chunk("IDAT", Array(pixel.dropFirst(5))).dropLast(), path: "f") }
        == "f: at byte 50: expected a chunk of at most \(pixel.count - 6) bytes, found one of \(pixel.count - 5): "
        + "the file is cut short")
  }

  /// As other programs do.
  @Test(
    arguments: [
      // Bytes behind the stream in the same chunk or another, rows that nobody needs, and no checksum of the stream.
      chunk("IDAT", pixel + [0]), chunk("IDAT", pixel) + chunk("IDAT", [1, 2, 3]),
      chunk("IDAT", Deflate.zlib([0, 7, 9])), chunk("IDAT", Deflate.zlib([0, 7] + noise(5000))),
      chunk("IDAT", pixel.dropLast()), chunk("IDAT", pixel.dropLast(4)),
      // What stands behind the pixels.
      chunk("IDAT", pixel) + chunk("tEXt") + chunk("IDAT"), chunk("IDAT", pixel) + chunk("tRNS", [0, 7]),
      chunk("IDAT", pixel) + chunk("PLTE", [1, 2]), chunk("IDAT", pixel) + chunk("ABCD"),
      // A palette of grey images.
      chunk("PLTE", [1, 2]) + chunk("IDAT", pixel),
    ] as [[UInt8]])
  func whatIsBehindThePixelsDoesNotMatter(rest: [UInt8]) throws {
    let image = try PNG.decode(signature + header(1, 1) + rest + end)
    #expect(image.pixels == [7] && !image.isTransparent)
  }

  @Test func pixelsInAnotherRunAreMissing() throws {
    let file =
      signature + header(1, 1) + chunk("IDAT", Array(pixel.prefix(5))) + chunk("tEXt")
      + chunk("IDAT", Array(pixel.dropFirst(5))) + end
    #expect(throws: FileError.self) { try PNG.decode(file) }
  }

  @Test func chunksThatDecideNothingInTheirKindOfImage() throws {
    let colour = chunk("IDAT", Deflate.zlib([0, 7, 8, 9]))
    // A palette to show colours with, as long as it likes.
    let palette = chunk("PLTE", [UInt8](repeating: 1, count: 1000))
    #expect(try PNG.decode(signature + header(1, 1, type: 2) + palette + colour + end).pixels == [7, 8, 9])
    // Transparency where there are opacities.
    let clear = chunk("tRNS", [0, 7, 0, 8, 0, 9])
    let image = try PNG.decode(
      signature + header(1, 1, type: 6) + clear + chunk("IDAT", Deflate.zlib([0, 7, 8, 9, 255])) + end)
    #expect(image.pixels == [7, 8, 9] && !image.isTransparent)
    // More opacities than colours.
    let entries = chunk("PLTE", [1, 2, 3]) + chunk("tRNS", [0, 9, 9])
    let entry = try PNG.decode(
      signature + header(1, 1, type: 3) + entries + chunk("IDAT", Deflate.zlib([0, 0])) + end, background: .white)
    #expect(entry.pixels == [255, 255, 255] && entry.isTransparent)
  }

  /// Colours that the palette does not have are black and opaque, as libpng makes them.
  @Test(arguments: [1, 2, 4, 8]) func coloursThatAreNotInThePalette(depth: Int) throws {
    // The samples 0 and 1 at the beginning of a row.
    let row: [UInt8] = depth == 8 ? [0, 1] : [1 << UInt8(8 - 2 * depth)]
    let file =
      signature + header(2, 1, depth: UInt8(depth), type: 3) + chunk("PLTE", [9, 8, 7]) + chunk("tRNS", [255, 0, 0])
      + chunk("IDAT", Deflate.zlib([0] + row)) + end
    let image = try PNG.decode(file, background: .white)
    #expect(image.pixels == [9, 8, 7, 0, 0, 0] && !image.isTransparent)
  }

  /// A palette may have more colours than samples can name.
  @Test(arguments: [1, 2, 4]) func palettesThatAreLongerThanNeeded(depth: Int) throws {
    let colours = (0..<256 * 3).map { UInt8(truncatingIfNeeded: $0) }
    let largest = 1 << depth - 1
    let row = [UInt8(largest << (8 - depth))]
    let file =
      signature + header(2, 1, depth: UInt8(depth), type: 3) + chunk("PLTE", colours)
      + chunk("IDAT", Deflate.zlib([0] + row)) + end
    #expect(try PNG.decode(file).pixels == (3 * largest..<3 * largest + 3).map { UInt8($0) } + [0, 1, 2])
  }

  /// Only as many bits as a sample has count.
  @Test func transparentColoursHaveTheBitsOfTheirSamples() throws {
    let grey = try PNG.decode(
      signature + header(1, 2) + chunk("tRNS", [0x12, 7]) + chunk("IDAT", Deflate.zlib([0, 7, 0, 8])) + end,
      background: .white)
    #expect(grey.pixels == [255, 8] && grey.isTransparent)
    let bits = try PNG.decode(
      signature + header(1, 2, depth: 1) + chunk("tRNS", [0, 0xFE]) + chunk("IDAT", Deflate.zlib([0, 0x80, 0, 0]))
        + end, background: .white)
    #expect(bits.pixels == [255, 255] && bits.isTransparent)
    let colour = try PNG.decode(
      signature + header(1, 1, type: 2) + chunk("tRNS", [9, 7, 9, 8, 9, 9])
        + chunk("IDAT", Deflate.zlib([0, 7, 8, 9])) + end)
    #expect(colour.pixels == [0, 0, 0] && colour.isTransparent)
  }

  /// Every value of a sample, against the formulas of the format.
  @Test(arguments: [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (16, 2), (8, 4), (16, 4), (8, 6), (16, 6)])
  func samplesBecomeBytes(depth: Int, type: Int) throws {
    let sampleCount = [0: 1, 2: 3, 4: 2, 6: 4][type] ?? 1
    let width = 32 / sampleCount * sampleCount
    let row = noise(width * sampleCount * depth / 8)
    let file =
      signature + header(width, 1, depth: UInt8(depth), type: UInt8(type)) + chunk("IDAT", Deflate.zlib([0] + row))
      + end
    let background = try #require(ImageBackground("#0a64c8"))
    let image = try PNG.decode(file, background: background)
    let most = Double(1 << depth - 1)
    let samples = (0..<width * sampleCount).map { index in
      let value = (0..<depth).reduce(0) { value, bit in
        let place = index * depth + bit
        return value << 1 | Int(row[place / 8] >> UInt8(7 - place % 8)) & 1
      }
      return (Double(value) / most * 255).rounded()
    }
    let hasOpacity = sampleCount == 2 || sampleCount == 4
    let colours = hasOpacity ? sampleCount - 1 : sampleCount
    #expect(image.channels == (hasOpacity ? 3 : colours) && image.isTransparent == hasOpacity)
    for place in image.pixels.indices {
      let (pixel, channel) = (place / image.channels, place % image.channels)
      let value = samples[pixel * sampleCount + (colours == 1 ? 0 : channel)]
      let opacity = hasOpacity ? samples[pixel * sampleCount + colours] / 255 : 1
      let expected = value * opacity + [10, 100, 200][channel] * (1 - opacity)
      #expect(abs(Double(image.pixels[place]) - expected) <= 0.5 + 1e-9, "place \(place)")
    }
  }

  @Test(arguments: fixtures) func transparentPixelsShowTheBackground(name: String) throws {
    let (black, white) = (
      try PNG.read(fixturePath("\(name).png")), try PNG.read(fixturePath("\(name).png"), background: .white)
    )
    let isOpaque = black.pixels == white.pixels
    #expect(black.isTransparent == !isOpaque && white.isTransparent == !isOpaque)
    let kinds = ["alpha", "rgba", "palette", "clear", "LA", "RGBA"]
    #expect(isOpaque == !kinds.contains { name.contains($0) })
    // Of a pixel over black and over white, the difference is what is seen through it.
    #expect(zip(black.pixels, white.pixels).allSatisfy { $0 <= $1 })
    let colour = try #require(ImageBackground("#0a64C8"))
    let coloured = try PNG.read(fixturePath("\(name).png"), background: colour)
    #expect(coloured.channels == (isOpaque ? black.channels : 3))
    guard !isOpaque else { return }
    for (place, value) in coloured.pixels.enumerated() {
      let old = black.channels == 3 ? place : place / 3
      let (low, seen) = (Double(black.pixels[old]), Double(white.pixels[old]) - Double(black.pixels[old]))
      let expected = low + seen / 255 * [10, 100, 200][place % 3]
      #expect(abs(Double(value) - expected) <= 1.5)
    }
  }

  @Test func coloursAsText() {
    #expect(ImageBackground("Black") == .black && ImageBackground("#ffFFff") == .white)
    #expect(ImageBackground("grey") == ImageBackground(red: 128, green: 128, blue: 128))
    #expect(ImageBackground("#010203") == ImageBackground(red: 1, green: 2, blue: 3))
    for text in ["", "#", "red", "#12345", "#1234567", "123456", "#12345g", "#-12345", "#+12345"] {
      #expect(ImageBackground(text) == nil, "\(text)")
    }
  }

  @Test(arguments: [(1, 1, 1), (1, 300, 3), (33, 20, 1)]) func readsWhatItWrites(height: Int, width: Int, channels: Int)
    throws
  {
    let image = DecodedImage(pixels: noise(height * width * channels), height: height, width: width, channels: channels)
    let file = PNG.encode(image.pixels, height: height, width: width, channels: channels)
    #expect(try PNG.decode(file) == image)
  }

  @Test(
    arguments: [
      ([], "at byte 0: expected a PNG signature (89 50 4e 47 0d 0a 1a 0a), found nothing"),
      (signature, "at byte 8: expected a PNG chunk, found the end of the file"),
      (signature + end, "at byte 8: expected the chunk IHDR first, found IEND"),
      (signature + chunk("IHDR", [1]), "at byte 8: expected a header of 13 bytes, found 1"),
      (signature + header(0, 1) + end, "expected an image of 1 to 2147483647 rows and columns, found 1×0"),
      (signature + header(1, 1 << 31) + end, "rows and columns, found 2147483648×1"),
      (signature + header(1, 1, depth: 3), "depth that goes with it, found type 0 of depth 3"),
      (signature + header(1, 1, depth: 4, type: 2), "found type 2 of depth 4"),
      (signature + header(1, 1, type: 5), "found type 5 of depth 8"),
      (signature + header(1, 1, rest: [1, 0, 0]), "expected compression and filter method 0, found 1 and 0"),
      (signature + header(1, 1, rest: [0, 0, 2]), "at byte 8: expected interlace method 0 or 1, found 2"),
      (signature + header(1, 1) + end, "at byte 33: expected pixels (IDAT) before the end, found none"),
      (signature + header(1, 1) + header(1, 1), "at byte 33: expected a chunk that PNG defines, found \"IHDR\""),
      (signature + header(1, 1) + chunk("ABCD"), "expected a chunk that PNG defines, found \"ABCD\""),
      (signature + header(1, 1) + chunk("ab\u{1b}d"), "the four letters of a chunk's name, found 61 62 1b 64"),
      (
        signature + header(1, 1) + [0xFF, 0xFF, 0xFF, 0xFF] + Array(chunk("IDAT", pixel).dropFirst(4)),
        "at byte 33: expected a chunk of at most 10 bytes, found one of 4294967295"
      ),
      (signature + header(1, 1, type: 3) + chunk("IDAT", pixel) + end, "expected a palette (PLTE), found none"),
      (signature + header(1, 1, type: 3) + chunk("PLTE"), "a palette of 1 to 256 times 3 bytes, found 0 bytes"),
      (
        signature + header(1, 1, type: 3) + chunk("PLTE", [1, 2]), "a palette of 1 to 256 times 3 bytes, found 2 bytes"
      ),
      (
        signature + header(1, 1, type: 3) + chunk("PLTE", [1, 2, 3]) + chunk("PLTE", [1, 2, 3]),
        "expected one palette, before the pixels, found another PLTE"
      ),
      (signature + header(1, 1) + chunk("tRNS", [1]), "transparency that fits the colours, found 1 byte"),
      (
        signature + header(1, 1) + chunk("IDAT", Deflate.zlib([5, 7])) + end,
        "f: expected a filter of 0 to 4 in row 0, found 5"
      ),
      (signature + header(1, 1) + chunk("IDAT", [1]) + end, "expected a zlib stream, found 1 byte"),
      (
        signature + header(1, 1) + chunk("IDAT", [0x78, 2] + pixel.dropFirst(2)) + end,
        "at byte 41: expected the header of a zlib stream without dictionary, found 78 02"
      ),
      (
        signature + header(1, 1) + chunk("IDAT", [0x78, 0x20] + pixel.dropFirst(2)) + end,
        "at byte 41: expected the header of a zlib stream without dictionary, found 78 20"
      ),
      (signature + header(1, 2) + chunk("IDAT", pixel) + end, "expected 4 bytes of pixels and filters, found 2"),
      (
        signature + header(1, 1) + chunk("IDAT", pixel.dropLast() + [9]) + end,
        "expected the pixels' checksum 90008, found 00 09 00 09"
      ),
    ] as [([UInt8], String)])
  func namesWhatIsWrong(bytes: [UInt8], expected: String) throws {
    let text = try message { _ = try PNG.decode(bytes, path: "f") }
    #expect(text.contains(expected), "\(text)")
  }

  @Test func offsetsInTheStreamArePlacesInTheFile() throws {
    // The second of two IDAT chunks, the first of which holds two bytes, begins its data at 33 + 12 + 2 + 8.
    let file = signature + header(1, 1) + chunk("IDAT", [0x78, 1]) + chunk("IDAT", [7, 0, 0, 0, 0, 0]) + end
    let text = try message { _ = try PNG.decode(file, path: "f") }
    #expect(text.hasPrefix("f: at byte 5"))
    #expect(text.hasSuffix("expected a stored, fixed or dynamic block, found the reserved block type 3"))
  }

  @Test func claimedSizesAllocateNothing() throws {
    let largest = (1 << 31) - 1
    for (type, depth) in [(UInt8(0), UInt8(1)), (2, 8), (6, 16)] {
      let file = signature + header(largest, largest, depth: depth, type: type) + chunk("IDAT", pixel) + end
      #expect(throws: FileError.self) { try PNG.decode(file, maximumSize: .max) }
      #expect(try message { _ = try PNG.decode(file) }.contains("expected an image of at most 1073741824 bytes"))
    }
    // Below the limit, but more than the compressed bytes can hold.
    let file = signature + header(30_000, 30_000) + chunk("IDAT", pixel) + end
    #expect(try message { _ = try PNG.decode(file) }.contains("expected pixels that 10 compressed bytes can hold"))
    let image = PNG.encode(noise(64), height: 8, width: 8)
    #expect(try PNG.decode(image, maximumSize: 64).pixels.count == 64)
    #expect(throws: FileError.self) { try PNG.decode(image, maximumSize: 63) }
  }
}
