import Tensor

// The layers of images and volumes with whole numbers for sizes that are the same along all axes: variables as well as
// literals.

extension Conv2D {
  /// A convolution with a square kernel, and the same stride, padding and dilation along both axes; see
  /// ``init(from:to:kernelSize:stride:padding:paddingMode:dilation:groups:hasBias:initializer:biasInitializer:transforms:)``.
  public convenience init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
    paddingMode: Tensor.PaddingMode = .zeros, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    self.init(
      from: inputChannels, to: outputChannels, kernelSize: Tensor.Size2D(kernelSize), stride: Tensor.Size2D(stride),
      padding: Tensor.Padding2D(padding), paddingMode: paddingMode, dilation: Tensor.Size2D(dilation), groups: groups,
      hasBias: hasBias, initializer: initializer, biasInitializer: biasInitializer, transforms: transforms)
  }
}

extension ConvTranspose2D {
  /// A transposed convolution with a square kernel, and the same stride, padding and dilation along both axes; see
  /// ``init(from:to:kernelSize:stride:padding:outputPadding:dilation:groups:hasBias:initializer:biasInitializer:transforms:)``.
  public convenience init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    self.init(
      from: inputChannels, to: outputChannels, kernelSize: Tensor.Size2D(kernelSize), stride: Tensor.Size2D(stride),
      padding: Tensor.Padding2D(padding), outputPadding: Tensor.Size2D(outputPadding),
      dilation: Tensor.Size2D(dilation), groups: groups, hasBias: hasBias, initializer: initializer,
      biasInitializer: biasInitializer, transforms: transforms)
  }
}

extension Conv3D {
  /// A convolution with a cubic kernel, and the same stride, padding and dilation along all axes; see
  /// ``init(from:to:kernelSize:stride:padding:paddingMode:dilation:groups:hasBias:initializer:biasInitializer:transforms:)``.
  public convenience init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
    paddingMode: Tensor.PaddingMode = .zeros, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    self.init(
      from: inputChannels, to: outputChannels, kernelSize: Tensor.Size3D(kernelSize), stride: Tensor.Size3D(stride),
      padding: Tensor.Padding3D(padding), paddingMode: paddingMode, dilation: Tensor.Size3D(dilation), groups: groups,
      hasBias: hasBias, initializer: initializer, biasInitializer: biasInitializer, transforms: transforms)
  }
}

extension ConvTranspose3D {
  /// A transposed convolution with a cubic kernel, and the same stride, padding and dilation along all axes; see
  /// ``init(from:to:kernelSize:stride:padding:outputPadding:dilation:groups:hasBias:initializer:biasInitializer:transforms:)``.
  public convenience init(
    from inputChannels: Int, to outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .networkWeight, biasInitializer: Initializer = .networkBias,
    transforms: [WeightTransform] = []
  ) {
    self.init(
      from: inputChannels, to: outputChannels, kernelSize: Tensor.Size3D(kernelSize), stride: Tensor.Size3D(stride),
      padding: Tensor.Padding3D(padding), outputPadding: Tensor.Size3D(outputPadding),
      dilation: Tensor.Size3D(dilation), groups: groups, hasBias: hasBias, initializer: initializer,
      biasInitializer: biasInitializer, transforms: transforms)
  }
}

extension Layer where Self == Activation {
  /// The means of square windows, by default beside one another.
  public static func averagePool2d(
    _ size: Int, stride: Int? = nil, padding: Int = 0, countsPadding: Bool = true
  ) -> Activation {
    averagePool2d(
      Tensor.Size2D(size), stride: stride.map { Tensor.Size2D($0) }, padding: Tensor.Padding2D(padding),
      countsPadding: countsPadding)
  }

  /// The largest values of square windows, by default beside one another.
  public static func maxPool2d(_ size: Int, stride: Int? = nil, padding: Int = 0) -> Activation {
    maxPool2d(
      Tensor.Size2D(size), stride: stride.map { Tensor.Size2D($0) }, padding: Tensor.Padding2D(padding))
  }

  /// The means of as many windows along both axes as there shall be pixels.
  public static func adaptiveAveragePool2d(to size: Int) -> Activation {
    adaptiveAveragePool2d(to: Tensor.Size2D(size))
  }

  /// Each pixel repeated, as often along both axes.
  public static func upsampledNearest2d(factor: Int) -> Activation {
    upsampledNearest2d(factor: Tensor.Size2D(factor))
  }

  /// Linear interpolation between pixels, as many along both axes.
  public static func upsampledBilinear2d(factor: Int) -> Activation {
    upsampledBilinear2d(factor: Tensor.Size2D(factor))
  }

  /// Channels rearranged into square blocks of pixels.
  public static func pixelShuffle(factor: Int) -> Activation { pixelShuffle(factor: Tensor.Size2D(factor)) }
}
