import LatentSystem
import LatentTestSupport
import Testing

@testable import Datasets

@Suite struct ImageResamplingTests {
  private func image() throws -> ImageSet {
    try ImageSet(pixels: fixture("resized.pixels"), height: 19, width: 21, channels: 3)
  }

  @Test(arguments: ResamplingFilter.allCases, [(7, 9), (40, 30), (19, 50), (1, 1)])
  func asPillow(_ filter: ResamplingFilter, _ size: (Int, Int)) throws {
    let resized = try image().resized(height: size.0, width: size.1, filter: filter)
    let expected = try fixture("resized-\(filter)-\(size.0)x\(size.1).pixels")
    #expect((resized.height, resized.width, resized.channels) == (size.0, size.1, 3))
    #expect(resized.pixels == expected)
  }

  @Test func severalImagesKeepTheirLabels() throws {
    let digits = BuiltInDigits.make(count: 5)
    let small = digits.resized(height: 14, width: 10)
    #expect(small.labels == digits.labels && small.classCount == digits.classCount && small.count == 5)
    for index in 0..<5 {
      #expect(Array(small[index]) == digits.subset([index]).resized(height: 14, width: 10).pixels)
    }
    #expect(digits.resized(height: 28, width: 28).pixels == digits.pixels)
  }

  @Test func parts() throws {
    let image = try image()
    let square = image.middle(as: 5)
    #expect((square.height, square.width) == (19, 19))
    #expect(Array(square.pixels.prefix(57)) == Array(image.pixels[3..<60]))
    let part = image.cropped(top: 18, left: 20, height: 1, width: 1)
    #expect(part.pixels == Array(image.pixels.suffix(3)))
  }
}
