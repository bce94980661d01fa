import Foundation
import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct LabelTableTests {
  private func labels(_ text: String, _ files: [String]) throws -> (labels: [Int], names: [String]?) {
    let classes = ImageClasses(try LabelTable(Array(text.utf8), path: "f").classes(of: files))
    return (classes.labels, classes.names)
  }

  @Test(
    arguments: [
      "a.png,cat\nb.png,dog\nc.png,cat", "file,class\r\na.png,cat\r\nb.png,dog\r\nc.png,cat\r\n",
      "\u{FEFF}a,cat\n\nb , dog\nc.png,\"cat\",more\n  \n", "id,breed\nc,cat\nb,dog\na,cat",
      "\n  \nid,breed\nc,cat\nb,dog\na,cat", "id,breed\rc,cat\rb,dog\ra,cat\r",
    ])
  func namesAreSortedClasses(text: String) throws {
    let table = try labels(text, ["a.png", "b.png", "c.png"])
    #expect(table.labels == [0, 1, 0] && table.names == ["cat", "dog"])
  }

  @Test func numbersAreClassesThemselves() throws {
    let table = try labels("a.png,7\nb.png,0", ["a.png", "b.png"])
    #expect(table.labels == [7, 0] && table.names == nil)
    // Not all of them are.
    #expect(try labels("a.png,7\nb.png,x", ["a.png", "b.png"]).names == ["7", "x"])
    #expect(try labels("a.png,-7\nb.png,1", ["a.png", "b.png"]).names == ["-7", "1"])
    // Numbers that are not written as numbers are are names.
    #expect(try labels("a.png,01\nb.png,1", ["a.png", "b.png"]).names == ["01", "1"])
    #expect(try labels("a.png,+1\nb.png,1", ["a.png", "b.png"]).names == ["+1", "1"])
  }

  @Test func quotationMarksHoldCommas() throws {
    let table = try labels("\"a, \"\"b\"\".png\",\"x, y\"\n", ["a, \"b\".png"])
    #expect(table.labels == [0] && table.names == ["x, y"])
    let lines = try labels("\"a\nb.png\",\"x\r\ny\"\nc.png,z", ["a\nb.png", "c.png"])
    #expect(lines.labels == [0, 1] && lines.names == ["x\r\ny", "z"])
  }

  /// A line is about one picture.
  @Test(
    arguments: [
      (
        "a.png,cat\nb.png,dog", ["a.png", "a.png.jpg", "b.png"],
        "one picture for line 1, found \"a.png\" and \"a.png.jpg\""
      ),
      ("a,cat", ["a.jpg", "a.png"], "one picture for line 1, found \"a.jpg\" and \"a.png\""),
      ("1.png,cat", ["x/1.png", "y/1.png"], "one picture for line 1, found \"x/1.png\" and \"y/1.png\""),
    ])
  func picturesOfOneLine(text: String, files: [String], expected: String) throws {
    #expect(try message { _ = try labels(text, files) } == "f: expected \(expected)")
  }

  @Test func tablesMayStandAboveTheirPictures() throws {
    try withTemporaryFolder { folder in
      for (name, value) in [("images/b.png", UInt8(2)), ("images/a.png", 1), ("more/c.png", 3)] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name.prefix { $0 != "/" })", withIntermediateDirectories: true)
        try PNG.write([value], height: 1, width: 1, to: "\(folder)/\(name)")
      }
      for text in ["images/a.png,red\nimages/b,blue\nmore/c.png,red", "name,colour\na,red\nb.png,blue\nc,red\n"] {
        try AtomicFile.write(Array(text.utf8), to: "\(folder)/labels.csv")
        let set = try ImageSet.load(folder)
        #expect(set.pixels == [1, 2, 3] && set.labels == [1, 0, 1] && set.classNames == ["blue", "red"])
        #expect(set.fileNames == ["images/a.png", "images/b.png", "more/c.png"])
      }
      try AtomicFile.write(Array("x,y\n1,2\n".utf8), to: "\(folder)/labels.csv")
      #expect(
        try message { _ = try ImageSet.load(folder) }.hasSuffix(
          "a class for each picture, found none for \"images/a.png\""))
    }
  }

  @Test(
    arguments: [
      ("a.png,cat", "f: expected a class for each picture, found none for \"b.png\""),
      (
        "a.png,cat\nb.png,dog\nc.png,dog",
        "f: expected a picture in the folder for each line, found \"c.png\" in line 3"
      ),
      ("a.png,cat\na.png,dog", "f: expected one class for each file, found \"a.png\" twice"),
      ("a.png\n", "f: expected a file, a comma and its class in line 1, found \"a.png\""),
      ("a.png,\n", "f: expected a file, a comma and its class in line 1, found \"a.png,\""),
      ("a.png,\"cat\n", "f: expected the end of a quotation in line 1, found the end of the file"),
    ])
  func namesWhatIsWrong(text: String, expected: String) throws {
    #expect(try message { _ = try labels(text, ["a.png", "b.png"]) } == expected)
    #expect(try message { _ = try LabelTable([0x61, 0xFF], path: "f") }.contains("expected text in UTF-8"))
  }

  @Test func tablesBesidePicturesAreRead() throws {
    try withTemporaryFolder { folder in
      for (name, value) in [("b.png", UInt8(2)), ("a.png", 1)] {
        try PNG.write([value], height: 1, width: 1, to: "\(folder)/\(name)")
      }
      try AtomicFile.write(Array("name,class\na.png,red\nb.png,blue\n".utf8), to: "\(folder)/labels.csv")
      let set = try ImageSet.load(folder)
      #expect(set.pixels == [1, 2] && set.labels == [1, 0] && set.classNames == ["blue", "red"])
      #expect(set.missingConditions == nil && set.leftOutCount == 0)
      #expect(try ImageSet.load(folder, limit: 1).labels == [1])
      try AtomicFile.write(Array("a,4\nb,6\n".utf8), to: "\(folder)/labels.csv")
      let numbered = try ImageSet.load(folder, limit: 1)
      #expect(numbered.labels == [4] && numbered.classCount == 7 && numbered.classNames == nil)
    }
  }

  @Test func picturesThatAreLeftOutAreCounted() throws {
    try withTemporaryFolder { folder in
      try PNG.write([1], height: 1, width: 1, to: "\(folder)/a.png")
      for name in ["b.gif", "c.WEBP", "d.bmp", "notes.txt", ".hidden.gif"] {
        try AtomicFile.write([1], to: "\(folder)/\(name)")
      }
      try FileManager.default.createDirectory(atPath: "\(folder)/more", withIntermediateDirectories: false)
      try PNG.write([1], height: 1, width: 1, to: "\(folder)/more/e.png")
      #expect(try ImageSet.load(folder).leftOutCount == 4)
      try FileManager.default.removeItem(atPath: "\(folder)/a.png")
      // Now the folder below is a class.
      #expect(try ImageSet.load(folder).leftOutCount == 3)
    }
  }

  @Test func transparentImagesAreCounted() throws {
    try withTemporaryFolder { folder in
      for name in ["rgba-8", "rgb-8"] { try AtomicFile.write(fixture("\(name).png"), to: "\(folder)/\(name).png") }
      let (black, white) = (
        try ImageSet.load(folder), try ImageSet.load(folder, preparation: ImagePreparation(background: .white))
      )
      #expect(black.transparentCount == 1 && white.transparentCount == 1 && black.pixels != white.pixels)
      #expect(Array(black[0]) == Array(white[0]))
    }
  }
}

@Suite struct HeldOutTests {
  private func images(_ count: Int) throws -> ImageSet {
    try ImageSet(pixels: (0..<UInt8(count)).map { $0 }, height: 1, width: 1, labels: (0..<count).map { $0 % 3 })
  }

  @Test func partsTogetherAreAll() throws {
    for (count, share, heldOut) in [(20, 0.1, 2), (20, 0.25, 5), (20, 0.001, 1), (2, 0.9, 1), (10, 0.9, 9)] {
      var generator = RandomGenerator(seed: 4)
      let (all, parts) = (try images(count), try images(count).split(heldOut: share, using: &generator))
      let held = try #require(parts.heldOut)
      #expect(held.count == heldOut && (parts.train.pixels + held.pixels).sorted() == all.pixels)
      #expect(parts.train.pixels == parts.train.pixels.sorted() && parts.train.classCount == all.classCount)
      #expect(held.labels == held.pixels.map { Int($0) % 3 })
      var again = RandomGenerator(seed: 4)
      #expect(try images(count).split(heldOut: share, using: &again).heldOut == held)
    }
    var generator = RandomGenerator(seed: 4)
    let one = try images(1).split(heldOut: 0.5, using: &generator)
    #expect(one.train.count == 1 && one.heldOut == nil)
  }

  @Test func otherSeedsHoldOutOthers() throws {
    let parts = try (0..<20).map { seed in
      var generator = RandomGenerator(seed: UInt64(seed))
      return try images(100).split(heldOut: 0.1, using: &generator).heldOut?.pixels
    }
    #expect(Set(parts).count == 20)
  }
}
