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

  /// Channels around the widths of vectors, one sample and many: what has kernels, against repeated pixels.
  @Test("Nearest by the kernels", arguments: factors, [8, 16, 19])
  func nearestByKernels(_ factor: Tensor.Size2D, _ channels: Int) {
    for count in [1, 9] {
      let x = image([count, 3, 4, channels]).recorded()
      let repeated = x.reshaped(to: [count, 3, 1, 4, 1, channels])
        .broadcast(to: [count, 3, factor.height, 4, factor.width, channels])
        .reshaped(to: [count, 3 * factor.height, 4 * factor.width, channels])
      let enlarged = x.upsampledNearest2d(factor: factor)
      #expect(bitPatterns(enlarged) == bitPatterns(repeated))
      let u = image(repeated.shape)
      #expect(bitPatterns(enlarged.pullback(u, at: [x])[0]) == bitPatterns(repeated.pullback(u, at: [x])[0]))
    }
  }

  /// Rows or columns between neighbours, of gathered ones and arithmetic.
  private func interpolated(_ x: Tensor, axis: Int, _ factor: Int) -> Tensor {
    if factor == 1 { return x }
    let count = x.shape[axis] * factor
    // Twice `factor` times the place between rows.
    let places = (0..<count).map { max(0, 2 * $0 + 1 - factor) }
    let weights = Tensor(places.map { Float($0 % (2 * factor)) / Float(2 * factor) })
    let weight = weights.reshaped(to: axis == 1 ? [count, 1, 1] : [count, 1])
    let lower = places.map { $0 / (2 * factor) }
    let upper = lower.map { min($0 + 1, x.shape[axis] - 1) }
    return x.gathered(at: lower, axis: axis) * (1 - weight) + x.gathered(at: upper, axis: axis) * weight
  }

  @Test("Bilinear and its derivatives, against a composition", arguments: factors, [1, 3, 8, 19])
  func bilinearComposition(_ factor: Tensor.Size2D, _ channels: Int) {
    for shape: Tensor.Shape in [[2, 3, 4, channels], [9, 2, 5, channels], [8, 1, 1, channels]] {
      let x = image(shape)
      func derivatives(_ function: (Tensor) -> Tensor) -> [Tensor] {
        let leaf = x.recorded()
        let output = function(leaf)
        let u = image(output.shape).recorded()
        let first = (output * output).pullback(u, at: [leaf], recording: true)[0]
        return [output, first] + first.pullback(image(shape), at: [leaf, u])
      }
      let composed = derivatives {
        interpolated(interpolated($0, axis: 1, factor.height), axis: 2, factor.width)
      }
      for (order, (value, expected)) in zip(derivatives { $0.upsampledBilinear2d(factor: factor) }, composed)
        .enumerated()
      {
        let limit = 1e-6 * max(1, expected.maximumMagnitude)
        #expect((value - expected).maximumMagnitude <= limit, "\(shape), derivative \(order)")
      }
    }
  }

  @Test("Numbers that are not finite reach the pixels that they reached in a composition")
  func notFinite() {
    let x = Tensor([.nan, 1, 2, .infinity], shape: [1, 2, 2, 1])
    for factor in Self.factors {
      let composed = interpolated(interpolated(x, axis: 1, factor.height), axis: 2, factor.width)
      for (value, expected) in zip(x.upsampledBilinear2d(factor: factor).scalars, composed.scalars) {
        #expect(value.isNaN == expected.isNaN && value.isInfinite == expected.isInfinite)
      }
    }
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
