import LatentSystem

// Images sampled at places of one's own choice: gathered pixels, weighted with what the places say.

extension Tensor {
  /// How an image's value between its pixels is made of them.
  public enum SamplingMethod: String, Hashable, Sendable, Codable, CaseIterable {
    /// The nearest pixel, the one with the even index where two are. The result does not depend smoothly on the place:
    /// its derivative there is 0.
    case nearest
    /// Linear interpolation between the four pixels around the place.
    case bilinear
  }

  /// What lies beyond an image's edge.
  public enum SamplingPadding: String, Hashable, Sendable, Codable, CaseIterable {
    /// Zeros, into which pixels at the edge fade within half a pixel.
    case zeros
    /// The nearest pixel of the edge. Called "border" by PyTorch. The derivative at a place beyond the outermost pixels'
    /// centres is 0.
    case edge
  }

  /// Images sampled at given places: warped, rotated, scaled, as the grid says.
  ///
  /// The last axis of the grid is the place (x, y): x along the width, y along the height, both from -1 to 1. Without
  /// aligned corners, these are the outer edges of the outermost pixels: pixel `i` of `size` has its centre at
  /// `(2 * i + 1) / size - 1`. With aligned corners, they are the centres of the outermost pixels. The results and the
  /// derivatives are those of PyTorch's `grid_sample`, whose default is `align_corners=False` too.
  ///
  /// Differentiable to any order at the images, and at the grid wherever the interpolation is.
  ///
  /// - Parameters:
  ///   - grid: `[N, H', W', 2]`, for each pixel of the result the place (x, y) to sample.
  ///   - method: how a value between pixels is made.
  ///   - padding: what lies beyond the edge.
  ///   - alignsCorners: whether -1 and 1 are the centres of the outermost pixels.
  /// - Returns: `[N, H', W', C]`.
  /// - Precondition: this tensor is `[N, H, W, C]` with a pixel, and the grid has the same `N`.
  ///
  /// Reference: Jaderberg et al., "Spatial transformer networks", arXiv:1506.02025.
  public func gridSampled(
    at grid: Tensor, method: SamplingMethod = .bilinear, padding: SamplingPadding = .zeros, alignsCorners: Bool = false
  ) -> Tensor {
    require(
      rank == 4 && grid.rank == 4 && grid.shape[3] == 2 && grid.shape[0] == shape[0],
      "gridSampled: images \(shape) and grid \(grid.shape); [N, H, W, C] and [N, H', W', 2] are needed")
    require(shape[1] >= 1 && shape[2] >= 1, "gridSampled: images \(shape) have no pixel to sample")
    let places = grid.split(into: 2, axis: -1)
    let columns = SampledAxis(places[0], shape[2], method, padding, alignsCorners)
    let rows = SampledAxis(places[1], shape[1], method, padding, alignsCorners)
    let weights = rows.neighbours.flatMap { row in columns.neighbours.map { row.weight * $0.weight } }
    let pixels = reshaped(to: [shape[0] * shape[1] * shape[2], shape[3]])
    let pattern = RowPattern(
      indices: Self.indices(rows, columns, places: grid.scalarCount / 2, images: shape[0]), terms: weights.count,
      groups: shape[0], sourceRows: pixels.shape[0])
    return pixels.combinedRows(
      pattern, weights: .concatenated(weights, axis: -1).reshaped(to: [grid.scalarCount / 2, pattern.terms])
    ).reshaped(to: grid.shape.replacing(3, with: shape[3]))
  }

  /// The pixels, among those of all images, that each place's sample is made of.
  private static func indices(_ rows: SampledAxis, _ columns: SampledAxis, places: Int, images: Int) -> [Int] {
    let pairs = rows.neighbours.flatMap { row in columns.neighbours.map { (row.positions, $0.positions) } }
    let placesPerImage = Swift.max(1, places / Swift.max(1, images))
    return [Int](unsafeUninitializedCapacity: places * pairs.count) { indices, count in
      count = places * pairs.count
      guard let target = indices.baseAddress else { return }
      Elementwise.forEachChunk(places, size: Elementwise.chunk / 8) { range in
        for (term, (row, column)) in pairs.enumerated() {
          let (row, column) = (row.pointer, column.pointer)
          for place in range {
            let line = place / placesPerImage * rows.size + rows.pixel(row[place])
            target[place * pairs.count + term] = line * columns.size + columns.pixel(column[place])
          }
        }
      }
    }
  }
}

/// The pixels along one axis that samples are made of.
private struct SampledAxis {
  /// One pixel for each sample.
  struct Neighbour {
    /// Which one, a whole number, which may lie beyond the edge; of the places' shape.
    let positions: Tensor
    /// How much it counts, of the places' shape.
    let weight: Tensor
  }

  /// The pixels that there are.
  let size: Int
  private(set) var neighbours: [Neighbour] = []

  /// - Parameter places: from -1 to 1.
  init(
    _ places: Tensor, _ size: Int, _ method: Tensor.SamplingMethod, _ padding: Tensor.SamplingPadding,
    _ alignsCorners: Bool
  ) {
    self.size = size
    // In pixels, 0 for the centre of the first.
    var positions =
      alignsCorners
      ? (places + 1) * (Float(size - 1) / 2) : (places + 1).scaled(by: Float(size) / 2, adding: -0.5)
    if padding == .edge { positions = positions.clamped(to: 0...Float(size - 1)) }
    switch method {
    case .nearest: add(positions.rounded(), .ones(positions.shape), padding)
    case .bilinear:
      let lower = positions.detached().floor()
      let share = positions - lower
      add(lower, 1 - share, padding)
      add(lower + 1, share, padding)
    }
  }

  private mutating func add(_ places: Tensor, _ weight: Tensor, _ padding: Tensor.SamplingPadding) {
    let isInside = padding == .zeros ? (places .>= 0) * (places .< Float(size)) : nil
    neighbours.append(Neighbour(positions: places, weight: isInside.map { weight * $0 } ?? weight))
  }

  /// The pixel at a position; some pixel where there is none, or no number.
  @inline(__always)
  func pixel(_ position: Float) -> Int {
    position >= 0 && position < Float(size) ? Int(position) : position >= Float(size) ? size - 1 : 0
  }
}
