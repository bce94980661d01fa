// Trains a BiGAN, whose discriminator sees pairs of an image and its code, and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = BiGAN.Configuration()
var program = TrainingProgram(
  "train-bigan", summary: "Trains a GAN with an encoder, whose discriminator sees pairs of an image and its code.",
  epochs: 10, batchSize: 64)
let common = GANSizeOptions(&program.options, usual: usual)
let rates = GANRateOptions(&program.options, hasEncoder: true)
let pairHiddenSize = program.options.integer(
  "pair-hidden-size", default: usual.pairHiddenSize, range: 1...65536, placeholder: "N",
  help: "features that the discriminator has of a code, and of a pair")

program.run(BiGAN.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  common.apply(arguments, of: program, to: &configuration, samples, isNew: before == nil)
  try rates.apply(arguments, of: program, to: &configuration)
  arguments.set(&configuration.pairHiddenSize, to: pairHiddenSize)
  return configuration
}
