import Kernels

extension KernelSet {
  /// The copy in `Kernels`.
  static let baseline = KernelSet(
    name: "baseline",
    unary: [
      "exp": Kernels.exp, "log": Kernels.log, "squareRoot": Kernels.squareRoot,
      "reciprocalSquareRoot": Kernels.reciprocalSquareRoot,
      "square": Kernels.square, "absolute": Kernels.absolute, "sign": Kernels.sign,
      "floor": Kernels.floor, "round": Kernels.round, "relu": Kernels.relu, "tanh": Kernels.tanh,
      "sigmoid": Kernels.sigmoid, "softplus": Kernels.softplus, "sine": Kernels.sine, "cosine": Kernels.cosine,
      "erf": Kernels.erf, "isFinite": Kernels.isFinite,
    ],
    binary: [
      "add": Kernels.add, "subtract": Kernels.subtract, "multiply": Kernels.multiply, "divide": Kernels.divide,
      "maximum": Kernels.maximum, "minimum": Kernels.minimum, "power": Kernels.power, "equal": Kernels.equal,
      "notEqual": Kernels.notEqual, "less": Kernels.less, "lessOrEqual": Kernels.lessOrEqual,
      "greater": Kernels.greater, "greaterOrEqual": Kernels.greaterOrEqual,
    ],
    leakyRelu: Kernels.leakyRelu, clamp: Kernels.clamp, fill: Kernels.fill, copy: Kernels.copy,
    scaleAdd: Kernels.scaleAdd, reluGradient: Kernels.reluGradient, leakyReluGradient: Kernels.leakyReluGradient,
    tanhGradient: Kernels.tanhGradient, sigmoidGradient: Kernels.sigmoidGradient,
    softplusGradient: Kernels.softplusGradient, addScaled: Kernels.addScaled, select: Kernels.select,
    sumOfSquares: Kernels.sumOfSquares,
    maximumMagnitude: Kernels.maximumMagnitude, allFinite: Kernels.allFinite, sumMiddle: Kernels.sumMiddle,
    maxMiddle: Kernels.maxMiddle, argmaxMiddle: Kernels.argmaxMiddle, softmaxRows: Kernels.softmaxRows,
    logSumExpRows: Kernels.logSumExpRows, transpose2D: Kernels.transpose2D,
    cumulativeSumMiddle: Kernels.cumulativeSumMiddle, gatherRows: Kernels.gatherRows,
    scatterAddRows: Kernels.scatterAddRows, bytesToFloats: Kernels.bytesToFloats,
    copyStrided2D: Kernels.copyStrided2D, philoxBlock: Kernels.philoxBlock, philoxUniform: Kernels.philoxUniform,
    philoxNormal: Kernels.philoxNormal, adam: Kernels.adam, sgd: Kernels.sgd, rmsProp: Kernels.rmsProp,
    columnMoments: Kernels.columnMoments, joinColumnMoments: Kernels.joinColumnMoments,
    columnGradientSums: Kernels.columnGradientSums, normalizeColumns: Kernels.normalizeColumns,
    normalizeColumnsGradient: Kernels.normalizeColumnsGradient, rowProduct: Kernels.rowProduct)
}
