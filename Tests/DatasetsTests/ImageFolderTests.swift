import Foundation
import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct ImageFolderTests {
  private func write(_ pixels: [UInt8], _ height: Int, _ width: Int, _ channels: Int = 1, to path: String) throws {
    try PNG.write(pixels, height: height, width: width, channels: channels, to: path)
  }

  @Test func readsImagesInTheOrderOfTheirNames() throws {
    try withTemporaryFolder { folder in
      #expect(!ImageSet.exists(at: folder, split: .train))
      for (name, value) in [("b.png", UInt8(3)), ("a10.PNG", 1), ("a9.png", 2)] {
        try write([value, value + 10], 1, 2, to: "\(folder)/\(name)")
      }
      // Neither notes, nor hidden files, nor what lies deeper.
      try AtomicFile.write([1], to: "\(folder)/notes.txt")
      try AtomicFile.write([1], to: "\(folder)/._b.png")
      try FileManager.default.createDirectory(atPath: "\(folder)/below", withIntermediateDirectories: false)
      let set = try ImageSet.load(folder)
      #expect((set.count, set.height, set.width, set.channels) == (3, 1, 2, 1))
      #expect(set.pixels == [1, 11, 2, 12, 3, 13])
      #expect(try ImageSet.load(folder + "/", limit: 2).pixels == [1, 11, 2, 12])
      #expect(ImageSet.exists(at: folder, split: .train))
      #expect(!ImageSet.exists(at: folder, split: .test))
      #expect(
        try message { _ = try ImageSet.load(folder, split: .test) }.contains("expected t10k-images-idx3-ubyte[.gz] in"))
      // All files together may not exceed the limit.
      #expect(try ImageSet.load(folder, maximumSize: 6) == set)
      #expect(try message { _ = try ImageSet.load(folder, maximumSize: 5) }.hasPrefix("\(folder)/b.png: at byte 16"))
    }
  }

  @Test func greyImagesBecomeColouredAmongOthers() throws {
    try withTemporaryFolder { folder in
      try write([5, 6], 1, 2, to: "\(folder)/a.png")
      try write([1, 2, 3, 4, 5, 6], 1, 2, 3, to: "\(folder)/b.png")
      let set = try ImageSet.load(folder)
      #expect((set.count, set.channels) == (2, 3))
      #expect(set.pixels == [5, 5, 5, 6, 6, 6, 1, 2, 3, 4, 5, 6])
      #expect(
        try message { _ = try ImageSet.load(folder, maximumSize: 11) }.hasSuffix("at most 11 bytes in all, found 12"))
    }
  }

  @Test func namesTheOddFile() throws {
    try withTemporaryFolder { folder in
      try write([1, 2], 1, 2, to: "\(folder)/a.png")
      try write([1, 2], 2, 1, to: "\(folder)/b.png")
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(folder)/b.png: expected an image of 1×2 pixels as \(folder)/a.png, found one of 2×1")
      try AtomicFile.write(Array("no image".utf8), to: "\(folder)/b.png")
      #expect(try message { _ = try ImageSet.load(folder) }.hasPrefix("\(folder)/b.png: at byte 0: expected a PNG sig"))
      try FileManager.default.removeItem(atPath: "\(folder)/b.png")
      try FileManager.default.createDirectory(atPath: "\(folder)/c\u{1b}\n.png", withIntermediateDirectories: false)
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(folder)/c\\u{1b}\\u{a}.png: expected a file, found a folder")
    }
  }

  @Test func idxFilesGoFirst() throws {
    try withTemporaryFolder { folder in
      try write([1, 2], 1, 2, to: "\(folder)/a.png")
      try IDXFile.write(IDXArray(bytes: [7], shape: [1, 1, 1]), to: "\(folder)/train-images-idx3-ubyte")
      #expect(try ImageSet.load(folder).pixels == [7])
    }
  }

  @Test func readsSingleFilesOfAnyKind() throws {
    #expect(try ImageSet.load(fixturePath("rgb-8.png")).pixels == fixture("rgb-8.pixels"))
    let bytes = try ImageSet.load(fixturePath("bytes-1.0.npy"))
    #expect((bytes.count, bytes.height, bytes.width, bytes.channels) == (2, 3, 4, 1))
    #expect(bytes.pixels == Array(0..<24))
    let floats = try ImageSet.load(fixturePath("images.npy"), limit: 1)
    #expect((floats.count, floats.height, floats.width, floats.channels) == (1, 3, 4, 1))
    #expect(floats.pixels == (0..<12).map { UInt8((Double($0) / 23 * 255).rounded()) })
  }

  @Test(
    arguments: ["npy", "idx"],
    [(Float.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"), (1.01, "1.01"), (-0.5, "-0.5")])
  func valuesThatAreNoPixelsAreFoundWithTheirImage(kind: String, value: (Float, String)) throws {
    try withTemporaryFolder { folder in
      var floats = [Float](repeating: 0.5, count: 4 * 2 * 3)
      floats[2 * 6 + 4] = value.0
      let path = "\(folder)/images"
      if kind == "npy" {
        try NumPy.write(floats, shape: [4, 2, 3], to: path)
      } else {
        try IDXFile.write(IDXArray(floats: floats, shape: [4, 2, 3]), to: path)
      }
      #expect(
        try message { _ = try ImageSet.load(path) }
          == "\(path): expected pixels in 0…1, found \(value.1) in image 2, element 4")
    }
  }

  @Test func otherArraysAreNoImages() throws {
    func failure(_ name: String) throws -> String { try message { _ = try ImageSet.load(fixturePath(name)) } }
    #expect(try failure("vector.npy").hasSuffix("[N, H, W, C], found the shape [5]"))
    #expect(try failure("scalar.npy").hasSuffix("found the shape []"))
    #expect(try failure("littlef4.npy").hasSuffix("found -0.25 in image 0, element 0"))
  }
}
