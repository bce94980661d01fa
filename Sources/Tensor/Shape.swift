import LatentSystem

extension Tensor {
  /// The sizes of a tensor along its axes, the slowest-varying first. A scalar has the empty shape.
  ///
  /// ```swift
  /// let shape: Tensor.Shape = [128, 28, 28, 1]
  /// shape.rank         // 4
  /// shape.scalarCount  // 100352
  /// shape[-1]          // 1
  /// ```
  public struct Shape: Hashable, Sendable, Codable, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The size along each axis.
    public let sizes: [Int]

    /// A shape with the given sizes.
    /// - Precondition: no size is negative, and the number of scalars fits in an `Int`.
    public init(_ sizes: [Int]) {
      var count = 1
      for size in sizes {
        require(
          size >= 0,
          "Shape: size \(size) in \(sizes) is negative"
            + (size == -1 ? "; reshaped(inferring:) works one size out from the others" : ""))
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        require(!overflow, "Shape: \(sizes) has more scalars than an Int can count")
        count = product
      }
      self.sizes = sizes
      scalarCount = count
    }

    /// The sizes in brackets: `[128, 28, 28, 1]`.
    public init(arrayLiteral elements: Int...) { self.init(elements) }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      let sizes = try container.decode([Int].self)
      var count = 1
      for size in sizes {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow else {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(sizes) is not a shape")
        }
        count = product
      }
      self.init(sizes)
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(sizes)
    }

    /// The number of axes.
    public var rank: Int { sizes.count }

    /// The number of scalars: the product of the sizes, 1 for a scalar.
    public let scalarCount: Int

    /// The size along `axis`; negative axes count from the end.
    public subscript(axis: Int) -> Int { sizes[resolved(axis, "Shape")] }

    /// This shape with an axis of `size` before the first: that of a batch of such samples.
    public func prepending(_ size: Int) -> Shape { Shape([size] + sizes) }

    /// This shape with an axis of `size` after the last.
    public func appending(_ size: Int) -> Shape { Shape(sizes + [size]) }

    public var description: String { "\(sizes)" }

    /// The distance in scalars between neighbours along each axis in row-major order.
    var strides: [Int] {
      var strides = [Int](repeating: 1, count: rank)
      for axis in stride(from: rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
      return strides
    }

    /// `axis` counted from the front.
    func resolved(_ axis: Int, _ operation: StaticString) -> Int {
      require(
        axis >= -rank && axis < rank, "\(operation): axis \(axis) is out of range for shape \(self) of rank \(rank)")
      return axis < 0 ? axis + rank : axis
    }

    /// `axes` counted from the front, ascending.
    func resolved(_ axes: [Int], _ operation: StaticString) -> [Int] {
      let result = axes.map { resolved($0, operation) }.sorted()
      for (axis, next) in zip(result, result.dropFirst()) {
        require(axis != next, "\(operation): axis \(axis) is named twice in \(axes) for shape \(self)")
      }
      return result
    }

    /// The shape that both shapes broadcast to, or nil: axes are aligned at the end, and a size of 1 stretches.
    static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
      if a == b { return a }
      let rank = Swift.max(a.rank, b.rank)
      var sizes = [Int](repeating: 1, count: rank)
      for axis in 0..<rank {
        let sizeA = axis < rank - a.rank ? 1 : a.sizes[axis - (rank - a.rank)]
        let sizeB = axis < rank - b.rank ? 1 : b.sizes[axis - (rank - b.rank)]
        guard sizeA == sizeB || sizeA == 1 || sizeB == 1 else { return nil }
        sizes[axis] = sizeA == 1 ? sizeB : sizeA
      }
      return Shape(sizes)
    }

    /// The strides with which a tensor of this shape is read as one of shape `target`: 0 along stretched axes.
    func strides(broadcastTo target: Shape) -> [Int] {
      let missing = target.rank - rank
      let own = strides
      return target.sizes.indices.map { axis in
        axis < missing || (sizes[axis - missing] == 1 && target.sizes[axis] != 1) ? 0 : own[axis - missing]
      }
    }

    /// This shape with the size along `axis` (from the front) replaced.
    func replacing(_ axis: Int, with size: Int) -> Shape {
      var result = sizes
      result[axis] = size
      return Shape(result)
    }

    /// The shape after a reduction over `axes` (ascending, from the front).
    func reduced(_ axes: [Int], keepingDimensions: Bool) -> Shape {
      if keepingDimensions { return Shape(sizes.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }) }
      return Shape(sizes.enumerated().filter { !axes.contains($0.offset) }.map(\.element))
    }
  }
}
