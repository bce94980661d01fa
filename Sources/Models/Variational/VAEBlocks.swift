import Layers
import Tensor

/// The layers of a ``VAE``'s two networks.
struct VAEBlocks {
  let configuration: VAE.Configuration

  init(_ configuration: VAE.Configuration) { self.configuration = configuration }

  /// From images to distributions over one layer of latents.
  var encoder: any LatentEncoder {
    let base = firstEncoder
    let size = configuration.latentSize
    switch configuration.posterior {
    case .gaussian: return base
    case .iaf:
      let flows = (0..<configuration.flowSteps).map { _ in
        InverseAutoregressiveFlow(
          AutoregressiveNetwork(
            .inputs(size), hiddenSizes: [configuration.flowHiddenSize, configuration.flowHiddenSize],
            outputsPerInput: 2, conditionSize: size))
      }
      return FlowEncoder(base: base, conditioning: dense(featureCount, size), flows: flows)
    case .planar:
      let flows = (0..<configuration.flowSteps).map { _ in PlanarFlow(size, featureCount: featureCount) }
      return FlowEncoder(base: base, conditioning: nil, flows: flows)
    }
  }

  /// From images to distributions over several layers of latents, whose prior is `prior`.
  func encoder(under prior: ChainPrior) -> any LatentEncoder {
    let sizes = configuration.latentSizes
    func further(_ inputSize: (Int) -> Int) -> [GaussianEncoder] {
      sizes.indices.dropFirst().map { gaussian(inputSize($0 - 1), sizes[$0], width: hiddenSize(of: $0)) }
    }
    guard configuration.isLadder else {
      return ChainEncoder(first: firstEncoder, further: further { sizes[$0] }, sizes: sizes)
    }
    return LadderEncoder(
      upward: [firstEncoder] + further { $0 == 0 ? featureCount : hiddenSize(of: $0) }, prior: prior)
  }

  /// Several layers of latents before an image is seen.
  var chainPrior: ChainPrior {
    let sizes = configuration.latentSizes
    let layers = sizes.indices.dropLast().map { gaussian(sizes[$0 + 1], sizes[$0], width: hiddenSize(of: $0 + 1)) }
    return ChainPrior(layers, sizes: sizes)
  }

  /// From images to normal distributions over the first layer of latents.
  private var firstEncoder: GaussianEncoder {
    let (body, classPlace) = encoderBody
    return GaussianEncoder(
      body: body, mean: dense(featureCount, configuration.latentSize),
      logVariance: dense(featureCount, configuration.latentSize), logVarianceRange: VAE.logVarianceRange,
      classPlace: classPlace)
  }

  /// From so many numbers to normal distributions over `outputSize` latents, through hidden layers of the given width, the
  /// configuration's if nil, after the layers `first`.
  func gaussian(
    _ inputSize: Int, _ outputSize: Int, width: Int? = nil, after first: [any Layer] = []
  ) -> GaussianEncoder {
    let width = width ?? configuration.hiddenSize
    return GaussianEncoder(
      body: Sequential(first + hiddenLayers(inputSize, width: width)), mean: dense(width, outputSize),
      logVariance: dense(width, outputSize), logVarianceRange: VAE.logVarianceRange)
  }

  /// The width of the networks of a layer of latents, the first being 0.
  private func hiddenSize(of layer: Int) -> Int { max(1, configuration.hiddenSize >> layer) }

  /// How many numbers the encoder's heads see.
  private var featureCount: Int {
    configuration.architecture == .dense
      ? configuration.hiddenSize : smallShape.reduce(1, *) + (configuration.classCount ?? 0)
  }

  /// What comes before the encoder's heads, and where the class enters.
  private var encoderBody: (layer: any Layer, classPlace: GaussianEncoder.ClassPlace) {
    let classCount = configuration.classCount
    switch configuration.architecture {
    case .dense:
      return (
        Sequential([.flatten] + hiddenLayers(pixelCount + (classCount ?? 0), width: configuration.hiddenSize)),
        classCount.map { .input(classCount: $0) } ?? .none
      )
    case .convolutional, .residual:
      var layers: [any Layer] = [convolution(configuration.channels, features)]
      layers += residualBlocks(features)
      for index in 1..<pyramid.halvings {
        layers += [activation, convolution(index == 1 ? features : 2 * features, 2 * features)]
        layers += residualBlocks(2 * features)
      }
      layers += [activation, .flatten]
      return (Sequential(layers), classCount.map { .features(classCount: $0) } ?? .none)
    }
  }

  /// From latents, and classes beside them, to the parameters of pixels.
  var decoder: any Layer {
    switch configuration.architecture {
    case .dense:
      return Sequential(
        hiddenLayers(decoderInputSize, width: configuration.hiddenSize) + [
          dense(configuration.hiddenSize, pixelCount * parametersPerScalar)
        ])
    case .convolutional:
      var layers: [any Layer] = [
        dense(decoderInputSize, smallShape.reduce(1, *), isRectified: isRectified), activation,
        .reshape(to: Tensor.Shape(smallShape)),
      ]
      for index in (1..<pyramid.halvings).reversed() {
        layers += [
          transposedConvolution(2 * features, index == 1 ? features : 2 * features, isRectified: isRectified),
          activation,
        ]
      }
      layers.append(transposedConvolution(features, configuration.channels * parametersPerScalar))
      return Sequential(layers)
    case .residual:
      var layers: [any Layer] = [
        dense(decoderInputSize, smallShape.reduce(1, *), isRectified: isRectified),
        .reshape(to: Tensor.Shape(smallShape)),
      ]
      layers += residualBlocks(2 * features)
      for index in (1..<pyramid.halvings).reversed() {
        let outputs = index == 1 ? features : 2 * features
        layers += [activation, transposedConvolution(2 * features, outputs, isRectified: isRectified)]
        layers += residualBlocks(outputs)
      }
      layers += [activation, transposedConvolution(features, configuration.channels * parametersPerScalar)]
      return Sequential(layers)
    }
  }

  /// The hidden layers of a dense network, from so many inputs.
  func hiddenLayers(_ inputSize: Int, width: Int? = nil) -> [any Layer] {
    let width = width ?? configuration.hiddenSize
    return (0..<configuration.hiddenLayerCount).flatMap { index -> [any Layer] in
      [dense(index == 0 ? inputSize : width, width, isRectified: isRectified), activation]
    }
  }

  /// The residual blocks at one image size, none but with the residual architecture.
  private func residualBlocks(_ channels: Int) -> [any Layer] {
    guard configuration.architecture == .residual else { return [] }
    return (0..<configuration.residualBlocks).map { _ in
      let (weights, biases) = configuration.initialization.initializers(isRectified: isRectified)
      // The second convolution starts at 0, so that a block starts as the identity, however many there are.
      return ResidualBlock(
        activation: activation,
        first: Conv2D(
          from: channels, to: channels, kernelSize: 3, padding: 1, initializer: weights, biasInitializer: biases),
        second: Conv2D(
          from: channels, to: channels, kernelSize: 3, padding: 1, initializer: .zeros, biasInitializer: .zeros))
    }
  }

  private var isRectified: Bool { configuration.activation == .relu }

  private var activation: Activation {
    switch configuration.activation {
    case .relu: .relu
    case .tanh: .tanh
    }
  }

  func dense(_ inputSize: Int, _ outputSize: Int, isRectified: Bool = false) -> Dense {
    let (weights, biases) = configuration.initialization.initializers(isRectified: isRectified)
    return Dense(from: inputSize, to: outputSize, initializer: weights, biasInitializer: biases)
  }

  /// Halves the image; an activation follows.
  private func convolution(_ inputs: Int, _ outputs: Int) -> Conv2D {
    let (weights, biases) = configuration.initialization.initializers(isRectified: isRectified)
    return Conv2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, initializer: weights, biasInitializer: biases)
  }

  /// Doubles the image.
  private func transposedConvolution(_ inputs: Int, _ outputs: Int, isRectified: Bool = false) -> ConvTranspose2D {
    let (weights, biases) = configuration.initialization.initializers(isRectified: isRectified)
    return ConvTranspose2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, initializer: weights, biasInitializer: biases)
  }

  /// The decoder sees the first layer of latents.
  private var decoderInputSize: Int { configuration.latentSize + (configuration.classCount ?? 0) }
  private var parametersPerScalar: Int { configuration.likelihood.observation.parametersPerScalar }
  private var pixelCount: Int { configuration.height * configuration.width * configuration.channels }
  /// The convolutions' channels at half the image size.
  private var features: Int { configuration.convolutionFeatures }
  /// How the image becomes small.
  private var pyramid: ConvolutionPyramid {
    ConvolutionPyramid(height: configuration.height, width: configuration.width, features: features, module: "VAE")
  }
  /// The shape of the smallest features.
  private var smallShape: [Int] { pyramid.mapShape }
}
