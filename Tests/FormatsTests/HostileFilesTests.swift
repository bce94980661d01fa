import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

/// Small files that claim to be large: an error, before anything of the claimed size is allocated.
@Suite struct HostileFilesTests {
  /// An IDX file of bytes with these sizes.
  private func idx(_ sizes: [UInt32], _ count: Int) -> [UInt8] {
    [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(size >> $0 & 255) } }
      + [UInt8](repeating: 0, count: count)
  }

  @Test func claimedSizesAllocateNothing() throws {
    let sizes: [UInt32] = [1 << 31, 28, 28]
    let plain = idx(sizes, 84)
    #expect(plain.count == 100)
    #expect(try message { _ = try IDXFile.decode(plain) }.contains("expected 1683627180032 bytes of elements"))
    let compressed = Gzip.compress(plain)
    #expect(
      try message { _ = try IDXFile.decode(compressed) }.contains("expected at most 1073741824 decompressed bytes"))
    #expect(
      try message { _ = try IDXFile.decode(compressed, path: "f", maximumSize: .max) }
        == "f: at byte 4 of the decompressed data: expected a shape that \(compressed.count) compressed bytes can hold, "
        + "found [2147483648, 28, 28]")
  }

  @Test func decompressesNoMoreThanTheHeaderAnnounces() throws {
    // Two million zeros, of which the header wants ten.
    let bomb = Gzip.compress(idx([10], 2_000_000))
    #expect(
      try message { _ = try IDXFile.decode(bomb, path: "f") }
        == "f: at byte 18 of the decompressed data: expected 10 bytes of elements for the shape [10], found more")
    // The same in stored blocks, and over several members.
    let stored = Gzip.compress(idx([10], 0) + noise(100_000))
    #expect(try message { _ = try IDXFile.decode(stored) }.hasSuffix("for the shape [10], found more"))
    let members =
      Gzip.compress(Array(idx([10], 0).prefix(5))) + Gzip.compress([]) + Gzip.compress(Array(idx([10], 11)[5...]))
    #expect(try message { _ = try IDXFile.decode(members) }.hasSuffix("for the shape [10], found more"))
    let whole = Gzip.compress(Array(idx([10], 0).prefix(5))) + Gzip.compress(Array(idx([10], 10)[5...]))
    #expect(try IDXFile.decode(whole).bytes == [UInt8](repeating: 0, count: 10))
  }

  @Test func largeCompressedFilesStillRead() throws {
    // A header longer than the part that is read first, and elements of many times the input.
    let array = IDXArray(
      bytes: [UInt8](repeating: 3, count: 1_000_000),
      shape: [UInt8](repeating: 1, count: 254).map(Int.init) + [1_000_000])
    #expect(try IDXFile.decode(Gzip.compress(IDXFile.encode(array))) == array)
    #expect(throws: FileError.self) { try IDXFile.decode(Gzip.compress(IDXFile.encode(array)), maximumSize: 1_000_000) }
  }

  @Test func aLimitReadsNoMoreThanItNeeds() throws {
    let array = IDXArray(bytes: noise(4 * 6), shape: [4, 2, 3])
    for file in [IDXFile.encode(array), Gzip.compress(IDXFile.encode(array))] {
      for limit in [0, 1, 3, 4, 5] {
        let count = min(limit, 4)
        let expected = IDXArray(bytes: Array(array.bytes.prefix(count * 6)), shape: [count, 2, 3])
        #expect(try IDXFile.decode(file, limit: limit) == expected)
      }
    }
    let compressed = Gzip.compress(IDXFile.encode(array))
    #expect(
      try message { _ = try IDXFile.decode(compressed, path: "f", maximumSize: 30) }
        == "f: at byte 4 of the decompressed data: expected at most 30 decompressed bytes, "
        + "found 40 for the shape [4, 2, 3]; a limit of 2 fits")
    #expect(try IDXFile.decode(compressed, limit: 2, maximumSize: 30).shape == [2, 2, 3])
    // Uncompressed files have to be whole all the same.
    #expect(throws: FileError.self) { try IDXFile.decode(IDXFile.encode(array) + [0], limit: 1) }
  }

  @Test func filesCompressedTwiceAreNamed() throws {
    let file = Gzip.compress(Gzip.compress(idx([3], 3)))
    #expect(
      try message { _ = try IDXFile.decode(file, path: "f") }.hasSuffix(
        "expected an IDX magic number (00 00 type rank), found a gzip header: the file is compressed twice"))
  }

  /// What is compressed and no IDX file is called what it is.
  @Test(
    arguments: [
      ([0x93] + Array("NUMPY".utf8), "an .npy file"), ([0x80, 2, 0x7D], "a Python pickle"),
      ([0xFF, 0xD8, 0xFF], "a JPEG image"), (Array("P5 1 1".utf8), "a PBM, PGM or PPM image"),
      ([UInt8](repeating: 0x61, count: 257) + Array("ustar".utf8) + [0], "a tar archive"),
      (Array("a,b\n".utf8), "text"),
    ] as [([UInt8], String)])
  func compressedFilesOfOtherKinds(contents: [UInt8], name: String) throws {
    #expect(
      try message { _ = try IDXFile.decode(Gzip.compress(contents), path: "f") }
        == "f: at byte 0 of the decompressed data: expected an IDX file, as the only kind that is read compressed, found "
        + name)
  }

  @Test func damageAfterTheElementsIsFound() throws {
    var file = Gzip.compress(idx([3], 3))
    file[file.count - 1] ^= 1
    #expect(throws: FileError.self) { try IDXFile.decode(file) }
    #expect(throws: FileError.self) { try IDXFile.decode(Gzip.compress(idx([3], 3)) + [0x50]) }
    var large = Gzip.compress(idx([5000], 5000))
    large[large.count - 5] ^= 1
    #expect(throws: FileError.self) { try IDXFile.decode(large) }
  }

  @Test func gzipPrefixes() throws {
    for name in ["stored", "fixed", "dynamic", "members", "long-codes"] {
      let file = try fixture("\(name).gz")
      let contents = try Gzip.decompress(file)
      for count in [0, 1, 499, 500, 501, contents.count - 1, contents.count, contents.count + 1] {
        #expect(try Gzip.prefix(count, of: file, path: "f") == Array(contents.prefix(count)), "\(name), \(count)")
      }
    }
  }

  @Test func negativeLimitsStop() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Gzip.decompress(Gzip.compress(noise(1000)), maximumSize: -1)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("Inflater: a limit of -1 bytes, expected at least 0"))
  }

  @Test func messagesStayShort() throws {
    let shape = idx([UInt32](repeating: .max, count: 255), 1)
    #expect(try message { _ = try IDXFile.decode(shape) }.utf8.count < 200)
    let ones = idx([UInt32](repeating: 1, count: 255), 0)
    #expect(
      try message { _ = try IDXFile.decode(ones) }.hasSuffix("1 byte of elements for the shape of 255 axes, found 0"))
  }

  @Test func errorsAreOneVisibleLine() {
    let error = FileError(path: "a\n\u{1b}[31mb", expected: "x\u{2028}\u{202e}", found: quoted("é\u{7f}\u{85}\"\\"))
    #expect(error.description == #"a\u{a}\u{1b}[31mb: expected x\u{2028}\u{202e}, found "é\u{7f}\u{85}\"\\""#)
    #expect(quoted(String(repeating: "x", count: 40)) == "\"\(String(repeating: "x", count: 40))\"")
    #expect(quoted(String(repeating: "x", count: 1_000_000)) == "\"\(String(repeating: "x", count: 40))…\"")
    #expect(quoted("a" + String(repeating: "\u{301}", count: 1_000_000)).utf8.count < 100)
  }
}
