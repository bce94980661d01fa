import LatentSystem

/// Where in the graph a tensor was computed: an operation and which of its outputs.
struct Origin: Sendable {
  let node: Node
  var output = 0
}

/// One recorded operation, or a leaf.
///
/// The graph is a value: nodes point only to their inputs and never change, so any number of gradients can be asked of
/// one recording, on any task. A node knows no operation; it holds what its rule declared it needs and a pullback that
/// captures no tensor. A captured tensor could be the node's own output, a cycle that is never freed.
///
/// Sendable although `inputs` is a variable: it is emptied only by ``release(_:)``, when nobody else holds the node.
final class Node: @unchecked Sendable {
  /// The operation's name, for messages.
  let operation: StaticString
  /// The inputs, in the order of the operation's arguments; nil for constants.
  private(set) var inputs: Few<Origin?>
  let outputShapes: Few<Tensor.Shape>
  let rule: Rule
  private let saved: Few<SavedTensor>

  /// A tensor kept for the pullback, without its node: where that is found again is in `reference`.
  private struct SavedTensor {
    let storage: Storage
    let shape: Tensor.Shape
    let reference: Reference
  }

  private enum Reference {
    case input(Int)
    case output(Int)
    case constant
  }

  /// A leaf: a tensor that gradients can be asked at.
  init(leafOf shape: Tensor.Shape) {
    operation = "leaf"
    inputs = Few()
    outputShapes = Few(shape)
    rule = .leaf
    saved = Few()
  }

  init(
    _ operation: StaticString, inputs: Few<Tensor>, outputs: Few<Tensor>, saving references: [Saved],
    rule: Rule
  ) {
    var origins = Few<Origin?>()
    for input in inputs { origins.append(input.origin) }
    var shapes = Few<Tensor.Shape>()
    for output in outputs { shapes.append(output.shape) }
    var saved = Few<SavedTensor>()
    for reference in references {
      let (tensor, reference): (Tensor, Reference) =
        switch reference {
        case .input(let index): (inputs[index], .input(index))
        case .output(let index): (outputs[index], .output(index))
        case .constant(let tensor): (tensor, .constant)
        }
      saved.append(SavedTensor(storage: tensor.storage, shape: tensor.shape, reference: reference))
    }
    self.operation = operation
    self.inputs = origins
    outputShapes = shapes
    self.rule = rule
    self.saved = saved
  }

  /// The saved tensors: where gradients are recorded in turn, connected to the graph again.
  func savedTensors(recording: Bool) -> Few<Tensor> {
    var tensors = Few<Tensor>()
    for saved in saved {
      var origin: Origin?
      if recording {
        switch saved.reference {
        case .input(let index): origin = inputs[index]
        case .output(let index): origin = Origin(node: self, output: index)
        case .constant: break
        }
      }
      tensors.append(Tensor(storage: saved.storage, shape: saved.shape, origin: origin))
    }
    return tensors
  }

  deinit {
    if !inputs.isEmpty { Node.release(&inputs) }
  }

  /// Frees what hangs on `inputs` alone, one node after the other: left to itself, a long chain would free itself
  /// recursively and overflow the stack.
  private static func release(_ inputs: inout Few<Origin?>) {
    var pending: [Node] = []
    for input in inputs { if let input { pending.append(input.node) } }
    inputs = Few()
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      for input in node.inputs { if let input { pending.append(input.node) } }
      node.inputs = Few()
    }
  }
}

/// What a rule declares that its pullback needs.
enum Saved: Sendable {
  /// The input at an index.
  case input(Int)
  /// The output at an index.
  case output(Int)
  /// A tensor through which nothing is differentiated, a mask for instance.
  case constant(Tensor)
}

extension Tensor {
  /// A tensor without scalars.
  static let empty = Tensor(uninitialized: [0])
}

/// The derivative rule of one recorded operation: from the cotangents of its outputs, those of its inputs.
///
/// It is written in tensor operations, so that it can be recorded and differentiated itself, and captures no tensor:
/// what it needs is declared as ``Saved``. It returns one element an input, nil where `isWanted` is false or the
/// derivative is zero. A cotangent may have the shape the input was broadcast to; the engine sums it back.
typealias Pullback = @Sendable (PullbackArguments) -> [Tensor?]

/// The same for an operation of one input and one output: from the cotangent of the output and the saved tensors.
typealias UnaryPullback = @Sendable (_ cotangent: Tensor, _ saved: Few<Tensor>) -> Tensor

/// How cotangents pass through a node.
enum Rule: Sendable {
  /// Not at all: nothing was computed here.
  case leaf
  case unary(UnaryPullback)
  case general(Pullback)
}

/// What a pullback is called with.
struct PullbackArguments {
  /// The cotangent of each output; nil where it is zero.
  let cotangents: Few<Tensor?>
  /// The tensors that the rule declared, in its order.
  let saved: Few<Tensor>
  /// For each input, whether its cotangent is of use to anybody.
  let isWanted: Few<Bool>

  /// The cotangent of an operation's only output.
  var cotangent: Tensor { requireSome(cotangents[0], "a pullback was called without a cotangent") }
}

extension Tensor {
  /// `result` connected to the graph, if any of `inputs` is recorded; itself otherwise.
  static func record(
    _ operation: StaticString, _ result: Tensor, from inputs: [Tensor], saving saved: [Saved] = [],
    pullback: @escaping Pullback
  ) -> Tensor {
    guard inputs.contains(where: \.isRecorded) else { return result }
    return result.produced(
      by: Node(operation, inputs: Few(inputs), outputs: Few(result), saving: saved, rule: .general(pullback)))
  }

  /// The same for an operation of two inputs, without an array of them.
  static func record(
    _ operation: StaticString, _ result: Tensor, from a: Tensor, _ b: Tensor, saving saved: [Saved] = [],
    pullback: @escaping Pullback
  ) -> Tensor {
    guard a.isRecorded || b.isRecorded else { return result }
    return result.produced(
      by: Node(operation, inputs: Few(a, b), outputs: Few(result), saving: saved, rule: .general(pullback)))
  }

  /// The same for an operation with several outputs and one joint pullback.
  static func record(
    _ operation: StaticString, _ results: [Tensor], from inputs: [Tensor], saving saved: [Saved] = [],
    pullback: @escaping Pullback
  ) -> [Tensor] {
    guard inputs.contains(where: \.isRecorded) else { return results }
    let node = Node(operation, inputs: Few(inputs), outputs: Few(results), saving: saved, rule: .general(pullback))
    return results.enumerated().map { index, result in result.produced(by: node, output: index) }
  }

  /// The same for an operation of one input, whose rule maps the cotangent and the saved tensors to its cotangent.
  func recordUnary(
    _ operation: StaticString, _ result: Tensor, saving saved: [Saved] = [],
    pullback: @escaping UnaryPullback
  ) -> Tensor {
    guard isRecorded else { return result }
    return result.produced(
      by: Node(operation, inputs: Few(self), outputs: Few(result), saving: saved, rule: .unary(pullback)))
  }

  /// The same scalars as an output of `node`.
  private func produced(by node: Node, output: Int = 0) -> Tensor {
    Tensor(storage: storage, shape: shape, origin: Origin(node: node, output: output))
  }
}
