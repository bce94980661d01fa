import LatentSystem

// Batch normalization in few passes: the statistics, the output, and for the derivative the sums and the gradient at the
// input. The derivatives of the derivative are those of a composition.

extension Tensor {
  /// Batch normalization in training: each channel gets mean 0 and variance 1 over the batch and all positions, then
  /// `scale` and `offset`.
  ///
  /// The returned mean and variance are constants, for running statistics: no graph hangs on them. The variance is the
  /// mean squared distance; the unbiased one, which PyTorch keeps, is `variance * (n / (n - 1))` with
  /// `n = scalarCount / C`.
  ///
  /// ```swift
  /// let (output, mean, variance) = features.batchNorm(scale: scale, offset: offset)
  /// runningMean += (mean - runningMean) * 0.1
  /// ```
  ///
  /// - Parameters:
  ///   - scale: `[C]`, or nil for 1.
  ///   - offset: `[C]`, or nil for 0.
  ///   - epsilon: added to the variance.
  /// - Returns: the output, of this tensor's shape, and mean and variance, both `[C]`.
  /// - Precondition: this tensor is `[N, …, C]`, `[N, C]` or `[N, H, W, C]` for example, with two values or more for each
  ///   channel.
  ///
  /// Reference: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
  /// covariate shift", arXiv:1502.03167.
  public func batchNorm(
    scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Float = 1e-5
  ) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    batchNorm(scale: scale, offset: offset, epsilon: epsilon, then: nil)
  }

  /// The same with `function` of the output, in the same passes. The result has the bits of the separate operations, and
  /// so have its derivatives.
  ///
  /// - Parameter function: one that is told by its value.
  package func batchNorm(
    scale: Tensor?, offset: Tensor?, epsilon: Float, then function: ChannelFinish.Function?
  ) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    require(function?.isToldByItsValue ?? true, "batchNorm: \(function.map { "\($0)" } ?? "") is recorded by itself")
    let channels = channelShape("batchNorm", leastRank: 2)
    let count = shape.sizes.dropLast().reduce(1, *)
    require(
      count >= 2,
      "batchNorm: shape \(shape) has \(count == 1 ? "one value" : "no values") for each channel; training needs two or more"
    )
    checkAffine("batchNorm", scale, offset, channels)
    let (scale, offset) = (scale ?? .ones(channels), offset ?? .zeros(channels))
    let loop = ChannelLoop(shape)
    let (mean, variance) = loop.moments(self)
    let inverse = Tensor.inverseDeviation("batchNorm", variance, epsilon)
    let factor = inverse * scale.detached()
    let output = Tensor.record(
      "batchNorm", loop.normalized(self, mean: mean, factor: factor, offset: offset, then: function),
      from: [self, scale, offset],
      saving: [.input(0), .input(1), .constant(mean), .constant(inverse)] + (function == nil ? [] : [.output(0)])
    ) { arguments in
      let (x, scale) = (arguments.saved[0], arguments.saved[1])
      let gradients = Self.batchNormGradients(
        arguments.cotangent, through: function.map { ($0, arguments.saved[4]) }, x, scale, mean: arguments.saved[2],
        inverse: arguments.saved[3], epsilon, withInput: arguments.isWanted[0])
      return [arguments.isWanted[0] ? gradients[2] : nil, gradients[0], gradients[1]]
    }
    return (output, mean, variance)
  }

  /// Batch normalization in inference, with given statistics:
  /// `(x - mean) / √(variance + epsilon) * scale + offset` for each channel.
  ///
  /// A sample's result does not depend on the others of its batch.
  ///
  /// - Parameters:
  ///   - mean: `[C]`, usually a running mean.
  ///   - variance: `[C]`, usually a running variance.
  ///   - scale: `[C]`, or nil for 1.
  ///   - offset: `[C]`, or nil for 0.
  ///   - epsilon: added to the variance.
  /// - Returns: a tensor of the same shape.
  /// - Precondition: this tensor is `[N, …, C]`.
  ///
  /// Reference: Ioffe and Szegedy, arXiv:1502.03167, algorithm 2.
  public func batchNorm(
    mean: Tensor, variance: Tensor, scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Float = 1e-5
  ) -> Tensor {
    let channels = channelShape("batchNorm", leastRank: 2)
    checkPart("batchNorm", "mean", mean, channels)
    checkPart("batchNorm", "variance", variance, channels)
    checkAffine("batchNorm", scale, offset, channels)
    let inverse = Tensor.inverseDeviation("batchNorm", variance, epsilon)
    let (factor, offset) = (scale.map { inverse * $0 } ?? inverse, offset ?? .zeros(channels))
    return Tensor.record(
      "batchNorm", ChannelLoop(shape).normalized(self, mean: mean, factor: factor, offset: offset),
      from: [self, mean, factor, offset], saving: [.input(0), .input(1), .input(2)]
    ) { arguments in
      let (u, x, mean, factor) = (arguments.cotangent, arguments.saved[0], arguments.saved[1], arguments.saved[2])
      let wanted = arguments.isWanted
      let scaled = wanted[0] || wanted[1] ? u * factor : nil
      return [
        wanted[0] ? scaled : nil, wanted[1] ? scaled.map { -$0 } : nil, wanted[2] ? u * (x - mean) : nil,
        wanted[3] ? u : nil,
      ]
    }
  }

  /// The gradients of batch normalization in training at scale and offset, and `withInput` at x.
  ///
  /// With `S = Σ u` and `P = Σ u · (x - mean)`, sums over the n values of a channel, and `d = 1 / √(variance + ε)`, they
  /// are `d · P`, `S` and `scale · d · (u - S / n - (x - mean) · d² · P / n)`.
  ///
  /// - Parameter function: what u passes through first, and where it does: the values of that function.
  private static func batchNormGradients(
    _ u: Tensor, through function: (ChannelFinish.Function, Tensor)?, _ x: Tensor, _ scale: Tensor, mean: Tensor,
    inverse: Tensor, _ epsilon: Float, withInput: Bool
  ) -> [Tensor] {
    let loop = ChannelLoop(x.shape)
    let (u, sum, product) = gradientSums(u, through: function, x, mean, loop)
    var results = [inverse * product, sum]
    if withInput {
      let factor = scale.detached() * inverse
      let perValue = factor * (-Float(x.shape[-1]) / Float(x.scalarCount))
      results.append(
        loop.gradient(
          u, x, mean: mean, factor: factor, slope: perValue * inverse.square() * product, offset: perValue * sum))
    }
    return record(
      "batchNorm's derivative", results, from: [u, x, scale], saving: [.input(0), .input(1), .input(2)]
    ) { arguments in
      // The derivatives of a composition of the same value: the saved statistics depend on x too.
      valueAndGradients(at: Array(arguments.saved)) {
        let gradients = composedBatchNormGradients($0[0], $0[1], $0[2], epsilon)
        return zip(arguments.cotangents, gradients).reduce(Tensor(0)) { sum, pair in
          pair.0.map { sum + (pair.1 * $0).sum() } ?? sum
        }
      }.gradients
    }
  }

  /// u after the derivative of `function`, `Σ u` and `Σ u · (x - mean)`: in one pass if u is not differentiated in turn.
  private static func gradientSums(
    _ u: Tensor, through function: (ChannelFinish.Function, Tensor)?, _ x: Tensor, _ mean: Tensor, _ loop: ChannelLoop
  ) -> (u: Tensor, sum: Tensor, product: Tensor) {
    if let (function, y) = function, !u.isRecorded, !y.isRecorded {
      return loop.gradientSums(u, through: function, at: y, x, mean: mean)
    }
    let u = function.map { u.timesSlope(of: $0, at: $1) } ?? u
    let sums = loop.gradientSums(u, x, mean: mean)
    return (u, sums.sum, sums.product)
  }

  /// The gradients of batch normalization in training at scale, offset and x, composed of other operations.
  private static func composedBatchNormGradients(
    _ u: Tensor, _ x: Tensor, _ scale: Tensor, _ epsilon: Float
  ) -> [Tensor] {
    let axes = Array(0..<x.rank - 1)
    let centred = x - x.mean(axes: axes)
    let inverse = inverseDeviation("batchNorm", centred.square().mean(axes: axes), epsilon)
    let normalized = centred * inverse
    let products = u * normalized
    let input = scale * inverse * (u - u.mean(axes: axes) - normalized * products.mean(axes: axes))
    return [products.sum(axes: axes), u.sum(axes: axes), input]
  }
}
