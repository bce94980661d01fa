import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

/// The name of each compressed fixture that holds `text.bin`.
private let textFixtures = ["stored", "fixed", "dynamic", "huffman-only", "header", "members", "python"]

@Suite struct GzipTests {
  @Test(arguments: textFixtures) func readsEachKindOfBlock(name: String) throws {
    #expect(try Gzip.decompress(fixture("\(name).gz")) == fixture("text.bin"))
  }

  @Test func readsEmptyAndSmallFiles() throws {
    #expect(try Gzip.decompress(fixture("empty.gz")) == [])
    #expect(try Gzip.decompress(fixture("small.gz")) == Array("hello, hello, hello: a small file\n".utf8))
  }

  @Test func readsCodesLongerThanTheFirstTable() throws {
    let data = try Gzip.decompress(fixture("long-codes.gz"))
    // Symbol k occurs as often as the k-th Fibonacci number says.
    var counts = [UInt8: Int]()
    for byte in data { counts[byte, default: 0] += 1 }
    var (current, next) = (1, 1)
    for symbol in 0..<22 {
      #expect(counts[UInt8(symbol * 11)] == current)
      (current, next) = (next, current + next)
    }
  }

  @Test(arguments: ["stored", "fixed", "dynamic", "huffman-only", "header", "small"])
  func rejectsEveryTruncation(name: String) throws {
    let bytes = try fixture("\(name).gz")
    for length in 0..<bytes.count {
      #expect(throws: FileError.self, "length \(length)") { try Gzip.decompress(Array(bytes[..<length])) }
    }
  }

  @Test func truncationBetweenMembersGivesTheEarlierOnes() throws {
    let bytes = try fixture("members.gz")
    let text = try fixture("text.bin")
    var wholeMembers = 0
    for length in 0..<bytes.count {
      guard let data = try? Gzip.decompress(Array(bytes[..<length])) else { continue }
      #expect(data == Array(text[..<500]))
      wholeMembers += 1
    }
    // After the first and after the second, empty member.
    #expect(wholeMembers == 2)
  }

  @Test(arguments: ["small", "dynamic", "header"])
  func everyDamagedByteIsFoundOrHarmless(name: String) throws {
    let bytes = try fixture("\(name).gz")
    let content = try Gzip.decompress(bytes)
    for index in bytes.indices {
      for flip in name == "small" ? Array(UInt8(1)...255) : [1, 2, 4, 8, 16, 32, 64, 128, 255] {
        var damaged = bytes
        damaged[index] ^= flip
        if let result = try? Gzip.decompress(damaged) { #expect(result == content, "byte \(index) ^ \(flip)") }
      }
    }
  }

  @Test func noiseAsDeflateStreamNeverCrashes() {
    for seed in 0..<3000 {
      _ = try? Gzip.decompress([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + noise(1 + seed % 200, seed: UInt64(seed)))
    }
  }

  @Test func rejectsTrailingBytes() throws {
    let bytes = try fixture("small.gz")
    let text = try message { _ = try Gzip.decompress(bytes + [0x50, 0x4B], path: "a.gz") }
    #expect(text == "a.gz: at byte 46: expected the end of the file or another gzip header (1f 8b), found 50 4b")
    #expect(throws: FileError.self) { try Gzip.decompress(bytes + [0, 1]) }
  }

  @Test(arguments: [1, 7, 512, 1024]) func zerosAfterMembersArePadding(count: Int) throws {
    let (bytes, zeros) = (try fixture("small.gz"), [UInt8](repeating: 0, count: count))
    let contents = try Gzip.decompress(bytes)
    #expect(try Gzip.decompress(bytes + zeros) == contents)
    #expect(try Gzip.decompress(bytes + zeros + bytes + zeros) == contents + contents)
    #expect(throws: FileError.self) { try Gzip.decompress(bytes + zeros + [0x1F]) }
    #expect(throws: FileError.self) { try Gzip.decompress(zeros + bytes) }
  }

  @Test func limitsTheOutput() throws {
    let bomb = try fixture("bomb.gz")
    #expect(try Gzip.decompress(bomb, maximumSize: 4_000_000).count == 4_000_000)
    let text = try message { _ = try Gzip.decompress(bomb, path: "bomb.gz", maximumSize: 3_999_999) }
    #expect(text.hasSuffix("expected at most 3999999 decompressed bytes, found more"))
    #expect(throws: FileError.self) { try Gzip.decompress(fixture("stored.gz"), maximumSize: 1000) }
    #expect(throws: FileError.self) { try Gzip.decompress(fixture("small.gz"), maximumSize: 0) }
    #expect(try Gzip.decompress(fixture("empty.gz"), maximumSize: 0) == [])
  }

  @Test func namesWhatIsWrong() throws {
    var bytes = try fixture("small.gz")
    bytes[bytes.count - 1] ^= 1
    #expect(try message { _ = try Gzip.decompress(bytes) }.contains("at byte 42: expected the data's size 34, found"))
    bytes[2] = 7
    #expect(try message { _ = try Gzip.decompress(bytes) }.contains("at byte 2: expected compression method 8"))
    let zip: [UInt8] = [0x50, 0x4B, 3, 4]
    #expect(try message { _ = try Gzip.decompress(zip) }.hasSuffix("expected a gzip header (1f 8b), found 50 4b"))
  }
}

@Suite struct InflateTests {
  /// The error for the raw deflate stream `bytes`.
  private func failure(_ bytes: [UInt8]) throws -> String {
    try message {
      try bytes.withUnsafeBytes { input in
        var inflater = Inflater(input, path: "stream", maximumSize: 1000)
        _ = try inflater.inflate(from: 0)
      }
    }
  }

  @Test func rejectsIllegalBlocks() throws {
    #expect(try failure([0b111]).contains("found the reserved block type 3"))
    #expect(try failure([0b001, 1, 0, 1, 0]).contains("a stored block's length and its complement"))
    // Fixed block, a match before any output: length code 257 is 0000001, distance code 0 is 00000.
    #expect(try failure([0b0000_0011, 0b0000_0010, 0, 0, 0]).contains("distance"))
    // Dynamic block with 31 + 257 literal codes.
    #expect(try failure([0b1111_1101, 0, 0, 0]).contains("at most 286 literal and 30 distance codes, found 288"))
    // Dynamic block whose code-length code is empty.
    #expect(try failure([0b0000_0101, 0, 0, 0, 0, 0]).contains("a complete code-length code"))
  }

  @Test(
    arguments: [
      ([1, 1], DeflateAlphabet.codeLength, true), ([1], .codeLength, false), ([1, 1, 1], .codeLength, false),
      ([1, 2, 2], .literalLength, true), ([1, 2], .literalLength, false), ([1], .literalLength, true),
      ([1, 1, 2], .literalLength, false), ([], .codeLength, false), ([0], .distance, true), ([1], .distance, true),
      ([2, 2], .distance, false), ([1, 2, 3, 3], .distance, true), ([2, 2, 2, 2, 15], .distance, false),
    ] as [([UInt8], DeflateAlphabet, Bool)])
  func acceptsOnlyLegalCodes(lengths: [UInt8], alphabet: DeflateAlphabet, isLegal: Bool) {
    #expect((HuffmanTable(lengths: lengths[...], alphabet: alphabet) != nil) == isLegal)
  }

  @Test func lengthAndDistanceCodesCoverTheirRangesWithoutGaps() {
    var next = 3
    for code in 0..<28 {
      let (value, extra) = DeflateAlphabet.lengthBase(code)
      #expect(value == next)
      next = value + 1 << extra
    }
    #expect(next == 259)
    #expect(DeflateAlphabet.lengthBase(28) == (258, 0))
    next = 1
    for code in 0..<30 {
      let (value, extra) = DeflateAlphabet.distanceBase(code)
      #expect(value == next)
      next = value + 1 << extra
    }
    #expect(next == 32769)
  }
}

@Suite struct DeflateTests {
  @Test(arguments: [0, 1, 2, 3, 4, 257, 258, 259, 65534, 65535, 65536, 131_070, 131_071])
  func roundTrip(count: Int) throws {
    let zeros = [UInt8](repeating: 0, count: count)
    // With and without repetitions, and repetitions farther away than a match reaches.
    let far = Array((noise(40_000) + noise(40_000)).prefix(count))
    for data in [zeros, noise(count), far, (0..<count).map { UInt8($0 / 7 % 251) }] {
      let file = Gzip.compress(data)
      #expect(try Gzip.decompress(file) == data)
      #expect(file.count <= data.count + 18 + 5 * max(1, (count + 65534) / 65535))
    }
    #expect(Gzip.compress(zeros).count < 40 + count / 100)
  }

  @Test func checksums() {
    // The check values of both algorithms' descriptions.
    #expect(CRC32.checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(Adler32.checksum(Array("Wikipedia".utf8)) == 0x11E6_0398)
    #expect(CRC32.checksum([UInt8]()) == 0)
    #expect(Adler32.checksum([]) == 1)
    // Computed by Python: zlib.crc32 and zlib.adler32 of 100,000 bytes of 255.
    let long = [UInt8](repeating: 255, count: 100_000)
    #expect(CRC32.checksum(long) == 0x68C6_CEC4)
    #expect(Adler32.checksum(long) == 0x149A_302C)
  }
}
