import LatentSystem
import Tensor

/// Gradients by parameter name: a value that can be added, scaled, clipped and accumulated.
public struct Gradients: Sendable, Equatable {
  /// The gradients by parameter name.
  public var tensors: [String: Tensor]

  /// Gradients with the given tensors.
  public init(_ tensors: [String: Tensor] = [:]) { self.tensors = tensors }

  /// The gradient of the parameter called `name`.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set { tensors[name] = newValue }
  }

  /// The names in alphabetical order.
  public var names: [String] { tensors.keys.sorted() }

  /// The Euclidean norm of all gradients together.
  public var norm: Double { names.reduce(0) { $0 + (tensors[$1]?.sumOfSquares ?? 0) }.squareRoot() }

  /// The name of a gradient that holds an infinity or NaN, the first in alphabetical order, if there is one.
  public var firstNonFinite: String? { names.first { tensors[$0]?.isAllFinite == false } }

  /// Adds `other`; a gradient that only one side has counts as zero on the other.
  public static func += (a: inout Gradients, b: Gradients) { a.tensors.merge(b.tensors, uniquingKeysWith: +) }

  /// The sum; a gradient that only one side has counts as zero on the other.
  public static func + (a: Gradients, b: Gradients) -> Gradients {
    var result = a
    result += b
    return result
  }

  /// Multiplies all gradients by `factor`.
  public static func *= (gradients: inout Gradients, factor: Float) {
    for name in gradients.tensors.keys { gradients.tensors[name]? *= factor }
  }

  /// All gradients times `factor`.
  public static func * (gradients: Gradients, factor: Float) -> Gradients {
    var result = gradients
    result *= factor
    return result
  }

  /// Scales all gradients down together so that their norm is at most `maximum`.
  /// - Returns: the norm before.
  /// - Precondition: `maximum > 0`.
  @discardableResult
  public mutating func clip(toNorm maximum: Double) -> Double {
    require(maximum > 0, "clip: the largest norm is \(maximum); it must be positive")
    let norm = norm
    if norm > maximum { self *= Float(maximum / norm) }
    return norm
  }

  /// Clamps every scalar of all gradients to `bounds`.
  public mutating func clip(to bounds: ClosedRange<Float>) { tensors = tensors.mapValues { $0.clamped(to: bounds) } }
}
