import Tensor
import Testing

@testable import Datasets

@Suite struct ImageAugmentationTests {
  /// 200 images whose pixels all differ, of two channels.
  private let images = Tensor((0..<200 * 9 * 17 * 2).map { Float($0 % 9973) }, shape: [200, 9, 17, 2])

  /// An image that is mirrored or not, and moved, pixel by pixel.
  private func moved(_ image: Tensor, isTurned: Bool, down: Int, right: Int) -> Tensor {
    let (height, width) = (image.shape[1], image.shape[2])
    let pixels = image.scalars
    var result: [Float] = []
    for row in 0..<height {
      for column in 0..<width {
        let (from, place) = (min(max(row - down, 0), height - 1), min(max(column - right, 0), width - 1))
        let start = (from * width + (isTurned ? width - 1 - place : place)) * 2
        result += pixels[start..<start + 2]
      }
    }
    return Tensor(result, shape: image.shape)
  }

  @Test(arguments: [(true, false), (false, true), (true, true)])
  func everyImageIsOneOfThoseThatCanBe(isMirrored: Bool, isShifted: Bool) throws {
    var generator = RandomGenerator(seed: 3)
    let changed = ImageAugmentation(isMirrored: isMirrored, isShifted: isShifted)(images, using: &generator)
    #expect(changed.shape == images.shape)
    // An eighth of nine is one.
    let shifts = isShifted ? [-1, 0, 1] : [0]
    var found: [[Int]: Int] = [:]
    for index in 0..<60 {
      let (image, result) = (images[index..<index + 1], changed[index..<index + 1])
      let kinds = (isMirrored ? [0, 1] : [0]).flatMap { turned in
        shifts.flatMap { down in shifts.map { [turned, down, $0] } }
      }
      let kind = kinds.first { moved(image, isTurned: $0[0] == 1, down: $0[1], right: $0[2]) == result }
      found[try #require(kind), default: 0] += 1
    }
    #expect(found.count >= (isShifted ? 6 : 2))
    for place in 0..<3 where place > 0 ? isShifted : isMirrored {
      #expect(Set(found.keys.map { $0[place] }).count == (place == 0 ? 2 : 3))
    }
  }

  @Test func nothingChangesNothing() {
    var generator = RandomGenerator(seed: 3)
    #expect(ImageAugmentation()(images, using: &generator) == images)
    #expect(ImageAugmentation(isMirrored: true, isShifted: true).description == "mirror,shift")
  }

  @Test func otherShapes() async {
    await #expect(processExitsWith: .failure) {
      var generator = RandomGenerator(seed: 1)
      _ = ImageAugmentation()(Tensor.zeros([2, 3]), using: &generator)
    }
  }
}
