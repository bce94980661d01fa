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
  private(set) var inputs: [Input?]
  let outputShapes: [Tensor.Shape]
  let pullback: Pullback?
  private let saved: [SavedTensor]

  struct Input {
    let origin: Origin
    let shape: Tensor.Shape
  }

  /// A tensor kept for the pullback, without its node: where that is found again is in `reference`.
  private struct SavedTensor {
    let storage: Storage
    let shape: Tensor.Shape
    let reference: Saved
  }

  /// A leaf: a tensor that gradients can be asked at.
  init(leafOf shape: Tensor.Shape) {
    operation = "leaf"
    inputs = []
    outputShapes = [shape]
    pullback = nil
    saved = []
  }

  init(
    _ operation: StaticString, inputs: [Tensor], outputs: [Tensor], saving references: [Saved],
    pullback: @escaping Pullback
  ) {
    self.operation = operation
    self.inputs = inputs.map { input in input.origin.map { Input(origin: $0, shape: input.shape) } }
    outputShapes = outputs.map(\.shape)
    self.pullback = pullback
    saved = references.map { reference in
      let tensor =
        switch reference {
        case .input(let index): inputs[index]
        case .output(let index): outputs[index]
        case .constant(let tensor): tensor
        }
      return SavedTensor(
        storage: tensor.storage, shape: tensor.shape, reference: reference.withoutTensor)
    }
  }

  /// The saved tensors: where gradients are recorded in turn, connected to the graph again.
  func savedTensors(recording: Bool) -> [Tensor] {
    saved.map { saved in
      guard recording else { return Tensor(storage: saved.storage, shape: saved.shape) }
      let origin: Origin? =
        switch saved.reference {
        case .input(let index): inputs[index]?.origin
        case .output(let index): Origin(node: self, output: index)
        case .constant: nil
        }
      return Tensor(storage: saved.storage, shape: saved.shape, origin: origin)
    }
  }

  deinit {
    if !inputs.isEmpty { Node.release(&inputs) }
  }

  /// Frees what hangs on `inputs` alone, one node after the other: left to itself, a long chain would free itself
  /// recursively and overflow the stack.
  private static func release(_ inputs: inout [Input?]) {
    var pending = inputs.compactMap { $0?.origin.node }
    inputs.removeAll()
    while var node = pending.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      for input in node.inputs { if let input { pending.append(input.origin.node) } }
      node.inputs.removeAll()
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

  fileprivate var withoutTensor: Saved {
    if case .constant = self { return .constant(Tensor.empty) }
    return self
  }
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

/// What a pullback is called with.
struct PullbackArguments {
  /// The cotangent of each output; nil where it is zero.
  let cotangents: [Tensor?]
  /// The tensors that the rule declared, in its order.
  let saved: [Tensor]
  /// For each input, whether its cotangent is of use to anybody.
  let isWanted: [Bool]

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
    let node = Node(operation, inputs: inputs, outputs: [result], saving: saved, pullback: pullback)
    return Tensor(storage: result.storage, shape: result.shape, origin: Origin(node: node))
  }

  /// The same for an operation with several outputs and one joint pullback.
  static func record(
    _ operation: StaticString, _ results: [Tensor], from inputs: [Tensor], saving saved: [Saved] = [],
    pullback: @escaping Pullback
  ) -> [Tensor] {
    guard inputs.contains(where: \.isRecorded) else { return results }
    let node = Node(operation, inputs: inputs, outputs: results, saving: saved, pullback: pullback)
    return results.enumerated().map { index, result in
      Tensor(storage: result.storage, shape: result.shape, origin: Origin(node: node, output: index))
    }
  }

  /// The same for an operation of one input, whose rule maps the cotangent and the saved tensors to its cotangent.
  func recordUnary(
    _ operation: StaticString, _ result: Tensor, saving saved: [Saved] = [],
    pullback: @escaping @Sendable (_ cotangent: Tensor, _ saved: [Tensor]) -> Tensor
  ) -> Tensor {
    guard isRecorded else { return result }
    return Tensor.record(operation, result, from: [self], saving: saved) { [pullback($0.cotangent, $0.saved)] }
  }
}
