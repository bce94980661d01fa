import LatentSystem
import Tensor

/// Gradients by parameter name: a value that can be added, scaled, clipped and accumulated.
///
/// A gradient that only one side of a sum or difference has counts as zero on the other.
public struct Gradients: NamedTensors {
  /// The gradients by parameter name.
  public var tensors: [String: Tensor]

  /// Gradients with the given tensors.
  public init(_ tensors: [String: Tensor] = [:]) { self.tensors = tensors }

  /// The gradient of the parameter called `name`.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set { tensors[name] = newValue }
  }

  /// Adds `other`.
  public static func += (a: inout Gradients, b: Gradients) { a.tensors.merge(b.tensors, uniquingKeysWith: +) }

  /// Subtracts `other`.
  public static func -= (a: inout Gradients, b: Gradients) { a += -b }

  /// The sum.
  public static func + (a: Gradients, b: Gradients) -> Gradients {
    var result = a
    result += b
    return result
  }

  /// The difference.
  public static func - (a: Gradients, b: Gradients) -> Gradients { a + -b }

  /// Multiplies all gradients by `factor`.
  public static func *= (gradients: inout Gradients, factor: Float) {
    for name in gradients.tensors.keys { gradients.tensors[name]? *= factor }
  }

  /// Scales all gradients down together so that their norm is at most `maximum`.
  /// - Returns: the norm before.
  /// - Precondition: `maximum > 0`; all gradients are finite.
  @discardableResult
  public mutating func clip(toNorm maximum: Double) -> Double {
    require(maximum > 0, "clip: the largest norm is \(maximum); it must be positive")
    let norm = norm
    require(
      norm.isFinite, "clip: the gradient at \(firstNonFinite ?? "one of the parameters") holds an infinity or NaN")
    if norm > maximum { self *= Float(maximum / norm) }
    return norm
  }

  /// Clamps every scalar of all gradients to `bounds`.
  /// - Precondition: no gradient holds NaN.
  public mutating func clip(to bounds: ClosedRange<Float>) {
    for name in names {
      require(
        tensors[name]?.maximumMagnitude.isNaN == false, "clip: the gradient at \(name) holds NaN")
    }
    tensors = tensors.mapValues { $0.clamped(to: bounds) }
  }
}

extension Gradients: CustomStringConvertible {
  /// How many tensors and scalars they have, with the first names and shapes, and their norm.
  public var description: String { summary("Gradients") + ", norm \(Float(norm))" }
}
