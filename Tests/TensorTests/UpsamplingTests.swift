import Testing

@testable import Tensor

/// Larger images against loops over their pixels.
@Suite struct UpsamplingTests {
  static let factors: [Tensor.Size2D] = [
    1, 2, 3, 4, .init(height: 1, width: 3), .init(height: 2, width: 1), .init(height: 5, width: 2),
  ]

  private func image(_ shape: Tensor.Shape) -> Tensor {
    var noise = TestNoise(3)
    return noise.tensor(shape)
  }

  @Test("Nearest", arguments: factors)
  func nearest(_ factor: Tensor.Size2D) {
    let x = image([2, 3, 4, 2])
    let input = Reference(x)
    expectSame(
      x.upsampledNearest2d(factor: factor),
      Reference([2, 3 * factor.height, 4 * factor.width, 2]) {
        input[[$0[0], $0[1] / factor.height, $0[2] / factor.width, $0[3]]]
      })
  }

  /// The two neighbours of a place and the weight of the second.
  private func neighbours(_ index: Int, _ factor: Int, _ size: Int) -> (Int, Int, Double) {
    let position = min(max((Double(index) + 0.5) / Double(factor) - 0.5, 0), Double(size - 1))
    let lower = Int(position)
    return (lower, min(lower + 1, size - 1), position - Double(lower))
  }

  @Test("Bilinear", arguments: factors)
  func bilinear(_ factor: Tensor.Size2D) {
    for shape: Tensor.Shape in [[2, 3, 4, 2], [1, 1, 1, 3], [1, 2, 1, 1]] {
      let x = image(shape)
      let input = Reference(x)
      let expected = Reference([shape[0], shape[1] * factor.height, shape[2] * factor.width, shape[3]]) { index in
        let (top, bottom, down) = neighbours(index[1], factor.height, shape[1])
        let (left, right, across) = neighbours(index[2], factor.width, shape[2])
        func row(_ i: Int) -> Double {
          input[[index[0], i, left, index[3]]] * (1 - across) + input[[index[0], i, right, index[3]]] * across
        }
        return row(top) * (1 - down) + row(bottom) * down
      }
      expectSame(x.upsampledBilinear2d(factor: factor), expected, tolerance: 1e-6, "\(shape)")
    }
  }

  @Test("The example of the documentation")
  func example() {
    let image = Tensor([[0, 4]]).reshaped(to: [1, 1, 2, 1])
    #expect(image.upsampledBilinear2d(factor: .init(height: 1, width: 2)).scalars == [0, 1, 3, 4])
  }

  @Test("Pixel shuffle and its inverse", arguments: factors)
  func pixelShuffle(_ factor: Tensor.Size2D) {
    let area = factor.height * factor.width
    let x = image([2, 3, 4, 3 * area])
    let input = Reference(x)
    let shuffled = x.pixelShuffled(factor: factor)
    expectSame(
      shuffled,
      Reference([2, 3 * factor.height, 4 * factor.width, 3]) { index in
        let (i, j) = (index[1] % factor.height, index[2] % factor.width)
        let channel = (index[3] * factor.height + i) * factor.width + j
        return input[[index[0], index[1] / factor.height, index[2] / factor.width, channel]]
      })
    #expect(shuffled.pixelUnshuffled(factor: factor) == x)
  }

  @Test("No images")
  func empty() {
    let x = Tensor.zeros([0, 2, 2, 4])
    #expect(x.upsampledNearest2d(factor: 2).shape == [0, 4, 4, 4])
    #expect(x.upsampledBilinear2d(factor: 2).shape == [0, 4, 4, 4])
    #expect(x.pixelShuffled(factor: 2).shape == [0, 4, 4, 1])
    #expect(x.pixelUnshuffled(factor: 2).shape == [0, 1, 1, 16])
  }
}
