import Testing

@testable import Tensor

/// Padding modes, resizing, adaptive pooling and sampling: properties, corners and examples. Values and derivatives are
/// held against golden ones in ``SpatialGoldenTests``.
@Suite struct SpatialMapTests {
  private func image(_ shape: Tensor.Shape) -> Tensor {
    var noise = TestNoise(3)
    return noise.tensor(shape)
  }

  // MARK: Padding

  @Test("Padding longer than the axis goes on", arguments: 1...4)
  func longPadding(_ size: Int) {
    let x = Tensor((0..<size).map(Float.init))
    func padded(_ mode: Tensor.PaddingMode) -> [Float] { x.padded(before: [7], after: [9], mode: mode).scalars }
    let places = -7..<size + 9
    #expect(padded(.zeros) == places.map { (0..<size).contains($0) ? Float($0) : 0 })
    #expect(padded(.edge) == places.map { Float(min(max($0, 0), size - 1)) })
    #expect(padded(.wrap) == places.map { Float(($0 + 7 * size) % size) })
    guard size > 1 else { return }
    // Up and down again.
    let wave = Array(0..<size) + Array(1..<size - 1).reversed()
    #expect(padded(.reflect) == places.map { Float(wave[($0 + 100 * wave.count) % wave.count]) })
  }

  @Test("The example of the documentation, and no padding")
  func paddingExample() {
    let x = Tensor([1, 2, 3])
    #expect(x.padded(before: [2], after: [1], mode: .reflect) == Tensor([3, 2, 1, 2, 3, 2]))
    for mode in Tensor.PaddingMode.allCases { #expect(x.padded(before: [0], after: [0], mode: mode) == x) }
    #expect(Tensor.zeros([0, 3, 3, 2]).padded2d(1, mode: .wrap).shape == [0, 5, 5, 2])
  }

  @Test("Numbers that are not finite stay where they are")
  func paddingKeepsNumbers() {
    let x = Tensor([.nan, 1, .infinity], shape: [1, 3, 1])
    let padded = x.padded1d(1, mode: .edge).scalars
    #expect(padded[0].isNaN && padded[1].isNaN && padded[2...] == [1, .infinity, .infinity])
  }

  // MARK: Resizing

  static let methods: [(Tensor.ResizingMethod, Bool)] = [
    (.nearest, false), (.bilinear, false), (.bilinear, true), (.bicubic, false), (.bicubic, true),
  ]

  @Test("One grey stays one grey", arguments: methods)
  func constants(_ method: Tensor.ResizingMethod, _ antialias: Bool) {
    for size in [1, 2, 3, 5, 8, 13, 40] {
      let resized = Tensor(repeating: 0.75, shape: [1, 7, 9, 2])
        .resized(to: .init(height: size, width: 41 - size), method: method, antialias: antialias)
      #expect(resized.shape == [1, size, 41 - size, 2])
      #expect(resized.isApproximatelyEqual(to: Tensor(repeating: 0.75, shape: resized.shape)))
    }
  }

  @Test("The same size is the same image", arguments: methods)
  func sameSize(_ method: Tensor.ResizingMethod, _ antialias: Bool) {
    let x = image([2, 5, 6, 3])
    let resized = x.resized(to: .init(height: 5, width: 6), method: method, antialias: antialias)
    #expect(resized.isApproximatelyEqual(to: x))
    #expect(Tensor.zeros([0, 5, 6, 3]).resized(to: 4, method: method, antialias: antialias).shape == [0, 4, 4, 3])
  }

  @Test("Whole factors are upsampling", arguments: UpsamplingTests.factors)
  func upsampling(_ factor: Tensor.Size2D) {
    let x = image([2, 3, 4, 2])
    let size = Tensor.Size2D(height: 3 * factor.height, width: 4 * factor.width)
    #expect(x.resized(to: size, method: .nearest) == x.upsampledNearest2d(factor: factor))
    #expect(x.resized(to: size).isApproximatelyEqual(to: x.upsampledBilinear2d(factor: factor)))
  }

  @Test("An antialiased half is the mean of neighbours, weighted as a tent")
  func antialiasedHalf() {
    let x = Tensor([0, 8, 0, 0, 0, 0, 0, 0], shape: [1, 1, 8, 1])
    let half = x.resized(to: .init(height: 1, width: 4), antialias: true).scalars
    // The tent over two pixels has weights 1, 3, 3, 1 of 8; at the left edge 3, 3, 1 of 7.
    #expect(abs(half[0] - 24.0 / 7) < 1e-6 && abs(half[1] - 1) < 1e-6 && half[2...] == [0, 0])
  }

  /// A map's transpose is checked as ⟨y, A x⟩ = ⟨Aᵀ y, x⟩ with whole numbers.
  @Test func transposedMaps() {
    var noise = TestNoise(9)
    for _ in 0..<40 {
      let (size, count) = (1 + noise.int(6), noise.int(7))
      let map = AxisMap(from: size, to: count) { _ in
        (0..<noise.int(4)).map { _ in (noise.int(size), Float(noise.int(5) - 2)) }
      }
      let shape: Tensor.Shape = [noise.int(3), size, 1 + noise.int(20)]
      let (x, y) = (noise.integers(shape), noise.integers(shape.replacing(1, with: count)))
      #expect((x.combined(along: 1, by: map) * y).sum() == (x * y.combined(along: 1, by: map.transposed)).sum())
    }
  }

  // MARK: Adaptive pooling

  @Test("Adaptive pooling to divisors is pooling, and to one the mean")
  func adaptive() {
    let x = image([2, 6, 8, 3])
    let halves = x.adaptiveAveragePool2d(to: .init(height: 3, width: 4))
    #expect(halves.isApproximatelyEqual(to: x.averagePool2d(2)))
    #expect(x.adaptiveAveragePool2d(to: 1).flattened().isApproximatelyEqual(to: x.mean(axes: [1, 2])))
    #expect(x.adaptiveAveragePool2d(to: .init(height: 6, width: 8)) == x)
  }

  // MARK: Pooling of sequences and volumes

  @Test("Padding is never the largest, and ties share the gradient")
  func pooling() {
    let x = Tensor(repeating: -2, shape: [1, 2, 2, 2, 1]).recorded()
    #expect(x.maxPool3d(2, stride: 1, padding: 1).scalars.allSatisfy { $0 == -2 })
    #expect(x.maxPool3d(2).sum().gradient(at: x) == Tensor(repeating: 0.125, shape: x.shape))
    let sequence = Tensor([-3, -1, -2], shape: [1, 3, 1])
    #expect(sequence.maxPool1d(2, stride: 1, padding: 1).scalars == [-3, -1, -1, -2])
    #expect(sequence.averagePool1d(2, padding: .init(before: 1)).scalars == [-1.5, -1.5])
    #expect(sequence.averagePool1d(2, padding: .init(before: 1), countsPadding: false).scalars == [-3, -1.5])
  }

  // MARK: Sampling

  /// The places of the pixels of an image of `height` × `width`.
  private func places(_ height: Int, _ width: Int, alignsCorners: Bool) -> Tensor {
    func place(_ index: Int, _ size: Int) -> Float {
      alignsCorners ? Float(2 * index) / Float(size - 1) - 1 : Float(2 * index + 1) / Float(size) - 1
    }
    let scalars = (0..<height).flatMap { i in (0..<width).flatMap { [place($0, width), place(i, height)] } }
    return Tensor(scalars, shape: [1, height, width, 2])
  }

  @Test("The places of the pixels give the image", arguments: [false, true], Tensor.SamplingMethod.allCases)
  func identity(_ alignsCorners: Bool, _ method: Tensor.SamplingMethod) {
    let x = image([1, 5, 4, 3])
    for padding in Tensor.SamplingPadding.allCases {
      let sampled = x.gridSampled(
        at: places(5, 4, alignsCorners: alignsCorners), method: method, padding: padding,
        alignsCorners: alignsCorners)
      #expect(sampled.isApproximatelyEqual(to: x))
    }
  }

  @Test("Places far away, and those that are no numbers, stop nothing")
  func wildPlaces() {
    let x = image([1, 3, 3, 2])
    let wild: [Float] = [.infinity, -.infinity, 1e30, -1e30, .nan, 5]
    let grid = Tensor(wild, shape: [1, 1, 3, 2])
    for method in Tensor.SamplingMethod.allCases {
      let zeros = x.gridSampled(at: grid, method: method)
      #expect(zeros.shape == [1, 1, 3, 2])
      #expect(zeros.scalars[2...3] == [0, 0])
      let edge = x.gridSampled(at: grid, method: method, padding: .edge)
      // Far to the right and far above: the upper right corner.
      #expect(edge.scalars[2...3] == x.scalars[4...5])
    }
    #expect(Tensor.zeros([0, 3, 3, 2]).gridSampled(at: .zeros([0, 4, 5, 2])).shape == [0, 4, 5, 2])
  }
}
