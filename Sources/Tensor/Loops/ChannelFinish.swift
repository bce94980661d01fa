import LatentSystem

/// What is still done with each channel of a product or a convolution: a bias, a normalization with given statistics, a
/// function, in this order. It is done where the result is written, a part at a time, while that part is in the cache.
///
/// Scalars go through the kernels of the separate operations, one after the other, so their bits are the same.
package final class ChannelFinish: Sendable {
  /// The last step.
  package enum Function: Sendable, Hashable {
    /// See ``Tensor/relu()``.
    case relu
    /// See ``Tensor/leakyReLU(slope:)``.
    case leakyReLU(slope: Float)
    /// See ``Tensor/tanh()``.
    case tanh
    /// See ``Tensor/sigmoid()``.
    case sigmoid
  }

  /// What ``Tensor/batchNorm(mean:variance:scale:offset:epsilon:)`` takes, each tensor `[C]`.
  package typealias Normalization = (mean: Tensor, variance: Tensor, scale: Tensor, offset: Tensor, epsilon: Float)

  /// The channels of the product: so many scalars are in a row of it.
  let columns: Int
  /// Whether it is kept for many products, and the weight with it, as the kernels want it.
  let isKept: Bool
  /// What is added, `[columns]`, as it was given: it may be recorded.
  let bias: Tensor?
  /// The last step.
  let function: Function?
  private let biasPattern: ChannelPattern?
  private let normalization: (mean: ChannelPattern, factor: ChannelPattern, offset: ChannelPattern)?

  /// - Parameters:
  ///   - columns: the channels of the product.
  ///   - bias: `[columns]`.
  ///   - normalization: of C channels, where C divides `columns`: column j is of channel j modulo C.
  ///   - function: the last step.
  ///   - isKept: whether it is used for many products with one weight, which is kept as the kernels want it.
  package init(
    columns: Int, bias: Tensor? = nil, normalization: Normalization? = nil, function: Function? = nil,
    isKept: Bool = false
  ) {
    self.columns = columns
    self.isKept = isKept
    self.bias = bias
    biasPattern = bias.map { ChannelPattern($0) }
    self.normalization = normalization.map {
      let factor = Tensor.inverseDeviation("batchNorm", $0.variance, $0.epsilon) * $0.scale
      return (ChannelPattern($0.mean), ChannelPattern(factor), ChannelPattern($0.offset))
    }
    self.function = function
  }

  /// Whether it has derivatives: those of a normalization, and of a function that is not told by its value, are left to the
  /// separate operations.
  var isDifferentiable: Bool { normalization == nil && function?.isToldByItsValue ?? true }

  /// Finishes `count` scalars that follow each other, the first of which is in column `first` of its row.
  func run(_ y: UnsafeMutablePointer<Float>, first: Int = 0, count: Int, _ kernels: KernelSet) {
    biasPattern?.forEachPart(first, count) { start, count, place, bias in
      let (part, period) = (y + start, bias.period)
      let rest = count % period
      let last = part + (count - rest)
      kernels.binary.add(part, 1, period, bias.values, 1, 0, part, period, count / period)
      kernels.binary.add(last, 1, 0, bias.values + place, 1, 0, last, rest, 1)
    }
    normalization?.mean.forEachPart(first, count) { start, count, place, mean in
      guard let normalization else { return }
      kernels.normalization.normalizeColumns(
        y + start, mean.values + place, normalization.factor.values + place, normalization.offset.values + place,
        y + start, count, mean.period)
    }
    function?.run(y, count, kernels)
  }

  /// Finishes `rows` whole rows that follow each other, on several threads.
  func run(_ y: UnsafeMutablePointer<Float>, rows: Int, _ kernels: KernelSet) {
    let size = max(1, Elementwise.chunk / columns) * columns
    Elementwise.forEachChunk(rows * columns, size: size, unit: columns) {
      run(y + $0.lowerBound, count: $0.count, kernels)
    }
  }
}

extension ChannelFinish {
  /// The same by the separate operations, for a product that is recorded.
  func applied(to product: Tensor) -> Tensor {
    require(isDifferentiable, "a normalization with given statistics is recorded by itself")
    let sum = bias.map { product + $0 } ?? product
    return function.map { sum.applying($0) } ?? sum
  }
}

extension ChannelFinish.Function {
  /// Whether its derivative can be told from its value.
  package var isToldByItsValue: Bool {
    if case .leakyReLU(let slope) = self { slope > 0 } else { true }
  }

  /// Replaces scalars by the function's values.
  func run(_ y: UnsafeMutablePointer<Float>, _ count: Int, _ kernels: KernelSet) {
    switch self {
    case .relu: kernels.unary.relu(y, y, count)
    case .leakyReLU(let slope): kernels.fused.leakyRelu(y, slope, y, count)
    case .tanh: kernels.unary.tanh(y, y, count)
    case .sigmoid: kernels.unary.sigmoid(y, y, count)
    }
  }

  /// Multiplies scalars u by the derivative where the function's value is y.
  func multiplySlope(
    _ u: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ product: UnsafeMutablePointer<Float>, _ count: Int,
    _ kernels: KernelSet
  ) {
    switch self {
    case .relu: kernels.fused.reluGradient(u, y, product, count)
    case .leakyReLU(let slope): kernels.fused.leakyReluGradient(u, y, slope, product, count)
    case .tanh: kernels.fused.tanhGradient(u, y, product, count)
    case .sigmoid: kernels.fused.sigmoidGradient(u, y, product, count)
    }
  }
}

/// Values of channels, repeated so often that kernels find many at a time.
///
/// Unchecked `Sendable`: nobody writes the values.
private struct ChannelPattern: @unchecked Sendable {
  private let channels: Int
  private let storage: Storage
  /// How many values there are: a multiple of the channels and of 16, which suits every instruction set.
  let period: Int
  /// The values, and some behind them that may be read.
  var values: UnsafePointer<Float> { UnsafePointer(storage.pointer) }

  /// - Parameter tensor: `[C]`, at least one channel.
  init(_ tensor: Tensor) {
    let (channels, vector, least) = (tensor.scalarCount, 16, 256)
    // The largest power of 2 that divides the channels, 16 at most.
    let divisor = min(vector, channels & -channels)
    period = roundUp(least, channels * (vector / divisor))
    storage = Storage(count: period + vector)
    var filled = min(channels, period + vector)
    storage.pointer.update(from: tensor.pointer, count: filled)
    while filled < period + vector {
      // Whole repetitions, so that the next one begins with the first channel.
      let count = min(filled / channels * channels, period + vector - filled)
      (storage.pointer + filled).update(from: storage.pointer, count: count)
      filled += count
    }
    self.channels = channels
  }

  /// Calls `body` for at most two parts of `count` scalars, the first of which is of channel `first` modulo the channels:
  /// where the part starts, how long it is, and at which of the values. Only a part at the first value may be longer than
  /// the values are.
  @inline(__always)
  func forEachPart(_ first: Int, _ count: Int, _ body: (Int, Int, Int, ChannelPattern) -> Void) {
    let place = first % channels
    let head = place == 0 ? 0 : min(count, period - place)
    if head > 0 { body(0, head, place, self) }
    if count > head { body(head, count - head, 0, self) }
  }
}
