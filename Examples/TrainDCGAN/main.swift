// Trains a deep convolutional GAN, or one of its variants, on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

enum Variant: String, CaseIterable {
  case dcgan
  case leastSquares = "least-squares"
  case spectralNorm = "spectral-norm"
  case wgan

  var configuration: GANConfiguration {
    switch self {
    case .dcgan: .dcgan
    case .leastSquares: .leastSquares
    case .spectralNorm: .spectralNorm
    case .wgan: .wgan
    }
  }
}

var program = TrainingProgram(
  "train-dcgan", summary: "Trains a deep convolutional GAN on images.", epochs: 4, batchSize: 64)
let variant = program.options.choice(
  "variant", default: Variant.dcgan, placeholder: "NAME",
  help: "loss and normalization: least squares; hinge and spectral normalization; Wasserstein and weight clipping")
let latentSize = program.options.integer(
  "latent-size", default: 100, range: 1...4096, placeholder: "N", help: "latent variables")
let labelSmoothing = program.options.number(
  "label-smoothing", default: 0 as Float, range: 0..<1, placeholder: "X",
  help: "how much less than 1 a real image counts as")
let averageDecay = program.options.number(
  "average-decay", default: 0.999 as Float, range: 0..<1, placeholder: "X",
  help: "of the moving average of the generator, for generate --ema; 0 for none")

program.run { arguments, imageShape in
  var configuration = arguments[variant].configuration
  (configuration.height, configuration.width, configuration.channels) = (imageShape[0], imageShape[1], imageShape[2])
  configuration.latentSize = arguments[latentSize]
  configuration.labelSmoothing = arguments[labelSmoothing]
  configuration.averageDecay = arguments[averageDecay] > 0 ? arguments[averageDecay] : nil
  return try DCGAN(configuration)
}
