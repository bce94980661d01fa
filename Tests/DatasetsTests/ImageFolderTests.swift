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
      #expect(
        try message { _ = try ImageSet.load(folder, maximumSize: 5) }
          == "\(folder): expected images of at most 5 bytes in all, found 6 in 3 images; a limit of 2 fits, or a smaller size"
      )
      // Both remedies help.
      #expect(try ImageSet.load(folder, limit: 2, maximumSize: 5).count == 2)
      let smaller = ImagePreparation(size: .init(height: 1, width: 1))
      #expect(try ImageSet.load(folder, preparation: smaller, maximumSize: 5).count == 3)
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
        try message { _ = try ImageSet.load(folder, maximumSize: 11) }.contains("at most 11 bytes in all, found 12 in"))
    }
  }

  @Test func foldersAreClassesIfThereAreNoImagesBesideThem() throws {
    try withTemporaryFolder { folder in
      for (name, value) in [("dogs/1.png", UInt8(3)), ("dogs/2.png", 4), ("cats/x.png", 1), ("cats/y.pgm", 2)] {
        let below = "\(folder)/\(name.prefix(4))"
        try FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: true)
        if name.hasSuffix("pgm") {
          try AtomicFile.write(Array("P2 1 1 255 \(value)".utf8), to: "\(folder)/\(name)")
        } else {
          try write([value], 1, 1, to: "\(folder)/\(name)")
        }
      }
      try FileManager.default.createDirectory(atPath: "\(folder)/empty", withIntermediateDirectories: false)
      let set = try ImageSet.load(folder)
      #expect(set.pixels == [1, 3, 2, 4] && set.labels == [0, 1, 0, 1])
      #expect(set.classNames == ["cats", "dogs"] && set.classCount == 2 && set.missingConditions == nil)
      let first = try ImageSet.load(folder, limit: 2)
      #expect(first.labels == [0, 1] && first.subset([1]).classNames == ["cats", "dogs"])
      #expect(ImageSet.exists(at: folder, split: .train) && !ImageSet.exists(at: folder, split: .test))
      try write([9], 1, 1, to: "\(folder)/z.png")
      #expect(try ImageSet.load(folder).labels == nil)
    }
  }

  @Test func trainAndTestAreParts() throws {
    try withTemporaryFolder { folder in
      for (part, value) in [("train", UInt8(1)), ("test", 2)] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(part)/a", withIntermediateDirectories: true)
        try write([value], 1, 1, to: "\(folder)/\(part)/a/1.png")
      }
      #expect(ImageSet.exists(at: folder, split: .test))
      #expect(try ImageSet.load(folder).pixels == [1] && ImageSet.load(folder, split: .test).pixels == [2])
      #expect(try ImageSet.load(folder).classNames == ["a"])
      // Beside another folder they are classes.
      try FileManager.default.createDirectory(atPath: "\(folder)/boat", withIntermediateDirectories: true)
      try write([3], 1, 1, to: "\(folder)/boat/1.png")
      try write([4], 1, 1, to: "\(folder)/train/1.png")
      try write([5], 1, 1, to: "\(folder)/test/1.png")
      #expect(try ImageSet.load(folder).classNames == ["boat", "test", "train"])
    }
  }

  private func folders(_ folder: String, _ files: [(name: String, value: UInt8)]) throws {
    for (name, value) in files {
      let below = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(name[..<$0]) } ?? ""
      try FileManager.default.createDirectory(atPath: "\(folder)/\(below)", withIntermediateDirectories: true)
      try write([value], 1, 1, to: "\(folder)/\(name)")
    }
  }

  /// Classes without test images keep their numbers.
  @Test func classesOfTestImagesAreThoseOfTheTrainingImages() throws {
    try withTemporaryFolder { folder in
      try folders(
        folder,
        [
          ("train/cat/1.png", 1), ("train/dog/1.png", 2), ("train/emu/1.png", 3), ("test/dog/1.png", 4),
          ("test/emu/1.png", 5),
        ])
      let test = try ImageSet.load(folder, split: .test)
      #expect(test.pixels == [4, 5] && test.labels == [1, 2])
      #expect(test.classNames == ["cat", "dog", "emu"] && test.classCount == 3)
      try folders(folder, [("test/fox/1.png", 6)])
      #expect(
        try message { _ = try ImageSet.load(folder, split: .test) }
          == "\(folder)/test: expected classes of the training images: \"cat\", \"dog\", \"emu\", found \"fox\"")
    }
  }

  @Test(
    arguments: [
      ("1,cat\n2,dog\n3,emu", "4,emu\n5,dog", [2, 1], nil), ("1,7\n2,x\n3,1", "4,7\n5,1", [1, 0], nil),
      ("1,5\n2,3\n3,1", "4,3\n5,2", [3, 2], nil),
      (
        "1,5\n2,3\n3,1", "4,3\n5,x", [],
        "expected classes that are numbers, as those of the training images, found \"x\""
      ),
      ("1,cat\n2,dog\n3,emu", "4,1\n5,2", [], "classes of the training images: \"cat\", \"dog\", \"emu\", found \"1\""),
    ] as [(String, String, [Int], String?)])
  func classesInTablesOfTestImages(train: String, test: String, labels: [Int], expected: String?) throws {
    try withTemporaryFolder { folder in
      try folders(
        folder, [("train/1.png", 1), ("train/2.png", 2), ("train/3.png", 3), ("test/4.png", 4), ("test/5.png", 5)])
      try AtomicFile.write(Array(train.utf8), to: "\(folder)/train/labels.csv")
      try AtomicFile.write(Array(test.utf8), to: "\(folder)/test/labels.csv")
      if let expected {
        #expect(try message { _ = try ImageSet.load(folder, split: .test) }.hasSuffix(expected))
      } else {
        #expect(try ImageSet.load(folder, split: .test).labels == labels)
      }
    }
  }

  @Test func testImagesThatCannotBeReadAreThere() throws {
    try withTemporaryFolder { folder in
      try folders(folder, [("train/1.png", 1), ("test/2.png", 2)])
      try AtomicFile.write([0xFF], to: "\(folder)/test/labels.csv")
      #expect(ImageSet.exists(at: folder, split: .test))
      #expect(
        try message { _ = try ImageSet.load(folder, split: .test) }.contains("labels.csv: expected text in UTF-8"))
      try FileManager.default.removeItem(atPath: "\(folder)/test/labels.csv")
      try FileManager.default.removeItem(atPath: "\(folder)/test/2.png")
      #expect(!ImageSet.exists(at: folder, split: .test))
      try AtomicFile.write([0xFF], to: "\(folder)/test/a.gif")
      #expect(ImageSet.exists(at: folder, split: .test))
      #expect(
        try message { _ = try ImageSet.load(folder, split: .test) }.hasSuffix(
          "found only what is not read: 1 picture of kinds that have to be converted, as GIF, BMP, TIFF and WebP, or too deep in "
            + "folders"))
    }
  }

  /// Of folders in classes, and of those beside images, pictures are counted though nobody looks into them.
  @Test func picturesBelowClassesAreLeftOut() throws {
    try withTemporaryFolder { folder in
      try folders(
        folder, [("a/1.png", 1), ("a/b/2.png", 2), ("c/d/3.png", 3), ("c/d/e/4.png", 4), ("c/d/e/f/5.png", 5)])
      try AtomicFile.write([0xFF], to: "\(folder)/c/d/6.gif")
      let set = try ImageSet.load(folder)
      #expect(set.pixels == [1] && set.classNames == ["a"] && set.leftOutCount == 4)
      #expect(try ImageSet.open(folder, memory: 1).leftOutCount == 4)
      try write([7], 1, 1, to: "\(folder)/7.png")
      #expect(try ImageSet.load(folder).leftOutCount == 5)
    }
  }

  /// What a folder that is none of images holds is said, and where there are some.
  @Test func foldersWithoutImages() throws {
    try withTemporaryFolder { folder in
      func found() throws -> String { try message { _ = try ImageSet.load(folder) } }
      try folders(folder, [("notes/a/b/c/d/1.png", 1)])
      #expect(try found().hasSuffix("found only other files, and folders without images"))
      try folders(folder, [("set/cats/1.png", 1)])
      #expect(try found().hasSuffix("found only other files and folders; \"set\" among them holds images"))
      #expect(try ImageSet.load("\(folder)/set").count == 1)
      for name in ["data_batch_1", "data_batch_2"] { try AtomicFile.write([0x80, 2], to: "\(folder)/\(name)") }
      #expect(try found().hasSuffix("found CIFAR's version for Python; the binary one is read"))
    }
  }

  /// Names are bytes: a mark that joins the slash before it is a part of the name, and forms of a letter differ.
  @Test func namesThatBeginWithAMark() throws {
    try withTemporaryFolder { folder in
      try folders(folder, [("\u{301}a/\u{301}.png", 1), ("b/1.png", 2)])
      let set = try ImageSet.load(folder)
      #expect(set.pixels == [2, 1] && set.labels == [0, 1])
      #expect(set.classNames.map { $0.map { Array($0.utf8) } } == ["b", "\u{301}a"].map { Array($0.utf8) })
      #expect(set.fileNames?[1].utf8.elementsEqual("\u{301}a/\u{301}.png".utf8) == true)
    }
    #expect(ImageClasses(named: ["\u{e9}", "e\u{301}", "\u{e9}"]).labels == [1, 0, 1])
  }

  @Test func arraysAreToldFromPictures() throws {
    #expect(!ImageSet.areArrays(at: fixturePath("rgb-8.png")) && ImageSet.areArrays(at: fixturePath("images.npy")))
    try withTemporaryFolder { folder in
      #expect(!ImageSet.areArrays(at: folder))
      try IDXFile.write(IDXArray(bytes: [7], shape: [1, 1, 1]), to: "\(folder)/train-images-idx3-ubyte")
      #expect(ImageSet.areArrays(at: folder))
    }
  }

  @Test func imagesOfAnySizeAndColourAreMadeAlike() throws {
    try withTemporaryFolder { folder in
      try write([0, 90, 90, 90, 90, 30], 1, 6, to: "\(folder)/a.png")
      try write([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255], 2, 2, 3, to: "\(folder)/b.png")
      let preparation = ImagePreparation(size: 2, crop: .centre, channels: 1, filter: .area)
      let set = try ImageSet.load(folder, preparation: preparation)
      #expect((set.count, set.height, set.width, set.channels) == (2, 2, 2, 1))
      #expect(set.pixels == [90, 90, 90, 90, 76, 150, 29, 255])
      #expect(set.preparedCount == 2 && set.subset([1]).preparedCount == 2)
      let stretched = try ImageSet.load(folder, preparation: ImagePreparation(size: 2, channels: 3, filter: .area))
      #expect(Array(stretched.pixels.prefix(6)) == [60, 60, 60, 70, 70, 70])
      #expect(Array(stretched.pixels.suffix(12)) == [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
      #expect(try ImageSet.load("\(folder)/b.png", preparation: preparation).pixels == [76, 150, 29, 255])
    }
  }

  @Test func namesTheOddFile() throws {
    try withTemporaryFolder { folder in
      try write([1, 2], 1, 2, to: "\(folder)/a.png")
      try write([1, 2], 2, 1, to: "\(folder)/b.png")
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(folder)/b.png: expected an image of 1×2 pixels as \(folder)/a.png, found one of 2×1; a size (--size) brings all to it"
      )
      try AtomicFile.write(Array("no image".utf8), to: "\(folder)/b.png")
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(folder)/b.png: expected a PNG, JPEG, PBM, PGM or PPM image, found text")
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
    let bytes = try ImageSet.load(fixturePath("bytes-1.0.npy"), preparation: ImagePreparation(layout: .nhw))
    #expect((bytes.count, bytes.height, bytes.width, bytes.channels) == (2, 3, 4, 1))
    #expect(bytes.pixels == Array(0..<24))
    let floats = try ImageSet.load(
      fixturePath("images.npy"), limit: 1, preparation: ImagePreparation(layout: .nhwc))
    #expect((floats.count, floats.height, floats.width, floats.channels) == (1, 3, 4, 1))
    #expect(floats.pixels == (0..<12).map { UInt8((Double($0) / 23 * 255).rounded()) })
  }

  @Test(
    arguments: ["npy", "idx"],
    [
      (Float.nan, "nan", ""), (.infinity, "inf", ""), (-.infinity, "-inf", ""),
      (1.01, "1.01", "; numpy.clip(x, 0, 1) brings 0.5…1.01 to 0…1"),
      (-0.5, "-0.5", "; (x + 1) / 2 brings -0.5…0.5 to 0…1"), (217, "217.0", "; x / 255 brings 0.5…217.0 to 0…1"),
      (4000, "4000.0", "; x / 4095 brings 0.5…4000.0 to 0…1"),
      (65535, "65535.0", "; x / 65535 brings 0.5…65535.0 to 0…1"),
      (-2, "-2.0", "; (x - x.min()) / (x.max() - x.min()) brings -2.0…0.5 to 0…1"),
    ] as [(Float, String, String)])
  func valuesThatAreNoPixelsAreFoundWithTheirImage(kind: String, value: (Float, String, String)) throws {
    try withTemporaryFolder { folder in
      var floats = [Float](repeating: 0.5, count: 4 * 2 * 3)
      floats[2 * 6 + 4] = value.0
      let path = "\(folder)/images"
      if kind == "npy" {
        try NumPy.write(floats, shape: [4, 1, 6], to: path)
      } else {
        try IDXFile.write(IDXArray(floats: floats, shape: [4, 1, 6]), to: path)
      }
      #expect(
        try message { _ = try ImageSet.load(path, preparation: ImagePreparation(layout: .nhw)) }
          == "\(path): expected pixels in 0…1, found \(value.1) in image 2, element 4\(value.2)")
    }
  }

  @Test func otherArraysAreNoImages() throws {
    func failure(_ name: String, _ layout: ArrayLayout? = nil) throws -> String {
      try message { _ = try ImageSet.load(fixturePath(name), preparation: ImagePreparation(layout: layout)) }
    }
    #expect(try failure("vector.npy").hasSuffix("[N, H, W, C], found the shape [5]"))
    #expect(try failure("scalar.npy").hasSuffix("found the shape []"))
    #expect(
      try failure("littlef4.npy", .nhw).hasSuffix(
        "found -0.25 in image 0, element 0; (x + 1) / 2 brings -0.25…0.75 to 0…1"))
  }
}
