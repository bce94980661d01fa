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

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var gradients = Gradients()
      gradients.clip(toNorm: 0)
    }
    expect(result, saysWhy: "clip: the largest norm is 0.0; it must be positive")
  }
}
