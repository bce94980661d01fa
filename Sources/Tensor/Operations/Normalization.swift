import LatentSystem

// Normalization to mean 0 and variance 1. The operations differ in the axes that share a mean and a variance, and in the
// shape of scale and offset. Those of each sample by itself have kernels; what is composed of reductions and arithmetic is
// what they are tested against, and what their second derivatives come from. That of batches has a file of its own.

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
    standardized("normalized", shape.resolved(axes, "normalized"), nil, nil, epsilon)
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
    let sizes = Shape(shape.sizes.suffix(axisCount))
    checkAffine("layerNorm", scale, offset, sizes)
    let rows = RowNormalization(
      rows: shape.sizes.dropLast(axisCount).reduce(1, *), columns: sizes.scalarCount, isCentred: true)
    let axes = Array(rank - axisCount..<rank)
    return normalized("layerNorm", by: rows, scale: scale ?? .ones(sizes), offset: offset, epsilon) {
      $0.standardized("layerNorm", axes, $1, $2, epsilon)
    }
  }

  /// Normalization by the root mean square: `x / √(mean of x² + epsilon)` over the last axes, then `scale` for each of
  /// their positions. Unlike ``layerNorm(axisCount:scale:offset:epsilon:)`` it takes no mean away.
  ///
  /// - Parameters:
  ///   - axisCount: how many of the last axes share a mean.
  ///   - scale: of the shape of the last `axisCount` axes, or nil for 1.
  ///   - epsilon: added to the mean of the squares.
  /// - Returns: a tensor of the same shape.
  /// - Precondition: `1 <= axisCount <= rank`.
  ///
  /// Reference: Zhang and Sennrich, "Root mean square layer normalization", arXiv:1910.07467.
  public func rmsNorm(axisCount: Int = 1, scale: Tensor? = nil, epsilon: Float = 1e-5) -> Tensor {
    require(
      axisCount >= 1 && axisCount <= rank,
      "rmsNorm: \(axisCount) axes of shape \(shape); at least 1 and at most \(rank) can be normalized")
    let sizes = Shape(shape.sizes.suffix(axisCount))
    checkAffine("rmsNorm", scale, nil, sizes)
    let rows = RowNormalization(
      rows: shape.sizes.dropLast(axisCount).reduce(1, *), columns: sizes.scalarCount, isCentred: false)
    let axes = Array(rank - axisCount..<rank)
    return normalized("rmsNorm", by: rows, scale: scale ?? .ones(sizes), offset: nil, epsilon) {
      let squares = $0.square().mean(axes: axes, keepingDimensions: true)
      return $0 * (Self.inverseDeviation("rmsNorm", squares, epsilon) * $1) + $2
    }
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
    return normalizedGroups("groupNorm", groups, scale, offset, epsilon)
  }

  /// Each group of channels of each sample normalized, scaled and shifted.
  private func normalizedGroups(
    _ operation: StaticString, _ groups: Int, _ scale: Tensor?, _ offset: Tensor?, _ epsilon: Float
  ) -> Tensor {
    let (shape, channels) = (shape, shape[-1])
    return normalized(
      operation, by: GroupNormalization(shape, groups: groups), scale: scale ?? .ones([channels]), offset: offset,
      epsilon
    ) {
      // Means of groups are spread over their channels: rows of all channels are quicker than those of a group.
      let rows = $0.reshaped(to: [shape[0], shape.sizes.dropFirst().dropLast().reduce(1, *), channels])
      let centred = rows - rows.meansOfGroups(groups)
      let inverse = Self.inverseDeviation(operation, centred.square().meansOfGroups(groups), epsilon)
      return (centred * (inverse * $1) + $2).reshaped(to: shape)
    }
  }

  /// For each channel the mean of its group over all positions: `[N, P, C]` → `[N, 1, C]`.
  private func meansOfGroups(_ groups: Int) -> Tensor {
    let (count, channels) = (shape[0], shape[2])
    let grouped: Shape = [count, groups, channels / groups]
    return mean(axes: [1]).reshaped(to: grouped).mean(axes: [2], keepingDimensions: true)
      .broadcast(to: grouped).reshaped(to: [count, 1, channels])
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
    return normalizedGroups("instanceNorm", channels[0], scale, offset, epsilon)
  }
}

// MARK: - Common parts

extension Tensor {
  /// Normalized over `axes`, scaled and shifted.
  private func standardized(
    _ operation: StaticString, _ axes: [Int], _ scale: Tensor?, _ offset: Tensor?, _ epsilon: Float
  ) -> Tensor {
    let centred = self - mean(axes: axes, keepingDimensions: true)
    let variance = centred.square().mean(axes: axes, keepingDimensions: true)
    // The small factors are multiplied first.
    let inverse = Self.inverseDeviation(operation, variance, epsilon)
    let scaled = centred * (scale.map { inverse * $0 } ?? inverse)
    return offset.map { scaled + $0 } ?? scaled
  }

  /// `1 / √(variance + epsilon)`.
  static func inverseDeviation(_ operation: StaticString, _ variance: Tensor, _ epsilon: Float) -> Tensor {
    require(epsilon >= 0, "\(operation): epsilon is \(epsilon); the least is 0")
    return (variance + epsilon).reciprocalSquareRoot()
  }

  /// `[C]` for a tensor `[N, …, C]`.
  func channelShape(_ operation: StaticString, leastRank: Int) -> Shape {
    require(
      rank >= leastRank, "\(operation): shape \(shape) has \(rank) axes; [N, …, C] with at least \(leastRank) is needed"
    )
    return [shape[-1]]
  }

  func checkAffine(_ operation: StaticString, _ scale: Tensor?, _ offset: Tensor?, _ expected: Shape) {
    if let scale { checkPart(operation, "scale", scale, expected) }
    if let offset { checkPart(operation, "offset", offset, expected) }
  }

  func checkPart(_ operation: StaticString, _ name: StaticString, _ part: Tensor, _ expected: Shape) {
    require(
      part.shape == expected,
      "\(operation): the \(name) has shape \(part.shape), input \(shape) expects \(expected)")
  }
}

extension Tensor {
  /// Divided by the root of the mean of the squares along the last axis, plus `epsilon`.
  ///
  /// Reference: Karras et al., "Progressive growing of GANs", arXiv:1710.10196, section 4.2.
  public func pixelNormalized(epsilon: Float = 1e-8) -> Tensor {
    require(rank >= 1, "pixelNormalized: a scalar has no last axis")
    return rmsNorm(epsilon: epsilon)
  }
}
