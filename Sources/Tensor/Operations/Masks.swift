import LatentSystem

// Masks are tensors of conditions: 0 where a condition does not hold, anything else (NaN too) where it does. What is made
// of them here is 1 or 0. All of it is a step function (StepFunctions.swift): results are constants.

// MARK: - Logic

extension Tensor {
  /// 1 where both masks hold, 0 elsewhere; shapes broadcast.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { (a .!= 0) * (b .!= 0) }

  /// 1 where one of the masks holds or both do, 0 elsewhere; shapes broadcast.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { (a .!= 0).maximum(b .!= 0) }

  /// 1 where exactly one of the masks holds, 0 elsewhere; shapes broadcast.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { (a .!= 0) .!= (b .!= 0) }

  /// 1 where the mask does not hold, 0 elsewhere.
  public static prefix func .! (a: Tensor) -> Tensor { a .== 0 }

  /// 1 where the mask holds anywhere along `axes`, or at all; 0 elsewhere. Of no scalars it is 0.
  public func any(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    (self .!= 0).sum(axes: axes, keepingDimensions: keepingDimensions) .> 0
  }

  /// 1 where the mask holds everywhere along `axes`, or altogether; 0 elsewhere. Of no scalars it is 1.
  public func all(axes: [Int]? = nil, keepingDimensions: Bool = false) -> Tensor {
    (self .== 0).sum(axes: axes, keepingDimensions: keepingDimensions) .== 0
  }

  /// Whether the mask holds anywhere: whether a scalar is not 0.
  public var isAnyTrue: Bool { any().scalar == 1 }

  /// Whether the mask holds everywhere: whether no scalar is 0.
  public var isAllTrue: Bool { all().scalar == 1 }

  /// At how many places the mask holds.
  public var trueCount: Int { withScalars { scalars in scalars.count { $0 != 0 } } }
}

// MARK: - Triangles

extension Tensor {
  /// 1 on and below a diagonal, 0 above it, of shape `[rows, columns]`: `column - row <= diagonal`.
  ///
  /// With the main diagonal it is the mask of causal attention: row `i` sees columns `0...i`.
  /// - Parameters:
  ///   - columns: nil for a square.
  ///   - diagonal: 0 for the main diagonal, positive above it, negative below.
  public static func lowerTriangle(rows: Int, columns: Int? = nil, diagonal: Int = 0) -> Tensor {
    offsets(rows, columns ?? rows) .<= Float(diagonal)
  }

  /// 1 on and above a diagonal, 0 below it, of shape `[rows, columns]`: `column - row >= diagonal`.
  /// - Parameters:
  ///   - columns: nil for a square.
  ///   - diagonal: 0 for the main diagonal, positive above it, negative below.
  public static func upperTriangle(rows: Int, columns: Int? = nil, diagonal: Int = 0) -> Tensor {
    offsets(rows, columns ?? rows) .>= Float(diagonal)
  }

  /// The matrices of the last two axes with 0 above a diagonal. See ``lowerTriangle(rows:columns:diagonal:)``.
  /// - Precondition: `rank >= 2`.
  public func lowerTriangle(diagonal: Int = 0) -> Tensor {
    require(rank >= 2, "lowerTriangle: shape \(shape) has no two axes that could be rows and columns")
    return .where(.lowerTriangle(rows: shape[-2], columns: shape[-1], diagonal: diagonal), self, else: Tensor(0))
  }

  /// The matrices of the last two axes with 0 below a diagonal. See ``upperTriangle(rows:columns:diagonal:)``.
  /// - Precondition: `rank >= 2`.
  public func upperTriangle(diagonal: Int = 0) -> Tensor {
    require(rank >= 2, "upperTriangle: shape \(shape) has no two axes that could be rows and columns")
    return .where(.upperTriangle(rows: shape[-2], columns: shape[-1], diagonal: diagonal), self, else: Tensor(0))
  }

  /// The column less the row, `[rows, columns]`.
  private static func offsets(_ rows: Int, _ columns: Int) -> Tensor {
    ramp(count: columns) - ramp(count: rows).reshaped(to: [rows, 1])
  }
}
