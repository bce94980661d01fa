import Foundation
import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

@Suite struct IDXTests {
  @Test(arguments: IDXArray.ElementType.allCases, 1...4)
  func readsEveryTypeAndRank(type: IDXArray.ElementType, rank: Int) throws {
    let code = (type.rawValue < 16 ? "0" : "") + String(type.rawValue, radix: 16)
    let array = try IDXFile.read(fixturePath("type\(code)-rank\(rank).idx"))
    #expect(array.elementType == type)
    #expect(array.shape == [[5], [2, 3], [2, 3, 2], [2, 3, 2, 3]][rank - 1])
    let count = array.shape.reduce(1, *)
    #expect(array.elementCount == count)
    let integers = (0..<count).map { $0 * 37 % 251 - 125 }
    let expected: [Double]
    switch type {
    case .uint8: expected = integers.map { Double($0 + 125) }
    case .int8: expected = integers.map { Double($0) }
    case .int16: expected = integers.map { Double($0 * 257) }
    case .int32: expected = integers.map { Double($0 * 16_843_009) }
    case .float32, .float64: expected = integers.map { Double($0) * 0.25 }
    }
    #expect(array.floats() == expected.map { Float($0) })
    #expect(array.integers() == ([.float32, .float64].contains(type) ? nil : expected.map { Int($0) }))
    #expect(try IDXFile.encode(array) == fixture("type\(code)-rank\(rank).idx"))
  }

  @Test func writesAndReads() throws {
    try withTemporaryFolder { folder in
      let bytes = IDXArray(bytes: noise(60), shape: [3, 4, 5])
      let floats = IDXArray(floats: [0, -1.5, .pi, .infinity, .leastNonzeroMagnitude, 7], shape: [6, 1])
      for array in [bytes, floats, IDXArray(bytes: [UInt8](), shape: [0, 28, 28])] {
        for name in ["a.idx", "a.idx.gz"] {
          try IDXFile.write(array, to: "\(folder)/\(name)")
          #expect(try IDXFile.read("\(folder)/\(name)") == array)
          #expect(try Gzip.isCompressed(AtomicFile.read("\(folder)/\(name)")) == name.hasSuffix(".gz"))
        }
      }
      #expect(floats.floats() == [0, -1.5, .pi, .infinity, .leastNonzeroMagnitude, 7])
      // Compression shows in the contents, whatever the name.
      try AtomicFile.write(Gzip.compress(IDXFile.encode(bytes)), to: "\(folder)/plain-name")
      #expect(try IDXFile.read("\(folder)/plain-name") == bytes)
    }
  }

  @Test func rejectsEveryWrongLength() throws {
    for type in ["08", "0c", "0e"] {
      let bytes = try fixture("type\(type)-rank3.idx")
      for length in 0..<bytes.count {
        #expect(throws: FileError.self) { try IDXFile.decode(Array(bytes[..<length])) }
      }
      #expect(throws: FileError.self) { try IDXFile.decode(bytes + [0]) }
      #expect(throws: FileError.self) { try IDXFile.decode(Gzip.compress(bytes + [0])) }
    }
  }

  @Test(
    arguments: [
      ([], "a.idx: at byte 0: expected an IDX magic number (00 00 type rank), found nothing"),
      ([0x50, 0x4B, 3, 4], "a.idx: at byte 0: expected an IDX magic number (00 00 type rank), found 50 4b 03 04"),
      ([0, 0, 0x0A, 1], "a.idx: at byte 2: expected an IDX element type (08, 09, 0b, 0c, 0d or 0e), found 0a"),
      ([0, 0, 8, 0], "a.idx: at byte 3: expected a rank of 1 to 255, found 0"),
      ([0, 0, 8, 2, 0, 0, 0, 1, 0], "a.idx: at byte 9: expected 2 sizes of 4 bytes, found 5 bytes"),
      (
        [0, 0, 8, 1, 0, 0, 0, 3, 9],
        "a.idx: at byte 9: expected 3 bytes of elements for the shape [3], found 1"
      ),
      (
        [0, 0, 11, 1, 0, 0, 0, 1, 9, 9, 9],
        "a.idx: at byte 10: expected 2 bytes of elements for the shape [1], found 3"
      ),
      (
        [0, 0, 8, 1, 255, 255, 255, 255],
        "a.idx: at byte 8: expected 4294967295 bytes of elements for the shape [4294967295], found 0"
      ),
    ] as [([UInt8], String)])
  func namesWhatIsWrong(bytes: [UInt8], expected: String) throws {
    #expect(try message { _ = try IDXFile.decode(bytes, path: "a.idx") } == expected)
  }

  @Test func rejectsOverflowingShapes() throws {
    let sizes = [UInt8](repeating: 255, count: 12)
    let text = try message { _ = try IDXFile.decode([0, 0, 8, 3] + sizes) }
    #expect(text.contains("sizes whose product this machine can hold"))
    // The product fits, but not in bytes: 2³¹ · 2³¹ doubles.
    let large: [UInt8] = [0x80, 0, 0, 0, 0x80, 0, 0, 0]
    #expect(throws: FileError.self) { try IDXFile.decode([0, 0, 14, 2] + large) }
    // A zero among them makes an empty array.
    #expect(try IDXFile.decode([0, 0, 8, 4] + sizes + [0, 0, 0, 0]).elementCount == 0)
    let rank255 = [0, 0, 8, 255] + [UInt8](repeating: 0, count: 255 * 4)
    #expect(try IDXFile.decode(rank255).shape.count == 255)
  }

  @Test func offsetsInCompressedFilesSaySo() throws {
    let text = try message { _ = try IDXFile.decode(Gzip.compress([0, 0, 8, 1, 0, 0, 0, 9]), path: "a.gz") }
    #expect(text.hasPrefix("a.gz: at byte 8 of the decompressed data: expected 9 bytes"))
  }
}

@Suite struct AtomicFileTests {
  @Test func missingFilesAndFolders() throws {
    let text = try message { _ = try IDXFile.read("/nonexistent/file") }
    #expect(text == "/nonexistent/file: expected a readable file, found no such file")
    try withTemporaryFolder { folder in
      let text = try message { _ = try AtomicFile.read(folder) }
      #expect(text == "\(folder): expected a file, found a folder")
      #expect(throws: FileError.self) { try AtomicFile.write([1], to: folder) }
      #expect(throws: FileError.self) { try AtomicFile.write([1], to: "\(folder)/missing/file") }
      #expect(throws: FileError.self) { try AtomicFile.write([1], to: "/dev/null") }
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files.isEmpty)
    }
  }

  @Test func replacesAndLeavesNothingBehind() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      try AtomicFile.write([], to: path)
      #expect(try AtomicFile.read(path) == [])
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
      let large = noise(300_000)
      try AtomicFile.write(large, to: path)
      #expect(try AtomicFile.read(path) == large)
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  /// What fails on the way leaves the old file, and nothing else.
  @Test func aFailureLeavesTheOldFile() throws {
    struct Failure: Error {}
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      try AtomicFile.write([1, 2], to: path)
      #expect(throws: Failure.self) {
        try AtomicFile.write(to: path) { append in
          try noise(300_000).withUnsafeBytes { try append($0) }
          throw Failure()
        }
      }
      #expect(try AtomicFile.read(path) == [1, 2])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  @Test func followsSymbolicLinks() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1], to: "\(folder)/file")
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "file")
      try AtomicFile.write([2], to: "\(folder)/link")
      #expect(try AtomicFile.read("\(folder)/file") == [2])
    }
  }

  @Test func concurrentWritersLeaveOneWholeFile() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latent-tests-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for value in UInt8(0)..<16 {
        group.addTask { try AtomicFile.write([UInt8](repeating: value, count: 10_000), to: path) }
      }
      try await group.waitForAll()
    }
    let bytes = try AtomicFile.read(path)
    #expect(bytes.count == 10_000)
    #expect(Set(bytes).count == 1)
  }
}
