import LatentSystem
import LatentTestSupport
import Testing

@testable import Datasets
@testable import LatentFormats

@Suite struct ImageArrayTests {
  private func images(
    _ shape: [Int], _ layout: ArrayLayout? = nil, elements: NumPyArray.Elements? = nil, count: Int? = nil
  ) throws -> ImageSet {
    let size = shape.contains(0) ? 0 : shape.reduce(1, *)
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
    return try ImageArray(NumPyArray(shape: shape, elements: elements ?? .bytes(bytes)), path: "f")
      .images(layout, isCertain: false, count: count)
  }

  @Test(
    arguments: [
      ([32, 32, 3], "nhw: 32 images of 32×3, or hwc: 1 image of 32×32×3"),
      ([3, 32, 32], "nhw: 3 images of 32×32, or chw: 1 image of 32×32×3"),
      ([28, 28, 1], "nhw: 28 images of 28×1, or hwc: 1 image of 28×28"),
      ([3, 8, 3], "nhw: 3 images of 8×3, or hwc: 1 image of 3×8×3, or chw: 1 image of 8×3×3"),
      ([1, 8, 3], "nhw: 1 image of 8×3, or hwc: 1 image of 1×8×3"),
      ([9, 3, 8, 8], "nhwc: 9 images of 3×8×8, or nchw: 9 images of 8×8×3"),
      ([9, 1, 8, 8], "nhwc: 9 images of 1×8×8, or nchw: 9 images of 8×8"),
      ([2, 4, 8, 8], "nhwc: 2 images of 4×8×8, or nchw: 2 images of 8×8×4"),
      ([8, 8, 4], "nhw: 8 images of 8×4, or hwc: 1 image of 8×8×4"),
      ([2, 8, 8], "nhw: 2 images of 8×8, or chw: 1 image of 8×8×2"),
      // Of the same sizes, but of other pixels.
      ([2, 3, 3, 3], "nhwc: 2 images of 3×3×3, or nchw: 2 images of 3×3×3"),
      ([2, 3, 5, 1], "nhwc: 2 images of 3×5, or nchw: 2 images of 5×1×3"),
    ])
  func shapesWithSeveralReadingsAreRefused(shape: [Int], readings: String) throws {
    #expect(
      try message { _ = try images(shape) }
        == "f: expected an array that can be read in one way only, or its layout (--layout), found the shape \(shape), "
        + "which can be \(readings)")
  }

  @Test func plainShapesAreRead() throws {
    for (shape, sizes) in [
      ([5, 8, 9], [5, 8, 9, 1]), ([1, 8, 9], [1, 8, 9, 1]), ([5, 8, 9, 3], [5, 8, 9, 3]),
      ([5, 8, 9, 1], [5, 8, 9, 1]),
      ([5, 6, 9, 3], [5, 6, 9, 3]), ([5, 8, 9, 2], [5, 8, 9, 2]), ([5, 5, 5], [5, 5, 5, 1]),
      ([1, 1, 1], [1, 1, 1, 1]), ([1, 1, 1, 1], [1, 1, 1, 1]),
    ] {
      let set = try images(shape)
      #expect([set.count, set.height, set.width, set.channels] == sizes)
      #expect(set.pixels == (0..<shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0) })
    }
  }

  @Test func layoutsSayWhatTheAxesAre() throws {
    let cases: [([Int], ArrayLayout, [Int])] = [
      ([2, 3, 1], .nhw, [2, 3, 1, 1]), ([2, 2, 3], .hwc, [1, 2, 2, 3]), ([4, 5], .hw, [1, 4, 5, 1]),
      ([3, 2, 2], .chw, [1, 2, 2, 3]), ([2, 3, 1, 2], .nchw, [2, 1, 2, 3]), ([2, 1, 2, 3], .nhwc, [2, 1, 2, 3]),
    ]
    for (shape, layout, sizes) in cases {
      let set = try images(shape, layout)
      #expect([set.count, set.height, set.width, set.channels] == sizes, "\(layout)")
    }
    #expect(try images([3, 2, 2], .chw).pixels == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(try images([2, 3, 1, 2], .nchw).pixels == [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11])
    #expect(
      try message { _ = try images([2, 3, 4], .nchw) } == "f: expected images [N, C, H, W], found the shape [2, 3, 4]")
    #expect(try message { _ = try images([0, 4, 4]) } == "f: expected at least one image, found none")
    // Axes without a size, in any layout.
    for layout in ArrayLayout.allCases {
      for shape in [
        [0, 28, 28], [28, 0, 28], [28, 28, 0], [0, 0], [2, 0, 4, 4], [2, 4, 4, 0], [1 << 32, 1 << 32, 0],
      ] {
        #expect(throws: FileError.self) { try images(shape, layout, elements: .bytes([])) }
      }
    }
    #expect(try message { _ = try images([2, 0, 4, 4], .nchw) }.hasSuffix("found the shape [2, 0, 4, 4]"))
  }

  @Test func integersBeyondBytesNameARemedy() throws {
    #expect(
      try message { _ = try images([1, 2, 2], .nhw, elements: .integers([0, 9, 300, 4])) }
        == "f: expected pixels in 0…255, found 300 in image 0, element 2; x / 4095 brings 0.0…300.0 to 0…1")
    #expect(
      try message { _ = try images([1, 2, 2], .nhw, elements: .floats([0, 16, 3, 4])) }.hasSuffix(
        "found 16.0 in image 0, element 1; x / 16 brings 0.0…16.0 to 0…1"))
  }

  /// What is said to bring values to 0…1 does.
  @Test(
    arguments: [
      ([0, 16, 3, 4], "x / 16"), ([0, 255, 0.5, 9], "x / 255"), ([0, 4095, 7, 9], "x / 4095"),
      ([0, 300, 65_535, 1], "x / 65535"), ([0, 1e6, 7, 9], "x / x.max()"), ([-1, 1, 0.5, 0], "(x + 1) / 2"),
      ([-3, 2, 0.5, 0], "(x - x.min()) / (x.max() - x.min())"), ([0, 1.01, 0.5, 0.25], "numpy.clip(x, 0, 1)"),
      ([-0.05, 1.02, 0.5, 0], "numpy.clip(x, 0, 1)"), ([-1e-9, 1, 0.5, 0], "numpy.clip(x, 0, 1)"),
      ([-0.5, 0.02, 0, 0], "(x + 1) / 2"),
    ] as [([Float], String)])
  func formulasHelp(values: [Float], formula: String) throws {
    let text = try message { _ = try images([1, 2, 2], .nhw, elements: .floats(values)) }
    #expect(text.contains("; \(formula) brings "), "\(text)")
    let (least, most) = try (#require(values.min()), #require(values.max()))
    let brought = values.map { x in
      switch formula {
      case "(x + 1) / 2": (x + 1) / 2
      case "(x - x.min()) / (x.max() - x.min())": (x - least) / (most - least)
      case "numpy.clip(x, 0, 1)": min(max(x, 0), 1)
      case "x / x.max()": x / most
      default: x / (Float(formula.dropFirst("x / ".count)) ?? .nan)
      }
    }
    #expect(try images([1, 2, 2], .nhw, elements: .floats(brought)).count == 1)
  }

  @Test func thereIsNoRemedyForOneNegativeValue() throws {
    #expect(
      try message { _ = try images([1, 5, 5], elements: .floats([Float](repeating: -2, count: 25))) }
        == "f: expected pixels in 0…1, found -2.0 in image 0, element 0")
  }

  /// As many images as there are labels.
  @Test func labelsChooseAReading() throws {
    #expect(try images([3, 8, 8], count: 3).count == 3)
    #expect(try images([3, 8, 8], count: 1).pixels.prefix(3) == [0, 64, 128])
    #expect(throws: FileError.self) { try images([3, 8, 8], count: 2) }
    #expect(throws: FileError.self) { try images([9, 3, 8, 8], count: 9) }
  }

  /// Integers of any type in an IDX file, if they are those of bytes.
  @Test func integersInIDXFiles() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/images"
      let files: [(IDXArray.ElementType, [UInt8])] = [
        (.int8, [0, 9, 100, 127]), (.int16, [0, 0, 0, 9, 0, 100, 0, 127]),
        (.int32, [0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 100, 0, 0, 0, 127]),
      ]
      for (type, bytes) in files {
        try IDXFile.write(IDXArray(elementType: type, shape: [1, 2, 2], bytes: bytes), to: path)
        #expect(try ImageSet.load(path).pixels == [0, 9, 100, 127], "\(type)")
      }
      try IDXFile.write(IDXArray(elementType: .int16, shape: [1, 1, 2], bytes: [0, 9, 1, 0]), to: path)
      #expect(
        try message { _ = try ImageSet.load(path) }
          == "\(path): expected pixels in 0…255, found 256 in image 0, element 1; x / 4095 brings 9.0…256.0 to 0…1")
    }
  }

  /// IDX files have their channels last, but some programs write others.
  @Test func channelsOfIDXFiles() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/images"
      func write(_ shape: [Int]) throws {
        let bytes = (0..<shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0) }
        try IDXFile.write(IDXArray(bytes: bytes, shape: shape), to: path)
      }
      try write([2, 3, 5, 6])
      for memory in [1, 1 << 20] {
        #expect(
          try message { _ = try ImageSet.open(path, memory: memory) }.hasSuffix(
            "found the shape [2, 3, 5, 6], which can be nhwc: 2 images of 3×5×6, or nchw: 2 images of 5×6×3"))
        let images = try ImageSet.open(path, preparation: ImagePreparation(layout: .nchw), memory: memory)
        #expect((images.height, images.width, images.channels) == (5, 6, 3))
      }
      let plain: [[Int]] = [[2, 3, 5, 3], [2, 5, 6, 3], [2, 5, 6, 6], [2, 1, 1, 1]]
      for shape in plain {
        try write(shape)
        for memory in [1, 1 << 20] {
          let images = try ImageSet.open(path, memory: memory)
          #expect([images.count, images.height, images.width, images.channels] == shape)
        }
      }
    }
  }

  /// Labels are whole numbers, whatever their type.
  @Test func labelsOfAnyType() throws {
    func labels(_ type: String, _ shape: String, _ bytes: [UInt8]) throws -> [Int]? {
      try withArchive([("x", "|u1", "(2, 5, 1)", [UInt8](repeating: 9, count: 10)), ("y", type, shape, bytes)]) {
        try ImageArchive($0).images(.train, .nhw, maximumSize: 1000).labels
      }
    }
    #expect(try labels("<f4", "(2,)", [0, 0, 0x40, 0x40, 0, 0, 0, 0]) == [3, 0])
    #expect(try labels("|b1", "(2,)", [1, 0]) == [1, 0])
    #expect(
      try message { _ = try labels("<f4", "(2,)", [0, 0, 0, 0, 0, 0, 0, 0x3F]) }.hasSuffix(
        "expected whole numbers as labels, found 0.5 as label 1"))
    #expect(
      try message { _ = try labels("<f4", "(2,)", [0, 0, 0xC0, 0x7F, 0, 0, 0, 0]) }.contains("found nan as label 0"))
    #expect(
      try message { _ = try labels("|u1", "(2, 3)", [0, 1, 0, 1, 0, 0]) }.hasSuffix(
        "found the shape [2, 3]; numpy.argmax(y, 1) makes labels of rows with a 1 each"))
  }

  @Test func archivesOfArrays() throws {
    let path = fixturePath("stored.npz")
    let set = try ImageSet.load(path)
    #expect(set.pixels == Array(0..<24) && set.labels == [7, 300] && set.classCount == 301)
    #expect(try ImageSet.load(path, limit: 1).labels == [7])
    #expect(ImageSet.exists(at: path, split: .test))
    let test = try ImageSet.load(path, split: .test, preparation: ImagePreparation(layout: .nhw))
    #expect(test.pixels == Array(100..<112) && test.labels == [2])
    let single = try ImageSet.load(fixturePath("deflated.npz"), preparation: ImagePreparation(layout: .nhw))
    #expect(single.count == 2 && single.labels == nil && single.pixels[23] == 255)
    #expect(single.missingConditions == "no array y_train in \(fixturePath("deflated.npz"))")
    #expect(!ImageSet.exists(at: fixturePath("deflated.npz"), split: .test))
    // The name does not matter, and what cannot be read is there.
    try withTemporaryFolder { folder in
      try AtomicFile.write(fixture("stored.npz"), to: "\(folder)/data.zip")
      #expect(ImageSet.exists(at: "\(folder)/data.zip", split: .test))
      try AtomicFile.write(fixture("stored.npz").dropLast(30), to: "\(folder)/data.npz")
      #expect(ImageSet.exists(at: "\(folder)/data.npz", split: .test))
    }
  }

  @Test(
    arguments: [
      (["x_test"], "expected one array of images, or one called x_train, found \"x_test\""),
      (["y_train"], "expected one array of images, or one called x_train, found \"y_train\""),
      (["x", "y", "label"], "expected one array of labels, or one called y_train, found \"y\", \"label\""),
      (["x", "data"], "expected one array of images, or one called x_train, found \"x\", \"data\""),
    ])
  func archivesThatAreNotPlain(names: [String], expected: String) throws {
    try withTemporaryFolder { folder in
      let arrays = names.map { ($0, "|u1", "(8, 1, 1)", [UInt8](repeating: 9, count: 8)) }
      try AtomicFile.write(Self.archive(arrays), to: "\(folder)/f")
      let archive = try ImageArchive("\(folder)/f")
      #expect(
        try message { _ = try archive.images(.train, .nhw, maximumSize: 1000) } == "\(folder)/f: \(expected)")
    }
  }

  private typealias Member = (name: String, type: String, shape: String, bytes: [UInt8])

  /// What `body` makes of the path of an archive of these arrays.
  private func withArchive<R>(_ arrays: [Member], _ body: (String) throws -> R) throws -> R {
    var result: R?
    try withTemporaryFolder { folder in
      try AtomicFile.write(Self.archive(arrays), to: "\(folder)/f")
      result = try body("\(folder)/f")
    }
    return try #require(result)
  }

  /// Arrays that are stored, not compressed.
  private static func archive(_ arrays: [Member]) -> [UInt8] {
    func bytes(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 255) } }
    var (members, directory) = ([UInt8](), [UInt8]())
    for array in arrays {
      let text = [UInt8]("{'descr': '\(array.type)', 'fortran_order': False, 'shape': \(array.shape), }".utf8)
      var contents: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
      contents += bytes(text.count, 2)
      contents += text
      contents += array.bytes
      let sizes = bytes(Int(CRC32.checksum(contents)), 4) + bytes(contents.count, 4) + bytes(contents.count, 4)
      let name = [UInt8]("\(array.name).npy".utf8)
      directory += [0x50, 0x4B, 1, 2, 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + bytes(name.count, 2)
      directory += [UInt8](repeating: 0, count: 12) + bytes(members.count, 4) + name
      members += [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + sizes + bytes(name.count, 2)
      members += [0, 0] + name + contents
    }
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end += bytes(arrays.count, 2) + bytes(arrays.count, 2)
    end += bytes(directory.count, 4) + bytes(members.count, 4) + [0, 0]
    return members + directory + end
  }
}
