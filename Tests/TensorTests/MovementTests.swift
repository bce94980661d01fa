import Testing

@testable import Tensor

/// Operations that move scalars, against index arithmetic.
@Suite struct MovementTests {
  /// All orders of `items`.
  static func permutations(_ items: [Int]) -> [[Int]] {
    if items.isEmpty { return [[]] }
    return items.flatMap { first in permutations(items.filter { $0 != first }).map { [first] + $0 } }
  }

  @Test("All permutations of four axes", arguments: [[2, 3, 4, 5], [17, 1, 3, 2], [1, 16, 8, 9], [2, 0, 3, 1]])
  func permuting(_ sizes: [Int]) {
    let x = Tensor.ramp(count: sizes.reduce(1, *)).reshaped(to: Tensor.Shape(sizes)).recorded()
    let reference = Reference(x)
    for permutation in Self.permutations([0, 1, 2, 3]) {
      let result = x.permuted(permutation)
      let expected = Reference(permutation.map { sizes[$0] }) { index in
        var source = [0, 0, 0, 0]
        for (position, axis) in permutation.enumerated() { source[axis] = index[position] }
        return reference[source]
      }
      expectSame(result, expected, "\(permutation) of \(sizes)")
      #expect(x.permuted(permutation.map { $0 - 4 }) == result)
      #expect((result * result.detached()).sum().gradient(at: x) == x.detached())
    }
  }

  @Test func transposing() {
    #expect(Tensor([[1, 2, 3], [4, 5, 6]]).transposed() == Tensor([[1, 4], [2, 5], [3, 6]]))
    let x = Tensor.ramp(count: 1000 * 1003).reshaped(to: [1000, 1003])
    let y = x.transposed()
    let isRight = y.withScalars { s in s.indices.allSatisfy { s[$0] == Float($0 % 1000 * 1003 + $0 / 1000) } }
    #expect(isRight && y.shape == [1003, 1000])
    #expect(y.transposed() == x)
  }

  @Test("Boxes, and their surroundings") func slicingAndPadding() {
    var noise = TestNoise(31)
    for _ in 0..<200 {
      let sizes = (0..<noise.int(5)).map { _ in [0, 1, 2, 3, 17][noise.int(5)] }
      let x = noise.tensor(Tensor.Shape(sizes))
      let reference = Reference(x)
      let bounds = sizes.prefix(noise.int(sizes.count + 1)).map { size in
        let lower = noise.int(size + 1)
        return lower..<lower + noise.int(size - lower + 1)
      }
      let result = x.sliced(bounds)
      let starts = bounds.map(\.lowerBound) + Array(repeating: 0, count: sizes.count - bounds.count)
      let expected = Reference(bounds.map(\.count) + sizes.dropFirst(bounds.count)) { index in
        reference[zip(index, starts).map { $0 + $1 }]
      }
      expectSame(result, expected, "\(bounds) of \(sizes)")

      let before = sizes.map { _ in noise.int(3) }
      let after = sizes.map { _ in noise.int(3) }
      let padded = x.padded(before: before, after: after, with: 7)
      let expectedPadded = Reference(sizes.indices.map { before[$0] + sizes[$0] + after[$0] }) { index in
        let source = zip(index, before).map { $0 - $1 }
        return zip(source, sizes).allSatisfy { $0 >= 0 && $0 < $1 } ? reference[source] : 7
      }
      expectSame(padded, expectedPadded, "\(sizes) with \(before) and \(after)")
      // Each is the other's transpose.
      #expect(padded.sliced(zip(before, sizes).map { $0..<$0 + $1 }) == x)
    }
  }

  @Test func subscripts() {
    let x = Tensor([[1, 2, 3], [4, 5, 6]])
    #expect(x[1] == Tensor([4, 5, 6]) && x[-2] == Tensor([1, 2, 3]) && x[0][2] == Tensor(3))
    #expect(x[0..<2, 1..<2] == Tensor([[2], [5]]))
    #expect(x[1..<1].shape == [0, 3])
  }

  @Test("Joining and splitting along each axis are each other's reverse", arguments: 0..<4)
  func joiningAndSplitting(_ axis: Int) {
    var noise = TestNoise(UInt64(axis) + 41)
    for counts in [[1], [2, 3], [0, 4, 0, 1], [17, 1, 1], [0]] {
      var sizes = [3, 2, 1, 5]
      sizes[axis] = counts.reduce(0, +)
      let x = noise.integers(Tensor.Shape(sizes)).recorded()
      let reference = Reference(x)
      let pieces = x.split(counts: counts, axis: axis)
      var start = 0
      for (piece, count) in zip(pieces, counts) {
        sizes[axis] = count
        let expected = Reference(sizes) { index in
          var source = index
          source[axis] += start
          return reference[source]
        }
        expectSame(piece, expected, "\(counts) along \(axis)")
        start += count
      }
      let joined = Tensor.concatenated(pieces, axis: axis - 4)
      #expect(joined == x)
      #expect((joined * x.detached()).sum().gradient(at: x) == x.detached())
    }
  }

  @Test func stackingAndEqualPieces() {
    let (a, b) = (Tensor([1, 2]), Tensor([3, 4]))
    #expect(Tensor.stacked([a, b]) == Tensor([[1, 2], [3, 4]]))
    #expect(Tensor.stacked([a, b], axis: 1) == Tensor([[1, 3], [2, 4]]))
    #expect(Tensor.stacked([a, b], axis: -1) == Tensor([[1, 3], [2, 4]]))
    #expect(Tensor([1, 2, 3, 4]).split(into: 2) == [a, b])
    #expect(Tensor([[1, 3], [2, 4]]).split(into: 2, axis: -1).map { $0.squeezed(axis: 1) } == [a, b])
  }

  @Test("Broadcasting copies") func broadcasting() {
    var noise = TestNoise(51)
    for _ in 0..<200 {
      let target = (0..<noise.int(5)).map { _ in [0, 1, 2, 3, 17][noise.int(5)] }
      let own = target.suffix(noise.int(target.count + 1)).map { noise.int(2) == 0 ? 1 : $0 }
      let x = noise.integers(Tensor.Shape(Array(own))).recorded()
      let reference = Reference(x)
      let result = x.broadcast(to: Tensor.Shape(target))
      expectSame(result, Reference(target) { reference.broadcastValue(at: $0) }, "\(own) to \(target)")
      let gradient = result.sum().gradient(at: x)
      let copies = own.contains(0) ? 0 : target.reduce(1, *) / own.reduce(1, *)
      #expect(gradient == Tensor(repeating: Float(copies), shape: x.shape))
    }
    let wide = Tensor.ramp(count: 1000).reshaped(to: [1000, 1]).broadcast(to: [1000, 1000])
    #expect(wide == (Tensor.ramp(count: 1_000_000).reshaped(to: [1000, 1000]) / 1000).floor())
  }

  @Test func shapes() {
    let x = Tensor.ramp(count: 24)
    #expect(x.reshaped(inferring: [2, -1, 4]).shape == [2, 3, 4])
    #expect(x.reshaped(to: [2, 3, 4]).flattened().shape == [2, 12])
    #expect(x.flattened().shape == [24, 1])
    #expect(Tensor.zeros([0, 5]).reshaped(inferring: [-1, 5]).shape == [0, 5])
    #expect(Tensor(2).reshaped(to: [1, 1]).shape == [1, 1])
    #expect(x.expanded(axis: 0).shape == [1, 24] && x.expanded(axis: -1).shape == [24, 1])
    #expect(x.expanded(axis: 1).squeezed(axis: 1).shape == [24])
    let y = Tensor.zeros([2, 3])
    #expect(y.expanded(axis: 1).shape == [2, 1, 3] && y.expanded(axis: -2).shape == [2, 1, 3])
    let leaf = Tensor([1, 2, 3, 4]).recorded()
    #expect((leaf.reshaped(to: [2, 2])[0] * 3).sum().gradient(at: leaf) == Tensor([3, 3, 0, 0]))
  }

  @Test func makingTensors() {
    #expect(Tensor.identity(2) == Tensor([[1, 0], [0, 1]]) && Tensor.identity(0).shape == [0, 0])
    #expect(Tensor.ramp(from: 1, by: 0.5, count: 3) == Tensor([1, 1.5, 2]))
    #expect(Tensor.linearSpace(from: -1, to: 1, count: 5) == Tensor([-1, -0.5, 0, 0.5, 1]))
    #expect(Tensor.oneHot([2, 0], classCount: 3) == Tensor([[0, 0, 1], [1, 0, 0]]))
    #expect(Tensor([[Float]]()).shape == [0, 0])
    #expect(Tensor.ones([2]) == Tensor(repeating: 1, shape: [2]) && Tensor.zeros(like: Tensor([1])) == Tensor([0]))
    #expect(Tensor(3).scalar == 3 && Tensor([[4]]).scalar == 4)
  }

  /// Rows of a few scalars and long ones, few rows and many, and pieces of nothing.
  @Test(
    "Joining along an axis and splitting again", arguments: [1, 2, 17, 300],
    [[1], [3, 0, 5], [16, 17], [100, 1, 700]])
  func joining(_ rows: Int, _ lengths: [Int]) {
    var noise = TestNoise(5)
    for inner in [1, 8, 50] where rows * inner <= 5000 {
      let pieces = lengths.map { noise.tensor([rows, $0, inner]).recorded() }
      let joined = Tensor.concatenated(pieces, axis: 1)
      var scalars: [Float] = []
      for row in 0..<rows {
        for (piece, length) in zip(pieces, lengths) {
          scalars += piece.scalars[row * length * inner..<(row + 1) * length * inner]
        }
      }
      #expect(joined.scalars == scalars && joined.shape == [rows, lengths.reduce(0, +), inner])
      #expect(zip(joined.split(counts: lengths, axis: 1), pieces).allSatisfy { $0 == $1 })
      #expect(zip(joined.pullback(joined.detached(), at: pieces), pieces).allSatisfy { $0 == $1 })
    }
  }
}
