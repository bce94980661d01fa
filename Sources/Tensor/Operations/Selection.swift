import LatentSystem

extension Tensor {
  /// What a subscript takes of one axis: an index, a range, a range that is open at one end, ``Selection/all``,
  /// ``Selection/stride(from:to:by:)`` or ``Selection/rest``.
  ///
  /// ```swift
  /// x[0]                        // the first along the first axis, which disappears
  /// x[0, 1..., .all]            // of it the second and following; the third axis whole
  /// x[.rest, -1]                // the last along the last axis
  /// x[.all, .stride(by: 2)]     // every second along the second axis
  /// x[.stride(by: -1)]          // in reverse order
  /// ```
  ///
  /// The types are whole numbers, the ranges of the standard library, and those behind the names above. Axes that are not
  /// named are taken whole. Negative indices count from the end, as bounds too: `..<(-1)` is all but
  /// the last.
  public protocol Selection: Sendable {
    /// What is taken of an axis of `size`; nil for ``Selection/rest``. For the subscript; nobody else calls it.
    func axisPositions(of size: Int) -> AxisPositions?
  }

  /// Positions along an axis at equal distances: what a ``Selection`` comes to.
  public struct AxisPositions: Sendable {
    /// The first position.
    let start: Int
    /// The distance from one to the next; not 0.
    let step: Int
    let count: Int
    /// Whether the axis disappears.
    var isIndex = false
    /// The selection in words, for messages.
    let text: String

    /// Whether all positions lie within an axis of `size`; a range without any begins there or at the end.
    func isWithin(_ size: Int) -> Bool {
      count == 0
        ? (0...size).contains(start)
        : count > 0 && (0..<size).contains(start) && (0..<size).contains(start + (count - 1) * step)
    }
  }

  /// See ``Selection/all``.
  public struct WholeAxis: Selection {
    /// All of the axis.
    public func axisPositions(of size: Int) -> AxisPositions? { .init(start: 0, step: 1, count: size, text: ".all") }
  }

  /// See ``Selection/rest``.
  public struct RemainingAxes: Selection {
    /// Nothing: how many axes are meant depends on the others.
    public func axisPositions(of size: Int) -> AxisPositions? { nil }
  }

  /// See ``Selection/stride(from:to:by:)``.
  public struct AxisStride: Selection {
    let start: Int?
    let end: Int?
    let step: Int

    /// The positions that the steps meet.
    public func axisPositions(of size: Int) -> AxisPositions? {
      require(step != 0, "subscript: a stride of 0 leads nowhere")
      let first = start.map { counted($0, size) } ?? (step > 0 ? 0 : size - 1)
      let past = end.map { counted($0, size) } ?? (step > 0 ? size : -1)
      let count = Swift.max(0, step > 0 ? divideUp(past - first, step) : divideUp(first - past, -step))
      let bounds = (start.map { "from: \($0), " } ?? "") + (end.map { "to: \($0), " } ?? "")
      let text = ".stride(\(bounds)by: \(step))"
      return .init(start: count == 0 ? 0 : first, step: step, count: count, text: text)
    }
  }
}

extension Tensor.Selection where Self == Tensor.WholeAxis {
  /// The whole axis.
  public static var all: Tensor.WholeAxis { .init() }
}

extension Tensor.Selection where Self == Tensor.RemainingAxes {
  /// As many whole axes as are needed for what follows to stand for the last axes. At most once in a subscript.
  public static var rest: Tensor.RemainingAxes { .init() }
}

extension Tensor.Selection where Self == Tensor.AxisStride {
  /// Every `step`-th position from `start` up to but not including `end`; a negative step goes backwards.
  /// - Parameters:
  ///   - start: nil for the end at which the steps begin; negative counts from the end.
  ///   - end: nil for the other end, included; negative counts from the end.
  ///   - step: not 0.
  public static func stride(from start: Int? = nil, to end: Int? = nil, by step: Int) -> Tensor.AxisStride {
    .init(start: start, end: end, step: step)
  }
}

/// `index`, counted from the end of an axis of `size` if it is negative.
private func counted(_ index: Int, _ size: Int) -> Int { index < 0 ? index + size : index }

extension Int: Tensor.Selection {
  /// This position alone; the axis disappears.
  public func axisPositions(of size: Int) -> Tensor.AxisPositions? {
    .init(start: counted(self, size), step: 1, count: 1, isIndex: true, text: "index \(self)")
  }
}

extension Range: Tensor.Selection where Bound == Int {
  /// The positions of the range.
  public func axisPositions(of size: Int) -> Tensor.AxisPositions? {
    Tensor.AxisPositions(from: counted(lowerBound, size), to: counted(upperBound, size), text: "\(self)")
  }
}

extension ClosedRange: Tensor.Selection where Bound == Int {
  /// The positions of the range.
  public func axisPositions(of size: Int) -> Tensor.AxisPositions? {
    Tensor.AxisPositions(from: counted(lowerBound, size), to: counted(upperBound, size) + 1, text: "\(self)")
  }
}

extension PartialRangeFrom: Tensor.Selection where Bound == Int {
  /// The positions from the bound on.
  public func axisPositions(of size: Int) -> Tensor.AxisPositions? {
    Tensor.AxisPositions(from: counted(lowerBound, size), to: size, text: "\(lowerBound)...")
  }
}

extension PartialRangeUpTo: Tensor.Selection where Bound == Int {
  /// The positions before the bound.
  public func axisPositions(of size: Int) -> Tensor.AxisPositions? {
    Tensor.AxisPositions(from: 0, to: counted(upperBound, size), text: "..<\(upperBound)")
  }
}

extension PartialRangeThrough: Tensor.Selection where Bound == Int {
  /// The positions up to the bound.
  public func axisPositions(of size: Int) -> Tensor.AxisPositions? {
    Tensor.AxisPositions(from: 0, to: counted(upperBound, size) + 1, text: "...\(upperBound)")
  }
}

extension Tensor.AxisPositions {
  /// Those from `start` up to but not including `end`; both must lie within the axis or at its end.
  fileprivate init(from start: Int, to end: Int, text: String) {
    self.init(start: start, step: 1, count: end - start, text: text)
  }
}
