import LatentSystem
import Tensor

/// Tensors by name that can be calculated with as one long vector: a ``State`` or ``Gradients``.
public protocol NamedTensors: Sendable, Equatable {
  /// The tensors by name.
  var tensors: [String: Tensor] { get }
  /// The given tensors.
  init(_ tensors: [String: Tensor])
}

extension NamedTensors {
  /// The names in alphabetical order.
  public var names: [String] { tensors.keys.sorted() }

  /// How many scalars the tensors have in all.
  public var scalarCount: Int { tensors.values.reduce(0) { $0 + $1.scalarCount } }

  /// The Euclidean norm of all tensors together.
  public var norm: Double { names.reduce(0) { $0 + (tensors[$1]?.sumOfSquares ?? 0) }.squareRoot() }

  /// The name of a tensor that holds an infinity or NaN, the first in alphabetical order, if there is one.
  public var firstNonFinite: String? { names.first { tensors[$0]?.isAllFinite == false } }

  /// The sum of the products of all scalars with those of `other`: a scalar tensor, recorded if one of its inputs is.
  ///
  /// ```swift
  /// // The Hessian's product with a vector.
  /// let slope = context.gradients(of: loss, recording: true).dot(vector)
  /// let product = context.gradients(of: slope)
  /// ```
  /// - Precondition: both have the same names and shapes.
  public func dot(_ other: Self) -> Tensor {
    checkSameTensors(other, "dot")
    return names.reduce(Tensor(0)) { sum, name in
      guard let a = tensors[name], let b = other.tensors[name] else { return sum }
      return sum + (a * b).sum()
    }
  }

  /// All tensors times `factor`.
  public static func * (vector: Self, factor: Float) -> Self { Self(vector.tensors.mapValues { $0 * factor }) }

  /// All tensors times `factor`.
  public static func * (factor: Float, vector: Self) -> Self { vector * factor }

  /// Multiplies all tensors by `factor`.
  public static func *= (vector: inout Self, factor: Float) { vector = vector * factor }

  /// All tensors with the opposite sign.
  public static prefix func - (vector: Self) -> Self { Self(vector.tensors.mapValues { -$0 }) }

  /// All scalars in one tensor `[scalarCount]`, the tensors in the alphabetical order of their names.
  ///
  /// ``unflattened(_:)`` is the way back.
  public func flattened() -> Tensor {
    let parts = names.compactMap { tensors[$0] }.map { $0.reshaped(to: [$0.scalarCount]) }
    return parts.isEmpty ? .zeros([0]) : .concatenated(parts)
  }

  /// Tensors of these names and shapes with the scalars of `vector`, in the order of ``flattened()``.
  /// - Precondition: `vector` has the shape `[scalarCount]`.
  public func unflattened(_ vector: Tensor) -> Self {
    require(
      vector.shape == [scalarCount],
      "unflattened: a vector of shape \(vector.shape) for tensors of \(scalarCount) scalars in all")
    var start = 0
    var result: [String: Tensor] = [:]
    for name in names {
      guard let shape = tensors[name]?.shape else { continue }
      result[name] = vector[start..<start + shape.scalarCount].reshaped(to: shape)
      start += shape.scalarCount
    }
    return Self(result)
  }

  /// Stops the program unless `other` has tensors of the same names and shapes.
  func checkSameTensors(_ other: Self, _ operation: StaticString) {
    for name in Set(names).union(other.names).sorted() {
      let (own, others) = (tensors[name]?.shape, other.tensors[name]?.shape)
      require(
        own == others,
        "\(Self.self) \(operation): tensor \(name) \(Self.words(own)) on the left, \(Self.words(others)) on the right")
    }
  }

  /// The result of `operation` on each pair of tensors of one name.
  func combined(_ other: Self, _ name: StaticString, _ operation: (Tensor, Tensor) -> Tensor) -> Self {
    checkSameTensors(other, name)
    return Self(tensors.merging(other.tensors, uniquingKeysWith: operation))
  }

  private static func words(_ shape: Tensor.Shape?) -> String { shape.map { "has shape \($0)" } ?? "is missing" }
}

extension NamedTensors {
  /// The number of tensors and scalars, and the first names and shapes.
  func summary(_ title: String) -> String {
    let shown = names.prefix(4).compactMap { name in tensors[name].map { "\(name) \($0.shape)" } }
    let rest = tensors.count > shown.count ? ["…"] : []
    let count = "\(tensors.count) tensor\(tensors.count == 1 ? "" : "s"), \(DecimalText.grouped(scalarCount)) scalars"
    return "\(title): \(count)" + (shown.isEmpty ? "" : " (\((shown + rest).joined(separator: ", ")))")
  }
}
