import LatentSystem

/// The backward pass: a topological sort and a sum.
///
/// Only nodes on a way from the outputs to a target are visited, and only cotangents that reach a target are computed.
struct BackwardWalk {
  /// Whether the gradients are recorded themselves, so that gradients of them can be asked for.
  let recording: Bool
  private let targets: [Origin]
  /// The nodes that lead to a target, inputs before the nodes that use them.
  private var order: [Node] = []
  private var places: [ObjectIdentifier: Int] = [:]
  /// For each node in `order`, the cotangents of its outputs gathered so far.
  private var cotangents: [[Tensor?]] = []

  /// The gradients at `targets` of the sum of each output times its cotangent; nil where no output depends on a target.
  static func gradients(
    of outputs: [(origin: Origin, cotangent: Tensor)], at targets: [Origin], recording: Bool
  ) -> [Tensor?] {
    var walk = BackwardWalk(recording: recording, targets: targets)
    walk.sort(from: outputs.map(\.origin.node))
    for (origin, cotangent) in outputs { walk.add(recording ? cotangent : cotangent.detached(), to: origin) }
    return walk.run()
  }

  private init(recording: Bool, targets: [Origin]) {
    self.recording = recording
    self.targets = targets
  }

  /// Depth first, without recursion. A node gets its place after its inputs, and only if it leads to a target.
  private mutating func sort(from roots: [Node]) {
    let targetNodes = Set(targets.map { ObjectIdentifier($0.node) })
    /// -1: visited, but leads to no target.
    var places: [ObjectIdentifier: Int] = [:]
    var stack: [(node: Node, next: Int)] = []
    for root in roots.reversed() where places[ObjectIdentifier(root)] == nil {
      stack.append((root, 0))
      places[ObjectIdentifier(root)] = -1
      while let (node, next) = stack.last {
        if next < node.inputs.count {
          stack[stack.count - 1].next += 1
          if let input = node.inputs[next]?.origin.node, places[ObjectIdentifier(input)] == nil {
            places[ObjectIdentifier(input)] = -1
            stack.append((input, 0))
          }
          continue
        }
        stack.removeLast()
        let leads =
          targetNodes.contains(ObjectIdentifier(node))
          || node.inputs.contains { input in
            input.map { places[ObjectIdentifier($0.origin.node), default: -1] >= 0 } ?? false
          }
        if leads {
          places[ObjectIdentifier(node)] = order.count
          order.append(node)
          cotangents.append(Array(repeating: nil, count: node.outputShapes.count))
        }
      }
    }
    self.places = places
  }

  private func place(of node: Node) -> Int? {
    guard let place = places[ObjectIdentifier(node)], place >= 0 else { return nil }
    return place
  }

  /// Adds to the cotangent of one output. Broadcasting is undone here, for every rule.
  private mutating func add(_ cotangent: Tensor, to origin: Origin) {
    guard let place = place(of: origin.node) else { return }
    let shape = origin.node.outputShapes[origin.output]
    let summed = cotangent.shape == shape ? cotangent : cotangent.summed(to: shape)
    if let present = cotangents[place][origin.output] {
      cotangents[place][origin.output] = nil  // leaves `present` the only holder, so that it can be added to in place
      cotangents[place][origin.output] = Self.sum(present, summed)
    } else {
      cotangents[place][origin.output] = summed
    }
  }

  private static func sum(_ a: consuming Tensor, _ b: Tensor) -> Tensor {
    var result = a
    result += b
    return result
  }

  private mutating func run() -> [Tensor?] {
    var results = [Tensor?](repeating: nil, count: targets.count)
    var targetsOfNode: [ObjectIdentifier: [Int]] = [:]
    for (index, target) in targets.enumerated() {
      targetsOfNode[ObjectIdentifier(target.node), default: []].append(index)
    }
    for place in order.indices.reversed() {
      let node = order[place]
      for index in targetsOfNode[ObjectIdentifier(node)] ?? [] {
        results[index] = cotangents[place][targets[index].output]
      }
      if cotangents[place].contains(where: { $0 != nil }) { propagate(through: node, at: place) }
      cotangents[place] = []
    }
    return results
  }

  private mutating func propagate(through node: Node, at place: Int) {
    guard let pullback = node.pullback else { return }
    let isWanted = node.inputs.map { input in input.map { self.place(of: $0.origin.node) != nil } ?? false }
    guard isWanted.contains(true) else { return }
    let gathered = cotangents[place]
    cotangents[place] = []
    let arguments = PullbackArguments(
      cotangents: gathered, saved: node.savedTensors(recording: recording), isWanted: isWanted)
    let results = pullback(arguments)
    require(
      results.count == node.inputs.count,
      "\(node.operation): its rule gives \(results.count) cotangents for \(node.inputs.count) inputs")
    for (index, input) in node.inputs.enumerated() where isWanted[index] {
      if let input, let cotangent = results[index] { add(cotangent, to: input.origin) }
    }
  }
}
