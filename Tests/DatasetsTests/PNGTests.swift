import Tensor
import Testing

@testable import Datasets

/// A decoder of the files `PNG` writes, by the specification's letter and nothing more.
private struct DecodedPNG {
  var height = 0
  var width = 0
  var channels = 0
  var pixels = [UInt8]()

  init(_ file: [UInt8]) throws {
    func number(_ start: Int) -> Int { file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(Array(file[..<8]) == [137, 80, 78, 71, 13, 10, 26, 10])
    var position = 8
    var types = [String]()
    var stream = [UInt8]()
    while position < file.count {
      let length = number(position)
      let body = position + 4..<position + 8 + length
      types.append(String(decoding: file[body].prefix(4), as: UTF8.self))
      #expect(Int(CRC32.checksum(Array(file[body]))) == number(body.upperBound))
      if types.last == "IHDR" {
        (width, height) = (number(position + 8), number(position + 12))
        #expect(file[position + 16] == 8)
        channels = file[position + 17] == 0 ? 1 : 3
      }
      if types.last == "IDAT" { stream += file[body].dropFirst(4) }
      position = body.upperBound + 4
    }
    #expect(types == ["IHDR", "IDAT", "IEND"])
    #expect((Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0)
    var rows = [UInt8]()
    let end = try stream.withUnsafeBytes { input in
      var inflater = Inflater(input, path: "IDAT", maximumSize: 1 << 24)
      let end = try inflater.inflate(from: 2)
      rows = Array(UnsafeBufferPointer(start: inflater.output.base, count: inflater.output.count))
      return end
    }
    #expect(stream[end...].reduce(0) { $0 << 8 | UInt32($1) } == Adler32.checksum(rows))
    #expect(rows.count == height * (1 + width * channels))
    for row in 0..<height {
      let start = row * (1 + width * channels)
      #expect(rows[start] == 0)
      pixels += rows[start + 1..<start + 1 + width * channels]
    }
  }
}

@Suite struct PNGTests {
  @Test(arguments: [(1, 1, 1), (1, 1, 3), (5, 7, 1), (3, 4, 3), (64, 300, 3)])
  func roundTrip(height: Int, width: Int, channels: Int) throws {
    let pixels = noise(height * width * channels)
    let image = try DecodedPNG(PNG.encode(pixels, height: height, width: width, channels: channels))
    #expect((image.height, image.width, image.channels) == (height, width, channels))
    #expect(image.pixels == pixels)
  }

  @Test func drawingsGetSmaller() throws {
    let digits = BuiltInDigits.make(count: 100)
    let grid = SampleGrid(digits, columns: 10)
    let file = PNG.encode(grid.pixels, height: grid.height, width: grid.width)
    #expect(try DecodedPNG(file).pixels == grid.pixels)
    #expect(file.count * 2 < grid.pixels.count)
  }

  @Test func writesGridFiles() throws {
    try withTemporaryFolder { folder in
      let digits = BuiltInDigits.make(count: 7)
      try PNG.writeGrid(digits, columns: 4, to: "\(folder)/grid.png")
      let image = try DecodedPNG(AtomicFile.read("\(folder)/grid.png"))
      #expect((image.height, image.width) == (2 * 30 + 2, 4 * 30 + 2))
    }
  }

  @Test func wrongSizeStops() async {
    await #expect(processExitsWith: .failure) { _ = PNG.encode([1, 2, 3], height: 2, width: 2) }
  }
}

@Suite struct SampleGridTests {
  @Test func arrangesImagesWithABorder() throws {
    let images = try ImageSet(pixels: [1, 2, 3, 4, 5, 6], height: 1, width: 2)
    let grid = SampleGrid(images, columns: 2, border: 1, grey: 9)
    #expect((grid.height, grid.width, grid.channels) == (5, 7, 1))
    #expect(
      grid.pixels == [
        9, 9, 9, 9, 9, 9, 9,
        9, 1, 2, 9, 3, 4, 9,
        9, 9, 9, 9, 9, 9, 9,
        9, 5, 6, 9, 9, 9, 9,
        9, 9, 9, 9, 9, 9, 9,
      ])
  }

  @Test func keepsColours() throws {
    let images = try ImageSet(pixels: [1, 2, 3, 4, 5, 6], height: 1, width: 1, channels: 3)
    let grid = SampleGrid(images, columns: 8, border: 0)
    #expect((grid.height, grid.width, grid.channels) == (1, 2, 3))
    #expect(grid.pixels == [1, 2, 3, 4, 5, 6])
  }
}

@Suite struct NumPyTests {
  @Test func matchesNumPy() {
    // numpy.save of numpy.array([[1, -2.5, 0]], dtype="<f4").
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }"
    let expected: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
      + [UInt8](repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
      + [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0, 0, 0, 0, 0]
    #expect(NumPy.encode([1, -2.5, 0], shape: [1, 3]) == expected)
  }

  @Test(arguments: [([], 1), ([4], 4), ([2, 0], 0), ([1, 2, 3, 4], 24)] as [([Int], Int)])
  func alignsItsData(shape: [Int], count: Int) {
    let file = NumPy.encode([Float](repeating: 1, count: count), shape: shape)
    #expect((file.count - 4 * count) % 64 == 0)
    #expect(shape.count != 1 || String(decoding: file, as: UTF8.self).contains("'shape': (4,), }"))
  }
}
