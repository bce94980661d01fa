// Trains a VAE-GAN, an autoencoder that compares images in a discriminator's features, and writes samples, curves and the
// model.

import Latent
import LatentExampleSupport

let usual = VAEGAN.Configuration()
var program = TrainingProgram(
  "train-vae-gan", summary: "Trains a GAN with an encoder, which compares images in its discriminator's features.",
  epochs: 5, batchSize: 64)
let common = GANSizeOptions(&program.options, usual: usual)
let rates = GANRateOptions(&program.options, hasEncoder: true)
let featureWeight = program.options.number(
  "feature-weight", default: usual.featureWeight, range: 0..., placeholder: "X",
  help: "of the distance of features in the generator's loss, where gradient_ratio should begin near 1")
let beta = program.options.number(
  "beta", default: 1 as Float, range: 0..., placeholder: "X",
  help: "weight of the posteriors' divergence from the prior in the encoder's loss")
let reconstructionShare = program.options.number(
  "reconstruction-share", default: usual.reconstructionShare, range: 0...1, placeholder: "X",
  help: "how much of the generated images that the discriminator sees are reconstructions")
let margin = program.options.number(
  "margin", default: Equilibrium().margin, range: above(0.0), placeholder: "X",
  help: "how far the discriminator's costs may be from 0.68 before one of the two networks waits")
let isFree = program.options.flag("no-waiting", help: "move both networks in every step")
program.options.settings(["equilibrium": "margin", "divergenceWeight": "beta"])

program.run(VAEGAN.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  common.apply(arguments, of: program, to: &configuration, samples, isNew: before == nil)
  try rates.apply(arguments, of: program, to: &configuration)
  arguments.set(&configuration.featureWeight, to: featureWeight)
  if arguments.contains(beta) { configuration.divergenceWeight = arguments[beta] }
  arguments.set(&configuration.reconstructionShare, to: reconstructionShare)
  try arguments.check(margin, hasMeaning: !arguments[isFree], "without --no-waiting")
  if arguments.contains(margin) {
    var equilibrium = configuration.equilibrium ?? Equilibrium()
    equilibrium.margin = arguments[margin]
    configuration.equilibrium = equilibrium
  }
  if arguments[isFree] { configuration.equilibrium = nil }
  return configuration
}
