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
let common = GANOptions(&program.options)
let labelSmoothing = program.options.number(
  "label-smoothing", default: 0 as Float, range: 0..<1, placeholder: "X",
  help: "how much less than 1 a real image counts as")

program.options.presets([
  "conditional": ["conditional": "projection", "variant": "spectral-norm", "generator-rate": "0.001"]
])

program.run { [program] arguments, samples in
  var configuration = arguments[variant].configuration
  try common.apply(arguments, of: program, to: &configuration, samples)
  configuration.labelSmoothing = arguments[labelSmoothing]
  return try DCGAN(configuration)
}
