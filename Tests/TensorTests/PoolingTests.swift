import Testing

@testable import Tensor

/// Pooling against loops over the windows.
@Suite struct PoolingTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let height: Int
    let width: Int
    let size: Tensor.Size2D
    let stride: Tensor.Size2D?
    let padding: Tensor.Padding2D

    var testDescription: String {
      "\(height) × \(width), size \(size), stride \(stride?.description ?? "nil"), padding \(padding)"
    }
  }

  static let rows = [
    Row(height: 4, width: 6, size: 2, stride: nil, padding: 0),
    Row(height: 5, width: 7, size: 2, stride: nil, padding: 0),
    Row(height: 3, width: 3, size: 3, stride: nil, padding: 0),
    Row(height: 1, width: 1, size: 1, stride: nil, padding: 0),
    Row(height: 6, width: 7, size: .init(height: 3, width: 2), stride: .init(height: 1, width: 3), padding: 0),
    Row(height: 7, width: 6, size: 3, stride: 2, padding: 1),
    Row(height: 1, width: 2, size: 3, stride: nil, padding: .init(top: 2, bottom: 0, left: 0, right: 1)),
    Row(height: 5, width: 5, size: 2, stride: 3, padding: .init(top: 0, bottom: 1, left: 1, right: 0)),
  ]

  /// What `combine` makes of each window's values within the image.
  private func reference(_ x: Tensor, _ row: Row, _ combine: ([Double]) -> Double) -> Reference {
    let input = Reference(x)
    let stride = row.stride ?? row.size
    let height = (row.height + row.padding.top + row.padding.bottom - row.size.height) / stride.height + 1
    let width = (row.width + row.padding.left + row.padding.right - row.size.width) / stride.width + 1
    return Reference([x.shape[0], height, width, x.shape[3]]) { index in
      var values: [Double] = []
      for offset in Reference.indices([row.size.height, row.size.width]) {
        let i = index[1] * stride.height - row.padding.top + offset[0]
        let j = index[2] * stride.width - row.padding.left + offset[1]
        if (0..<row.height).contains(i) && (0..<row.width).contains(j) {
          values.append(input[[index[0], i, j, index[3]]])
        }
      }
      return combine(values)
    }
  }

  @Test("Means and largest values of the windows", arguments: rows)
  func values(_ row: Row) {
    var noise = TestNoise(7)
    // All negative, so that the zeros of a padding would show as the largest.
    let x = noise.tensor([2, row.height, row.width, 3], in: -3 ... -1)
    let area = Double(row.size.height * row.size.width)
    expectSame(
      x.maxPool2d(row.size, stride: row.stride, padding: row.padding),
      reference(x, row) { $0.max() ?? .nan })
    expectSame(
      x.averagePool2d(row.size, stride: row.stride, padding: row.padding),
      reference(x, row) { $0.reduce(0, +) / area }, tolerance: 1e-6)
    expectSame(
      x.averagePool2d(row.size, stride: row.stride, padding: row.padding, countsPadding: false),
      reference(x, row) { $0.reduce(0, +) / Double($0.count) }, tolerance: 1e-6)
  }

  @Test("Gradients through overlapping, padded windows")
  func gradients() {
    let x = Tensor([1, 5, 2, 4]).reshaped(to: [1, 1, 4, 1]).recorded()
    let size = Tensor.Size2D(height: 1, width: 3)
    let padding = Tensor.Padding2D(left: 1, right: 1)
    let weights = Tensor([1, 10, 100, 1000]).reshaped(to: [1, 1, 4, 1])
    // The largest: 5, 5, 5, 4.
    let largest = (x.maxPool2d(size, stride: 1, padding: padding) * weights).sum()
    #expect(largest.gradients(at: [x])[0].scalars == [0, 111, 0, 1000])
    let means = (x.averagePool2d(size, stride: 1, padding: padding, countsPadding: false) * weights * 6).sum()
    let expected: [Double] = [23, 223, 3220, 3200]
    expectSame(means.gradients(at: [x])[0], Reference([1, 1, 4, 1]) { expected[$0[2]] }, tolerance: 1e-6)
  }

  @Test("Ties share the gradient", arguments: [1, 16])
  func ties(_ channels: Int) {
    let x = Tensor.ones([1, 2, 2, channels]).recorded()
    #expect(x.maxPool2d(2).sum().gradients(at: [x])[0] == .ones([1, 2, 2, channels]) * 0.25)
  }

  /// Channels around the widths of vectors; a channel's result is that of the channel alone.
  @Test("The kernels give what a composition does", arguments: rows, [8, 16, 19, 48])
  func manyChannels(_ row: Row, _ channels: Int) {
    var noise = TestNoise(9)
    // Few different values, so that there are ties.
    let x = (noise.tensor([2, row.height, row.width, channels], in: -3...3)).rounded()
    func pooled(_ x: Tensor) -> Tensor { x.maxPool2d(row.size, stride: row.stride, padding: row.padding) }
    func composed(_ x: Tensor) -> Tensor {
      Tensor.concatenated(
        (0..<channels).map { pooled(x.sliced([0..<2, 0..<row.height, 0..<row.width, $0..<$0 + 1])) }, axis: 3)
    }
    #expect(pooled(x) == composed(x))
    let u = noise.tensor(pooled(x).shape)
    let v = noise.tensor(x.shape)
    func derivatives(_ function: (Tensor) -> Tensor) -> [Tensor] {
      let (leaf, cotangent) = (x.recorded(), u.recorded())
      let first = function(leaf).pullback(cotangent, at: [leaf], recording: true)[0]
      // Linear in the cotangent, so twice the same direction is the adjoint, and once more the first again.
      let second = first.pullback(v, at: [cotangent])[0]
      let third = Tensor.jvp(at: [u], along: [u]) { function(leaf).pullback($0[0], at: [leaf], recording: true)[0] }
      return [first, second, third.derivative]
    }
    for (value, expected) in zip(derivatives(pooled), derivatives(composed)) {
      #expect((value - expected).maximumMagnitude <= 1e-6 * max(1, expected.maximumMagnitude))
    }
  }

  @Test("Means by the kernels give what a composition does", arguments: rows, [8, 16, 19])
  func meansOfManyChannels(_ row: Row, _ channels: Int) {
    for (count, countsPadding) in [(2, true), (2, false), (9, true), (9, false)] {
      var noise = TestNoise(10)
      let x = noise.tensor([count, row.height, row.width, channels]).recorded()
      func pooled(_ x: Tensor) -> Tensor {
        x.averagePool2d(row.size, stride: row.stride, padding: row.padding, countsPadding: countsPadding)
      }
      let bounds = [0..<count, 0..<row.height, 0..<row.width]
      let composed = Tensor.concatenated((0..<channels).map { pooled(x.sliced(bounds + [$0..<$0 + 1])) }, axis: 3)
      let means = pooled(x)
      #expect((means - composed).maximumMagnitude <= 1e-6)
      // Linear: the derivative does not depend on x, and that of the derivative is pooling again.
      let u = noise.tensor(means.shape).recorded()
      let first = means.pullback(u, at: [x], recording: true)[0]
      #expect((first - composed.pullback(u, at: [x])[0]).maximumMagnitude <= 1e-6)
      #expect(bitPatterns(first.pullback(x.detached(), at: [u])[0]) == bitPatterns(means))
    }
  }

  @Test("Halves and quarters have the bits of a sum that is divided")
  func exactMeans() {
    var noise = TestNoise(11)
    let x = noise.tensor([9, 6, 8, 16]).recorded()
    let divided = x.reshaped(to: [9, 3, 2, 2, 4, 16]).mean(axes: [2, 4])
    let means = x.averagePool2d(.init(height: 2, width: 4))
    #expect(bitPatterns(means) == bitPatterns(divided))
    let u = noise.tensor(means.shape)
    #expect(bitPatterns(means.pullback(u, at: [x])[0]) == bitPatterns(divided.pullback(u, at: [x])[0]))
  }

  @Test("Sequences and volumes by the kernels")
  func otherRanks() {
    var noise = TestNoise(4)
    let sequences = noise.tensor([2, 9, 16])
    #expect(
      sequences.maxPool1d(3, stride: 2, padding: 1)
        == sequences.expanded(axis: 1).maxPool2d(
          .init(height: 1, width: 3), stride: .init(height: 1, width: 2), padding: .init(left: 1, right: 1)
        ).squeezed(axis: 1))
    let volumes = noise.tensor([2, 4, 6, 5, 8])
    let narrow = (0..<8).map { volumes.sliced([0..<2, 0..<4, 0..<6, 0..<5, $0..<$0 + 1]).maxPool3d(2) }
    #expect(volumes.maxPool3d(2) == .concatenated(narrow, axis: 4))
  }

  @Test("No images")
  func empty() {
    #expect(Tensor.zeros([0, 4, 4, 3]).averagePool2d(2).shape == [0, 2, 2, 3])
    #expect(Tensor.zeros([0, 4, 4, 3]).maxPool2d(3, stride: 1).shape == [0, 2, 2, 3])
  }
}
