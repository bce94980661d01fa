// The table of this copy's kernels: what the code that drives them chooses from, a whole copy at a time.
//
// Each copy of this module is compiled for one instruction set, and this file with it. A tuple has no name but its
// structure, so the tables of all copies are of one type, which a structure declared here would not be. A new kernel is
// its function, a row in the type and a row in the value.

/// x, y, n: see ElementwiseUnary.swift.
package typealias UnaryKernel = @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void

/// a, b, y, n: see ElementwiseFused.swift.
package typealias PairKernel =
  @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void

/// a, aInner, aOuter, b, bInner, bOuter, y, inner, outer: see ElementwiseBinary.swift.
package typealias BinaryKernel =
  @Sendable (
    UnsafePointer<Float>, Int, Int, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int, Int
  ) -> Void

/// x, y, outer, reduced, inner: see `sumMiddle`.
package typealias ReductionKernel =
  @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int, Int) -> Void

/// x, y, rows, columns: see `softmaxRows`.
package typealias RowsKernel = @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void

/// u, y, target, sums, rows, columns: see `softmaxRowsGradient`.
package typealias RowsGradientKernel =
  @Sendable (
    UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
  ) -> Void

/// x, indices, count, rowSize, y: see `gatherRows`.
package typealias IndexKernel =
  @Sendable (UnsafePointer<Float>, UnsafePointer<Int>, Int, Int, UnsafeMutablePointer<Float>) -> Void

/// Rows at given places with weights.
package typealias WeightedIndexKernel =
  @Sendable (
    UnsafePointer<Float>, UnsafePointer<Int>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int, Int
  ) -> Void

/// key0, key1, stream, position, y, n: see `philoxUniform`.
package typealias RandomKernel =
  @Sendable (UInt32, UInt32, UInt64, UInt64, UnsafeMutablePointer<Float>, Int) -> Void

/// Pointers to rows of floats that lie anywhere.
package typealias RowPointers = UnsafePointer<UnsafePointer<Float>>

// MARK: - Elementwise

/// One input, one output.
package typealias UnaryKernels = (
  exp: UnaryKernel, log: UnaryKernel, squareRoot: UnaryKernel, reciprocalSquareRoot: UnaryKernel, square: UnaryKernel,
  absolute: UnaryKernel, sign: UnaryKernel, floor: UnaryKernel, round: UnaryKernel, relu: UnaryKernel,
  tanh: UnaryKernel, sigmoid: UnaryKernel, softplus: UnaryKernel, sine: UnaryKernel, cosine: UnaryKernel,
  erf: UnaryKernel, isFinite: UnaryKernel, ceiling: UnaryKernel, expMinusOne: UnaryKernel, logOnePlus: UnaryKernel,
  tangent: UnaryKernel
)

private let unaryKernels: UnaryKernels = (
  exp: exp, log: log, squareRoot: squareRoot, reciprocalSquareRoot: reciprocalSquareRoot, square: square,
  absolute: absolute, sign: sign, floor: floor, round: round, relu: relu,
  tanh: tanh, sigmoid: sigmoid, softplus: softplus, sine: sine, cosine: cosine,
  erf: erf, isFinite: isFinite, ceiling: ceiling, expMinusOne: expMinusOne, logOnePlus: logOnePlus,
  tangent: tangent
)

/// Two inputs with strides, one output.
package typealias BinaryKernels = (
  add: BinaryKernel, subtract: BinaryKernel, multiply: BinaryKernel, divide: BinaryKernel, maximum: BinaryKernel,
  minimum: BinaryKernel, power: BinaryKernel, equal: BinaryKernel, notEqual: BinaryKernel, less: BinaryKernel,
  lessOrEqual: BinaryKernel, greater: BinaryKernel, greaterOrEqual: BinaryKernel, arcTangent: BinaryKernel
)

private let binaryKernels: BinaryKernels = (
  add: add, subtract: subtract, multiply: multiply, divide: divide, maximum: maximum,
  minimum: minimum, power: power, equal: equal, notEqual: notEqual, less: less,
  lessOrEqual: lessOrEqual, greater: greater, greaterOrEqual: greaterOrEqual, arcTangent: arcTangent
)

/// Several steps, or numbers beside the inputs.
package typealias FusedKernels = (
  leakyRelu: @Sendable (UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int) -> Void,
  clamp: @Sendable (UnsafePointer<Float>, Float, Float, UnsafeMutablePointer<Float>, Int) -> Void,
  scaleAdd: @Sendable (UnsafePointer<Float>, Float, Float, UnsafeMutablePointer<Float>, Int) -> Void,
  addScaled: @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int) -> Void,
  reluGradient: PairKernel,
  leakyReluGradient:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, Float, UnsafeMutablePointer<Float>, Int
    ) -> Void,
  logOnePlusGradient: PairKernel,
  tanhGradient: PairKernel, sigmoidGradient: PairKernel, softplusGradient: PairKernel, silu: UnaryKernel,
  siluGradient: PairKernel, gelu: UnaryKernel, geluGradient: PairKernel,
  /// x, slope, alpha, y, n: see `elu`.
  elu: @Sendable (UnsafePointer<Float>, Float, Float, UnsafeMutablePointer<Float>, Int) -> Void,
  eluGradient:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, Float, Float, UnsafeMutablePointer<Float>, Int
    ) -> Void,
  select:
    @Sendable (
      UnsafePointer<Float>, Int, Int, UnsafePointer<Float>, Int, Int, UnsafePointer<Float>, Int, Int,
      UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  /// x, y, rows, columns: see `gateRows`.
  gateRows: RowsKernel,
  /// u, x, y, rows, columns: see `gateRowsGradient`.
  gateRowsGradient:
    @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void,
  /// x, c, h, d, rows, columns: see `lstmRows`.
  lstmRows:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  /// u, v, x, c, y, w, rows, columns: see `lstmRowsGradient`.
  lstmRowsGradient:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void
)

private let fusedKernels: FusedKernels = (
  leakyRelu: leakyRelu, clamp: clamp, scaleAdd: scaleAdd, addScaled: addScaled,
  reluGradient: reluGradient, leakyReluGradient: leakyReluGradient,
  logOnePlusGradient: logOnePlusGradient,
  tanhGradient: tanhGradient, sigmoidGradient: sigmoidGradient, softplusGradient: softplusGradient,
  silu: silu, siluGradient: siluGradient, gelu: gelu, geluGradient: geluGradient, elu: elu, eluGradient: eluGradient,
  select: select, gateRows: gateRows, gateRowsGradient: gateRowsGradient, lstmRows: lstmRows,
  lstmRowsGradient: lstmRowsGradient
)

// MARK: - Across elements

/// Sums, extremes, and what is made of them.
package typealias ReductionKernels = (
  sumMiddle: ReductionKernel, maxMiddle: ReductionKernel,
  argmaxMiddle: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Int>, Int, Int, Int) -> Void,
  sumOfSquares: @Sendable (UnsafePointer<Float>, Int) -> Double,
  maximumMagnitude: @Sendable (UnsafePointer<Float>, Int) -> Float,
  allFinite: @Sendable (UnsafePointer<Float>, Int) -> Bool,
  softmaxRows: RowsKernel, logSoftmaxRows: RowsKernel, logSumExpRows: RowsKernel,
  softmaxRowsGradient: RowsGradientKernel, logSoftmaxRowsGradient: RowsGradientKernel
)

private let reductionKernels: ReductionKernels = (
  sumMiddle: sumMiddle, maxMiddle: maxMiddle, argmaxMiddle: argmaxMiddle,
  sumOfSquares: sumOfSquares, maximumMagnitude: maximumMagnitude, allFinite: allFinite,
  softmaxRows: softmaxRows, logSoftmaxRows: logSoftmaxRows, logSumExpRows: logSumExpRows,
  softmaxRowsGradient: softmaxRowsGradient, logSoftmaxRowsGradient: logSoftmaxRowsGradient
)

/// Copies in another order, and running sums.
package typealias MovementKernels = (
  fill: @Sendable (Float, UnsafeMutablePointer<Float>, Int) -> Void,
  copy: UnaryKernel,
  copyStrided2D: @Sendable (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int, Int, Int, Int) -> Void,
  transpose2D: @Sendable (UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int, Int, Int) -> Void,
  gatherRows: IndexKernel, scatterAddRows: IndexKernel,
  cumulativeSumMiddle: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int, Int, Bool) -> Void,
  bytesToFloats: @Sendable (UnsafePointer<UInt8>, Float, Float, UnsafeMutablePointer<Float>, Int) -> Void,
  /// x, indices, weights, y, rows, terms, size: see `combineIndexedRows`, `scatterIndexedRows`.
  combineIndexedRows: WeightedIndexKernel, scatterIndexedRows: WeightedIndexKernel,
  /// a, b, indices, y, rows, terms, size: see `dotIndexedRows`.
  dotIndexedRows:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Int>, UnsafeMutablePointer<Float>, Int, Int, Int
    ) -> Void
)

private let movementKernels: MovementKernels = (
  fill: fill, copy: copy, copyStrided2D: copyStrided2D, transpose2D: transpose2D,
  gatherRows: gatherRows, scatterAddRows: scatterAddRows,
  cumulativeSumMiddle: cumulativeSumMiddle, bytesToFloats: bytesToFloats, combineIndexedRows: combineIndexedRows,
  scatterIndexedRows: scatterIndexedRows, dotIndexedRows: dotIndexedRows
)

/// Statistics of columns and rows, and what is done with them.
package typealias NormalizationKernels = (
  columnMoments:
    @Sendable (
      UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  joinColumnMoments:
    @Sendable (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int, Int,
      Int
    ) -> Void,
  columnGradientSums:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  normalizeColumns:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  normalizeColumnsGradient:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  /// x, scale, offset, epsilon, isCentred, y, mean, inverse, rows, columns: see `normalizeRows`.
  normalizeRows:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Float, Bool, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void,
  /// u, x, scale, mean, inverse, isCentred, withInput, y, scaleGradient, offsetGradient, rows, columns: see
  /// `normalizeRowsGradient`.
  normalizeRowsGradient:
    @Sendable (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      Bool, Bool, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void
)

private let normalizationKernels: NormalizationKernels = (
  columnMoments: columnMoments, joinColumnMoments: joinColumnMoments, columnGradientSums: columnGradientSums,
  normalizeColumns: normalizeColumns, normalizeColumnsGradient: normalizeColumnsGradient,
  normalizeRows: normalizeRows, normalizeRowsGradient: normalizeRowsGradient
)

/// The updates of optimizers.
package typealias UpdateKernels = (
  adam:
    @Sendable (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int,
      Float, Float, Float, Float, Float, Float
    ) -> Void,
  sgd:
    @Sendable (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int, Float, Float, Bool
    ) -> Void,
  rmsProp:
    @Sendable (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int, Float, Float, Float
    ) -> Void
)

private let updateKernels: UpdateKernels = (adam: adam, sgd: sgd, rmsProp: rmsProp)

/// Random numbers.
package typealias RandomKernels = (
  philoxBlock: @Sendable (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UnsafeMutablePointer<UInt32>) -> Void,
  philoxUniform: RandomKernel, philoxNormal: RandomKernel
)

private let randomKernels: RandomKernels = (
  philoxBlock: philoxBlock, philoxUniform: philoxUniform, philoxNormal: philoxNormal
)

/// The largest values of windows.
package typealias PoolingKernels = (
  /// rows, x, sizes, y: see `maxOfWindows`.
  maxOfWindows: @Sendable (Int, RowPointers, WindowSizes, UnsafeMutablePointer<Float>) -> Void,
  /// rows, x, sizes, y, u, targets: see `maxOfWindowsGradient`.
  maxOfWindowsGradient:
    @Sendable (
      Int, RowPointers, WindowSizes, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafePointer<UnsafeMutablePointer<Float>>
    ) -> Void,
  /// rows, x, sizes, y, v, target: see `meanAtMaxOfWindows`.
  meanAtMaxOfWindows:
    @Sendable (
      Int, RowPointers, WindowSizes, UnsafePointer<Float>, RowPointers, UnsafeMutablePointer<Float>
    ) -> Void
)

private let poolingKernels: PoolingKernels = (
  maxOfWindows: maxOfWindows, maxOfWindowsGradient: maxOfWindowsGradient, meanAtMaxOfWindows: meanAtMaxOfWindows
)

// MARK: - All

/// Everything that a copy of this module offers.
package typealias KernelTable = (
  unary: UnaryKernels, binary: BinaryKernels, fused: FusedKernels, reductions: ReductionKernels,
  movement: MovementKernels, normalization: NormalizationKernels, pooling: PoolingKernels, updates: UpdateKernels,
  random: RandomKernels, products: ProductKernels, convolution: ConvolutionKernels, sizes: BlockingSizes
)

/// This copy.
package let kernelTable: KernelTable = (
  unary: unaryKernels, binary: binaryKernels, fused: fusedKernels, reductions: reductionKernels,
  movement: movementKernels, normalization: normalizationKernels, pooling: poolingKernels, updates: updateKernels,
  random: randomKernels, products: productKernels, convolution: convolutionKernels, sizes: blockingSizes
)
