import Testing

@testable import Tensor

/// What can be asked of a recording.
@Suite struct AutodiffTests {
  @Test("Several losses of one recording at different leaves")
  func severalLosses() {
    let a = Tensor([1, 2, 3]).recorded()
    let b = Tensor([4, 5, 6]).recorded()
    let product = a * b
    let first = product.sum()
    let second = (product * a).sum()
    #expect(first.gradient(at: a) == Tensor([4, 5, 6]))
    #expect(second.gradients(at: [b, a]) == [Tensor([1, 4, 9]), Tensor([8, 20, 36])])
    #expect(first.gradient(at: b) == Tensor([1, 2, 3]))
    #expect(first.gradient(at: a) == Tensor([4, 5, 6]), "a question leaves the recording as it was")
  }

  @Test("An update of a leaf's scalars leaves the recording as it was")
  func updateBetweenQuestions() {
    var w = Tensor([2, 3])
    let leaf = w.recorded()
    let loss = (leaf * leaf * leaf).sum()
    let before = loss.gradient(at: leaf)
    w -= before
    w.withMutableScalars { $0[0] = 100 }
    #expect(loss.gradient(at: leaf) == Tensor([12, 27]))
    #expect(leaf == Tensor([2, 3]))
  }

  @Test func gradientAtIntermediateTensor() {
    let x = Tensor([1, 2]).recorded()
    let y = x.square()
    let z = (y * x).sum()
    #expect(z.gradient(at: y) == x)
    #expect(z.gradients(at: [x, y]) == [Tensor([3, 12]), Tensor([1, 2])])
  }

  @Test func detachedTensorsAreConstants() {
    let x = Tensor([1, 2]).recorded()
    #expect(!x.detached().isRecorded)
    #expect((x.detached() * x).sum().gradient(at: x) == Tensor([1, 2]))
    #expect(!(x.detached() * x.detached()).isRecorded)
  }

  @Test func recordedIsTheSameLeafOnceItIsOne() {
    let x = Tensor([1, 2]).recorded()
    #expect(x.recorded().square().sum().gradient(at: x) == Tensor([2, 4]))
  }

  @Test("A pullback is linear in its cotangent, and can be differentiated at it")
  func pullbackAtCotangent() {
    let x = Tensor([[1, 2], [3, 4]]).recorded()
    let u = Tensor([[1, 0], [-1, 2]]).recorded()
    let y = x.square()
    let plain = y.pullback(u, at: [x])[0]
    #expect(plain == Tensor([[2, 0], [-6, 16]]))
    #expect(!plain.isRecorded)
    let recorded = y.pullback(u, at: [x], recording: true)[0]
    let weights = Tensor([[1, 10], [100, 1000]])
    #expect((recorded * weights).sum().gradient(at: u) == Tensor([[2, 40], [600, 8000]]))
    #expect((recorded * weights).sum().gradient(at: x) == Tensor([[2, 0], [-200, 4000]]))
  }

  @Test("Several outputs, the same one twice and one that is another's input among them")
  func pullbackOfSeveralOutputs() {
    let x = Tensor([1, 2]).recorded()
    let y = x.square()
    let z = y * x
    let one = Tensor.ones([2])
    let gradients = Tensor.pullback([(y, one), (z, one), (y, one * 10), (x, one * 0.5)], at: [x, y])
    // 11 · 2x + 3x² + ½; the cotangent of y is 11 + x.
    #expect(gradients == [Tensor([25.5, 56.5]), Tensor([12, 13])])
  }

  @Test func duplicateTargets() {
    let x = Tensor([3]).recorded()
    let y = x.square()
    let gradients = y.sum().gradients(at: [x, y, x, y])
    #expect(gradients == [Tensor([6]), Tensor([1]), Tensor([6]), Tensor([1])])
  }

  @Test func outputThatDoesNotDependOnInput() {
    let x = Tensor([1, 2]).recorded()
    let other = Tensor([[3]]).recorded()
    #expect(x.sum().gradients(at: [other, x]) == [Tensor.zeros([1, 1]), Tensor.ones([2])])
    #expect(Tensor(5).gradient(at: x) == Tensor.zeros([2]))
    // Comparisons and rounding are constants.
    #expect((x .> 1).sum().gradient(at: x) == Tensor.zeros([2]))
  }

  @Test func theSameInputTwice() {
    let x = Tensor([1, 2]).recorded()
    #expect((x + x).sum().gradient(at: x) == Tensor([2, 2]))
    #expect((x * x).sum().gradient(at: x) == Tensor([2, 4]))
    #expect((x - x).sum().gradient(at: x) == Tensor([0, 0]))
    #expect((x / x).sum().gradient(at: x) == Tensor([0, 0]))
    #expect(Tensor.concatenated([x, x * 3, x]).sum().gradient(at: x) == Tensor([5, 5]))
  }

  @Test("A gradient that was handed out does not change when others are added up")
  func gradientsShareNothing() {
    let x = Tensor([1, 2]).recorded()
    let y = x + 0
    let u = Tensor([1, 1])
    let gradients = (y + y + x).pullback(u, at: [y, x])
    #expect(gradients == [Tensor([2, 2]), Tensor([3, 3])])
    #expect(u == Tensor([1, 1]))
  }

  // MARK: Several outputs

  @Test("A split with pieces nobody uses")
  func unusedPieces() {
    let x = Tensor.ramp(count: 6).reshaped(to: [3, 2]).recorded()
    let pieces = x.split(counts: [1, 0, 2])
    #expect(pieces.map(\.shape) == [[1, 2], [0, 2], [2, 2]])
    #expect(pieces[2].square().sum().gradient(at: x) == Tensor([[0, 0], [4, 6], [8, 10]]))
    #expect(pieces[1].sum().gradient(at: x) == Tensor.zeros([3, 2]))
    let product = (pieces[2] * pieces[0]).sum()
    #expect(product.gradients(at: [pieces[0], pieces[1]]) == [Tensor([[6, 8]]), Tensor.zeros([0, 2])])
    // Second order: the energy of the gradient, Σ (x₁ + x₂)² + 2 Σ x₀².
    let gradient = product.gradient(at: x, recording: true)
    #expect(gradient.square().sum().gradient(at: x) == Tensor([[0, 4], [12, 16], [12, 16]]))
  }
}
