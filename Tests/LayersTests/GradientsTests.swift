import Tensor
import Testing

@testable import Layers

@Suite struct GradientsTests {
  private let a = Gradients(["x": Tensor([3, 0]), "y": Tensor([[4]])])

  @Test func arithmetic() {
    let b = Gradients(["x": Tensor([1, -1]), "z": Tensor([2])])
    #expect(a + b == Gradients(["x": Tensor([4, -1]), "y": Tensor([[4]]), "z": Tensor([2])]))
    #expect(a * 0.5 == Gradients(["x": Tensor([1.5, 0]), "y": Tensor([[2]])]))
    var sum = Gradients()
    for _ in 0..<3 { sum += a }
    sum *= 1 / 3
    #expect(sum == a)
    #expect((a + b).names == ["x", "y", "z"])
    #expect(Gradients() + Gradients() == Gradients())
    #expect(a - b == Gradients(["x": Tensor([2, 1]), "y": Tensor([[4]]), "z": Tensor([-2])]))
    var difference = a
    difference -= b
    #expect(difference == a - b && 2 * a == a * 2 && -a == a * -1)
  }

  @Test func clippingByNorm() {
    var gradients = a
    #expect(gradients.norm == 5)
    #expect(gradients.clip(toNorm: 6) == 5 && gradients == a)
    #expect(gradients.clip(toNorm: 2.5) == 5)
    #expect(gradients == a * 0.5)
    #expect(Gradients().norm == 0)
  }

  @Test func clippingByValue() {
    var gradients = Gradients(["x": Tensor([3, -3, 0.5])])
    gradients.clip(to: -1...2)
    #expect(gradients["x"] == Tensor([2, -1, 0.5]))
  }

  @Test func findsWhatIsNotFinite() {
    #expect(a.firstNonFinite == nil)
    let gradients = Gradients(["c": Tensor([.nan]), "a": Tensor([1]), "b": Tensor([0, -.infinity])])
    #expect(gradients.firstNonFinite == "b")
    #expect(State(gradients.tensors).firstNonFinite == "b")
  }

  @Test func describesItself() {
    #expect("\(a)" == "Gradients: 2 tensors, 3 scalars (x [2], y [1, 1]), norm 5.0")
    #expect("\(Gradients())" == "Gradients: 0 tensors, 0 scalars, norm 0.0")
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var gradients = Gradients()
      gradients.clip(toNorm: 0)
    }
    expect(result, saysWhy: "clip: the largest norm is 0.0; it must be positive")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var gradients = Gradients(["x": Tensor([1]), "y": Tensor([1, .infinity])])
      gradients.clip(toNorm: 1)
    }
    expect(result, saysWhy: "clip: the gradient at y holds an infinity or NaN")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var gradients = Gradients(["x": Tensor([.infinity]), "y": Tensor([1, .nan])])
      gradients.clip(to: -1...1)
    }
    expect(result, saysWhy: "clip: the gradient at y holds NaN")
  }
}
