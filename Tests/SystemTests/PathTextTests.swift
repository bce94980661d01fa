import LatentTestSupport
import Testing

@testable import LatentSystem

/// Paths are bytes, whatever they are.
@Suite struct PathTextTests {
  private static let paths: [[UInt8]] = [
    Array("plain/päth 🙂".utf8), [0xF1], [0x61, 0xF1, 0x2F, 0xC3, 0xB1], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80],
    [0xC0, 0xAF], [0xF5, 0x80, 0x80, 0x80], Array(0x80...0xFF), [0xFF, 0xFE, 0x31],
    // The characters that odd bytes are told by.
    Array("\u{10FFF1}".utf8), Array("a\u{10FF80}b".utf8) + [0x80], [],
  ]

  @Test(arguments: paths) func thereAndBack(_ path: [UInt8]) {
    let text = PathText.text(path)
    #expect(PathText.bytes(text) == path)
    #expect(Set(Self.paths.map { PathText.text($0) }).count == Self.paths.count)
    #expect(path.allSatisfy { $0 < 0x80 } == text.unicodeScalars.allSatisfy(\.isASCII))
  }

  @Test func randomBytes() {
    let bytes = noise(3000)
    for start in stride(from: 0, to: 2900, by: 7) {
      let path = Array(bytes[start..<start + 1 + start % 40])
      #expect(PathText.bytes(PathText.text(path)) == path)
    }
  }

  @Test func messages() {
    let error = FileError(path: PathText.text([0x61, 0xF1, 0x0A]), expected: "a", found: "b")
    #expect(error.description == #"a\xf1\u{a}: expected a, found b"#)
  }

  #if os(Linux)
    @Test func files() throws {
      try withTemporaryFolder { folder in
        let odd = folder + "/" + PathText.text([0xF1])
        try SystemFile.createFolder(odd)
        try AtomicFile.write([1, 2], to: odd + "/a")
        #expect(try SystemFile.names(in: folder) == [PathText.text([0xF1])])
        #expect(try AtomicFile.read(odd + "/a") == [1, 2])
        try SystemFile.duplicate(odd + "/a", as: odd + "/b")
        try SystemFile.move(odd + "/a", to: odd + "/c")
        #expect(try SystemFile.names(in: odd) == ["b", "c"])
        #expect(SystemFile.isSame(odd + "/b", odd + "/c") && !SystemFile.isSame(odd, odd + "/b"))
        let file = try RandomAccessFile(odd + "/b")
        try SystemFile.remove(odd + "/b")
        #expect(try file.read(at: 1, count: 1) == [2])
        let error = try #require(throws: FileError.self) { try file.read(at: 1, count: 3) }
        #expect(error.offset == 2 && error.found == "its end")
      }
    }
  #endif
}
