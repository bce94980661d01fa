import Testing

@testable import Tensor

/// Products and standard deviations against loops in double precision. Derivatives, with zeros too, are golden.
@Suite struct ProductTests {
  @Test("Products over all subsets of axes, of whole numbers exactly", arguments: ReductionTests.shapes)
  func products(_ sizes: [Int]) {
    var noise = TestNoise(111)
    let x = noise.integers(Tensor.Shape(sizes), bound: 2)
    let reference = Reference(x)
    for axes in ReductionTests.subsets(sizes.count) {
      let kept = sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
      let reduced = sizes.enumerated().map { axes.contains($0.offset) ? $0.element : 1 }
      let expected = Reference(kept) { index in
        Reference.indices(reduced).reduce(1.0) { product, offset in
          product * reference[zip(index, offset).map { $0 + $1 }]
        }
      }
      expectSame(x.product(axes: axes.reversed(), keepingDimensions: true), expected, "\(sizes) over \(axes)")
      #expect(x.product(axes: axes).scalars == x.product(axes: axes, keepingDimensions: true).scalars)
    }
    #expect(x.product() == x.product(axes: Array(sizes.indices)))
  }

  @Test("Running products in both directions", arguments: [[5], [1, 3], [3, 4], [2, 3, 9], [3, 2, 1, 4], [2, 0]])
  func running(_ sizes: [Int]) {
    var noise = TestNoise(112)
    let x = noise.integers(Tensor.Shape(sizes), bound: 2)
    let reference = Reference(x)
    for axis in sizes.indices {
      for isReversed in [false, true] {
        let expected = Reference(sizes) { index in
          let range = isReversed ? index[axis]..<sizes[axis] : 0..<index[axis] + 1
          return range.reduce(1.0) { product, position in
            var source = index
            source[axis] = position
            return product * reference[source]
          }
        }
        expectSame(
          x.cumulativeProduct(axis: axis - sizes.count, isReversed: isReversed), expected,
          "along \(axis) of \(sizes), reversed \(isReversed)")
      }
    }
  }

  @Test("Where a factor is 0, the gradient is the product of the others")
  func gradientAtZeros() {
    let x = Tensor([2, 0, 5]).recorded()
    #expect(x.product().gradient(at: x) == Tensor([0, 10, 0]))
    let both = Tensor([0, 3, 0]).recorded()
    let gradient = both.product().gradient(at: both, recording: true)
    #expect(gradient == Tensor([0, 0, 0]))
    #expect(gradient[0].gradient(at: both) == Tensor([0, 0, 3]))
  }

  @Test("One axis by name is that axis in a list")
  func alongAxis() {
    var noise = TestNoise(113)
    let x = noise.tensor([2, 3, 4])
    for axis in [0, -1] {
      for keeping in [false, true] {
        #expect(x.sum(axis: axis, keepingDimensions: keeping) == x.sum(axes: [axis], keepingDimensions: keeping))
        #expect(x.mean(axis: axis, keepingDimensions: keeping) == x.mean(axes: [axis], keepingDimensions: keeping))
        #expect(x.max(axis: axis, keepingDimensions: keeping) == x.max(axes: [axis], keepingDimensions: keeping))
        #expect(x.min(axis: axis, keepingDimensions: keeping) == x.min(axes: [axis], keepingDimensions: keeping))
        #expect(
          x.product(axis: axis, keepingDimensions: keeping) == x.product(axes: [axis], keepingDimensions: keeping))
        #expect(
          x.logSumExp(axis: axis, keepingDimensions: keeping) == x.logSumExp(axes: [axis], keepingDimensions: keeping))
        #expect(
          x.norm(axis: axis, epsilon: 1, keepingDimensions: keeping)
            == x.norm(axes: [axis], epsilon: 1, keepingDimensions: keeping))
        #expect(
          x.variance(axis: axis, isUnbiased: true, keepingDimensions: keeping)
            == x.variance(axes: [axis], isUnbiased: true, keepingDimensions: keeping))
        #expect(
          x.standardDeviation(axis: axis, isUnbiased: true, keepingDimensions: keeping)
            == x.variance(axes: [axis], isUnbiased: true, keepingDimensions: keeping).squareRoot())
        let mask = x .> 0
        #expect(mask.any(axis: axis, keepingDimensions: keeping) == mask.max(axes: [axis], keepingDimensions: keeping))
        #expect(mask.all(axis: axis, keepingDimensions: keeping) == mask.min(axes: [axis], keepingDimensions: keeping))
      }
    }
    #expect(Tensor([1, 1]).standardDeviation(epsilon: 4) == Tensor(2))
  }
}
