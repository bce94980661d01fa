import LatentSystem

// Images of any other size: a linear map along each axis.

extension Tensor {
  /// How a pixel of a resized image is made of those of the original.
  public enum ResizingMethod: String, Hashable, Sendable, Codable, CaseIterable {
    /// The pixel in which the place lies.
    case nearest
    /// Linear interpolation between the two nearest rows and columns.
    case bilinear
    /// Cubic interpolation between the four nearest rows and columns, with Keys' parameter -0.75 (and -0.5 with
    /// antialiasing). It may overshoot the range of the pixels.
    case bicubic
  }

  /// Images in another size.
  ///
  /// A pixel is a square and its value is that at its centre: row `i` of the result lies at
  /// `(i + 0.5) * H / height - 0.5` of this one's rows, and columns likewise. The results are those of PyTorch's
  /// `interpolate` with `align_corners=False`, in the modes `nearest-exact`, `bilinear` and `bicubic`. Beyond the outer
  /// pixels the outer values go on.
  ///
  /// A smaller image that looks at the nearest pixels alone leaves most of them out, and shows patterns that are not
  /// there. With antialiasing the interpolating function is stretched by the factor of the reduction, cut off at the
  /// edges of the image, and divided by its sum, as Pillow does it and PyTorch with `antialias=True`.
  ///
  /// ```swift
  /// let images = Tensor.ones([16, 64, 48, 3])
  /// images.resized(to: 28, antialias: true)                                 // [16, 28, 28, 3]
  /// images.resized(to: .init(height: 100, width: 75), method: .bicubic)    // [16, 100, 75, 3]
  /// ```
  ///
  /// - Parameters:
  ///   - size: height and width of the result.
  ///   - method: how a pixel is made of others.
  ///   - antialias: whether pixels of a smaller image are means of more of the original's.
  /// - Returns: `[N, height, width, C]`.
  /// - Precondition: this tensor is `[N, H, W, C]`, neither image is empty, and `nearest` is not antialiased.
  ///
  /// Reference: Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on Acoustics,
  /// Speech, and Signal Processing 29 (1981).
  public func resized(to size: Size2D, method: ResizingMethod = .bilinear, antialias: Bool = false) -> Tensor {
    require(rank == 4, "resized: shape \(shape); images have four axes, [N, H, W, C]")
    require(
      size.both { $0 >= 1 } && shape[1] >= 1 && shape[2] >= 1,
      "resized: shape \(shape) to size \(size); the least height and width is 1")
    require(!(antialias && method == .nearest), "resized: the nearest pixels cannot be antialiased")
    var steps: [(axis: Int, map: AxisMap)] = []
    // The axis that shrinks most goes first: the other one then has less to do.
    let shrinksWidthFirst = size.width * shape[1] < size.height * shape[2]
    for axis in shrinksWidthFirst ? [2, 1] : [1, 2] {
      let (before, after) = (shape[axis], size.sizes[axis - 1])
      guard before != after || antialias && method == .bicubic else { continue }
      steps.append((axis, .resizing(from: before, to: after, method: method, antialias: antialias)))
    }
    return combined(by: steps)
  }
}

extension AxisMap {
  /// The map of ``Tensor/resized(to:method:antialias:)`` along one axis.
  static func resizing(from size: Int, to count: Int, method: Tensor.ResizingMethod, antialias: Bool) -> AxisMap {
    let scale = Double(size) / Double(count)
    return AxisMap(from: size, to: count) { index in
      let centre = (Double(index) + 0.5) * scale
      switch method {
      // In whole numbers, so that a place between two pixels belongs to the second one, always.
      case .nearest: return [(Swift.min((2 * index + 1) * size / (2 * count), size - 1), 1)]
      case .bilinear, .bicubic:
        if antialias { return averaging(centre, Swift.max(scale, 1), size, isCubic: method == .bicubic) }
        return interpolating(centre - 0.5, size, isCubic: method == .bicubic)
      }
    }
  }

  /// Interpolation at `place` between the nearest positions, the outermost of which go on.
  private static func interpolating(_ place: Double, _ size: Int, isCubic: Bool) -> [(source: Int, weight: Float)] {
    let reach = isCubic ? 2 : 1
    let lower = Int(place.rounded(.down))
    var weights = [Int: Double]()
    for position in lower - reach + 1...lower + reach {
      let distance = abs(place - Double(position))
      weights[Swift.min(Swift.max(position, 0), size - 1), default: 0] +=
        isCubic ? cubic(distance, -0.75) : 1 - distance
    }
    return weights.sorted { $0.key < $1.key }.filter { $0.value != 0 }.map { ($0.key, Float($0.value)) }
  }

  /// The weighted mean around `centre`, in positions from the edge of the axis, of an interpolation stretched by `scale`.
  private static func averaging(
    _ centre: Double, _ scale: Double, _ size: Int, isCubic: Bool
  ) -> [(source: Int, weight: Float)] {
    let support = (isCubic ? 2 : 1) * scale
    let first = Swift.max(0, Int((centre - support + 0.5).rounded(.down)))
    let end = Swift.min(size, Int((centre + support + 0.5).rounded(.down)))
    let weights = (first..<end).map { position in
      let distance = abs(Double(position) + 0.5 - centre) / scale
      return isCubic ? cubic(distance, -0.5) : Swift.max(0, 1 - distance)
    }
    let sum = weights.reduce(0, +)
    return zip(first..<end, weights).filter { $1 != 0 }.map { ($0, Float($1 / sum)) }
  }

  /// Keys' piecewise cubic function of a distance that is not negative.
  private static func cubic(_ distance: Double, _ a: Double) -> Double {
    if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
    return distance < 2 ? ((distance - 5) * distance + 8) * distance * a - 4 * a : 0
  }
}
