// Trains an InfoGAN, whose latents have codes that it recovers from images, and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = InfoGAN.Configuration()
var program = TrainingProgram(
  "train-infogan", summary: "Trains a GAN with codes that come to stand for what images differ in, without labels.",
  epochs: 10, batchSize: 128)
let categories = program.options.string(
  "categories", placeholder: "LIST",
  help: "the number of values of each categorical code, as 10 or 10,4; one of 10 if not given")
let continuous = program.options.integer(
  "continuous", default: usual.codes.continuousCount, range: 0...4096, placeholder: "N", help: "continuous codes")
let noise = program.options.integer(
  "noise", default: usual.codes.noiseSize, range: 0...4096, placeholder: "N", help: "latent variables beside the codes")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "channels at half the image size; the published networks have 64")
let headFeatures = program.options.integer(
  "head-features", default: usual.headFeatures, range: 1...65536, placeholder: "N",
  help: "width of the head that recovers codes")
let categoricalWeight = program.options.number(
  "categorical-weight", default: usual.categoricalWeight, range: 0..., placeholder: "X",
  help: "of categorical codes in both losses")
let continuousWeight = program.options.number(
  "continuous-weight", default: usual.continuousWeight, range: 0..., placeholder: "X", help: "of continuous ones")
let discriminatorRate = program.options.number(
  "discriminator-rate", default: usual.discriminatorLearningRate, range: above(0 as Float), placeholder: "X",
  help: "the discriminator's learning rate beside the generator's of 0.001; --learning-rate scales both")
let averageDecay = program.options.number(
  "average-decay", default: usual.averageDecay ?? 0, range: 0..<1, placeholder: "X",
  help: "of the moving average of the generator, for generate --ema; 0 for none")
program.options.settings([
  "discriminatorLearningRate": "discriminator-rate", "noiseSize": "noise", "continuousCount": "continuous",
])

program.run(InfoGAN.self) { arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  if let list = arguments[categories] {
    configuration.codes.categories = try wholeNumbers(list, option: "categories")
  }
  arguments.set(&configuration.codes.continuousCount, to: continuous)
  arguments.set(&configuration.codes.noiseSize, to: noise)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.headFeatures, to: headFeatures)
  arguments.set(&configuration.categoricalWeight, to: categoricalWeight)
  arguments.set(&configuration.continuousWeight, to: continuousWeight)
  arguments.set(&configuration.discriminatorLearningRate, to: discriminatorRate)
  if arguments.contains(averageDecay) {
    configuration.averageDecay = arguments[averageDecay] > 0 ? arguments[averageDecay] : nil
  }
  return configuration
}
