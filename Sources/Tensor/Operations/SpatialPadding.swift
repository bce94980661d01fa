extension Tensor {
  /// Positions added to a sequence. A whole number stands for both ends: `padding: 1`.
  public struct Padding1D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Positions before the first.
    public var before: Int
    /// Positions after the last.
    public var after: Int

    /// Each end its own. A causal convolution has `kernel - 1` before and none after.
    public init(before: Int = 0, after: Int = 0) {
      self.before = before
      self.after = after
    }

    /// The same at both ends.
    public init(_ both: Int) { self.init(before: both, after: both) }

    public init(integerLiteral both: Int) { self.init(both) }

    /// The padding with which a convolution of stride 1 keeps the length of the sequence. If the kernel's extent is even,
    /// the additional position is after the last.
    ///
    /// - Parameters:
    ///   - kernelSize: length of the kernel, at least 1.
    ///   - dilation: distance between neighbours in the kernel, at least 1.
    public static func same(kernelSize: Int, dilation: Int = 1) -> Padding1D {
      let extent = dilation * (kernelSize - 1)
      return Padding1D(before: extent / 2, after: extent - extent / 2)
    }

    public var description: String { "[before \(before), after \(after)]" }
  }

  /// Rows and columns of zeros around an image. A whole number stands for all four sides: `padding: 1`.
  public struct Padding2D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Rows above the image.
    public var top: Int
    /// Rows below the image.
    public var bottom: Int
    /// Columns to the left of the image.
    public var left: Int
    /// Columns to the right of the image.
    public var right: Int

    /// Each side its own.
    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
      self.top = top
      self.bottom = bottom
      self.left = left
      self.right = right
    }

    /// The same above and below, and the same left and right.
    public init(height: Int, width: Int) { self.init(top: height, bottom: height, left: width, right: width) }

    /// The same on all sides.
    public init(_ all: Int) { self.init(height: all, width: all) }

    public init(integerLiteral all: Int) { self.init(all) }

    /// The padding with which a convolution of stride 1 keeps the size of the image. If a kernel's extent is even, the
    /// additional row is below and the additional column to the right.
    ///
    /// - Parameters:
    ///   - kernelSize: height and width of the kernel, at least 1.
    ///   - dilation: distance between neighbours in the kernel, at least 1.
    public static func same(kernelSize: Size2D, dilation: Size2D = 1) -> Padding2D {
      let height = Padding1D.same(kernelSize: kernelSize.height, dilation: dilation.height)
      let width = Padding1D.same(kernelSize: kernelSize.width, dilation: dilation.width)
      return Padding2D(top: height.before, bottom: height.after, left: width.before, right: width.after)
    }

    public var description: String { "[top \(top), bottom \(bottom), left \(left), right \(right)]" }

    /// That of the height and that of the width.
    var axes: [Padding1D] { [Padding1D(before: top, after: bottom), Padding1D(before: left, after: right)] }
  }

  /// Planes, rows and columns added around a volume. A whole number stands for all six sides: `padding: 1`.
  public struct Padding3D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Planes before the first.
    public var front: Int
    /// Planes after the last.
    public var back: Int
    /// Rows above each plane.
    public var top: Int
    /// Rows below each plane.
    public var bottom: Int
    /// Columns to the left of each plane.
    public var left: Int
    /// Columns to the right of each plane.
    public var right: Int

    /// Each side its own.
    public init(front: Int = 0, back: Int = 0, top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
      self.front = front
      self.back = back
      self.top = top
      self.bottom = bottom
      self.left = left
      self.right = right
    }

    /// The same at both sides of each axis.
    public init(depth: Int, height: Int, width: Int) {
      self.init(front: depth, back: depth, top: height, bottom: height, left: width, right: width)
    }

    /// The same on all sides.
    public init(_ all: Int) { self.init(depth: all, height: all, width: all) }

    public init(integerLiteral all: Int) { self.init(all) }

    /// The padding with which a convolution of stride 1 keeps the size of the volume. If a kernel's extent is even, the
    /// additional plane, row and column come last.
    ///
    /// - Parameters:
    ///   - kernelSize: depth, height and width of the kernel, at least 1.
    ///   - dilation: distance between neighbours in the kernel, at least 1.
    public static func same(kernelSize: Size3D, dilation: Size3D = 1) -> Padding3D {
      let axes = zip(kernelSize.sizes, dilation.sizes).map { Padding1D.same(kernelSize: $0, dilation: $1) }
      return Padding3D(
        front: axes[0].before, back: axes[0].after, top: axes[1].before, bottom: axes[1].after, left: axes[2].before,
        right: axes[2].after)
    }

    public var description: String {
      "[front \(front), back \(back), top \(top), bottom \(bottom), left \(left), right \(right)]"
    }

    /// That of the depth, the height and the width.
    var axes: [Padding1D] { [(front, back), (top, bottom), (left, right)].map { Padding1D(before: $0, after: $1) } }
  }
}
