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

  /// Makes a configuration one of this variant and leaves everything else as it is, the learning rates too.
  func apply(to configuration: inout GANConfiguration) {
    let own = self.configuration
    (configuration.loss, configuration.regularizer) = (own.loss, own.regularizer)
    (configuration.normalization, configuration.discriminatorSteps) = (own.normalization, own.discriminatorSteps)
    configuration.optimizer = own.optimizer
  }
}

var program = TrainingProgram(
  "train-dcgan", summary: "Trains a deep convolutional GAN on images.", epochs: 4, batchSize: 64)
let variant = program.options.choice(
  "variant", default: Variant.dcgan, placeholder: "NAME",
  help: "loss and normalization: least squares; hinge and spectral normalization; Wasserstein and weight clipping",
  alsoKnownAs: [
    "gan": .dcgan, "ls": .leastSquares, "lsgan": .leastSquares, "hinge": .spectralNorm, "sn": .spectralNorm,
    "sngan": .spectralNorm, "sn-gan": .spectralNorm, "spectral": .spectralNorm, "wasserstein": .wgan,
  ])
let common = GANOptions(&program.options)
let labelSmoothing = program.options.number(
  "label-smoothing", default: 0 as Float, range: 0..<1, placeholder: "X",
  help: "how much less than 1 a real image counts as")

program.options.presets([
  "conditional": ["conditional": "projection", "variant": "spectral-norm", "generator-rate": "0.001"]
])

program.run(DCGAN.self) { [program] arguments, samples, before in
  var configuration = before ?? arguments[variant].configuration
  if arguments.contains(variant) { arguments[variant].apply(to: &configuration) }
  try common.apply(arguments, of: program, to: &configuration, samples, isNew: before == nil)
  arguments.set(&configuration.labelSmoothing, to: labelSmoothing)
  return configuration
}
