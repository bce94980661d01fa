import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

private func fourBytes(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

private func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
  let body = Array(name.utf8) + data
  return fourBytes(data.count) + body + fourBytes(Int(CRC32.checksum(body)))
}

/// An image in a PNG file, stored both ways, by an encoder of its own that goes by the pattern of the passes.
struct InterlacedSample: CustomTestStringConvertible {
  let colourType: UInt8
  let depth: Int

  var testDescription: String { "type \(colourType) of depth \(depth)" }

  private var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colourType] ?? 1 }

  /// In which pass each pixel of an 8×8 block lies (ISO/IEC 15948, section 8.2).
  private static let passes = [
    [1, 6, 4, 6, 2, 6, 4, 6], [7, 7, 7, 7, 7, 7, 7, 7], [5, 6, 5, 6, 5, 6, 5, 6], [7, 7, 7, 7, 7, 7, 7, 7],
    [3, 6, 4, 6, 3, 6, 4, 6], [7, 7, 7, 7, 7, 7, 7, 7], [5, 6, 5, 6, 5, 6, 5, 6], [7, 7, 7, 7, 7, 7, 7, 7],
  ]

  /// The same pixels in rows of the whole image, and in rows of seven passes.
  func files(height: Int, width: Int) -> (plain: [UInt8], interlaced: [UInt8]) {
    let noise = noise(height * width * channels * 2, seed: UInt64(height * 64 + width))
    func pixel(_ row: Int, _ column: Int) -> [Int] {
      (0..<channels).map { channel in
        let place = 2 * ((row * width + column) * channels + channel)
        return (Int(noise[place]) << 8 | Int(noise[place + 1])) >> (16 - depth)
      }
    }
    func rows(_ isChosen: (Int, Int) -> Bool) -> [[Int]] {
      (0..<height).compactMap { row in
        let samples = (0..<width).filter { isChosen(row, $0) }.flatMap { pixel(row, $0) }
        return samples.isEmpty ? nil : samples
      }
    }
    let passes = (1...7).flatMap { pass in filtered(rows { Self.passes[$0 % 8][$1 % 8] == pass }) }
    return (file(height, width, filtered(rows { _, _ in true }), 0), file(height, width, passes, 1))
  }

  private func file(_ height: Int, _ width: Int, _ rows: [UInt8], _ interlace: UInt8) -> [UInt8] {
    let header = fourBytes(width) + fourBytes(height) + [UInt8(depth), colourType, 0, 0, interlace]
    let palette = (0..<3 << min(depth, 8)).map { UInt8(truncatingIfNeeded: $0 * 89) }
    let before = PNGFile.signature + chunk("IHDR", header) + (colourType == 3 ? chunk("PLTE", palette) : [])
    return before + chunk("IDAT", Deflate.zlib(rows)) + chunk("IEND", [])
  }

  /// Packed rows with filters in turn, of the formulas in section 9.
  private func filtered(_ rows: [[Int]]) -> [UInt8] {
    let packed = rows.map(packed)
    let step = max(1, channels * depth / 8)
    return packed.indices.flatMap { index -> [UInt8] in
      let (row, kind) = (packed[index], (index + 1) % 5)
      return [UInt8(kind)]
        + row.indices.map { place in
          let left = place < step ? 0 : Int(row[place - step])
          let up = index == 0 ? 0 : Int(packed[index - 1][place])
          let corner = place < step || index == 0 ? 0 : Int(packed[index - 1][place - step])
          let guess = left + up - corner
          let nearest = [left, up, corner].min { abs(guess - $0) < abs(guess - $1) } ?? 0
          return row[place] &- UInt8([0, left, up, (left + up) / 2, nearest][kind])
        }
    }
  }

  private func packed(_ samples: [Int]) -> [UInt8] {
    guard depth < 16 else { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    var bytes = [UInt8](repeating: 0, count: (samples.count * depth + 7) / 8)
    for (index, sample) in samples.enumerated() {
      bytes[index * depth / 8] |= UInt8(sample << (8 - depth - index * depth % 8))
    }
    return bytes
  }
}

@Suite struct PNGInterlacedTests {
  /// Every colour type with every depth that it can have.
  private static let samples = [
    (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]),
  ]
  .flatMap { type, depths in depths.map { InterlacedSample(colourType: UInt8(type), depth: $0) } }

  @Test(arguments: samples) func pixelsAreThoseOfTheSameImageInOnePiece(sample: InterlacedSample) throws {
    for (height, width) in (1...9).flatMap({ height in (1...9).map { (height, $0) } }) + [(1, 33), (17, 16), (20, 3)] {
      let files = sample.files(height: height, width: width)
      let (plain, interlaced) = (try PNG.decode(files.plain), try PNG.decode(files.interlaced))
      #expect(plain == interlaced, "\(height)×\(width)")
      #expect((interlaced.height, interlaced.width) == (height, width))
    }
  }

  @Test func everyTruncationIsFound() throws {
    let file = InterlacedSample(colourType: 2, depth: 8).files(height: 5, width: 6).interlaced
    for length in 0..<file.count - 12 {
      #expect(throws: FileError.self, "length \(length)") { try PNG.decode(Array(file[..<length])) }
    }
  }

  @Test func passesCoverEachPixelOnce() {
    for (height, width) in [(1, 1), (1, 5), (5, 1), (8, 8), (13, 22)] {
      var counts = [Int](repeating: 0, count: height * width)
      for pass in PNGPass.all(height: height, width: width, bitsPerPixel: 1, isInterlaced: true) {
        for row in 0..<pass.rows {
          for column in 0..<pass.columns {
            counts[
              (pass.firstRow + row * pass.rowStep) * width + pass.firstColumn + column * pass.columnStep] += 1
          }
        }
      }
      #expect(counts.allSatisfy { $0 == 1 })
    }
  }

  @Test func claimedSizesAllocateNothing() throws {
    let largest = [UInt8(0x7F), 0xFF, 0xFF, 0xFF]
    for (type, depth) in [(UInt8(0), UInt8(1)), (0, 16), (6, 16)] {
      let header: [UInt8] = largest + largest + [depth, type, 0, 0, 1]
      let file = PNGFile.signature + chunk("IHDR", header) + chunk("IDAT", Deflate.zlib([0, 7]))
      #expect(throws: FileError.self) { try PNG.decode(file, maximumSize: .max) }
    }
  }
}
