// Trains a vector-quantized autoencoder on images, and a distribution of its codes, and writes samples, curves and the
// model.

import Latent
import LatentExampleSupport

let usual = VQVAE.Configuration()
var program = TrainingProgram(
  "train-vqvae", summary: "Trains an autoencoder with a codebook on images, and then the distribution of its codes.",
  epochs: 20, batchSize: 128)
let codes = program.options.integer(
  "codes", default: usual.codeCount, range: 2...65536, placeholder: "N", help: "vectors in the codebook")
let codeSize = program.options.integer(
  "code-size", default: usual.codeSize, range: 1...65536, placeholder: "N", help: "numbers in such a vector")
let features = program.options.integer(
  "features", default: usual.features, range: 1...65536, placeholder: "N",
  help: "channels at half the image size; at a quarter there are twice as many")
let commitment = program.options.number(
  "commitment", default: usual.commitment, range: 0..., placeholder: "X",
  help: "weight of the distance of vectors to their codes in the loss")
let binarization = program.options.choice(
  "binarize", default: usual.binarization, placeholder: "NAME",
  help: "whether grey pixels are drawn as black or white, once or anew at each use")
let priorFeatures = program.options.integer(
  "prior-features", default: usual.priorFeatures, range: 1...4096, placeholder: "N",
  help: "channels of each stack of the PixelCNN that gives the distribution of codes")
let priorLayers = program.options.integer(
  "prior-layers", default: usual.priorLayerCount, range: 1...1024, placeholder: "N", help: "its layers")
let priorShare = program.options.number(
  "prior-share", default: 0.5, range: 0.01...0.99, placeholder: "X",
  help: "the share of the training, at its end, that is for the distribution of codes")

program.options.settings(["codeCount": "codes", "priorLayerCount": "prior-layers", "binarization": "binarize"])

program.run(VQVAE.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  if before == nil {
    let steps = program.stepCount(arguments, of: samples)
    configuration.codeSteps = max(1, steps - Int(Double(steps) * arguments[priorShare]))
  } else {
    try arguments.check(priorShare, hasMeaning: false, "without --resume")
  }
  arguments.set(&configuration.codeCount, to: codes)
  arguments.set(&configuration.codeSize, to: codeSize)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.commitment, to: commitment)
  arguments.set(&configuration.binarization, to: binarization)
  arguments.set(&configuration.priorFeatures, to: priorFeatures)
  arguments.set(&configuration.priorLayerCount, to: priorLayers)
  return configuration
}
