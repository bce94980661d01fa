import Testing

@testable import Tensor

/// Subscripts against index arithmetic: what they take, and what they replace.
@Suite struct SelectionTests {
  @Test func kindsOfSelections() {
    let x = Tensor.ramp(count: 24).reshaped(to: [2, 3, 4])
    #expect(x[1] == x[-1] && x[1].shape == [3, 4] && x[1, 2, 3] == Tensor(23))
    #expect(x[0, 1..., .all] == Tensor([[4, 5, 6, 7], [8, 9, 10, 11]]))
    #expect(
      x[.rest, -1] == Tensor([[3, 7, 11], [15, 19, 23]]) && x[.rest] == x && x[0, .rest, 0] == Tensor([0, 4, 8]))
    #expect(
      x[1, 0, ..<2] == Tensor([12, 13]) && x[1, 0, ...1] == Tensor([12, 13]) && x[1, 0, 1...2] == Tensor([13, 14]))
    #expect(x[1, 0, (-2)...] == Tensor([14, 15]) && x[1, 0, ..<(-2)] == Tensor([12, 13]))
    #expect(x[1, 0, -3 ..< -1] == Tensor([13, 14]) && x[0, 3...].shape == [0, 4])
    #expect(x[0, 0, .stride(by: 2)] == Tensor([0, 2]) && x[0, 0, .stride(from: 1, by: 2)] == Tensor([1, 3]))
    #expect(
      x[0, 0, .stride(by: -1)] == Tensor([3, 2, 1, 0]) && x[0, 0, .stride(from: -1, to: 0, by: -2)] == Tensor([3, 1]))
    #expect(x[0, 0, .stride(to: 3, by: 5)] == Tensor([0]) && x[0, 0, .stride(from: 2, to: 2, by: 1)].shape == [0])
    let index = 1
    #expect(x[index, .all, index].shape == [3] && Tensor(3)[.rest] == Tensor(3))
    #expect(x[scalarAt: 1, -1, 0] == 20)
  }

  /// Random selections of axes, with the positions that each takes.
  private func selection(_ noise: inout TestNoise, _ size: Int) -> (any Tensor.Selection, [Int], isIndex: Bool) {
    let lower = noise.int(size + 1)
    let upper = lower + noise.int(size - lower + 1)
    switch noise.int(size > 0 ? 7 : 5) {
    case 0: return (lower..<upper, Array(lower..<upper), false)
    case 1: return (lower..., Array(lower..<size), false)
    case 2: return (..<upper, Array(0..<upper), false)
    case 3:
      let step = 1 + noise.int(3)
      return (Tensor.AxisStride(start: nil, end: nil, step: step), Array(stride(from: 0, to: size, by: step)), false)
    case 4:
      let step = 1 + noise.int(3)
      return (
        Tensor.AxisStride(start: nil, end: nil, step: -step), Array(stride(from: size - 1, through: 0, by: -step)),
        false
      )
    case 5: return (min(lower, size - 1), [min(lower, size - 1)], true)
    default: return (min(lower, size - 1) - size, [min(lower, size - 1)], true)
    }
  }

  @Test("Random selections: values, gradients, assignments and their gradients") func randomSelections() {
    var noise = TestNoise(121)
    for _ in 0..<300 {
      let sizes = (0..<noise.int(5)).map { _ in [0, 1, 2, 3, 9][noise.int(5)] }
      let x = noise.integers(Tensor.Shape(sizes)).recorded()
      let chosen = sizes.prefix(noise.int(sizes.count + 1)).map { selection(&noise, $0) }
      let positions = chosen.map { $0.1 } + sizes.dropFirst(chosen.count).map { Array(0..<$0) }
      let dropped = chosen.map(\.isIndex) + Array(repeating: false, count: sizes.count - chosen.count)
      let resultSizes = zip(positions, dropped).filter { !$1 }.map(\.0.count)
      func source(_ index: [Int]) -> [Int] {
        var rest = index[...]
        return zip(positions, dropped).map { $1 ? $0[0] : $0[rest.removeFirst()] }
      }

      let selections = chosen.map { $0.0 }
      let result = taken(x, selections)
      let reference = Reference(x)
      expectSame(result, Reference(resultSizes) { reference[source($0)] }, "\(selections) of \(sizes)")
      let u = noise.integers(result.shape).recorded()
      var gradient = Reference(sizes) { _ in 0 }
      let upstream = Reference(u)
      for index in Reference.indices(resultSizes) { gradient[source(index)] = upstream[index] }
      let found = result.pullback(u, at: [x], recording: true)[0]
      expectSame(found, gradient, "gradient of \(selections) of \(sizes)")
      #expect((found * found.detached()).sum().gradient(at: u) == u.detached())

      // Assignment: the new scalars in the box, the old ones around it; in place and recorded.
      var (inPlace, recorded) = (x.detached(), x)
      assign(&inPlace, selections, u.detached())
      assign(&recorded, selections, u)
      var replaced = reference
      for index in Reference.indices(resultSizes) { replaced[source(index)] = upstream[index] }
      expectSame(inPlace, replaced, "assignment to \(selections) of \(sizes)")
      #expect(recorded == inPlace && recorded.isRecorded)
      let v = noise.integers(x.shape)
      let gradients = recorded.pullback(v, at: [x, u])
      var cleared = v
      assign(&cleared, selections, Tensor(0))
      #expect(gradients[0] == cleared && gradients[1] == taken(v, selections))
    }
  }

  /// The subscript takes its selections one by one; here they are in a list.
  private func taken(_ x: Tensor, _ s: [any Tensor.Selection]) -> Tensor {
    switch s.count {
    case 0: x[.rest]
    case 1: x[s[0]]
    case 2: x[s[0], s[1]]
    case 3: x[s[0], s[1], s[2]]
    default: x[s[0], s[1], s[2], s[3]]
    }
  }

  private func assign(_ x: inout Tensor, _ s: [any Tensor.Selection], _ value: Tensor) {
    switch s.count {
    case 0: x[.rest] = value
    case 1: x[s[0]] = value
    case 2: x[s[0], s[1]] = value
    case 3: x[s[0], s[1], s[2]] = value
    default: x[s[0], s[1], s[2], s[3]] = value
    }
  }

  @Test("An assignment writes in place, and never into a copy")
  func inPlace() {
    var x = Tensor.zeros([2, 3])
    let address = x.withScalars { $0.baseAddress }
    x[0] = [1, 2, 3]
    x[.all, 1] += 10
    x[scalarAt: 1, -1] = 7
    #expect(x == [[1, 12, 3], [0, 10, 7]] && x.withScalars { $0.baseAddress } == address)
    let copy = x
    x[1, ..<2] = Tensor(5)
    x[scalarAt: 0, 0] -= 1
    #expect(x == [[0, 12, 3], [5, 5, 7]] && copy == [[1, 12, 3], [0, 10, 7]])
    x[.stride(by: -1)] = x
    #expect(x == [[5, 5, 7], [0, 12, 3]])
  }

  @Test("An assignment to a scalar of a recorded tensor is recorded")
  func recordedScalar() {
    let leaf = Tensor([1, 2, 3]).recorded()
    var x = leaf
    x[scalarAt: 1] = 5
    #expect(x == [1, 5, 3] && x.square().sum().gradient(at: leaf) == [2, 0, 6])
    var y = leaf * 2
    y[0] = y[2] * leaf[1]
    #expect(y == [12, 4, 6] && y.sum().gradient(at: leaf) == [0, 8, 6])
  }
}
