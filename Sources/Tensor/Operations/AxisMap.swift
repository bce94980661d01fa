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
      map.run(pointer, output, outer: outer, inner: inner)
    }
    return recordUnary("combined", result) { u, _ in u.combined(along: axis, by: map.transposed) }
  }
}

extension AxisMap {
  /// `x`, `[outer, inputSize, inner]`, to `y`, `[outer, outputSize, inner]`.
  fileprivate func run(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, outer: Int, inner: Int
  ) {
    let rows = outputSize
    guard rows > 0 && inner > 0 else { return }
    let offsets = sources.map { $0 * inner }
    let targets = (0..<rows).map { $0 * inner }
    starts.withUnsafeBufferPointer { starts in
      targets.withUnsafeBufferPointer { targets in
        guard let starts = starts.baseAddress, let targets = targets.baseAddress else { return }
        Elementwise.forEachChunk(outer * rows, size: max(1, Elementwise.chunk / inner)) { range in
          var first = range.lowerBound
          while first < range.upperBound {
            let (index, row) = (first / rows, first % rows)
            let count = min(rows - row, range.upperBound - first)
            kernels.convolution.combineRows(
              count, inner, starts + row, offsets, weights, targets + row, x + index * inputSize * inner,
              y + index * rows * inner)
            first += count
          }
        }
      }
    }
  }
}
