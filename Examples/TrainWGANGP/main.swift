// Trains a Wasserstein GAN with gradient penalty on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

enum CriticNormalization: String, CaseIterable {
  case none
  case layer
  case instance
  case spectral

  var normalization: DiscriminatorNormalization {
    switch self {
    case .none: .none
    case .layer: .layer
    case .instance: .instance
    case .spectral: .spectral
    }
  }
}

var program = TrainingProgram(
  "train-wgan-gp", summary: "Trains a Wasserstein GAN with gradient penalty on images.", epochs: 4, batchSize: 64)
let latentSize = program.options.integer(
  "latent-size", default: 100, range: 1...4096, placeholder: "N", help: "latent variables")
let penaltyWeight = program.options.number(
  "penalty-weight", default: 10 as Float, range: 0..., placeholder: "X", help: "of the gradient penalty in the loss")
let criticSteps = program.options.integer(
  "critic-steps", default: 5, range: 1...1000, placeholder: "N", help: "steps of the critic for one of the generator")
let normalization = program.options.choice(
  "normalization", default: CriticNormalization.none, placeholder: "NAME", help: "of the critic's features")
let averageDecay = program.options.number(
  "average-decay", default: 0.999 as Float, range: 0..<1, placeholder: "X",
  help: "of the moving average of the generator, for generate --ema; 0 for none")

program.run { arguments, imageShape in
  var configuration = GANConfiguration.wganGP
  (configuration.height, configuration.width, configuration.channels) = (imageShape[0], imageShape[1], imageShape[2])
  configuration.latentSize = arguments[latentSize]
  configuration.regularizer = .gradientPenalty(weight: arguments[penaltyWeight])
  configuration.discriminatorSteps = arguments[criticSteps]
  configuration.normalization = arguments[normalization].normalization
  configuration.averageDecay = arguments[averageDecay] > 0 ? arguments[averageDecay] : nil
  return try WGANGP(configuration)
}
