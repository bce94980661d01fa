// Normalization to mean 0 and variance 1, composed of reductions and arithmetic. The operations differ in the axes that
// share a mean and a variance, and in the shape of scale and offset.

extension Tensor {
  /// `(x - mean) / √(variance + epsilon)`, with mean and variance over `axes`.
  ///
  /// For scales and offsets of any other form than those of the operations below, as in conditional normalization,
  /// multiply and add: `x.normalized(axes: [1, 2]) * scale + offset`.
  ///
  /// - Parameters:
  ///   - axes: the axes that share a mean and a variance.
  ///   - epsilon: keeps constant inputs from dividing 0 by 0.
  /// - Returns: a tensor of the same shape.
  public func normalized(axes: [Int], epsilon: Float = 1e-5) -> Tensor {
    standardized("normalized", shape.resolved(axes, "normalized"), nil, nil, epsilon).output
  }

  // MARK: Batch normalization

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
    let channels = channelShape("batchNorm", leastRank: 2)
    let count = shape.sizes.dropLast().reduce(1, *)
    require(count >= 2, "batchNorm: shape \(shape) has \(count) values for each channel; training needs 2 or more")
    checkAffine("batchNorm", scale, offset, channels)
    let result = standardized("batchNorm", Array(0..<rank - 1), scale, offset, epsilon)
    return (
      result.output, result.mean.detached().reshaped(to: channels), result.variance.detached().reshaped(to: channels)
    )
  }

  /// Batch normalization in inference, with given statistics:
  /// `(x - mean) / √(variance + epsilon) * scale + offset` for each channel.
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
    return Self.affine("batchNorm", self - mean, variance, scale, offset, epsilon)
  }

  // MARK: Normalization of each sample

  /// Layer normalization: mean 0 and variance 1 over the last axes, then `scale` and `offset` for each of their
  /// positions.
  ///
  /// - Parameters:
  ///   - axisCount: how many of the last axes share a mean and a variance.
  ///   - scale: of the shape of the last `axisCount` axes, or nil for 1.
  ///   - offset: of the shape of the last `axisCount` axes, or nil for 0.
  ///   - epsilon: added to the variance.
  /// - Returns: a tensor of the same shape.
  /// - Precondition: `1 <= axisCount <= rank`.
  ///
  /// Reference: Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450.
  public func layerNorm(
    axisCount: Int = 1, scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Float = 1e-5
  ) -> Tensor {
    require(
      axisCount >= 1 && axisCount <= rank,
      "layerNorm: \(axisCount) axes of shape \(shape); at least 1 and at most \(rank) can be normalized")
    checkAffine("layerNorm", scale, offset, Shape(shape.sizes.suffix(axisCount)))
    return standardized("layerNorm", Array(rank - axisCount..<rank), scale, offset, epsilon).output
  }

  /// Group normalization: within each sample, mean 0 and variance 1 over all positions of a group of neighbouring
  /// channels, then `scale` and `offset` for each channel.
  ///
  /// - Parameters:
  ///   - groups: how many groups the channels form. With 1 group, all of a sample shares a mean and a variance.
  ///   - scale: `[C]`, or nil for 1.
  ///   - offset: `[C]`, or nil for 0.
  ///   - epsilon: added to the variance.
  /// - Returns: a tensor of the same shape.
  /// - Precondition: this tensor is `[N, …, C]`, and `groups` divides `C`.
  ///
  /// Reference: Wu and He, "Group normalization", arXiv:1803.08494.
  public func groupNorm(
    groups: Int, scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Float = 1e-5
  ) -> Tensor {
    let channels = channelShape("groupNorm", leastRank: 2)
    require(
      groups >= 1 && channels[0] % groups == 0,
      "groupNorm: shape \(shape) has \(channels[0]) channels, which do not form \(groups) groups of equal size")
    checkAffine("groupNorm", scale, offset, channels)
    let grouped: Shape = [groups, channels[0] / groups]
    let positions = shape.sizes.dropFirst().dropLast().reduce(1, *)
    return reshaped(to: [shape[0], positions, groups, channels[0] / groups] as Shape)
      .standardized("groupNorm", [1, 3], scale?.reshaped(to: grouped), offset?.reshaped(to: grouped), epsilon).output
      .reshaped(to: shape)
  }

  /// Instance normalization: within each sample, each channel gets mean 0 and variance 1 over all positions, then `scale`
  /// and `offset`.
  ///
  /// - Parameters:
  ///   - scale: `[C]`, or nil for 1.
  ///   - offset: `[C]`, or nil for 0.
  ///   - epsilon: added to the variance.
  /// - Returns: a tensor of the same shape.
  /// - Precondition: this tensor is `[N, …, C]` with one axis or more between, `[N, H, W, C]` for example, and two
  ///   positions or more. (A single one would become 0.)
  ///
  /// Reference: Ulyanov, Vedaldi and Lempitsky, "Instance normalization: the missing ingredient for fast stylization",
  /// arXiv:1607.08022.
  public func instanceNorm(scale: Tensor? = nil, offset: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
    let channels = channelShape("instanceNorm", leastRank: 3)
    let positions = shape.sizes.dropFirst().dropLast().reduce(1, *)
    require(positions >= 2, "instanceNorm: shape \(shape) has \(positions) positions for each channel; the least is 2")
    checkAffine("instanceNorm", scale, offset, channels)
    return standardized("instanceNorm", Array(1..<rank - 1), scale, offset, epsilon).output
  }
}

// MARK: - Common parts

extension Tensor {
  /// Normalized over `axes`, scaled and shifted; with mean and variance, whose dimensions are kept.
  private func standardized(
    _ operation: StaticString, _ axes: [Int], _ scale: Tensor?, _ offset: Tensor?, _ epsilon: Float
  ) -> (output: Tensor, mean: Tensor, variance: Tensor) {
    let mean = mean(axes: axes, keepingDimensions: true)
    let centred = self - mean
    let variance = centred.square().mean(axes: axes, keepingDimensions: true)
    return (Self.affine(operation, centred, variance, scale, offset, epsilon), mean, variance)
  }

  /// `centred / √(variance + epsilon) * scale + offset`. The small factors are multiplied first.
  private static func affine(
    _ operation: StaticString, _ centred: Tensor, _ variance: Tensor, _ scale: Tensor?, _ offset: Tensor?,
    _ epsilon: Float
  ) -> Tensor {
    require(epsilon >= 0, "\(operation): epsilon is \(epsilon); the least is 0")
    var factor = (variance + epsilon).reciprocalSquareRoot()
    if let scale { factor = factor * scale }
    let scaled = centred * factor
    return offset.map { scaled + $0 } ?? scaled
  }

  /// `[C]` for a tensor `[N, …, C]`.
  private func channelShape(_ operation: StaticString, leastRank: Int) -> Shape {
    require(
      rank >= leastRank, "\(operation): shape \(shape) has \(rank) axes; [N, …, C] with at least \(leastRank) is needed"
    )
    return [shape[-1]]
  }

  private func checkAffine(_ operation: StaticString, _ scale: Tensor?, _ offset: Tensor?, _ expected: Shape) {
    if let scale { checkPart(operation, "scale", scale, expected) }
    if let offset { checkPart(operation, "offset", offset, expected) }
  }

  private func checkPart(_ operation: StaticString, _ name: StaticString, _ part: Tensor, _ expected: Shape) {
    require(
      part.shape == expected,
      "\(operation): the \(name) has shape \(part.shape), input \(shape) expects \(expected)")
  }
}
