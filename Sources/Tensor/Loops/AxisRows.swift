import LatentSystem

/// A map along an axis in the form that the kernels read: of positions that are rows of `inner` floats.
struct AxisRows {
  private let inner: Int
  /// Positions before.
  private let inputSize: Int
  /// Positions of the result.
  let count: Int
  /// Whether each position is a copy of one.
  let isSelection: Bool
  private let starts: [Int]
  private let sources: [Int]
  /// Where the rows of the terms begin, and those of the result.
  private let offsets: [Int]
  private let targets: [Int]
  private let weights: [Float]

  init(_ map: AxisMap, inner: Int) {
    (self.inner, inputSize, count) = (inner, map.inputSize, map.outputSize)
    (starts, sources, weights) = (map.starts, map.sources, map.weights)
    isSelection = map.weights.allSatisfy { $0 == 1 } && map.starts == Array(0...map.outputSize)
    offsets = isSelection ? [] : map.sources.map { $0 * inner }
    targets = isSelection ? [] : (0..<map.outputSize).map { $0 * inner }
  }

  /// Floats of all positions before and afterwards.
  var sizes: (before: Int, after: Int) { (inputSize * inner, count * inner) }

  /// `x`, `[outer, positions, inner]`, to `y`, `[outer, count, inner]`, on several threads.
  func run(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, outer: Int) {
    guard count > 0 && inner > 0 else { return }
    Elementwise.forEachChunk(outer * count, size: max(1, Elementwise.chunk / inner)) { combine(x, y, $0) }
  }

  /// The positions of the result within `range`, counted through all of `outer`.
  /// - Parameter selection: says which of `outer` is taken from x, if they have not been chosen yet.
  func combine(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ range: Range<Int>, of selection: AxisRows? = nil
  ) {
    var first = range.lowerBound
    while first < range.upperBound {
      let (index, position) = (first / count, first % count)
      let positions = position..<min(count, position + range.upperBound - first)
      let source = selection.map { $0.source(of: index) } ?? index
      combine(x + source * sizes.before, y + index * sizes.after, positions: positions)
      first += positions.count
    }
  }

  /// The position before that a selection copies to a position of the result, both counted through all of `outer`.
  private func source(of position: Int) -> Int { position / count * inputSize + sources[position % count] }

  /// The same for one of `outer`.
  private func combine(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, positions: Range<Int>) {
    let first = positions.lowerBound
    if isSelection {
      sources.withUnsafeBufferPointer { sources in
        guard let sources = sources.baseAddress else { return }
        kernels.movement.gatherRows(x, sources + first, positions.count, inner, y + first * inner)
      }
      return
    }
    starts.withUnsafeBufferPointer { starts in
      targets.withUnsafeBufferPointer { targets in
        guard let starts = starts.baseAddress, let targets = targets.baseAddress else { return }
        kernels.convolution.combineRows(
          positions.count, inner, starts + first, offsets, weights, targets + first, x, y)
      }
    }
  }
}

/// Maps along several axes of each sample, one after the other. Copies along an axis are not made where the next step can
/// read from their sources: where it goes along the next axis.
struct AxisSteps {
  /// That of the result.
  let shape: Tensor.Shape
  private let samples: Int
  /// For each step the map, how many times a sample has its axis, and the copies that have been left to it.
  private var steps: [(rows: AxisRows, outer: Int, selection: AxisRows?)] = []
  /// The floats of a sample before and afterwards.
  private let sizes: (before: Int, after: Int)
  /// The most floats of a sample between two steps.
  private var room = 0

  /// So many samples are enough for the threads.
  private static let leastSamples = 8
  /// More floats than these would not stay in the cache.
  private static let largestSample = 1 << 17

  /// Nil where it is better to take all samples through one step after the other.
  init?(_ shape: Tensor.Shape, _ steps: [(axis: Int, map: AxisMap)]) {
    guard shape.rank >= 2, shape.sizes[0] >= Self.leastSamples, steps.allSatisfy({ $0.axis >= 1 }) else { return nil }
    samples = shape.sizes[0]
    let before = shape.scalarCount / samples
    var shape = shape
    var selection: AxisRows?
    for (index, step) in steps.enumerated() {
      require(
        shape.sizes[step.axis] == step.map.inputSize,
        "combined: axis \(step.axis) of shape \(shape) is not of size \(step.map.inputSize)")
      let outer = shape.sizes[1..<step.axis].reduce(1, *)
      let rows = AxisRows(step.map, inner: shape.sizes[(step.axis + 1)...].reduce(1, *))
      shape = shape.replacing(step.axis, with: step.map.outputSize)
      let next = index + 1 < steps.count ? steps[index + 1].axis : nil
      if rows.isSelection, selection == nil, next == step.axis + 1 {
        selection = rows
      } else {
        self.steps.append((rows, outer, selection))
        selection = nil
        if next != nil { room = max(room, shape.scalarCount / samples) }
      }
    }
    self.shape = shape
    sizes = (before, shape.scalarCount / samples)
    guard room <= Self.largestSample else { return nil }
  }

  func run(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
    let size = max(1, Elementwise.chunk / max(1, room, sizes.before, sizes.after))
    Elementwise.forEachChunk(samples, size: size) { range in
      let between = Storage(count: 2 * room)
      for sample in range {
        var source = x + sample * sizes.before
        for (index, step) in steps.enumerated() {
          let isLast = index == steps.count - 1
          let target = isLast ? y + sample * sizes.after : between.pointer + index % 2 * room
          if step.rows.count > 0 {
            step.rows.combine(source, target, 0..<step.outer * step.rows.count, of: step.selection)
          }
          source = UnsafePointer(target)
        }
      }
      withExtendedLifetime(between) {}
    }
  }
}
