import LatentSystem
import Tensor

/// A trained tensor of a layer: its shape and how it starts, but not its numbers.
///
/// The numbers live in a ``State``; a layer reads them through the context of the call: `context[weight]`. Two layers
/// that hold the same parameter share its numbers.
public final class Parameter: Sendable {
  /// The shape of the tensor.
  public let shape: Tensor.Shape
  /// How the first values are drawn.
  public let initializer: Initializer
  /// How many inputs one output depends on, and how many outputs one input reaches; initializers scale by them.
  public let fan: Fan

  /// - Parameters:
  ///   - shape: of the tensor.
  ///   - initializer: how the first values are drawn.
  ///   - fan: of the layer the parameter belongs to; a bias has that of its weight.
  public init(_ shape: Tensor.Shape, _ initializer: Initializer, fan: Fan = Fan(in: 1, out: 1)) {
    self.shape = shape
    self.initializer = initializer
    self.fan = fan
  }
}

/// A tensor that a layer carries along without training it: running statistics, for instance.
public final class Buffer: Sendable {
  /// The shape of the tensor.
  public let shape: Tensor.Shape
  /// How the first values are drawn.
  public let initializer: Initializer

  /// A buffer that starts as `initializer` says.
  public init(_ shape: Tensor.Shape, _ initializer: Initializer = .zeros) {
    self.shape = shape
    self.initializer = initializer
  }
}

/// The number of inputs and outputs that a weight connects.
public struct Fan: Sendable, Hashable {
  /// How many inputs one output depends on.
  public let `in`: Int
  /// How many outputs one input reaches.
  public let out: Int

  /// - Precondition: both are positive.
  public init(in fanIn: Int, out fanOut: Int) {
    require(fanIn > 0 && fanOut > 0, "Fan: \(fanIn) inputs and \(fanOut) outputs; both must be positive")
    self.in = fanIn
    out = fanOut
  }
}

extension Parameter: CustomStringConvertible {
  /// Shape and initializer.
  public var description: String { "Parameter \(shape), \(initializer)" }
}

extension Buffer: CustomStringConvertible {
  /// Shape and initializer.
  public var description: String { "Buffer \(shape), \(initializer)" }
}
