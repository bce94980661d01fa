import Foundation
import LatentSystem
import LatentTestSupport
import Testing

@testable import Datasets

@Suite struct PublishedFilesTests {
  private let images = IDXArray(bytes: noise(2 * 3 * 4), shape: [2, 3, 4])
  private let labels = IDXArray(bytes: [1, 3], shape: [2])

  @Test(arguments: ["emnist-letters-train", "a-train"], ["", ".gz"])
  func namesOfSetsMayStandBeforeTheUsualOnes(name: String, ending: String) throws {
    try withTemporaryFolder { folder in
      try IDXFile.write(images, to: "\(folder)/\(name)-images-idx3-ubyte\(ending)")
      try IDXFile.write(labels, to: "\(folder)/\(name)-labels-idx1-ubyte\(ending)")
      let set = try ImageSet.load(folder)
      #expect(set.pixels == images.bytes && set.labels == [1, 3] && set.classCount == 4)
      #expect(!ImageSet.exists(at: folder, split: .test))
      let test = "\(folder)/\(name.dropLast(5))test-images-idx3-ubyte\(ending)"
      try IDXFile.write(images, to: test)
      #expect(ImageSet.exists(at: folder, split: .test))
      #expect(try ImageSet.load(folder, split: .test).labels == nil)
      #expect(ImageSet.files(in: folder, split: .test) == [test])
    }
  }

  /// What belongs to the images has the same name before it.
  @Test func setsAreNotMixed() throws {
    try withTemporaryFolder { folder in
      try IDXFile.write(images, to: "\(folder)/emnist-train-images-idx3-ubyte")
      for name in ["train-labels-idx1-ubyte", "fashion-train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"] {
        try IDXFile.write(labels, to: "\(folder)/\(name)")
      }
      for name in ["fashion-t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte"] {
        try IDXFile.write(images, to: "\(folder)/\(name)")
      }
      let set = try ImageSet.load(folder)
      #expect(set.labels == nil && set.missingConditions == "no emnist-train-labels-idx1-ubyte[.gz] in \(folder)")
      #expect(!ImageSet.exists(at: folder, split: .test))
      try IDXFile.write(labels, to: "\(folder)/emnist-train-labels.idx1-ubyte.gz")
      #expect(try ImageSet.load(folder).labels == [1, 3])
      // Images of the usual name have the labels and test images of the usual names.
      try IDXFile.write(images, to: "\(folder)/train-images-idx3-ubyte")
      #expect(try ImageSet.load(folder).labels == [1, 3] && ImageSet.load(folder, split: .test).labels == [1, 3])
      #expect(ImageSet.files(in: folder, split: .test).count == 3)
      #expect(
        ImageSet.savedFiles(in: folder, split: .test)
          == ["\(folder)/t10k-images-idx3-ubyte", "\(folder)/t10k-labels-idx1-ubyte"])
    }
  }

  /// As `gunzip -k` leaves them.
  @Test func filesThatAreThereTwiceAreTakenUncompressed() throws {
    try withTemporaryFolder { folder in
      try IDXFile.write(images, to: "\(folder)/emnist-train-images-idx3-ubyte")
      try AtomicFile.write([0x1F, 0x8B], to: "\(folder)/emnist-train-images-idx3-ubyte.gz")
      #expect(try ImageSet.load(folder).pixels == images.bytes)
    }
  }

  @Test func severalSetsInAFolderAreRefused() throws {
    try withTemporaryFolder { folder in
      for name in ["emnist-digits", "emnist-letters"] {
        try IDXFile.write(images, to: "\(folder)/\(name)-train-images-idx3-ubyte")
      }
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(folder): expected the images of one set, found \"emnist-digits-train-images-idx3-ubyte\", "
          + "\"emnist-letters-train-images-idx3-ubyte\"")
      try IDXFile.write(images, to: "\(folder)/train-images-idx3-ubyte")
      #expect(try ImageSet.load(folder).count == 2)
    }
  }

  @Test func aLimitKeepsTheClassesOfAll() throws {
    try withTemporaryFolder { folder in
      try IDXFile.write(images, to: "\(folder)/train-images-idx3-ubyte.gz")
      try IDXFile.write(labels, to: "\(folder)/train-labels-idx1-ubyte.gz")
      let set = try ImageSet.load(folder, limit: 1, maximumSize: 30)
      #expect(set.pixels == Array(images.bytes.prefix(12)) && set.labels == [1] && set.classCount == 4)
      try IDXFile.write(IDXArray(bytes: [1, 2, 3], shape: [3]), to: "\(folder)/train-labels-idx1-ubyte.gz")
      #expect(try message { _ = try ImageSet.load(folder, limit: 1) }.hasSuffix("expected 2 labels, found 3"))
    }
  }
}

@Suite struct CIFARFolderTests {
  /// Records of images whose red values are `first`, `first + 1`, …, green ones 7 and blue ones 9.
  private func record(_ labels: [UInt8], first: Int) -> [UInt8] {
    labels + (0..<1024).map { UInt8(truncatingIfNeeded: first + $0) } + [UInt8](repeating: 7, count: 1024)
      + [UInt8](repeating: 9, count: 1024)
  }

  @Test func readsTenClasses() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(record([3], first: 0) + record([9], first: 1), to: "\(folder)/data_batch_1.bin")
      try AtomicFile.write(record([0], first: 2), to: "\(folder)/data_batch_2.bin")
      for batch in 3...5 {
        #expect(try message { _ = try ImageSet.load(folder, limit: 1) }.hasSuffix("found no such file"))
        try AtomicFile.write(record([1], first: 3), to: "\(folder)/data_batch_\(batch).bin")
      }
      let set = try ImageSet.load(folder)
      #expect((set.count, set.height, set.width, set.channels) == (6, 32, 32, 3))
      #expect(set.labels == [3, 9, 0, 1, 1, 1] && set.classCount == 10 && set.classNames == nil)
      #expect(Array(set[1].prefix(6)) == [1, 7, 9, 2, 7, 9] && Array(set[2].prefix(3)) == [2, 7, 9])
      #expect(try ImageSet.load(folder, limit: 2).labels == [3, 9])
      #expect(!ImageSet.exists(at: folder, split: .test))
      try AtomicFile.write(record([5], first: 9), to: "\(folder)/test_batch.bin")
      let names = (0..<10).map { "class\($0)" }
      try AtomicFile.write(Array((names.joined(separator: "\n") + "\n\n").utf8), to: "\(folder)/batches.meta.txt")
      let test = try ImageSet.load(folder, split: .test)
      #expect(ImageSet.exists(at: folder, split: .test) && test.labels == [5] && test.classNames == names)
    }
  }

  @Test func readsTheFineClassesOfAHundred() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(record([3, 99], first: 0), to: "\(folder)/train.bin")
      try AtomicFile.write(Array("only one".utf8), to: "\(folder)/fine_label_names.txt")
      let set = try ImageSet.load(folder)
      #expect(set.labels == [99] && set.classCount == 100 && set.classNames == nil && set.pixels[3] == 1)
    }
  }

  @Test func namesWhatIsWrong() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/data_batch_1.bin"
      for batch in 2...5 { try AtomicFile.write(record([3], first: 0), to: "\(folder)/data_batch_\(batch).bin") }
      try AtomicFile.write(record([3], first: 0).dropLast(), to: path)
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(path): expected records of 3073 bytes, a label and 32×32×3 values each, found 3072 bytes")
      try AtomicFile.write(record([3], first: 0) + record([10], first: 0), to: path)
      #expect(
        try message { _ = try ImageSet.load(folder) } == "\(path): at byte 3073: expected a class below 10, found 10")
      try AtomicFile.write([], to: path)
      #expect(try message { _ = try ImageSet.load(folder) }.hasSuffix("a label and 32×32×3 values each, found 0 bytes"))
    }
  }
}
