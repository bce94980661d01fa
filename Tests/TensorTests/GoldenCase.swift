import Foundation
import Testing

@testable import Tensor

/// A tensor as the golden file holds it.
struct GoldenTensor: Decodable, Sendable {
  let shape: [Int]
  let data: [Double]

  var tensor: Tensor { Tensor(data.map { Float($0) }, shape: Tensor.Shape(shape)) }
}

/// The parameters of a case's operation; each operation has some of them.
struct GoldenParameters: Decodable, Sendable {
  var slope: Float?
  var alpha: Float?
  var exponent: Float?
  var min: Float?
  var max: Float?
  var axes: [Int]?
  var axis: Int?
  var keepingDimensions: Bool?
  var shape: [Int]?
  var permutation: [Int]?
  var starts: [Int]?
  var ends: [Int]?
  var before: [Int]?
  var after: [Int]?
  var condition: GoldenTensor?
  var indices: GoldenIndices?
  var transposeA: Bool?
  var transposeB: Bool?
  var stride: Int?
  var strideHeight: Int?
  var strideWidth: Int?
  var padding: Int?
  var paddingHeight: Int?
  var paddingWidth: Int?
  var paddingTop: Int?
  var paddingBottom: Int?
  var paddingLeft: Int?
  var paddingRight: Int?
  var outputPadding: Int?
  var dilation: Int?
  var size: Int?
  var factor: Int?
  var epsilon: Float?
  var groups: Int?
  var training: Bool?
  var runningMean: [Float]?
  var runningVariance: [Float]?
  var equation: String?
  var isUnbiased: Bool?
  var isReversed: Bool?
  var distance: Int?
  var count: Int?
  var counts: [Int]?
  var diagonal: Int?
  var isLower: Bool?
  var isTransposed: Bool?
  var hasUnitDiagonal: Bool?

  /// `stride`, or the one of each axis.
  var strides: Tensor.Size2D {
    Tensor.Size2D(height: strideHeight ?? stride ?? 1, width: strideWidth ?? stride ?? 1)
  }

  /// `padding`, or the one of each axis or side.
  var paddings: Tensor.Padding2D {
    let (height, width) = (paddingHeight ?? padding ?? 0, paddingWidth ?? padding ?? 0)
    return Tensor.Padding2D(
      top: paddingTop ?? height, bottom: paddingBottom ?? height, left: paddingLeft ?? width,
      right: paddingRight ?? width)
  }
}

/// Indices as a list or a matrix, in row-major order.
struct GoldenIndices: Decodable, Sendable {
  let flat: [Int]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let list = try? container.decode([Int].self) {
      flat = list
    } else {
      flat = try container.decode([[Int]].self).flatMap { $0 }
    }
  }
}

/// One operation with its value and derivatives. See Golden/generate.py for the fields.
struct GoldenCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let op: String
  let params: GoldenParameters
  let inputs: [String: GoldenTensor]
  let output: GoldenTensor
  let upstream: GoldenTensor?
  let gradients: [String: GoldenTensor]
  let second: [String: GoldenTensor]?

  var testDescription: String { name }

  /// The names of the inputs in a fixed order.
  var names: [String] { inputs.keys.sorted() }

  /// Those of all files.
  static let all: [GoldenCase] = ["golden", "operations", "linear-algebra"].flatMap { name -> [GoldenCase] in
    struct File: Decodable { let cases: [GoldenCase] }
    guard let url = Bundle.module.url(forResource: name, withExtension: "json"),
      let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.cases
  }
}

// MARK: - The operations

extension GoldenCase {
  /// The operation under its golden name; nil if this module has none of that name.
  static func function(_ op: String) -> ((GoldenParameters, [String: Tensor]) throws -> Tensor)? {
    if let unary = unaryFunctions[op] { return { _, inputs in unary(try #require(inputs["x"])) } }
    if let binary = binaryFunctions[op] {
      return { _, inputs in binary(try #require(inputs["a"]), try #require(inputs["b"])) }
    }
    if let reduction = reductions[op] {
      return { parameters, inputs in
        reduction(try #require(inputs["x"]), try #require(parameters.axes), parameters.keepingDimensions ?? false)
      }
    }
    if let parametrized = parametrizedFunctions[op] ?? furtherUnaryFunctions[op] {
      return { parameters, inputs in try parametrized(try #require(inputs["x"]), parameters) }
    }
    return otherFunctions[op] ?? normalizations[op] ?? furtherFunctions[op] ?? linearAlgebra[op]
  }

  private static let unaryFunctions: [String: @Sendable (Tensor) -> Tensor] = [
    "exp": { $0.exp() }, "log": { $0.log() }, "sqrt": { $0.squareRoot() }, "rsqrt": { $0.reciprocalSquareRoot() },
    "square": { $0.square() }, "tanh": { $0.tanh() }, "sigmoid": { $0.sigmoid() }, "softplus": { $0.softplus() },
    "negate": { -$0 }, "abs": { $0.absolute() }, "relu": { $0.relu() }, "sin": { $0.sin() }, "cos": { $0.cos() },
    "silu": { $0.silu() }, "gelu": { $0.gelu() },
  ]

  private static let binaryFunctions: [String: @Sendable (Tensor, Tensor) -> Tensor] = [
    "add": { $0 + $1 }, "subtract": { $0 - $1 }, "multiply": { $0 * $1 }, "divide": { $0 / $1 },
    "maximum": { $0.maximum($1) }, "minimum": { $0.minimum($1) },
  ]

  private static let reductions: [String: @Sendable (Tensor, [Int], Bool) -> Tensor] = [
    "sum": { $0.sum(axes: $1, keepingDimensions: $2) }, "mean": { $0.mean(axes: $1, keepingDimensions: $2) },
    "variance": { $0.variance(axes: $1, keepingDimensions: $2) }, "max": { $0.max(axes: $1, keepingDimensions: $2) },
    "logSumExp": { $0.logSumExp(axes: $1, keepingDimensions: $2) },
    "norm": { $0.norm(axes: $1, keepingDimensions: $2) },
  ]

  private static let parametrizedFunctions: [String: @Sendable (Tensor, GoldenParameters) throws -> Tensor] = [
    "leakyReLU": { $0.leakyReLU(slope: try #require($1.slope)) },
    "elu": { $0.elu(alpha: try #require($1.alpha)) },
    "pow": { $0.pow(try #require($1.exponent)) },
    "clamp": { $0.clamped(to: try #require($1.min)...(try #require($1.max))) },
    "softmax": { $0.softmax(axis: try #require($1.axis)) },
    "logSoftmax": { $0.logSoftmax(axis: try #require($1.axis)) },
    "reshape": { $0.reshaped(to: Tensor.Shape(try #require($1.shape))) },
    "transpose": { $0.permuted(try #require($1.permutation)) },
    "slice": { $0.sliced(zip(try #require($1.starts), try #require($1.ends)).map { $0..<$1 }) },
    "pad": { $0.padded(before: try #require($1.before), after: try #require($1.after)) },
    "broadcast": { $0.broadcast(to: Tensor.Shape(try #require($1.shape))) },
    "cumulativeSum": { $0.cumulativeSum(axis: try #require($1.axis), isReversed: $1.isReversed ?? false) },
    "gatherAlongAxis": { $0.gathered(alongAxis: try #require($1.axis), indices: try #require($1.indices).flat) },
    "gather": { $0.gathered(at: try #require($1.indices).flat) },
    "averagePool2d": { $0.averagePool2d(.init(try #require($1.size))) },
    "maxPool2d": { $0.maxPool2d(.init(try #require($1.size))) },
    "upsampleNearest2d": { $0.upsampledNearest2d(factor: .init(try #require($1.factor))) },
    "upsampleBilinear2d": { $0.upsampledBilinear2d(factor: .init(try #require($1.factor))) },
    "pixelShuffle": { $0.pixelShuffled(factor: .init(try #require($1.factor))) },
  ]

  private static let otherFunctions: [String: @Sendable (GoldenParameters, [String: Tensor]) throws -> Tensor] = [
    "concatenate": { parameters, inputs in
      Tensor.concatenated([try #require(inputs["a"]), try #require(inputs["b"])], axis: try #require(parameters.axis))
    },
    "where": { parameters, inputs in
      .where(try #require(parameters.condition).tensor, try #require(inputs["a"]), else: try #require(inputs["b"]))
    },
    "matmul": { parameters, inputs in
      try #require(inputs["a"]).matmul(
        try #require(inputs["b"]), transposingSelf: parameters.transposeA == true,
        transposingOther: parameters.transposeB == true)
    },
    "conv2d": { parameters, inputs in
      let output = try #require(inputs["x"]).conv2d(
        try #require(inputs["w"]), stride: parameters.strides, padding: parameters.paddings,
        dilation: Tensor.Size2D(parameters.dilation ?? 1))
      return inputs["b"].map { output + $0 } ?? output
    },
    "convTranspose2d": { parameters, inputs in
      let output = try #require(inputs["x"]).convTranspose2d(
        try #require(inputs["w"]), stride: parameters.strides, padding: parameters.paddings,
        outputPadding: Tensor.Size2D(parameters.outputPadding ?? 0),
        dilation: Tensor.Size2D(parameters.dilation ?? 1))
      return inputs["b"].map { output + $0 } ?? output
    },
    "dense": { _, inputs in
      try #require(inputs["x"]).matmul(try #require(inputs["w"])) + (try #require(inputs["b"]))
    },
  ]

  private static let normalizations: [String: @Sendable (GoldenParameters, [String: Tensor]) throws -> Tensor] = [
    "batchNorm": { parameters, inputs in
      let (x, epsilon) = (try #require(inputs["x"]), try #require(parameters.epsilon))
      if parameters.training == true {
        return x.batchNorm(scale: inputs["scale"], offset: inputs["offset"], epsilon: epsilon).output
      }
      return x.batchNorm(
        mean: Tensor(try #require(parameters.runningMean)), variance: Tensor(try #require(parameters.runningVariance)),
        scale: inputs["scale"], offset: inputs["offset"], epsilon: epsilon)
    },
    "layerNorm": { parameters, inputs in
      try #require(inputs["x"]).layerNorm(
        axisCount: try #require(inputs["scale"]).rank, scale: inputs["scale"], offset: inputs["offset"],
        epsilon: try #require(parameters.epsilon))
    },
    "groupNorm": { parameters, inputs in
      try #require(inputs["x"]).groupNorm(
        groups: try #require(parameters.groups), scale: inputs["scale"], offset: inputs["offset"],
        epsilon: try #require(parameters.epsilon))
    },
    "instanceNorm": { parameters, inputs in
      try #require(inputs["x"]).instanceNorm(epsilon: try #require(parameters.epsilon))
    },
  ]
}
