import KernelsAVX2

extension KernelSet {
  /// The copy in `KernelsAVX2`.
  static let avx2 = KernelSet(
    name: "avx2",
    unary: [
      "exp": KernelsAVX2.exp, "log": KernelsAVX2.log, "squareRoot": KernelsAVX2.squareRoot,
      "reciprocalSquareRoot": KernelsAVX2.reciprocalSquareRoot,
      "square": KernelsAVX2.square, "absolute": KernelsAVX2.absolute,
      "sign": KernelsAVX2.sign, "floor": KernelsAVX2.floor, "round": KernelsAVX2.round, "relu": KernelsAVX2.relu,
      "tanh": KernelsAVX2.tanh, "sigmoid": KernelsAVX2.sigmoid, "softplus": KernelsAVX2.softplus,
      "sine": KernelsAVX2.sine, "cosine": KernelsAVX2.cosine, "erf": KernelsAVX2.erf,
      "isFinite": KernelsAVX2.isFinite,
    ],
    binary: [
      "add": KernelsAVX2.add, "subtract": KernelsAVX2.subtract, "multiply": KernelsAVX2.multiply,
      "divide": KernelsAVX2.divide, "maximum": KernelsAVX2.maximum, "minimum": KernelsAVX2.minimum,
      "power": KernelsAVX2.power, "equal": KernelsAVX2.equal, "notEqual": KernelsAVX2.notEqual,
      "less": KernelsAVX2.less, "lessOrEqual": KernelsAVX2.lessOrEqual, "greater": KernelsAVX2.greater,
      "greaterOrEqual": KernelsAVX2.greaterOrEqual,
    ],
    leakyRelu: KernelsAVX2.leakyRelu, clamp: KernelsAVX2.clamp, fill: KernelsAVX2.fill, copy: KernelsAVX2.copy,
    scaleAdd: KernelsAVX2.scaleAdd, reluGradient: KernelsAVX2.reluGradient,
    leakyReluGradient: KernelsAVX2.leakyReluGradient, tanhGradient: KernelsAVX2.tanhGradient,
    sigmoidGradient: KernelsAVX2.sigmoidGradient, softplusGradient: KernelsAVX2.softplusGradient,
    addScaled: KernelsAVX2.addScaled, select: KernelsAVX2.select,
    sumOfSquares: KernelsAVX2.sumOfSquares, maximumMagnitude: KernelsAVX2.maximumMagnitude,
    allFinite: KernelsAVX2.allFinite, sumMiddle: KernelsAVX2.sumMiddle, maxMiddle: KernelsAVX2.maxMiddle,
    argmaxMiddle: KernelsAVX2.argmaxMiddle, softmaxRows: KernelsAVX2.softmaxRows,
    logSumExpRows: KernelsAVX2.logSumExpRows, transpose2D: KernelsAVX2.transpose2D,
    cumulativeSumMiddle: KernelsAVX2.cumulativeSumMiddle, gatherRows: KernelsAVX2.gatherRows,
    scatterAddRows: KernelsAVX2.scatterAddRows, bytesToFloats: KernelsAVX2.bytesToFloats,
    copyStrided2D: KernelsAVX2.copyStrided2D, philoxBlock: KernelsAVX2.philoxBlock,
    philoxUniform: KernelsAVX2.philoxUniform, philoxNormal: KernelsAVX2.philoxNormal, adam: KernelsAVX2.adam,
    sgd: KernelsAVX2.sgd, rmsProp: KernelsAVX2.rmsProp,
    columnMoments: KernelsAVX2.columnMoments, joinColumnMoments: KernelsAVX2.joinColumnMoments,
    columnGradientSums: KernelsAVX2.columnGradientSums, normalizeColumns: KernelsAVX2.normalizeColumns,
    normalizeColumnsGradient: KernelsAVX2.normalizeColumnsGradient, rowProduct: KernelsAVX2.rowProduct)
}
