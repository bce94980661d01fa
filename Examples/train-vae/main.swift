// Trains a variational autoencoder on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

enum Likelihood: String, CaseIterable {
  case bernoulli
  case gaussian
  case categorical
}

var program = TrainingProgram(
  "train-vae", summary: "Trains a variational autoencoder on images.", epochs: 60, batchSize: 128)
let latentSize = program.options.integer(
  "latent-size", range: 1...4096, placeholder: "N",
  help: "latent variables; 20 if not given, 32 with --conv, 6 for the built-in digits, which differ in fewer ways")
let isConvolutional = program.options.flag(
  "conv", help: "use convolutions instead of dense layers")
let hiddenSize = program.options.integer(
  "hidden-size", default: 400, range: 1...65536, placeholder: "N", help: "units of the hidden layers, without --conv")
let hiddenLayers = program.options.integer(
  "hidden-layers", default: 1, range: 1...64, placeholder: "N", help: "hidden layers on each side, without --conv")
let activation = program.options.choice(
  "activation", default: VAE.Activation.relu, placeholder: "NAME", help: "what follows the hidden layers")
let beta = program.options.number(
  "beta", default: 1 as Float, range: 0..., placeholder: "X", help: "weight of the KL divergence in the loss")
let isConditional = program.options.flag(
  "conditional", help: "tell encoder and decoder the class of an image, for generate --label; takes images with labels")
let likelihood = program.options.choice(
  "likelihood", default: Likelihood.bernoulli, placeholder: "NAME", help: "distribution of a pixel")
let deviation = program.options.number(
  "deviation", default: 0.1 as Float, range: above(0), placeholder: "X",
  help: "standard deviation of a pixel, with --likelihood gaussian")
let levels = program.options.integer(
  "levels", default: 16, range: 2...256, placeholder: "N", help: "levels of grey, with --likelihood categorical")
let binarization = program.options.choice(
  "binarize", default: Binarization.none, placeholder: "NAME",
  help: "whether grey pixels are drawn as black or white, once or anew at each use")
let initialization = program.options.choice(
  "initialization", default: VAE.Initialization.glorot, placeholder: "NAME", help: "how the weights start")

program.options.presets([
  "conditional": ["conditional": "", "latent-size": "4"],
  "burda": [
    "hidden-size": "200", "hidden-layers": "2", "activation": "tanh", "latent-size": "50", "binarize": "dynamic",
  ],
])

program.run { [program] arguments, samples in
  try arguments.check(hiddenSize, hasMeaning: !arguments[isConvolutional], "without --conv")
  try arguments.check(hiddenLayers, hasMeaning: !arguments[isConvolutional], "without --conv")
  try arguments.check(
    binarization, hasMeaning: arguments[likelihood] == .bernoulli, "with --likelihood bernoulli")
  try arguments.check(deviation, hasMeaning: arguments[likelihood] == .gaussian, "with --likelihood gaussian")
  try arguments.check(levels, hasMeaning: arguments[likelihood] == .categorical, "with --likelihood categorical")
  let shape = samples.sampleShape
  return try VAE(
    VAE.Configuration(
      height: shape[0], width: shape[1], channels: shape[2],
      latentSize: arguments[latentSize]
        ?? (program.usesBuiltInDigits(arguments) ? 6 : arguments[isConvolutional] ? 32 : 20),
      architecture: arguments[isConvolutional] ? .convolutional : .dense, hiddenSize: arguments[hiddenSize],
      hiddenLayerCount: arguments[hiddenLayers], activation: arguments[activation],
      likelihood: {
        switch arguments[likelihood] {
        case .bernoulli: .bernoulli
        case .gaussian: .gaussian(standardDeviation: arguments[deviation])
        case .categorical: .categorical(levels: arguments[levels])
        }
      }(),
      beta: arguments[beta], initialization: arguments[initialization],
      classCount: arguments[isConditional] ? program.classCount(of: samples) : nil,
      binarization: arguments[binarization]))
}
