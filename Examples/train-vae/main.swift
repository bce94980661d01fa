// Trains a variational autoencoder on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

enum Likelihood: String, CaseIterable {
  case bernoulli
  case gaussian
}

var program = TrainingProgram(
  "train-vae", summary: "Trains a variational autoencoder on images.", epochs: 60, batchSize: 128)
let latentSize = program.options.integer(
  "latent-size", range: 1...4096, placeholder: "N",
  help: "latent variables; 20 if not given, 32 with --conv, 6 for the built-in digits, which differ in fewer ways")
let isConvolutional = program.options.flag(
  "conv", help: "use convolutions instead of dense layers")
let hiddenSize = program.options.integer(
  "hidden-size", default: 400, range: 1...65536, placeholder: "N", help: "units of the hidden layers")
let beta = program.options.number(
  "beta", default: 1 as Float, range: 0..., placeholder: "X", help: "weight of the KL divergence in the loss")
let likelihood = program.options.choice(
  "likelihood", default: Likelihood.bernoulli, placeholder: "NAME", help: "distribution of a pixel")
let deviation = program.options.number(
  "deviation", default: 0.1 as Float, range: above(0), placeholder: "X",
  help: "standard deviation of a pixel under the gaussian likelihood")
let initialization = program.options.choice(
  "initialization", default: VAE.Initialization.glorot, placeholder: "NAME", help: "how the weights start")

program.run { [program] arguments, imageShape in
  try VAE(
    VAE.Configuration(
      height: imageShape[0], width: imageShape[1], channels: imageShape[2],
      latentSize: arguments[latentSize]
        ?? (program.usesBuiltInDigits(arguments) ? 6 : arguments[isConvolutional] ? 32 : 20),
      architecture: arguments[isConvolutional] ? .convolutional : .dense, hiddenSize: arguments[hiddenSize],
      likelihood: arguments[likelihood] == .bernoulli
        ? .bernoulli : .gaussian(standardDeviation: arguments[deviation]),
      beta: arguments[beta], initialization: arguments[initialization]))
}
