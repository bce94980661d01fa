import LatentSystem
import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct ImageSetTests {
  @Test func checksItsParts() throws {
    let set = try ImageSet(pixels: Array(0..<12), height: 2, width: 3, labels: [4, 0])
    #expect((set.count, set.imageSize, set.channels) == (2, 6, 1))
    #expect(Array(set[1]) == Array(6..<12))
    #expect(try set.prefix(1) == ImageSet(pixels: Array(0..<6), height: 2, width: 3, labels: [4]))
    #expect(set.prefix(5) == set)
    // The first images have the classes of all.
    #expect(set.conditions == .classes(5) && set.prefix(1).conditions == .classes(5))
    #expect(try ImageSet(pixels: [0], height: 1, width: 1).conditions == .none)
    #expect(BuiltInDigits.make(count: 3).conditions == .classes(10))

    func failure(_ count: Int, _ h: Int, _ w: Int, _ c: Int = 1, _ labels: [Int]? = nil) throws -> String {
      try message {
        let pixels = [UInt8](repeating: 0, count: count)
        _ = try ImageSet(pixels: pixels, height: h, width: w, channels: c, labels: labels)
      }
    }
    #expect(try failure(0, 2, 2) == "images: expected at least one image, found none")
    #expect(try failure(4, 0, 2) == "images: expected images of at least 1×1 pixels, found 0×2")
    #expect(try failure(4, 2, 2, 0) == "images: expected at least 1 channel, found 0")
    #expect(try failure(5, 2, 2) == "images: expected a whole number of images of 2×2×1 bytes, found 5 bytes")
    #expect(try failure(5, .max, 2).contains("a whole number of images"))
    #expect(try failure(4, 2, 2, 1, [1, 2]) == "images: expected 1 label, found 2")
    #expect(try failure(4, 2, 2, 1, [-1]) == "images: expected labels from 0 on, found -1 as label 0")
  }
}

@Suite struct LoadingTests {
  private let images = IDXArray(bytes: noise(3 * 4 * 5), shape: [3, 4, 5])
  private let labels = IDXArray(bytes: [2, 0, 1], shape: [3])

  @Test(arguments: ["-", "."], ["", ".gz"])
  func readsFolders(separator: String, suffix: String) throws {
    try withTemporaryFolder { folder in
      for (split, prefix) in [(ImageSet.Split.train, "train"), (.test, "t10k")] {
        #expect(!ImageSet.exists(at: folder, split: split))
        try IDXFile.write(images, to: "\(folder)/\(prefix)-images\(separator)idx3-ubyte\(suffix)")
        let set = try ImageSet.load(folder, split: split)
        #expect(ImageSet.exists(at: folder, split: split))
        #expect((set.count, set.height, set.width, set.channels) == (3, 4, 5, 1))
        #expect(set.pixels == images.bytes)
        #expect(set.labels == nil)
        try IDXFile.write(labels, to: "\(folder)/\(prefix)-labels\(separator)idx1-ubyte\(suffix)")
        let labeled = try ImageSet.load(folder + "/", split: split, limit: 2)
        #expect(labeled.labels == [2, 0])
        #expect(labeled.pixels == Array(images.bytes[..<40]))
      }
    }
  }

  @Test func readsSingleFilesOfBytesAndFloats() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/images"
      try IDXFile.write(IDXArray(bytes: noise(24), shape: [2, 2, 2, 3]), to: path)
      #expect(try ImageSet.load(path).channels == 3)
      #expect(ImageSet.exists(at: path, split: .train))
      #expect(!ImageSet.exists(at: path, split: .test))
      #expect(try message { _ = try ImageSet.load(path, split: .test) }.hasSuffix("found a file"))
      try IDXFile.write(IDXArray(floats: [0, 0.5, 1, 0.001], shape: [1, 2, 2, 1]), to: path)
      #expect(try ImageSet.load(path).pixels == [0, 128, 255, 0])
    }
  }

  @Test(
    arguments: [
      ([0x42, 0x4D, 0x36, 0x0C], "a BMP image"), (Array("hello, world\n".utf8), "text"),
      ([16, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0x61], "a safetensors file"),
      (Array("GIF89a".utf8), "a GIF image"), ([], "an empty file"), ([0xFF, 1, 2], "ff 01 02"),
      ([0x80, 5, 0x95, 1], "a Python pickle"), ([0x50, 0x4B, 5, 6, 0, 0], "an empty ZIP archive"),
    ] as [([UInt8], String)])
  func namesKindsOfFilesThatAreNotRead(beginning: [UInt8], name: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/image"
      try AtomicFile.write(beginning, to: path)
      #expect(
        try message { _ = try ImageSet.load(path) }
          == "\(path): expected images in an IDX, PNG, JPEG, PBM, PGM, PPM, .npy or .npz file, found \(name)")
    }
  }

  @Test func takesTensorsOfPixels() throws {
    let pixels = Tensor([0, 1, 0.5, 1.0005], shape: [1, 2, 2, 1])
    #expect(try ImageSet(pixels).pixels == [0, 255, 128, 255])
    for bad in [Float.nan, .infinity, -0.1, 255] {
      #expect(
        try message { _ = try ImageSet(Tensor([0, bad], shape: [1, 1, 2, 1])) }
          == "images: expected pixels in 0…1, found \(bad)")
    }
  }

  @Test func namesWhatIsWrong() throws {
    try withTemporaryFolder { folder in
      #expect(
        try message { _ = try ImageSet.load(folder) }
          == "\(folder): expected train-images-idx3-ubyte[.gz] or .png or .jpg files in the folder, found an empty folder"
      )
      try AtomicFile.write([], to: "\(folder)/notes.txt")
      #expect(try message { _ = try ImageSet.load(folder) }.contains("only other files, and folders without"))
      #expect(
        try message { _ = try ImageSet.load(folder, split: .test) }.hasSuffix("in the folder, found no such file"))
      #expect(try message { _ = try ImageSet.load("\(folder)/no") }.contains("found no such file"))

      let path = "\(folder)/train-images-idx3-ubyte"
      func failure(_ array: IDXArray, _ load: String) throws -> String {
        try IDXFile.write(array, to: path)
        return try message { _ = try ImageSet.load(load) }
      }
      #expect(
        try failure(IDXArray(bytes: [UInt8](), shape: [0, 28, 28]), path).hasSuffix("at least one image, found none"))
      #expect(
        try failure(IDXArray(bytes: [UInt8](), shape: [3, 0, 28]), path).contains("images of at least 1×1 pixels"))
      #expect(try failure(IDXArray(bytes: [1], shape: [1, 1]), path).hasSuffix("found the shape [1, 1]"))
      #expect(
        try failure(IDXArray(bytes: [UInt8](), shape: [1, 1, 1, 0]), path).hasSuffix("found the shape [1, 1, 1, 0]"))
      #expect(
        try failure(IDXArray(floats: [0, -1], shape: [1, 1, 2]), path).contains("found -1.0 in image 0, element 1; "))
      #expect(
        try failure(IDXArray(floats: [.nan], shape: [1, 1, 1]), path).hasSuffix("found nan in image 0, element 0"))
      let integers = try IDXFile.read(fixturePath("type0b-rank3.idx"))
      #expect(
        try failure(integers, path).contains(
          "expected pixels in 0…255, found -32125 in image 0, element 0; (x - x.min("))

      let labelPath = "\(folder)/train-labels-idx1-ubyte"
      try IDXFile.write(IDXArray(bytes: [1, 2], shape: [2]), to: labelPath)
      #expect(try failure(images, folder) == "\(labelPath): expected 3 labels, found 2")
      try IDXFile.write(IDXArray(bytes: [1, 2, 3], shape: [3, 1]), to: labelPath)
      #expect(try failure(images, folder) == "\(labelPath): expected labels of rank 1, found the shape [3, 1]")
      try IDXFile.write(IDXArray(floats: [1, 2, 3], shape: [3]), to: labelPath)
      #expect(try failure(images, folder).hasSuffix("expected integer labels, found elements of type float32"))
    }
  }
}

@Suite struct PovertyTests {
  @Test func imagesThatTeachNothing() throws {
    func poverty(_ pixels: [UInt8]) throws -> String? { try ImageSet(pixels: pixels, height: 1, width: 2).poverty }
    #expect(try poverty([0, 0, 0, 0, 0, 0]) == "all 3 images are black")
    #expect(try poverty([255, 255, 255, 255]) == "all 2 images are white")
    #expect(try poverty([9, 9, 9, 9]) == "all 2 images are of one grey")
    #expect(try poverty([9, 8, 9, 8]) == "all 2 images are the same")
    #expect(try poverty([9, 8, 9, 9]) == nil)
    #expect(try poverty([9, 8]) == nil)
  }

  /// Channels that are neither grey nor colours are drawn side by side.
  @Test func otherChannels() throws {
    let images = try ImageSet(pixels: [1, 2, 3, 4, 5, 6, 7, 8], height: 2, width: 2, channels: 2)
    #expect(images.drawable.pixels == [1, 3, 2, 4, 5, 7, 6, 8])
    #expect((images.drawable.height, images.drawable.width, images.drawable.channels) == (2, 4, 1))
  }
}
