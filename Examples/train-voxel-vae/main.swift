// Trains a variational autoencoder on volumes and writes pictures of reconstructions and samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = VoxelVAE.Configuration()
var program = TrainingProgram(
  "train-voxel-vae", summary: "Trains a variational autoencoder on volumes.", epochs: 5, batchSize: 64,
  schedule: .cosine, subject: TrainingVolumes.self)
let latentSize = program.options.integer(
  "latent-size", default: usual.latentSize, range: 1...4096, placeholder: "N", help: "latent variables")
let components = program.options.integer(
  "components", default: usual.priorComponents, range: 1...4096, placeholder: "N",
  help: "normal distributions that the latents' prior is a mixture of; 1 for the standard normal distribution")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "channels at half the size; at a quarter there are twice as many, and so on")
let fullWeight = program.options.number(
  "full-weight", default: usual.fullWeight, range: 0.001...1000, placeholder: "X",
  help: "how often a full voxel counts in the loss; more makes samples thicker")
let beta = program.options.number(
  "beta", default: usual.beta, range: 0..., placeholder: "X", help: "weight of the divergence from the prior")
program.options.settings(["priorComponents": "components"])

program.run(VoxelVAE.self) { arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.depth, configuration.height, configuration.width) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.latentSize, to: latentSize)
  arguments.set(&configuration.priorComponents, to: components)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.fullWeight, to: fullWeight)
  arguments.set(&configuration.beta, to: beta)
  return configuration
}
