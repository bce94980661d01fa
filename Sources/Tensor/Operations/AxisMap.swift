import LatentSystem

/// A linear map along one axis: each position of the result is a weighted sum of a few positions of the original.
///
/// Padding with an image's own pixels, windows, adaptive pooling and resizing are such maps. The transpose of one is
/// another, so that ``Tensor/combined(along:by:)`` is all that derivatives of any order need.
struct AxisMap: Sendable {
  /// The size of the axis before.
  let inputSize: Int
  /// Where the terms of each position of the result begin, and where those of the last end.
  private(set) var starts = [0]
  /// The position that each term takes.
  private(set) var sources: [Int] = []
  /// The weight of each term.
  private(set) var weights: [Float] = []

  /// The size of the axis afterwards.
  var outputSize: Int { starts.count - 1 }

  /// A map with `outputSize` positions, each the sum of the terms that `terms` gives for it.
  init(from inputSize: Int, to outputSize: Int, terms: (Int) -> [(source: Int, weight: Float)]) {
    self.inputSize = inputSize
    for position in 0..<outputSize {
      for (source, weight) in terms(position) {
        sources.append(source)
        weights.append(weight)
      }
      starts.append(sources.count)
    }
  }

  /// The transpose: position `i` of the result takes `j` with the weight with which `j` took `i`.
  var transposed: AxisMap {
    var terms = [[(source: Int, weight: Float)]](repeating: [], count: inputSize)
    for position in 0..<outputSize {
      for term in starts[position]..<starts[position + 1] { terms[sources[term]].append((position, weights[term])) }
    }
    return AxisMap(from: outputSize, to: inputSize) { terms[$0] }
  }

  /// What a kernel meets at each of `count` positions, one window after the other; zeros beyond the axis.
  static func windows(_ axis: Tensor.ConvolutionAxis, from size: Int, count: Int) -> AxisMap {
    AxisMap(from: size, to: count * axis.kernel) { index in
      let place =
        index / axis.kernel * axis.stride - axis.padding.before + index % axis.kernel * axis.dilation
      return (0..<size).contains(place) ? [(place, Float(1))] : []
    }
  }
}

extension AxisMap {
  /// The sums of the windows along an axis, with what lies beyond the axis as zeros; each position times `weight`.
  static func sums(of axis: Tensor.ConvolutionAxis, from size: Int, count: Int, weight: Float) -> AxisMap {
    AxisMap(from: size, to: count) { window in
      let start = window * axis.stride - axis.padding.before
      return (max(0, start)..<min(size, start + axis.kernel)).map { ($0, weight) }
    }
  }
}

extension Tensor {
  /// The weighted sums of positions along `axis` that `map` says.
  /// - Precondition: the axis has the size that the map is for.
  func combined(along axis: Int, by map: AxisMap) -> Tensor {
    let axis = shape.resolved(axis, "combined")
    require(
      shape.sizes[axis] == map.inputSize, "combined: axis \(axis) of shape \(shape) is not of size \(map.inputSize)")
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let outer = shape.sizes[..<axis].reduce(1, *)
    let result = Tensor(shape.replacing(axis, with: map.outputSize)) { output in
      AxisRows(map, inner: inner).run(pointer, output, outer: outer)
    }
    return recordUnary("combined", result) { u, _ in u.combined(along: axis, by: map.transposed) }
  }

  /// The same along several axes, the first step first. The derivative goes through the axes the other way round.
  ///
  /// Where there are many samples, each goes through all steps before the next one begins, while it is in the cache.
  func combined(by steps: [(axis: Int, map: AxisMap)]) -> Tensor {
    guard steps.count > 1, let samples = AxisSteps(shape, steps) else {
      return steps.reduce(self) { $0.combined(along: $1.axis, by: $1.map) }
    }
    let result = Tensor(samples.shape) { samples.run(pointer, $0) }
    return recordUnary("combined", result) { u, _ in
      u.combined(by: steps.reversed().map { ($0.axis, $0.map.transposed) })
    }
  }
}
