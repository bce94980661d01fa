// Trains a GAN that is steered by styles on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = StyleGAN.Configuration()
var program = TrainingProgram(
  "train-stylegan", summary: "Trains a GAN that is steered by styles on images.", epochs: 10, batchSize: 32)
let latentSize = program.options.integer(
  "latent-size", default: usual.latentSize, range: 1...4096, placeholder: "N",
  help: "numbers in a latent, and in a mapped latent")
let mappingLayers = program.options.integer(
  "mapping-layers", default: usual.mappingLayerCount, range: 1...64, placeholder: "N", help: "layers that map latents")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "channels at the full size; each smaller size has twice as many")
let mostFeatures = program.options.integer(
  "most-features", default: usual.mostFeatures, range: 1...4096, placeholder: "N", help: "up to so many")
let mixing = program.options.number(
  "mixing", default: usual.mixing, range: 0...1, placeholder: "X",
  help: "probability that a sample is made of two latents, in training")
let penaltyWeight = program.options.number(
  "r1", default: usual.penalty?.weight ?? 0, range: 0..., placeholder: "X",
  help: "weight of the gradient penalty on real images; 0 for none")
let penaltyPeriod = program.options.integer(
  "r1-every", default: usual.penalty?.period ?? 1, range: 1...1_000_000, placeholder: "N",
  help: "steps from one penalty to the next")
let pathLength = program.options.number(
  "path-length", default: 0 as Float, range: 0..., placeholder: "X",
  help: "weight of the penalty on uneven path lengths, every fourth step; 2 is usual, 0 for none")
let halfLife = program.options.number(
  "average-half-life", default: usual.averageHalfLife ?? 0, range: 0..., placeholder: "N",
  help: "images after which half of the moving average of the generator is new, for generate --ema; 0 for none")
program.options.settings([
  "mappingLayerCount": "mapping-layers", "penalty": "r1", "averageHalfLife": "average-half-life",
])

program.options.presets([
  "wide": ["features": "32", "most-features": "128"],
  "path-lengths": ["path-length": "2"],
])

program.run(StyleGAN.self) { arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.latentSize, to: latentSize)
  arguments.set(&configuration.mappingLayerCount, to: mappingLayers)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.mostFeatures, to: mostFeatures)
  arguments.set(&configuration.mixing, to: mixing)
  if arguments.contains(penaltyWeight) {
    let weight = arguments[penaltyWeight]
    let period = configuration.penalty?.period ?? arguments[penaltyPeriod]
    configuration.penalty = weight > 0 ? LazyRegularization(weight: weight, period: period) : nil
  }
  try arguments.check(penaltyPeriod, hasMeaning: configuration.penalty != nil, "with --r1 above 0")
  if arguments.contains(penaltyPeriod) { configuration.penalty?.period = arguments[penaltyPeriod] }
  if arguments.contains(pathLength) {
    let weight = arguments[pathLength]
    configuration.pathLength = weight > 0 ? LazyRegularization(weight: weight, period: 4) : nil
  }
  if arguments.contains(halfLife) {
    configuration.averageHalfLife = arguments[halfLife] > 0 ? arguments[halfLife] : nil
  }
  return configuration
}
