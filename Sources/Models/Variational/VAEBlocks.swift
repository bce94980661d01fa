import Layers
import Tensor

/// The layers of a ``VAE``'s two networks.
struct VAEBlocks {
  let configuration: VAE.Configuration

  init(_ configuration: VAE.Configuration) { self.configuration = configuration }

  /// From images to distributions over latents.
  var encoder: GaussianEncoder {
    let (body, featureCount, classPlace) = encoderBody
    return GaussianEncoder(
      body: body, mean: dense(featureCount, configuration.latentSize),
      logVariance: dense(featureCount, configuration.latentSize), logVarianceRange: VAE.logVarianceRange,
      classPlace: classPlace)
  }

  /// What comes before the encoder's heads, how many numbers these see, and where the class enters.
  private var encoderBody: (layer: any Layer, featureCount: Int, classPlace: GaussianEncoder.ClassPlace) {
    let classCount = configuration.classCount
    switch configuration.architecture {
    case .dense:
      return (
        Sequential([.flatten] + hiddenLayers(pixelCount + (classCount ?? 0))), configuration.hiddenSize,
        classCount.map { .input(classCount: $0) } ?? .none
      )
    case .convolutional:
      let layers: [any Layer] = [
        convolution(configuration.channels, features), activation, convolution(features, 2 * features), activation,
        .flatten,
      ]
      return (
        Sequential(layers), smallShape.reduce(1, *) + (classCount ?? 0),
        classCount.map { .features(classCount: $0) } ?? .none
      )
    }
  }

  /// From latents, and classes beside them, to the parameters of pixels.
  var decoder: any Layer {
    switch configuration.architecture {
    case .dense:
      return Sequential(
        hiddenLayers(decoderInputSize) + [dense(configuration.hiddenSize, pixelCount * parametersPerScalar)])
    case .convolutional:
      return Sequential(
        dense(decoderInputSize, smallShape.reduce(1, *), isRectified: isRectified), activation,
        .reshape(to: Tensor.Shape(smallShape)),
        transposedConvolution(2 * features, features, isRectified: isRectified), activation,
        transposedConvolution(features, configuration.channels * parametersPerScalar))
    }
  }

  /// The hidden layers of a dense network, from so many inputs.
  private func hiddenLayers(_ inputSize: Int) -> [any Layer] {
    (0..<configuration.hiddenLayerCount).flatMap { index -> [any Layer] in
      [
        dense(index == 0 ? inputSize : configuration.hiddenSize, configuration.hiddenSize, isRectified: isRectified),
        activation,
      ]
    }
  }

  private var isRectified: Bool { configuration.activation == .relu }

  private var activation: any Layer {
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

  private var decoderInputSize: Int { configuration.latentSize + (configuration.classCount ?? 0) }
  private var parametersPerScalar: Int { configuration.likelihood.observation.parametersPerScalar }
  private var pixelCount: Int { configuration.height * configuration.width * configuration.channels }
  /// The convolutions' channels at half the image size.
  private var features: Int { configuration.convolutionFeatures }
  /// The shape of the features at a quarter of the image size.
  private var smallShape: [Int] { [configuration.height / 4, configuration.width / 4, 2 * features] }
}
