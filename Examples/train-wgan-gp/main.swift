// Trains a Wasserstein GAN with gradient penalty on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

var program = TrainingProgram(
  "train-wgan-gp", summary: "Trains a Wasserstein GAN with gradient penalty on images.", epochs: 4, batchSize: 64)
let common = GANOptions(&program.options)
let penaltyWeight = program.options.number(
  "penalty-weight", default: 10 as Float, range: 0..., placeholder: "X", help: "of the gradient penalty in the loss")
let criticSteps = program.options.integer(
  "critic-steps", default: GANConfiguration.wganGP.discriminatorSteps, range: 1...1000, placeholder: "N",
  help: "steps of the critic for one of the generator")
let normalization = program.options.choice(
  "normalization", default: GANConfiguration.wganGP.normalization,
  among: DiscriminatorNormalization.allCases.filter { $0 != .batch },
  placeholder: "NAME",
  help: "of the critic; by batches is not offered, as the penalty is per sample")
program.options.settings(["discriminatorSteps": "critic-steps"])

program.run(WGANGP.self) { [program] arguments, samples, before in
  var configuration = before ?? .wganGP
  try common.apply(arguments, of: program, to: &configuration, samples, isNew: before == nil)
  if arguments.contains(penaltyWeight) {
    configuration.regularizer = .gradientPenalty(weight: arguments[penaltyWeight])
  }
  arguments.set(&configuration.discriminatorSteps, to: criticSteps)
  arguments.set(&configuration.normalization, to: normalization)
  return configuration
}
