// Trains an α-GAN, an autoencoder whose images and codes are judged by discriminators, and writes samples, curves and the
// model.

import Latent
import LatentExampleSupport

/// ``FoolingLoss`` as the option says it.
enum Fooling: String, CaseIterable {
  case nonSaturating = "non-saturating"
  case logRatio = "log-ratio"

  var loss: FoolingLoss {
    switch self {
    case .nonSaturating: .nonSaturating
    case .logRatio: .logRatio
    }
  }
}

let usual = AlphaGAN.Configuration()
var program = TrainingProgram(
  "train-alpha-gan", summary: "Trains a GAN with an encoder, whose codes have a discriminator of their own.",
  epochs: 5, batchSize: 64)
let common = GANSizeOptions(&program.options, usual: usual)
let rates = GANRateOptions(&program.options, hasEncoder: true)
let reconstructionWeight = program.options.number(
  "reconstruction-weight", default: usual.reconstructionWeight, range: 0..., placeholder: "X",
  help: "of the mean absolute error of a pixel of a reconstruction")
let fooling = program.options.choice(
  "fooling", default: Fooling.nonSaturating, placeholder: "NAME",
  help: "what encoder and generator minimize: softplus(-score), or -score as in the paper")
let codeHiddenSize = program.options.integer(
  "code-hidden-size", default: usual.codeHiddenSize, range: 1...65536, placeholder: "N",
  help: "width of the hidden layers of the codes' discriminator")

program.run(AlphaGAN.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  common.apply(arguments, of: program, to: &configuration, samples, isNew: before == nil)
  try rates.apply(arguments, of: program, to: &configuration)
  arguments.set(&configuration.reconstructionWeight, to: reconstructionWeight)
  if arguments.contains(fooling) { configuration.fooling = arguments[fooling].loss }
  arguments.set(&configuration.codeHiddenSize, to: codeHiddenSize)
  return configuration
}
