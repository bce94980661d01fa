// Trains a GAN on volumes and writes pictures of samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = VoxelGAN.Configuration()
var program = TrainingProgram(
  "train-voxel-gan", summary: "Trains a GAN on volumes.", epochs: 10, batchSize: 64, subject: TrainingVolumes.self)
let latentSize = program.options.integer(
  "latent-size", default: usual.latentSize, range: 1...4096, placeholder: "N", help: "latent variables")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "channels at half the size; at a quarter there are twice as many, and so on")
let objective = program.options.choice(
  "loss", default: usual.objective, placeholder: "NAME",
  help: "with hinge, spectral normalization keeps the discriminator smooth; with wasserstein, a gradient penalty")
let generatorRate = program.options.number(
  "generator-rate", default: usual.learningRate, range: 1e-30...1, placeholder: "X",
  help: "the generator's learning rate")
let discriminatorRate = program.options.number(
  "discriminator-rate", default: usual.discriminatorLearningRate, range: 1e-30...1, placeholder: "X",
  help: "the discriminator's learning rate")
program.options.settings([
  "objective": "loss", "learningRate": "generator-rate", "discriminatorLearningRate": "discriminator-rate",
])

program.run(VoxelGAN.self) { arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.depth, configuration.height, configuration.width) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.latentSize, to: latentSize)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.objective, to: objective)
  arguments.set(&configuration.learningRate, to: generatorRate)
  arguments.set(&configuration.discriminatorLearningRate, to: discriminatorRate)
  return configuration
}
