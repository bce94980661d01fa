import LatentSystem

/// The backward pass: a topological sort and a sum.
///
/// Only nodes on a way from the outputs to a target are visited, and only cotangents that reach a target are computed.
struct BackwardWalk {
  /// Whether the gradients are recorded themselves, so that gradients of them can be asked for.
  let recording: Bool
  private let targets: [Origin]
  /// The nodes that lead to a target, inputs before the nodes that use them.
  private var steps: [Step] = []
  private var places = NodePlaces()
  /// The cotangents gathered so far, of all outputs of all nodes in `steps`.
  private var cotangents: [Tensor?] = []
  /// For all inputs of all nodes in `steps`, where in `cotangents` theirs is gathered; -1 for one that leads nowhere.
  private var inputSlots: [Int] = []

  /// A node with the places of its first output in `cotangents` and of its first input in `inputSlots`.
  private struct Step {
    let node: Node
    let firstOutput: Int
    let firstInput: Int
  }

  /// The gradients at `targets` of the sum of each output times its cotangent; nil where no output depends on a target.
  static func gradients(
    of outputs: [(origin: Origin, cotangent: Tensor)], at targets: [Origin], recording: Bool
  ) -> [Tensor?] {
    var walk = BackwardWalk(recording: recording, targets: targets)
    walk.sort(from: outputs.map(\.origin.node))
    for (origin, cotangent) in outputs {
      guard let slot = walk.slot(of: origin) else { continue }
      walk.add(recording ? cotangent : cotangent.detached(), at: slot, of: origin)
    }
    return walk.run()
  }

  private init(recording: Bool, targets: [Origin]) {
    self.recording = recording
    self.targets = targets
  }

  // MARK: Sorting

  /// Depth first, without recursion. A node gets its place after its inputs, and only if it leads to a target.
  private mutating func sort(from roots: [Node]) {
    var targetNodes = NodePlaces()
    for target in targets { _ = targetNodes.enter(target.node) }
    for target in targets { targetNodes[target.node] = 0 }
    var stack: [(node: Node, next: Int)] = []
    for root in roots.reversed() where places.enter(root) {
      stack.append((root, 0))
      while let (node, next) = stack.last {
        guard next < node.inputs.count else {
          stack.removeLast()
          addStep(node, isTarget: targetNodes[node] == 0)
          continue
        }
        stack[stack.count - 1].next = next + 1
        if let input = node.inputs[next]?.node, places.enter(input) { stack.append((input, 0)) }
      }
    }
  }

  /// Gives a node, whose inputs have been sorted, its place, if it leads to a target.
  private mutating func addStep(_ node: Node, isTarget: Bool) {
    let firstInput = inputSlots.count
    var leads = isTarget
    for input in node.inputs {
      var slot = -1
      if let input, let gathering = self.slot(of: input) { (slot, leads) = (gathering, true) }
      inputSlots.append(slot)
    }
    guard leads else { return inputSlots.removeLast(node.inputs.count) }
    places[node] = steps.count
    steps.append(Step(node: node, firstOutput: cotangents.count, firstInput: firstInput))
    for _ in node.outputShapes { cotangents.append(nil) }
  }

  /// Where the cotangent of an output is gathered, if its node leads to a target.
  private func slot(of origin: Origin) -> Int? {
    let place = places[origin.node]
    return place >= 0 ? steps[place].firstOutput + origin.output : nil
  }

  // MARK: Walking

  /// Adds to the cotangent of one output. Broadcasting is undone here, for every rule.
  private mutating func add(_ cotangent: Tensor, at slot: Int, of origin: Origin) {
    let shape = origin.node.outputShapes[origin.output]
    let summed = cotangent.shape == shape ? cotangent : cotangent.summed(to: shape)
    // Taken out, `present` has no other holder and can be added to in place.
    if var present = cotangents[slot].take() {
      present += summed
      cotangents[slot] = present
    } else {
      cotangents[slot] = summed
    }
  }

  private mutating func run() -> [Tensor?] {
    var results = [Tensor?](repeating: nil, count: targets.count)
    // The targets in the order in which the walk comes by, the last first.
    var pending = targets.indices.filter { places[targets[$0].node] >= 0 }
    pending.sort { places[targets[$0].node] < places[targets[$1].node] }
    for place in steps.indices.reversed() {
      let step = steps[place]
      while let index = pending.last, targets[index].node === step.node {
        results[index] = cotangents[step.firstOutput + targets[index].output]
        pending.removeLast()
      }
      propagate(through: step)
    }
    return results
  }

  /// Takes the cotangents of a node's outputs and adds to those of its inputs.
  private mutating func propagate(through step: Step) {
    let node = step.node
    switch node.rule {
    case .leaf:
      cotangents[step.firstOutput] = nil
    case .unary(let pullback):
      let slot = inputSlots[step.firstInput]
      guard let cotangent = cotangents[step.firstOutput].take(), slot >= 0, let input = node.inputs[0] else { return }
      add(pullback(cotangent, node.savedTensors(recording: recording)), at: slot, of: input)
    case .general(let pullback):
      propagate(through: step, pullback)
    }
  }

  private mutating func propagate(through step: Step, _ pullback: Pullback) {
    let node = step.node
    var gathered = Few<Tensor?>()
    for output in node.outputShapes.indices { gathered.append(cotangents[step.firstOutput + output].take()) }
    var isWanted = Few<Bool>()
    for index in node.inputs.indices { isWanted.append(inputSlots[step.firstInput + index] >= 0) }
    guard gathered.contains(where: { $0 != nil }), isWanted.contains(true) else { return }
    let results = pullback(
      PullbackArguments(cotangents: gathered, saved: node.savedTensors(recording: recording), isWanted: isWanted))
    require(
      results.count == node.inputs.count,
      "\(node.operation): its rule gives \(results.count) cotangents for \(node.inputs.count) inputs")
    for index in node.inputs.indices where isWanted[index] {
      guard let input = node.inputs[index], let cotangent = results[index] else { continue }
      add(cotangent, at: inputSlots[step.firstInput + index], of: input)
    }
  }
}
