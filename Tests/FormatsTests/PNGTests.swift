import LatentTestSupport
import Testing

@testable import LatentFormats

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

  @Test func wrongSizeStops() async {
    await #expect(processExitsWith: .failure) { _ = PNG.encode([1, 2, 3], height: 2, width: 2) }
  }
}
