// Trains a variational autoencoder on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

enum Likelihood: String, CaseIterable {
  case bernoulli
  case gaussian
  case categorical

  init(_ likelihood: VAE.Likelihood) {
    switch likelihood {
    case .bernoulli: self = .bernoulli
    case .gaussian: self = .gaussian
    case .categorical: self = .categorical
    }
  }
}

let usual = VAE.Configuration()
var program = TrainingProgram(
  "train-vae", summary: "Trains a variational autoencoder on images.", epochs: 60, batchSize: 128)
let latentSize = program.options.integer(
  "latent-size", range: 1...4096, placeholder: "N",
  help: "latent variables; 20 if not given, 32 with --conv, 6 for the built-in digits, which differ in fewer ways")
let isConvolutional = program.options.flag(
  "conv", help: "use convolutions instead of dense layers")
let hiddenSize = program.options.integer(
  "hidden-size", default: usual.hiddenSize, range: 1...65536, placeholder: "N",
  help: "units of the hidden layers, without --conv")
let hiddenLayers = program.options.integer(
  "hidden-layers", default: usual.hiddenLayerCount, range: 1...64, placeholder: "N",
  help: "hidden layers on each side, without --conv")
let activation = program.options.choice(
  "activation", default: usual.activation, placeholder: "NAME", help: "what follows the hidden layers")
let beta = program.options.number(
  "beta", default: usual.beta, range: 0..., placeholder: "X", help: "weight of the KL divergence in the loss")
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
  "binarize", default: usual.binarization, placeholder: "NAME",
  help: "whether grey pixels are drawn as black or white, once or anew at each use")
let initialization = program.options.choice(
  "initialization", default: usual.initialization, placeholder: "NAME", help: "how the weights start")

program.options.presets([
  "conditional": ["conditional": "", "latent-size": "4"],
  "burda": [
    "hidden-size": "200", "hidden-layers": "2", "activation": "tanh", "latent-size": "50", "binarize": "dynamic",
  ],
])

/// The likelihood that the options ask for; what they leave open is as `before`.
func chosenLikelihood(_ arguments: Arguments, before: VAE.Likelihood) throws -> VAE.Likelihood {
  var kind = Likelihood(before)
  arguments.set(&kind, to: likelihood)
  try arguments.check(deviation, hasMeaning: kind == .gaussian, "with --likelihood gaussian")
  try arguments.check(levels, hasMeaning: kind == .categorical, "with --likelihood categorical")
  switch kind {
  case .bernoulli: return .bernoulli
  case .gaussian:
    if case .gaussian = before, !arguments.contains(deviation) { return before }
    return .gaussian(standardDeviation: arguments[deviation])
  case .categorical:
    if case .categorical = before, !arguments.contains(levels) { return before }
    return .categorical(levels: arguments[levels])
  }
}

program.run(VAE.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  if before == nil {
    configuration.latentSize = program.usesBuiltInDigits(arguments) ? 6 : arguments[isConvolutional] ? 32 : 20
  }
  arguments.set(&configuration.latentSize, to: latentSize)
  if arguments[isConvolutional] { configuration.architecture = .convolutional }
  try arguments.check(hiddenSize, hasMeaning: configuration.architecture == .dense, "without --conv")
  try arguments.check(hiddenLayers, hasMeaning: configuration.architecture == .dense, "without --conv")
  arguments.set(&configuration.hiddenSize, to: hiddenSize)
  arguments.set(&configuration.hiddenLayerCount, to: hiddenLayers)
  arguments.set(&configuration.activation, to: activation)
  configuration.likelihood = try chosenLikelihood(arguments, before: configuration.likelihood)
  try arguments.check(
    binarization, hasMeaning: configuration.likelihood == .bernoulli, "with --likelihood bernoulli")
  arguments.set(&configuration.binarization, to: binarization)
  arguments.set(&configuration.beta, to: beta)
  arguments.set(&configuration.initialization, to: initialization)
  if arguments[isConditional] { configuration.classCount = try program.classCount(of: samples) }
  return configuration
}
