import Testing

@testable import Tensor

// The operations of operations.json that golden.json lacks.

extension GoldenCase {
  static let furtherUnaryFunctions: [String: @Sendable (Tensor, GoldenParameters) throws -> Tensor] = [
    "expm1": { x, _ in x.expm1() }, "log1p": { x, _ in x.log1p() }, "tan": { x, _ in x.tan() },
    "standardDeviation": {
      let axes: [Int] = try #require($1.axes)
      return $0.standardDeviation(axes: axes, isUnbiased: $1.isUnbiased == true)
    },
    "product": {
      let axes: [Int] = try #require($1.axes)
      return $0.product(axes: axes)
    },
    "cumulativeProduct": { $0.cumulativeProduct(axis: try #require($1.axis), isReversed: $1.isReversed == true) },
    "flip": {
      let axes: [Int] = try #require($1.axes)
      return $0.flipped(axes: axes)
    },
    "roll": { $0.rolled(by: try #require($1.distance), axis: try #require($1.axis)) },
    "repeat": { $0.repeated(count: try #require($1.count), axis: try #require($1.axis)) },
    "tile": { $0.tiled(counts: try #require($1.counts)) },
    "lowerTriangle": { $0.lowerTriangle(diagonal: try #require($1.diagonal)) },
    "upperTriangle": { $0.upperTriangle(diagonal: try #require($1.diagonal)) },
    "sort": { $0.sorted(axis: try #require($1.axis), isDescending: $1.isReversed == true).values },
    "topK": { $0.topK(try #require($1.count), axis: try #require($1.axis)).values },
    "subscript": { x, _ in x[1, 1..., .stride(by: 2)] },
  ]

  static let furtherFunctions: [String: @Sendable (GoldenParameters, [String: Tensor]) throws -> Tensor] = [
    "atan2": { _, inputs in Tensor.atan2(y: try #require(inputs["a"]), x: try #require(inputs["b"])) },
    "assignment": { _, inputs in
      var a = try #require(inputs["a"])
      a[0, 1..., 1] = try #require(inputs["b"])
      return a
    },
    "einsum": { parameters, inputs in
      let (equation, names) = (try #require(parameters.equation), inputs.keys.sorted())
      let operands = names.compactMap { inputs[$0] }
      return switch operands.count {
      case 1: .einsum(equation, operands[0])
      case 2: .einsum(equation, operands[0], operands[1])
      default: .einsum(equation, operands[0], operands[1], operands[2])
      }
    },
  ]
}

// MARK: - Those of linear-algebra.json

extension GoldenCase {
  static let linearAlgebra: [String: @Sendable (GoldenParameters, [String: Tensor]) throws -> Tensor] = [
    "cholesky": { try #require($1["x"]).cholesky() },
    "solve": { try #require($1["a"]).solve(try #require($1["b"])) },
    "triangularSolve": { parameters, inputs in
      try #require(inputs["a"]).triangularSolve(
        try #require(inputs["b"]), isLower: parameters.isLower ?? true, isTransposed: parameters.isTransposed ?? false,
        hasUnitDiagonal: parameters.hasUnitDiagonal ?? false)
    },
    "squaredEigenvalues": { try #require($1["x"]).symmetricEigen().values.square() },
    "eigenvectors": { try #require($1["x"]).symmetricEigen().vectors },
    "svd/squaredValues": { try #require($1["x"]).svd().values.square() },
    "svd/left": { try #require($1["x"]).svd().u },
    "svd/right": { try #require($1["x"]).svd().v },
  ]
}
