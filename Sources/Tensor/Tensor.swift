import LatentSystem

/// A multi-dimensional array of `Float`, with reverse-mode automatic differentiation of any order.
///
/// A tensor is a value: a copy never changes when the original does. Its scalars are stored in row-major order (the last
/// axis varies fastest), copies share them, and they are written in place only while nobody else holds them. Images are
/// `[N, H, W, C]` throughout the library.
///
/// ```swift
/// let x = Tensor([1, 2, 3])
/// let gradient = x.gradient { ($0 * $0).sum() }   // [2, 4, 6]
/// ```
///
/// Operations on tensors that descend from a leaf (see ``recorded()``) are recorded, so that gradients can be asked for
/// afterwards; operations on others leave no trace.
public struct Tensor: Sendable {
  /// The sizes along the axes.
  public let shape: Shape
  var storage: Storage
  /// Where in the graph this tensor was computed; nil for a constant.
  var origin: Origin?

  /// A constant over `storage`.
  init(storage: Storage, shape: Shape, origin: Origin? = nil) {
    self.storage = storage
    self.shape = shape
    self.origin = origin
  }

  /// A constant whose scalars are still to be written.
  /// - Parameter operation: whose result it is, for a message if there is no memory.
  init(uninitialized shape: Shape, for operation: StaticString = #function) {
    self.init(storage: Storage(count: shape.scalarCount, for: Self.purpose(operation, shape)), shape: shape)
  }

  /// The name of a function without its arguments, and the shape.
  private static func purpose(_ operation: StaticString, _ shape: Shape) -> String {
    let name = "\(operation)".prefix { $0 != "(" }
    return "\(name == "init" ? "Tensor" : name): shape \(shape)"
  }

  /// A constant whose scalars `initialize` writes, all of them.
  /// - Parameter operation: whose result it is, for a message if there is no memory.
  init(_ shape: Shape, for operation: StaticString = #function, initialize: (UnsafeMutablePointer<Float>) -> Void) {
    self.init(uninitialized: shape, for: operation)
    withExtendedLifetime(storage) { initialize($0.pointer) }
  }

  /// The number of axes.
  public var rank: Int { shape.rank }

  /// The number of scalars.
  public var scalarCount: Int { shape.scalarCount }

  /// Whether this tensor descends from a leaf, so that gradients at it can be asked for.
  public var isRecorded: Bool { origin != nil }

  /// The scalars in row-major order, to read, while the tensor is certain to live: it is a parameter of the function
  /// at work, or is used again after the last access.
  var pointer: UnsafePointer<Float> { UnsafePointer(storage.pointer) }
}

// MARK: - Scalars

extension Tensor {
  /// The scalars in row-major order.
  public var scalars: [Float] { withScalars { Array($0) } }

  /// The only scalar of a tensor that has exactly one.
  /// - Precondition: `scalarCount == 1`.
  public var scalar: Float {
    require(scalarCount == 1, "scalar: a tensor of shape \(shape) has \(scalarCount) scalars, not one")
    return withScalars { $0[0] }
  }

  /// Calls `body` with the scalars in row-major order, without copying them. They are valid only during the call.
  public func withScalars<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.pointer, count: scalarCount))
  }

  /// Calls `body` with the scalars in row-major order, to change in place.
  ///
  /// If another tensor shares them, they are copied first. The tensor is a constant afterwards: what was recorded of it
  /// no longer describes its scalars.
  public mutating func withMutableScalars<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    origin = nil
    if isKnownUniquelyReferenced(&storage) { storage.kept = nil } else { storage = copiedStorage() }
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: scalarCount))
  }

  private func copiedStorage() -> Storage {
    let copy = Storage(count: scalarCount)
    copy.pointer.update(from: storage.pointer, count: scalarCount)
    return copy
  }
}

// MARK: - Equality

extension Tensor: Equatable {
  /// Whether shapes and scalars are the same (as floats: NaN differs from itself, and -0 equals 0).
  public static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.shape == b.shape else { return false }
    return a.withScalars { a in b.withScalars { b in a.elementsEqual(b) } }
  }

  /// Whether the shapes are the same and no scalar differs by more than `absoluteTolerance` plus `relativeTolerance`
  /// times the larger magnitude of the two. Infinities equal themselves; NaN equals nothing.
  public func isApproximatelyEqual(
    to other: Tensor, relativeTolerance: Float = 1e-5, absoluteTolerance: Float = 1e-6
  ) -> Bool {
    guard shape == other.shape else { return false }
    return zip(scalars, other.scalars).allSatisfy { a, b in
      a == b
        || (a.isFinite && b.isFinite && abs(a - b) <= absoluteTolerance + relativeTolerance * Swift.max(abs(a), abs(b)))
    }
  }
}
