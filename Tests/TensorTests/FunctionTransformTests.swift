import Testing

@testable import Tensor

/// Products with Jacobian and Hessian matrices against closed forms and differences.
@Suite struct FunctionTransformTests {
  @Test("Of a linear map, all of them are exact")
  func linearMap() {
    let a = Tensor([[1, 2, 3], [4, 5, 6]])
    let x = Tensor([1, -1, 2])
    func map(_ x: Tensor) -> Tensor { a.matmul(x.reshaped(to: [3, 1])).reshaped(to: [2]) }
    let forward = x.jvp(along: [1, 0, -1]) { map($0) }
    #expect(forward.value == [5, 11] && forward.derivative == [-2, -2])
    let (value, pullback) = x.vjp { map($0) }
    #expect(value == [5, 11] && pullback([1, 0]) == [1, 2, 3] && pullback([1, -1]) == [-3, -3, -3])
    #expect(x.jacobian { map($0) } == a)
    #expect(
      !forward.value.isRecorded && !forward.derivative.isRecorded && !value.isRecorded && !pullback([1, 0]).isRecorded)
  }

  @Test("Of a quadratic form: Jacobian, Hessian and its products in closed form")
  func quadraticForm() {
    let a = Tensor([[2, 1], [0, 3]])
    let x = Tensor([5, 7])
    func form(_ x: Tensor) -> Tensor { Tensor.einsum("i,ij,j->", x, a, x) }
    let symmetric = a + a.transposed()
    #expect(x.hessian { form($0) } == symmetric)
    let (gradient, product) = x.hvp(along: [1, -2]) { form($0) }
    #expect(gradient == [27, 47] && product == [2, -11])
    #expect(!gradient.isRecorded && !product.isRecorded)
    #expect(x.jacobian { form($0) } == [27, 47])
  }

  @Test("Axes of a Jacobian: the value's, then the input's")
  func axes() {
    let x = Tensor([[1, 2, 3], [4, 5, 6]])
    let jacobian = x.jacobian { $0.sum(axis: 1).square() }
    #expect(jacobian.shape == [2, 2, 3])
    #expect(jacobian == Tensor([12, 12, 12, 0, 0, 0, 0, 0, 0, 30, 30, 30], shape: [2, 2, 3]))
    #expect(x.jacobian { $0[0..<0] }.shape == [0, 3, 2, 3])
    #expect(x.jacobian { _ in Tensor([1, 2]) } == .zeros([2, 2, 3]))
  }

  @Test("Functions of several tensors")
  func severalTensors() {
    let (x, w) = (Tensor([[1, 2]]), Tensor([[3, 4], [5, 6]]))
    let (value, pullback) = Tensor.vjp(at: [x, w]) { $0[0].matmul($0[1]) }
    #expect(value == [[13, 16]] && pullback([[1, 10]]) == [[[43, 65]], [[1, 10], [2, 20]]])
    let forward = Tensor.jvp(at: [x, w], along: [[[1, 0]], [[0, 1], [0, 0]]]) { $0[0].matmul($0[1]) }
    #expect(forward.derivative == [[3, 5]])
    let jacobians = Tensor.jacobians(at: [x, w]) { $0[0].matmul($0[1]) }
    #expect(jacobians.map(\.shape) == [[1, 2, 1, 2], [1, 2, 2, 2]])
    #expect(jacobians[0].reshaped(to: [2, 2]) == w.transposed())
    // f = Σ (xw)²: Hessian products mix the inputs.
    let (gradients, products) = Tensor.hvp(at: [x, w], along: [[[1, 0]], .zeros([2, 2])]) {
      $0[0].matmul($0[1]).square().sum()
    }
    #expect(gradients[0] == 2 * Tensor([[13 * 3 + 16 * 4, 13 * 5 + 16 * 6]]))
    #expect(products[0] == 2 * Tensor([[3 * 3 + 4 * 4, 3 * 5 + 4 * 6]]))
    // ∂/∂w of 2 xᵀ(xw) along x₀: 2 (e₀ᵀ(xw) + xᵀ(e₀w)).
    #expect(products[1] == 2 * Tensor([[13 + 3, 16 + 4], [6, 8]]))
  }

  @Test("Against differences", arguments: GradientCheckTests.smooth)
  func differences(_ composition: GradientCheckTests.Composition) {
    var noise = TestNoise(161)
    let inputs = composition.shapes.map { noise.tensor($0, in: composition.domain) }
    let tangents = composition.shapes.map { noise.tensor($0, in: -1...1) }
    func moved(_ step: Float) -> [Tensor] { zip(inputs, tangents).map { $0 + $1 * step } }
    func difference(_ step: Float, _ value: (Float) -> Tensor) -> Tensor { (value(step) - value(-step)) / (2 * step) }
    func slope(_ value: (Float) -> Tensor) -> Tensor {
      (4 * difference(1 / 32, value) - difference(1 / 16, value)) / 3
    }
    let (value, derivative) = Tensor.jvp(at: inputs, along: tangents, of: composition.function)
    #expect(value == composition.function(inputs))
    let expected = slope { composition.function(moved($0)) }
    let size = max(1, expected.maximumMagnitude)
    #expect((derivative - expected).maximumMagnitude < 2e-3 * size, "\(derivative), difference \(expected)")

    let scalar: ([Tensor]) -> Tensor = { composition.function($0).square().sum() }
    let (gradients, products) = Tensor.hvp(at: inputs, along: tangents, of: scalar)
    for index in inputs.indices {
      let expected = slope { Tensor.valueAndGradients(at: moved($0), of: scalar).gradients[index] }
      let size = max(1, expected.maximumMagnitude)
      #expect((products[index] - expected).maximumMagnitude < 5e-3 * size, "\(products[index]), difference \(expected)")
      #expect(gradients[index] == Tensor.valueAndGradients(at: inputs, of: scalar).gradients[index])
    }
    // Both products with one Jacobian matrix: ⟨u, J v⟩ = ⟨Jᵀ u, v⟩.
    let u = noise.tensor(value.shape)
    let transposed = Tensor.vjp(at: inputs, of: composition.function).pullback(u)
    let left = (u * derivative).sum().scalar
    let right = zip(transposed, tangents).reduce(Float(0)) { $0 + ($1.0 * $1.1).sum().scalar }
    #expect(abs(left - right) < 1e-4 * max(1, abs(left)))
  }

  @Test("They nest: a derivative of each at what the function captures, and at the tangent")
  func nesting() {
    let w = Tensor([2, 3]).recorded()
    let x = Tensor([1, -1])
    // J v = 3 w x² v elementwise.
    let forward = x.jvp(along: [1, 2]) { $0 * $0 * $0 * w }
    #expect(forward.derivative == [6, 18] && forward.derivative.sum().gradient(at: w) == [3, 6])
    let tangent = Tensor([1, 2]).recorded()
    #expect(x.jvp(along: tangent) { $0.square() }.derivative.sum().gradient(at: tangent) == [2, -2])
    // H v = 6 w x v.
    let (gradient, product) = x.hvp(along: [1, 2]) { ($0 * $0 * $0 * w).sum() }
    #expect(gradient.sum().gradient(at: w) == [3, 3] && product.sum().gradient(at: w) == [6, -12])
    let pullback = x.vjp { $0.square() * w }.pullback
    #expect(pullback([1, 1]).sum().gradient(at: w) == [2, -2])
    #expect(x.jacobian { $0 * w }.sum().gradient(at: w) == [1, 1])
    // The third derivative of x⁴, along 1 twice: 24 x.
    let third = x.gradient { x in x.hvp(along: [1, 1]) { $0.square().square().sum() }.product.sum() }
    #expect(third == [24, -24])
    // The derivative along a direction of a derivative along a direction.
    let second = x.jvp(along: [1, 1]) { x in x.jvp(along: [1, 1]) { $0 * $0 * $0 }.derivative }
    #expect(second.value == [3, 3] && second.derivative == [6, -6])
  }
}
