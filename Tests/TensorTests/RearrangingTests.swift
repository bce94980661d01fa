import Testing

@testable import Tensor

/// Flips, rolls, repetitions, orders by value and masks, against index arithmetic. Derivatives are golden.
@Suite struct RearrangingTests {
  static let shapes: [[Int]] = [[], [0], [5], [1, 3], [3, 4], [2, 3, 17], [3, 2, 1, 4], [2, 0], [40, 50]]

  @Test("Flips over all subsets of axes", arguments: shapes)
  func flipping(_ sizes: [Int]) {
    let x = Tensor.ramp(count: sizes.reduce(1, *)).reshaped(to: Tensor.Shape(sizes))
    let reference = Reference(x)
    for axes in ReductionTests.subsets(sizes.count) {
      let expected = Reference(sizes) { index in
        reference[index.enumerated().map { axes.contains($0.offset) ? sizes[$0.offset] - 1 - $0.element : $0.element }]
      }
      expectSame(x.flipped(axes: axes.map { $0 - sizes.count }), expected, "\(axes) of \(sizes)")
    }
    #expect(x.flipped().flattened1D == x.flattened1D.flipped(axes: [0]))
    if !sizes.isEmpty { #expect(x.flipped(axis: -1) == x.flipped(axes: [sizes.count - 1])) }
  }

  @Test("Rolls by all distances, and repetitions", arguments: shapes.dropFirst())
  func rollingAndRepeating(_ sizes: [Int]) {
    let x = Tensor.ramp(count: sizes.reduce(1, *)).reshaped(to: Tensor.Shape(sizes))
    let reference = Reference(x)
    for (axis, size) in sizes.enumerated() {
      for distance in Set([-size - 1, -1, 0, 1, 2, size, size + 1]) {
        let expected = Reference(sizes) { index in
          var source = index
          source[axis] = ((index[axis] - distance) % size + size) % size
          return reference[source]
        }
        expectSame(x.rolled(by: distance, axis: axis - sizes.count), expected, "\(distance) along \(axis) of \(sizes)")
      }
      for count in 0..<4 {
        var larger = sizes
        larger[axis] *= count
        func source(_ index: [Int], _ position: Int) -> Double {
          var source = index
          source[axis] = position
          return reference[source]
        }
        expectSame(x.repeated(count: count, axis: axis), Reference(larger) { source($0, $0[axis] / count) })
        var counts = sizes.map { _ in 1 }
        counts[axis] = count
        expectSame(x.tiled(counts: counts), Reference(larger) { source($0, $0[axis] % size) })
      }
    }
    #expect(
      Tensor([1, 2]).repeated(count: 2, axis: 0) == [1, 1, 2, 2] && Tensor([1, 2]).tiled(counts: [2]) == [1, 2, 1, 2])
  }

  @Test("Order by value along each axis: stable, NaN the largest", arguments: shapes.dropFirst())
  func sorting(_ sizes: [Int]) {
    var noise = TestNoise(131)
    var x = noise.integers(Tensor.Shape(sizes), bound: 3)
    if x.scalarCount > 4 { x = .where(noise.integers(x.shape, bound: 3) .== 3, Tensor(.nan), else: x) }
    for (axis, size) in sizes.enumerated() {
      for isDescending in [false, true] {
        let (values, indices) = x.sorted(axis: axis - sizes.count, isDescending: isDescending)
        let rows = values.permuted(Array(0..<axis) + Array(axis + 1..<sizes.count) + [axis])
        let places = Tensor(indices, shape: x.shape).permuted(
          Array(0..<axis) + Array(axis + 1..<sizes.count) + [axis])
        for (row, place) in zip(rows.rows(of: size), places.rows(of: size)) {
          for k in 0..<Swift.max(0, size - 1) {
            let (a, b) = isDescending ? (row[k + 1], row[k]) : (row[k], row[k + 1])
            #expect(a <= b || b.isNaN)
            if row[k] == row[k + 1] || (a.isNaN && b.isNaN) {
              #expect(place[k] < place[k + 1], "ties keep their order")
            }
          }
          #expect(place.sorted() == (0..<size).map { Float($0) })
        }
        if x.scalarCount > 0 { expectSame(values, Reference(x.gathered(alongAxis: axis, indices: indices))) }
      }
      for count in Set([0, 1, size / 2, size]) where count <= size {
        let (values, indices) = x.topK(count, axis: axis)
        var bounds = sizes.map { 0..<$0 }
        bounds[axis] = 0..<count
        expectSame(values, Reference(x.sorted(axis: axis, isDescending: true).values.sliced(bounds)))
        #expect(indices.count == values.scalarCount)
      }
    }
  }

  /// Few scalars are put in order in another way than many.
  @Test("Rows of all lengths and all kinds of floats, in the order of a plain sort", arguments: [2, 95, 96, 97, 3000])
  func longRows(_ size: Int) {
    var noise = TestNoise(133)
    // Large and small, of both signs, some of them more than once, and what is no number.
    var x = (noise.integers([2, size], bound: 30) * Tensor(0.7)).exp() * noise.integers([2, size], bound: 2)
    let kind = noise.integers([2, size], bound: 20)
    x = .where(kind .== 3, Tensor(.infinity), else: .where(kind .== 4, Tensor(-.infinity), else: x))
    x = .where(kind .== 5, Tensor(-0.0), else: .where(kind .== 6, Tensor(.nan), else: x))
    for isDescending in [false, true] {
      let found = x.sorted(isDescending: isDescending).indices
      for (row, scalars) in x.rows(of: size).enumerated() {
        let expected = (0..<size).sorted { a, b in
          let (first, second) = (scalars[a], scalars[b])
          if first == second || first.isNaN && second.isNaN { return a < b }
          return (first.isNaN ? false : second.isNaN ? true : first < second) != isDescending
        }
        #expect(Array(found[row * size..<(row + 1) * size]) == expected)
      }
      // Along the first axis, and some of many.
      let columns = x.transposed().sorted(axis: 0, isDescending: isDescending).indices
      #expect((0..<2 * size).allSatisfy { columns[$0 % size * 2 + $0 / size] == found[$0] })
    }
    let (count, sorted) = (size * 2 / 3, x.sorted(isDescending: true).indices)
    #expect(x.topK(count).indices == Array(sorted[..<count]) + sorted[size..<size + count])
  }

  @Test("The first few of a long row, as sorting all has them", arguments: [false, true])
  func fewOfMany(_ hasNaN: Bool) {
    var noise = TestNoise(132)
    // Ties, both zeros and infinities.
    var x = noise.integers([7, 500], bound: 40) * Tensor(0.5)
    x = .where(x .== 3, Tensor(.infinity), else: .where(x .== 4, Tensor(-0.0), else: x))
    if hasNaN { x = .where(x .== 5, Tensor(.nan), else: x) }
    let all = x.sorted(isDescending: true).indices
    for count in [1, 2, 10, 64, 65, 125, 499] {
      let expected = (0..<7).flatMap { all[$0 * 500..<$0 * 500 + count] }
      #expect(x.topK(count).indices == expected, "\(count)")
      let columns = x.transposed().topK(count, axis: 0).indices
      #expect((0..<7 * count).allSatisfy { columns[$0 % count * 7 + $0 / count] == expected[$0] }, "\(count)")
    }
  }

  @Test func masks() {
    let (a, b) = (Tensor([0, 0, 2, .nan]), Tensor([0, -1, 0, 3]))
    #expect((a .& b) == [0, 0, 0, 1] && (a .| b) == [0, 1, 1, 1] && (a .^ b) == [0, 1, 1, 0] && .!a == [1, 1, 0, 0])
    #expect((a .& Tensor([[1], [0]])) == [[0, 0, 1, 1], [0, 0, 0, 0]])
    let mask = Tensor([[0, 1, 0], [1, 1, 1], [0, 0, 0]])
    #expect(mask.any(axes: [1]) == [1, 1, 0] && mask.all(axes: [1]) == [0, 1, 0])
    #expect(mask.isAnyTrue && !mask.isAllTrue && mask[1].isAllTrue && !mask[2].isAnyTrue && mask.trueCount == 4)
    let empty = Tensor.zeros([2, 0])
    #expect(empty.any(axes: [1]) == [0, 0] && empty.all(axes: [1]) == [1, 1] && empty.isAllTrue && !empty.isAnyTrue)
  }

  @Test func numbersOnTheLeftOfComparisons() {
    let x = Tensor([1, 2, 3, .nan])
    #expect((2 .< x) == [0, 0, 1, 0] && (2 .<= x) == [0, 1, 1, 0] && (2 .> x) == [1, 0, 0, 0])
    #expect((2 .>= x) == [1, 1, 0, 0] && (2 .== x) == [0, 1, 0, 0] && (2 .!= x) == [1, 0, 1, 1])
  }

  @Test func triangles() {
    #expect(Tensor.lowerTriangle(rows: 2, columns: 3) == [[1, 0, 0], [1, 1, 0]])
    #expect(Tensor.upperTriangle(rows: 3, diagonal: 1) == [[0, 1, 1], [0, 0, 1], [0, 0, 0]])
    #expect(Tensor.lowerTriangle(rows: 3, diagonal: -1) == .ones([3, 3]) - Tensor.upperTriangle(rows: 3))
    let x = Tensor([[1, .nan], [3, 4]]).recorded()
    let lower = x.lowerTriangle()
    #expect(lower == [[1, 0], [3, 4]] && lower.square().sum().gradient(at: x) == [[2, 0], [6, 8]])
    #expect(x.upperTriangle(diagonal: 1).detached()[.rest, 0] == [0, 0])
  }
}

extension Tensor {
  fileprivate var flattened1D: Tensor { reshaped(to: [scalarCount]) }

  /// The rows of the last axis.
  fileprivate func rows(of size: Int) -> [[Float]] {
    size == 0 ? [] : stride(from: 0, to: scalarCount, by: size).map { Array(scalars[$0..<$0 + size]) }
  }
}
