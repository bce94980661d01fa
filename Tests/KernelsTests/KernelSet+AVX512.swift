import KernelsAVX512

extension KernelSet {
  /// The copy in `KernelsAVX512`.
  static let avx512 = KernelSet(
    name: "avx512",
    unary: [
      "exp": KernelsAVX512.exp, "log": KernelsAVX512.log, "squareRoot": KernelsAVX512.squareRoot,
      "reciprocalSquareRoot": KernelsAVX512.reciprocalSquareRoot,
      "square": KernelsAVX512.square, "absolute": KernelsAVX512.absolute,
      "sign": KernelsAVX512.sign, "floor": KernelsAVX512.floor, "round": KernelsAVX512.round,
      "relu": KernelsAVX512.relu, "tanh": KernelsAVX512.tanh, "sigmoid": KernelsAVX512.sigmoid,
      "softplus": KernelsAVX512.softplus, "sine": KernelsAVX512.sine, "cosine": KernelsAVX512.cosine,
      "erf": KernelsAVX512.erf, "isFinite": KernelsAVX512.isFinite,
    ],
    binary: [
      "add": KernelsAVX512.add, "subtract": KernelsAVX512.subtract, "multiply": KernelsAVX512.multiply,
      "divide": KernelsAVX512.divide, "maximum": KernelsAVX512.maximum, "minimum": KernelsAVX512.minimum,
      "power": KernelsAVX512.power, "equal": KernelsAVX512.equal, "notEqual": KernelsAVX512.notEqual,
      "less": KernelsAVX512.less, "lessOrEqual": KernelsAVX512.lessOrEqual, "greater": KernelsAVX512.greater,
      "greaterOrEqual": KernelsAVX512.greaterOrEqual,
    ],
    leakyRelu: KernelsAVX512.leakyRelu, clamp: KernelsAVX512.clamp, fill: KernelsAVX512.fill,
    copy: KernelsAVX512.copy, scaleAdd: KernelsAVX512.scaleAdd, reluGradient: KernelsAVX512.reluGradient,
    leakyReluGradient: KernelsAVX512.leakyReluGradient, tanhGradient: KernelsAVX512.tanhGradient,
    sigmoidGradient: KernelsAVX512.sigmoidGradient, softplusGradient: KernelsAVX512.softplusGradient,
    addScaled: KernelsAVX512.addScaled,
    select: KernelsAVX512.select, sumOfSquares: KernelsAVX512.sumOfSquares,
    maximumMagnitude: KernelsAVX512.maximumMagnitude, allFinite: KernelsAVX512.allFinite,
    sumMiddle: KernelsAVX512.sumMiddle, maxMiddle: KernelsAVX512.maxMiddle, argmaxMiddle: KernelsAVX512.argmaxMiddle,
    softmaxRows: KernelsAVX512.softmaxRows, logSumExpRows: KernelsAVX512.logSumExpRows,
    transpose2D: KernelsAVX512.transpose2D, cumulativeSumMiddle: KernelsAVX512.cumulativeSumMiddle,
    gatherRows: KernelsAVX512.gatherRows, scatterAddRows: KernelsAVX512.scatterAddRows,
    bytesToFloats: KernelsAVX512.bytesToFloats, copyStrided2D: KernelsAVX512.copyStrided2D,
    philoxBlock: KernelsAVX512.philoxBlock, philoxUniform: KernelsAVX512.philoxUniform,
    philoxNormal: KernelsAVX512.philoxNormal, adam: KernelsAVX512.adam, sgd: KernelsAVX512.sgd,
    rmsProp: KernelsAVX512.rmsProp,
    columnMoments: KernelsAVX512.columnMoments, joinColumnMoments: KernelsAVX512.joinColumnMoments,
    columnGradientSums: KernelsAVX512.columnGradientSums, normalizeColumns: KernelsAVX512.normalizeColumns,
    normalizeColumnsGradient: KernelsAVX512.normalizeColumnsGradient, rowProduct: KernelsAVX512.rowProduct)
}
