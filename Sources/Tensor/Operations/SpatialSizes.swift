extension Tensor {
  /// A size, a step or a count along the height and the width of an image. A whole number stands for both:
  /// `stride: 2`.
  public struct Size2D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Along the height.
    public var height: Int
    /// Along the width.
    public var width: Int

    /// Different along the two axes.
    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    /// The same along both axes.
    public init(_ both: Int) { self.init(height: both, width: both) }

    public init(integerLiteral both: Int) { self.init(both) }

    public var description: String { "[\(height), \(width)]" }

    /// Height and width.
    var sizes: [Int] { [height, width] }

    /// Whether `condition` holds along both axes.
    func both(_ condition: (Int) -> Bool) -> Bool { condition(height) && condition(width) }
  }

  /// A size, a step or a count along the depth, the height and the width of a volume. A whole number stands for all
  /// three: `stride: 2`.
  public struct Size3D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Along the depth.
    public var depth: Int
    /// Along the height.
    public var height: Int
    /// Along the width.
    public var width: Int

    /// Different along the three axes.
    public init(depth: Int, height: Int, width: Int) {
      self.depth = depth
      self.height = height
      self.width = width
    }

    /// The same along all axes.
    public init(_ all: Int) { self.init(depth: all, height: all, width: all) }

    public init(integerLiteral all: Int) { self.init(all) }

    public var description: String { "\(sizes)" }

    /// Depth, height and width.
    var sizes: [Int] { [depth, height, width] }
  }
}
