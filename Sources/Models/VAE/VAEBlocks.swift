import Layers
import Tensor

/// The layers of a ``VAE``'s two networks.
struct VAEBlocks {
  let configuration: VAE.Configuration

  init(_ configuration: VAE.Configuration) { self.configuration = configuration }

  /// What comes before the encoder's heads, and how many features it gives them.
  var encoderBody: (layer: any Layer, featureCount: Int) {
    switch configuration.architecture {
    case .dense:
      return (
        Sequential(.flatten, dense(pixelCount, configuration.hiddenSize, isRectified: true), .relu),
        configuration.hiddenSize
      )
    case .convolutional:
      let layers: [any Layer] = [
        convolution(configuration.channels, features), .relu, convolution(features, 2 * features), .relu, .flatten,
      ]
      return (Sequential(layers), smallShape.reduce(1, *))
    }
  }

  /// From latents to logits of pixels.
  var decoder: any Layer {
    switch configuration.architecture {
    case .dense:
      return Sequential(
        dense(configuration.latentSize, configuration.hiddenSize, isRectified: true), .relu,
        dense(configuration.hiddenSize, pixelCount))
    case .convolutional:
      return Sequential(
        dense(configuration.latentSize, smallShape.reduce(1, *), isRectified: true), .relu,
        .reshape(to: Tensor.Shape(smallShape)), transposedConvolution(2 * features, features, isRectified: true), .relu,
        transposedConvolution(features, configuration.channels))
    }
  }

  func dense(_ inputSize: Int, _ outputSize: Int, isRectified: Bool = false) -> Dense {
    let (weights, biases) = configuration.initialization.initializers(isRectified: isRectified)
    return Dense(from: inputSize, to: outputSize, initializer: weights, biasInitializer: biases)
  }

  /// Halves the image; a rectifier follows.
  private func convolution(_ inputs: Int, _ outputs: Int) -> Conv2D {
    let (weights, biases) = configuration.initialization.initializers(isRectified: true)
    return Conv2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, initializer: weights, biasInitializer: biases)
  }

  /// Doubles the image.
  private func transposedConvolution(_ inputs: Int, _ outputs: Int, isRectified: Bool = false) -> ConvTranspose2D {
    let (weights, biases) = configuration.initialization.initializers(isRectified: isRectified)
    return ConvTranspose2D(
      from: inputs, to: outputs, kernelSize: 4, stride: 2, padding: 1, initializer: weights, biasInitializer: biases)
  }

  private var pixelCount: Int { configuration.height * configuration.width * configuration.channels }
  /// The convolutions' channels at half the image size.
  private var features: Int { configuration.convolutionFeatures }
  /// The shape of the features at a quarter of the image size.
  private var smallShape: [Int] { [configuration.height / 4, configuration.width / 4, 2 * features] }
}
