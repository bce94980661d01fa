import Tensor
import Testing

@testable import Layers

/// States and gradients as vectors.
@Suite struct NamedTensorsTests {
  private let a = State(["x": Tensor([[1, 2], [3, 4]]), "b": Tensor(5), "c": Tensor.zeros([0])])
  private let b = State(["x": Tensor([[1, 0], [0, -1]]), "b": Tensor(2), "c": Tensor.zeros([0])])

  @Test func arithmetic() {
    #expect(a + b == State(["x": Tensor([[2, 2], [3, 3]]), "b": Tensor(7), "c": Tensor.zeros([0])]))
    #expect(a - b == State(["x": Tensor([[0, 2], [3, 5]]), "b": Tensor(3), "c": Tensor.zeros([0])]))
    #expect(0.5 * a == State(["x": Tensor([[0.5, 1], [1.5, 2]]), "b": Tensor(2.5), "c": Tensor.zeros([0])]))
    #expect(a.dot(b) == Tensor(1 - 4 + 10))
    #expect(a.norm == 55.0.squareRoot() && a.scalarCount == 5)
    var sum = a
    sum.add(Gradients(["x": Tensor([[1, 1], [1, 1]])]), scaledBy: -2)
    #expect(sum == State(["x": Tensor([[-1, 0], [1, 2]]), "b": Tensor(5), "c": Tensor.zeros([0])]))
    #expect(a["x"] == Tensor([[1, 2], [3, 4]]))
    var other = a
    other += b
    #expect(other == a + b)
    other -= b
    #expect(other == a)
  }

  @Test func flattenedAndBack() {
    #expect(a.flattened() == Tensor([5, 1, 2, 3, 4]))
    #expect(b.unflattened(a.flattened()) == a)
    #expect(State().flattened() == Tensor.zeros([0]) && State().unflattened(.zeros([0])) == State())
    // Recorded gradients stay recorded.
    let x = Tensor([1, 2]).recorded()
    let gradients = Gradients(["x": (x * x * x).sum().gradient(at: x, recording: true), "y": Tensor([[1]])])
    #expect(gradients.flattened().square().sum().gradient(at: x) == Tensor([36, 288]))
    #expect(gradients.unflattened(Tensor([1, 2, 3])) == Gradients(["x": Tensor([1, 2]), "y": Tensor([[3]])]))
  }

  /// The Hessian of ½ xᵀAx is A.
  @Test func hessianVectorProduct() {
    final class Point: Module { let x = Parameter([2], .zeros) }
    let point = Point()
    let matrix = Tensor([[2, 1], [1, 3]])
    let context = Context(
      Network(point), State(["x": Tensor([1, -1])]), mode: .inference, differentiating: ["x"])
    let x = context[point.x].reshaped(to: [2, 1] as Tensor.Shape)
    let loss = (x * matrix.matmul(x)).sum() * 0.5
    let slope = context.gradients(of: loss, recording: true).dot(Gradients(["x": Tensor([1, 10])]))
    #expect(context.gradients(of: slope) == Gradients(["x": Tensor([12, 31])]))
  }

  @Test func describesItself() {
    #expect("\(a)" == "State: 3 tensors, 5 scalars (b [], c [0], x [2, 2])")
    let many = State(Dictionary(uniqueKeysWithValues: "abcdef".map { (String($0), Tensor.zeros([1000])) }))
    #expect("\(many)" == "State: 6 tensors, 6,000 scalars (a [1000], b [1000], c [1000], d [1000], …)")
    #expect("\(State(["x": Tensor([1])]))" == "State: 1 tensor, 1 scalars (x [1])")
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = State(["x": Tensor([1])]) - State(["x": Tensor([1]), "y": Tensor([1, 2])])
    }
    expect(result, saysWhy: "State -: tensor y is missing on the left, has shape [2] on the right")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Gradients(["x": Tensor([1])]).dot(Gradients(["x": Tensor([[1]])]))
    }
    expect(result, saysWhy: "Gradients dot: tensor x has shape [1] on the left, has shape [1, 1] on the right")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = State(["x": Tensor([1, 2])]).unflattened(Tensor([1, 2, 3]))
    }
    expect(result, saysWhy: "unflattened: a vector of shape [3] for tensors of 2 scalars in all")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["x": Tensor([1, 2])])
      state.add(Gradients(["y": Tensor([1])]))
    }
    expect(result, saysWhy: "State.add: y has shape [1] among the gradients, the state has no such tensor")
  }
}
