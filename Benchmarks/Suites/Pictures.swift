import Latent
import LatentBenchmarkHarness

/// Pictures in files as people have them: what a streamed folder costs before anything is learned from it.
let pictures = BenchmarkSuite(name: "pictures") { suite in
  let (height, width) = (768, 1024)
  suite.benchmark("jpeg-1024x768", .bytes(3 * height * width)) {
    NoisyJPEG.make(height: height, width: width)
  } body: { file in
    blackHole(try JPEG.decode(file))
  }
  suite.benchmark("png-1024x768", .bytes(3 * height * width)) {
    let image = try JPEG.decode(NoisyJPEG.make(height: height, width: width))
    return PNG.encode(image.pixels, height: height, width: width, channels: 3)
  } body: { file in
    blackHole(try PNG.decode(file))
  }
}

/// A JPEG file of noise, baseline and with colours of half the size, about as many coefficients as a photograph has, and
/// codes of one length.
private enum NoisyJPEG {
  static func make(height: Int, width: Int) -> [UInt8] {
    var file: [UInt8] = [0xFF, 0xD8]
    append(0xDB, [0] + [UInt8](repeating: 3, count: 64), to: &file)
    let size = [UInt8(height >> 8), UInt8(height & 255), UInt8(width >> 8), UInt8(width & 255)]
    append(0xC0, [8] + size + [3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0], to: &file)
    append(0xC4, [0x00] + counts(of: 4, differences.count) + differences, to: &file)
    append(0xC4, [0x10] + counts(of: 8, others.count) + others, to: &file)
    append(0xDA, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0], to: &file)
    var bits = Bits()
    var generator = RandomGenerator(seed: 1)
    for _ in 0..<(height + 15) / 16 * ((width + 15) / 16) {
      for _ in 0..<6 { addBlock(&bits, &generator) }
    }
    return file + bits.finished() + [0xFF, 0xD9]
  }

  /// How many bits a difference of means has, and what its code stands for.
  private static let differences = [UInt8](0...11)
  /// The end of a block; then, for each run of zeros, so many bits.
  private static let others: [UInt8] = [0] + (0..<16).flatMap { run in (1...10).map { UInt8(run << 4 | $0) } }

  private static func counts(of length: Int, _ count: Int) -> [UInt8] {
    (1...16).map { $0 == length ? UInt8(count) : 0 }
  }

  private static func append(_ marker: UInt8, _ data: [UInt8], to file: inout [UInt8]) {
    file += [0xFF, marker, UInt8((data.count + 2) >> 8), UInt8((data.count + 2) & 255)] + data
  }

  /// A mean and some of the first coefficients, which become smaller and rarer.
  private static func addBlock(_ bits: inout Bits, _ generator: inout RandomGenerator) {
    func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: generator.next() >> 8) % bound }
    // A difference of two bits, 2, 3, -2 or -3: the mean drifts slowly.
    bits.add(2, count: 4)
    bits.add(below(4), count: 2)
    var place = 1 + below(2)
    while place < 40 {
      let run = below(1 + place / 4) % 16
      place += run + 1
      guard place <= 63, below(16) > 0 else { break }
      let length = max(1, 5 - place / 6)
      bits.add(1 + run * 10 + length - 1, count: 8)
      bits.add(below(1 << length), count: length)
    }
    bits.add(0, count: 8)
  }

  /// Bits, the first in the highest places, with a zero after each byte of ones.
  private struct Bits {
    private var bytes: [UInt8] = []
    private var (buffer, count) = (0, 0)

    mutating func add(_ value: Int, count added: Int) {
      buffer = buffer << added | value
      count += added
      while count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> count))
        if bytes[bytes.count - 1] == 0xFF { bytes.append(0) }
      }
      buffer &= 1 << count - 1
    }

    /// All bytes, the last one filled with ones.
    func finished() -> [UInt8] {
      var bits = self
      if count > 0 { bits.add(1 << (8 - count) - 1, count: 8 - count) }
      return bits.bytes
    }
  }
}
