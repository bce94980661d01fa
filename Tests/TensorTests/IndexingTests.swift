import Testing

@testable import Tensor

/// Gathering, scattering and running sums against loops.
@Suite struct IndexingTests {
  static let shapes: [[Int]] = [[5], [1, 3], [3, 4], [2, 3, 17], [3, 2, 1, 4], [2, 0]]

  @Test("Slices at indices", arguments: shapes)
  func gathering(_ sizes: [Int]) {
    var noise = TestNoise(61)
    let x = noise.integers(Tensor.Shape(sizes)).recorded()
    let reference = Reference(x)
    for axis in sizes.indices where sizes[axis] > 0 {
      for count in [0, 1, 4, 33] {
        let indices = (0..<count).map { _ in noise.int(sizes[axis]) }
        var resultSizes = sizes
        resultSizes[axis] = count
        let result = x.gathered(at: indices, axis: axis - sizes.count)
        let expected = Reference(resultSizes) { index in
          var source = index
          source[axis] = indices[index[axis]]
          return reference[source]
        }
        expectSame(result, expected, "\(indices) along \(axis) of \(sizes)")
        let u = noise.integers(result.shape)
        var gradient = Reference(sizes) { _ in 0 }
        let upstream = Reference(u)
        for index in Reference.indices(resultSizes) {
          var target = index
          target[axis] = indices[index[axis]]
          gradient[target] += upstream[index]
        }
        expectSame(result.pullback(u, at: [x])[0], gradient, "gradient for \(indices) along \(axis) of \(sizes)")
        if axis == 0 { expectSame(u.scatterAdded(at: indices, count: sizes[0]), gradient, "scatter") }
      }
    }
  }

  @Test("A scalar for each position", arguments: shapes)
  func gatheringAlongAxis(_ sizes: [Int]) {
    var noise = TestNoise(62)
    let x = noise.integers(Tensor.Shape(sizes)).recorded()
    let reference = Reference(x)
    for axis in sizes.indices where sizes[axis] > 0 && !sizes.contains(0) {
      for count in [0, 1, 6] {
        var resultSizes = sizes
        resultSizes[axis] = count
        let indices = (0..<resultSizes.reduce(1, *)).map { _ in noise.int(sizes[axis]) }
        func source(_ place: Int, _ index: [Int]) -> [Int] {
          var source = index
          source[axis] = indices[place]
          return source
        }
        let result = x.gathered(alongAxis: axis - sizes.count, indices: indices)
        var place = -1
        let expected = Reference(resultSizes) { index in
          place += 1
          return reference[source(place, index)]
        }
        expectSame(result, expected, "along \(axis) of \(sizes)")
        let u = noise.integers(result.shape)
        let upstream = Reference(u)
        var gradient = Reference(sizes) { _ in 0 }
        for (place, index) in Reference.indices(resultSizes).enumerated() {
          gradient[source(place, index)] += upstream[index]
        }
        expectSame(result.pullback(u, at: [x])[0], gradient, "gradient along \(axis) of \(sizes)")
        let scattered = u.scatterAdded(alongAxis: axis, indices: indices, count: sizes[axis])
        expectSame(scattered, gradient, "scatter along \(axis) of \(sizes)")
      }
    }
  }

  @Test("Gathering and scattering are each other's derivatives, to second order")
  func transposes() {
    let x = Tensor([1, 2, 3]).recorded()
    let y = x.square().scatterAdded(at: [1, 1, 0], count: 2)
    #expect(y == Tensor([9, 5]))
    let gradient = y.square().sum().gradient(at: x, recording: true)
    #expect(gradient == Tensor([20, 40, 108]))
    // Σ gradient = 4 x₀(x₀² + x₁²) + 4 x₁(x₀² + x₁²) + 4 x₂³
    #expect(gradient.sum().gradient(at: x) == Tensor([44, 68, 108]))
  }

  @Test("Running sums in both directions", arguments: shapes)
  func cumulativeSums(_ sizes: [Int]) {
    var noise = TestNoise(63)
    let x = noise.integers(Tensor.Shape(sizes)).recorded()
    let reference = Reference(x)
    for axis in sizes.indices {
      for isReversed in [false, true] {
        let result = x.cumulativeSum(axis: axis - sizes.count, isReversed: isReversed)
        let expected = Reference(sizes) { index in
          let range = isReversed ? index[axis]..<sizes[axis] : 0..<index[axis] + 1
          return range.reduce(0.0) { sum, position in
            var source = index
            source[axis] = position
            return sum + reference[source]
          }
        }
        expectSame(result, expected, "along \(axis) of \(sizes), reversed \(isReversed)")
        let u = noise.integers(x.shape)
        #expect(result.pullback(u, at: [x])[0] == u.cumulativeSum(axis: axis, isReversed: !isReversed))
      }
    }
  }
}
