import LatentSystem
import LatentTestSupport
import Testing

@testable import Datasets
@testable import LatentFormats

@Suite struct ImageArrayTests {
  private func images(
    _ shape: [Int], _ layout: ArrayLayout? = nil, elements: NumPyArray.Elements? = nil
  ) throws -> ImageSet {
    let bytes = (0..<shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0) }
    return try ImageArray(NumPyArray(shape: shape, elements: elements ?? .bytes(bytes)), path: "f")
      .images(layout, isCertain: false)
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
    ])
  func shapesWithSeveralReadingsAreRefused(shape: [Int], readings: String) throws {
    #expect(
      try message { _ = try images(shape) }
        == "f: expected an array that can be read in one way only, or its layout, found the shape \(shape), "
        + "which can be \(readings)")
  }

  @Test func plainShapesAreRead() throws {
    for (shape, sizes) in [
      ([5, 8, 9], [5, 8, 9, 1]), ([1, 8, 9], [1, 8, 9, 1]), ([5, 8, 9, 3], [5, 8, 9, 3]),
      ([5, 8, 9, 1], [5, 8, 9, 1]),
      ([5, 1, 9, 3], [5, 1, 9, 3]), ([5, 8, 9, 2], [5, 8, 9, 2]), ([2, 4, 4], [2, 4, 4, 1]),
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
    #expect(try message { _ = try images([2, 0, 4, 4], .nchw) }.hasSuffix("found the shape [2, 0, 4, 4]"))
  }

  @Test func integersBeyondBytesNameARemedy() throws {
    #expect(
      try message { _ = try images([1, 2, 2], elements: .integers([0, 9, 300, 4])) }
        == "f: expected pixels in 0…255, found 300 in image 0, element 2; x / 4095 brings 0.0…300.0 to 0…1")
    #expect(
      try message { _ = try images([1, 2, 2], elements: .floats([0, 16, 3, 4])) }.hasSuffix(
        "found 16.0 in image 0, element 1; x / 16 brings 0.0…16.0 to 0…1"))
  }

  @Test func archivesOfArrays() throws {
    let path = fixturePath("stored.npz")
    let set = try ImageSet.load(path)
    #expect(set.pixels == Array(0..<24) && set.labels == [7, 300] && set.classCount == 301)
    #expect(try ImageSet.load(path, limit: 1).labels == [7])
    #expect(ImageSet.exists(at: path, split: .test))
    let test = try ImageSet.load(path, split: .test)
    #expect(test.pixels == Array(100..<112) && test.labels == [2])
    let single = try ImageSet.load(fixturePath("deflated.npz"))
    #expect(single.count == 2 && single.labels == nil && single.pixels[23] == 255)
    #expect(!ImageSet.exists(at: fixturePath("deflated.npz"), split: .test))
  }
}
