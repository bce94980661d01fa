import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

@Suite struct NumPyArchiveTests {
  @Test func readsStoredAndDeflatedMembers() throws {
    let stored = try NumPyArchive.read(fixturePath("stored.npz"))
    #expect(stored.names == ["x_train", "y_train", "x_test", "y_test"])
    #expect(try stored.array("x_train") == NumPyArray(shape: [2, 3, 4], elements: .bytes(Array(0..<24))))
    #expect(try stored.array("y_train") == NumPyArray(shape: [2], elements: .integers([7, 300])))
    #expect(try stored.array("y_test") == NumPyArray(shape: [1, 1], elements: .bytes([2])))
    let deflated = try NumPyArchive.read(fixturePath("deflated.npz"))
    #expect(deflated.names == ["arr_0"])
    #expect(
      try deflated.array("arr_0") == NumPyArray(shape: [2, 3, 4], elements: .floats((0..<24).map { Float($0) / 23 })))
  }

  /// Of a file nothing is read but what is asked for, and what is wrong is what is wrong in memory.
  @Test func filesAreReadInPart() throws {
    try withTemporaryFolder { folder in
      let (bytes, path) = (try fixture("stored.npz"), "\(folder)/a.npz")
      let place = try #require(
        bytes.indices.first { bytes[$0...].starts(with: "y_train.npy".utf8) }, "the header of a member")
      var damaged = bytes
      damaged[place + 60] ^= 1
      try AtomicFile.write(damaged, to: path)
      let archive = try NumPyArchive.read(path)
      #expect(try archive.array("x_train") == NumPyArchive(bytes).array("x_train"))
      #expect(try message { _ = try archive.array("y_train") }.contains("expected the checksum"))
      for length in stride(from: 0, to: bytes.count, by: 9) {
        try AtomicFile.write(Array(bytes[..<length]), to: path)
        let inMemory = try message { _ = try NumPyArchive(Array(bytes[..<length]), path: path) }
        #expect(try message { _ = try NumPyArchive.read(path) } == inMemory, "length \(length)")
      }
    }
  }

  @Test(arguments: ["stored", "deflated"]) func everyTruncationAndEveryDamagedByteIsFoundOrHarmless(name: String) throws
  {
    func arrays(_ bytes: [UInt8]) throws -> [NumPyArray] {
      let archive = try NumPyArchive(bytes)
      return try archive.names.map { try archive.array($0) }
    }
    let bytes = try fixture("\(name).npz")
    let whole = try arrays(bytes)
    for length in bytes.indices {
      #expect(throws: FileError.self, "length \(length)") { try NumPyArchive(Array(bytes[..<length])) }
    }
    for index in bytes.indices {
      for flip: UInt8 in [1, 0x20, 0x80, 0xFF] {
        var damaged = bytes
        damaged[index] ^= flip
        // A changed ending of a name makes a member something else.
        if let result = try? arrays(damaged) {
          #expect(result.allSatisfy { whole.contains($0) }, "byte \(index) ^ \(flip)")
        }
      }
    }
  }

  @Test func namesWhatIsWrong() throws {
    let bytes = try fixture("stored.npz")
    let archive = try NumPyArchive(bytes, path: "f")
    #expect(
      try message { _ = try archive.array("z") }
        == "f: expected an array \"z\", found \"x_train\", \"y_train\", \"x_test\", \"y_test\"")
    #expect(
      try message { _ = try NumPyArchive.read(fixturePath("deflated.npz")).array("arr_0", maximumSize: 100) }
        .contains("expected at most 100 bytes in"))
    // What is stored grows to nothing.
    #expect(try archive.array("x_train", maximumSize: 100).shape == [2, 3, 4])
    #expect(try message { _ = try NumPyArchive(Array("PK".utf8)) }.contains("the directory of a ZIP archive"))
    // A size in the directory that the compressed bytes cannot have is not believed.
    var hostile = try fixture("deflated.npz")
    let entry = try #require(hostile.indices.last { hostile[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    hostile.replaceSubrange(entry + 24..<entry + 28, with: [0, 0, 0, 0x3F])
    #expect(
      try message { _ = try NumPyArchive(hostile).array("arr_0") }.contains(
        "expected a size that 164 compressed bytes can hold, found 1056964608"))
    hostile[entry + 8] |= 1
    #expect(
      try message { _ = try NumPyArchive(hostile).array("arr_0") }
        .contains("a member without password, found \"arr_0.npy\" with one"))
  }

  /// Members that nobody asks for may be encrypted.
  @Test func encryptedMembersDoNotHideOthers() throws {
    var bytes = try fixture("stored.npz")
    let entry = try #require(bytes.indices.last { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    bytes[entry + 8] |= 1
    let archive = try NumPyArchive(bytes)
    #expect(try archive.array("x_train").shape == [2, 3, 4])
    #expect(try message { _ = try archive.array("y_test") }.contains("found \"y_test.npy\" with one"))
  }

  /// Sizes and places in eight bytes, as archives above 4 GiB have them.
  @Test func largeArchives() throws {
    func arrays(_ bytes: [UInt8]) throws -> [NumPyArray] {
      let archive = try NumPyArchive(bytes)
      return try archive.names.map { try archive.array($0) }
    }
    func changed(_ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
      var bytes = try fixture("large.npz")
      // As many members as there can be, and a directory that is farther away than can be said here.
      for place in bytes.count - 14..<bytes.count - 10 { bytes[place] = 0xFF }
      for place in bytes.count - 6..<bytes.count - 2 { bytes[place] = 0xFF }
      change(&bytes)
      return bytes
    }
    let expected = [
      NumPyArray(shape: [2, 3, 4], elements: .bytes(Array(0..<24))),
      NumPyArray(shape: [2], elements: .integers([7, 300])),
    ]
    #expect(try arrays(fixture("large.npz")) == expected)
    #expect(try arrays(changed { _ in }) == expected)
    // Behind the directory: 56 bytes of numbers, 20 that say where these are, and the usual 22.
    let whole = try changed { _ in }
    let (record, locator) = (whole.count - 98, whole.count - 42)
    let wrong: [(place: Int, value: UInt8, text: String)] = [
      (record, 0, "expected the directory of a large ZIP archive, found none"),
      (record + 24, 3, "expected an archive in one piece"), (record + 16, 1, "expected an archive in one piece"),
      (record + 55, 0x80, "expected a directory in the archive, found one elsewhere"),
      (locator, 0, "expected a member in the directory of the archive, found none"),
      (locator + 8, 0xFF, "expected a place before"), (locator + 15, 0x80, "expected a place before"),
    ]
    for (place, value, text) in wrong {
      let found = try message { _ = try arrays(changed { $0[place] = value }) }
      #expect(found.contains(text), "\(place): \(found)")
    }
    // Without the sizes that stand elsewhere.
    let extra = try #require(whole.indices.last { whole[$0...].starts(with: [1, 0, 16, 0]) })
    #expect(
      try message { _ = try arrays(changed { $0[extra] = 2 }) }.contains(
        "expected the sizes and the place of a large member, found others"))
    #expect(throws: FileError.self) { try arrays(changed { $0[extra + 11] = 0x80 }) }
    for length in whole.indices {
      #expect(throws: FileError.self, "length \(length)") { try NumPyArchive(Array(whole[..<length])) }
    }
  }

  /// Other ZIP archives are called what they are.
  @Test(
    arguments: [
      ("archive/data.pkl", "a PyTorch file"), ("[Content_Types].xml", "an Office document"),
      ("a.txt", "a ZIP archive without .npy files"),
    ])
  func archivesWithoutArrays(name: String, content: String) throws {
    #expect(try NumPyArchive(zip(name)).content == content)
  }

  /// An archive with an empty member.
  private func zip(_ name: String) -> [UInt8] {
    func record(_ beginning: [UInt8], zeros: Int) -> [UInt8] {
      beginning + [UInt8](repeating: 0, count: 26 - beginning.count + zeros)
    }
    var local = record([0x50, 0x4B, 3, 4, 20], zeros: 4)
    local[26] = UInt8(name.utf8.count)
    var entry = record([0x50, 0x4B, 1, 2, 20, 0, 20], zeros: 20)
    entry[28] = UInt8(name.utf8.count)
    (local, entry) = (local + Array(name.utf8), entry + Array(name.utf8))
    var end = record([0x50, 0x4B, 5, 6], zeros: 0).prefix(22)
    (end[8], end[10], end[12], end[16]) = (1, 1, UInt8(entry.count), UInt8(local.count))
    return local + entry + end
  }

  @Test func arraysOfOneNameAreRefused() throws {
    var bytes = try fixture("stored.npz")
    // The directory's y_test becomes another x_test.
    for place in bytes.indices where bytes[place...].starts(with: "y_test".utf8) { bytes[place] = UInt8(ascii: "x") }
    #expect(try message { _ = try NumPyArchive(bytes) }.hasSuffix("arrays of different names, found \"x_test\" twice"))
  }
}
