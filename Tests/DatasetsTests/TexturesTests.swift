import LatentTestSupport
import Tensor
import Testing

@testable import Datasets

@Suite struct TexturesTests {
  private func black(_ count: Int, height: Int = 28, width: Int = 28) throws -> ImageSet {
    try ImageSet(pixels: [UInt8](repeating: 0, count: count * height * width), height: height, width: width)
  }

  /// Black shows the texture and white its opposite; of colours each channel is by itself. Labels and order stay.
  @Test(arguments: [1, 3]) func distance(channels: Int) throws {
    let pixels = (0..<4 * 5 * 7 * channels).map { UInt8(truncatingIfNeeded: $0 * 31) }
    let images = try ImageSet(pixels: pixels, height: 5, width: 7, channels: channels, labels: [2, 0, 1, 1])
    let textures = try black(4, height: 5, width: 7).onTextures(seed: 3).pixels
    let made = images.onTextures(seed: 3)
    #expect(made.sampleShape == [5, 7, 3] && made.labels == [2, 0, 1, 1] && made.classCount == 3)
    let expected = textures.indices.map { place in
      let own = Int(pixels[channels == 3 ? place : place / 3])
      return UInt8(abs(Int(textures[place]) - own))
    }
    #expect(made.pixels == expected)
  }

  /// A texture belongs to the place of an image among all, and to the seed.
  @Test func places() throws {
    let all = try black(12).onTextures()
    #expect(try black(5).onTextures() == all.prefix(5))
    #expect(try black(12).onTextures(seed: 1).pixels != all.pixels)
    #expect(Set((0..<12).map { Array(all[$0]) }).count == 12)
    // Of a larger image the corner is the same: patterns have no edges.
    let large = try black(12, height: 40, width: 64).onTextures()
    for index in 0..<12 {
      for row in [0, 13, 27] {
        let (own, other) = (Array(all[index]), Array(large[index]))
        #expect(own[row * 28 * 3..<(row + 1) * 28 * 3] == other[row * 64 * 3..<(row * 64 + 28) * 3])
      }
    }
  }

  /// Textures are none of one colour, nor is one like another: brightness and colours vary in and between them.
  @Test func variety() throws {
    let all = try black(200).onTextures()
    var (ranges, means) = ([Double](), [Double]())
    for index in 0..<200 {
      let texture = Array(all[index])
      for channel in 0..<3 {
        let values = stride(from: channel, to: texture.count, by: 3).map { Double(texture[$0]) }
        ranges.append((values.max() ?? 0) - (values.min() ?? 0))
        means.append(values.reduce(0, +) / Double(values.count))
      }
    }
    #expect((ranges.min() ?? 0) > 25 && ranges.reduce(0, +) / 600 > 90)
    let mean = means.reduce(0, +) / 600
    let deviation = (means.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 600).squareRoot()
    #expect((100...155).contains(mean) && deviation > 30, "\(mean) \(deviation)")
  }

  @Test func mistakes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try ImageSet(pixels: [0, 0], height: 1, width: 1, channels: 2).onTextures()
    }
    expect(result, saysWhy: "ImageSet.onTextures: images of 2 channels; grey or coloured ones are needed")
  }
}
