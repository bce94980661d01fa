import LatentSystem

// Padding with a tensor's own scalars. Padding with a number is among the movements.

extension Tensor {
  /// What positions beyond the edge of an image, or of any axis, hold.
  public enum PaddingMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// Zeros: `0 0 | a b c | 0 0`.
    case zeros
    /// The axis mirrored at its outermost positions, which are not repeated: `c b | a b c | b a`.
    case reflect
    /// The outermost position: `a a | a b c | c c`. Called "replicate" by PyTorch.
    case edge
    /// The axis over again, from its other end: `b c | a b c | a b`. Called "circular" by PyTorch.
    case wrap
  }

  /// Surrounded as `mode` says. Axes are padded one after the other: at a corner the padding of one axis is that of the
  /// other's padding.
  ///
  /// ```swift
  /// Tensor([1, 2, 3]).padded(before: [2], after: [1], mode: .reflect)   // [3, 2, 1, 2, 3, 2]
  /// ```
  ///
  /// Where the padding is longer than the axis, a reflection is reflected again, and a repetition repeated.
  ///
  /// - Parameters:
  ///   - before: how many positions to add before the first, for each axis.
  ///   - after: how many positions to add after the last, for each axis.
  ///   - mode: what they hold.
  /// - Precondition: one count an axis, none negative. A padded axis has a position, and two to be reflected, unless it is
  ///   padded with zeros.
  public func padded(before: [Int], after: [Int], mode: PaddingMode) -> Tensor {
    if mode == .zeros { return padded(before: before, after: after) }
    require(
      before.count == rank && after.count == rank && before.allSatisfy { $0 >= 0 } && after.allSatisfy { $0 >= 0 },
      "padded: \(before) and \(after) are not one count of 0 or more for each axis of shape \(shape)")
    var steps: [(axis: Int, map: AxisMap)] = []
    for axis in 0..<rank where before[axis] > 0 || after[axis] > 0 {
      let (size, least) = (shape.sizes[axis], mode == .reflect ? 2 : 1)
      require(
        size >= least,
        "padded: axis \(axis) of shape \(shape) has size \(size); the least is \(least) for padding \(mode)")
      let first = before[axis]
      let map = AxisMap(from: size, to: first + size + after[axis]) { [(mode.source(of: $0 - first, size), Float(1))] }
      steps.append((axis, map))
    }
    return combined(by: steps)
  }

  /// Sequences `[N, L, C]` with more positions at their ends; see ``padded(before:after:mode:)``.
  public func padded1d(_ padding: Padding1D, mode: PaddingMode) -> Tensor { padded(padding, [padding], mode) }

  /// Images `[N, H, W, C]` with more rows and columns around them; see ``padded(before:after:mode:)``.
  ///
  /// ```swift
  /// let images = Tensor.ones([8, 64, 64, 3])
  /// images.padded2d(3, mode: .reflect).conv2d(weight)   // [8, 64, 64, 16] for a weight [16, 7, 7, 3]
  /// ```
  public func padded2d(_ padding: Padding2D, mode: PaddingMode) -> Tensor { padded(padding, padding.axes, mode) }

  /// Volumes `[N, D, H, W, C]` with more planes, rows and columns around them; see ``padded(before:after:mode:)``.
  public func padded3d(_ padding: Padding3D, mode: PaddingMode) -> Tensor { padded(padding, padding.axes, mode) }

  private func padded(_ padding: some CustomStringConvertible, _ axes: [Padding1D], _ mode: PaddingMode) -> Tensor {
    require(
      rank == axes.count + 2,
      "padded: shape \(shape) with padding \(padding); \(axes.count + 2) axes are needed, batch first and channels last"
    )
    return padded(before: [0] + axes.map(\.before) + [0], after: [0] + axes.map(\.after) + [0], mode: mode)
  }
}

extension Tensor.PaddingMode {
  /// Which of `size` positions stands at `place`, which may lie before or after them.
  fileprivate func source(of place: Int, _ size: Int) -> Int {
    func remainder(_ period: Int) -> Int { (place % period + period) % period }
    switch self {
    case .zeros, .edge: return Swift.min(Swift.max(place, 0), size - 1)
    case .wrap: return remainder(size)
    case .reflect:
      let place = remainder(2 * (size - 1))
      return Swift.min(place, 2 * (size - 1) - place)
    }
  }
}
