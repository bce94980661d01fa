// Trains a variational autoencoder on windows of series, and writes reconstructions, curves and the model.

import Latent
import LatentExampleSupport

let usual = SeriesVAE.Configuration()
var program = TrainingProgram(
  "train-signals", summary: "Trains a variational autoencoder on series of numbers: measurements, signals.",
  epochs: 20, batchSize: 64, schedule: .cosine, subject: TrainingSeries.self)
let latentSize = program.options.integer(
  "latent-size", default: usual.latentSize, range: 1...4096, placeholder: "N", help: "latent variables")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "the convolutions' channels at half the length; further on there are twice as many")
let depth = program.options.integer(
  "depth", default: usual.depth, range: 1...12, placeholder: "N",
  help: "how often convolutions halve a window, whose length must be a multiple of 2 to the power of N")
let deviation = program.options.number(
  "deviation", default: usual.deviation, range: above(0 as Float), placeholder: "X",
  help: "of the likelihood, in units of each channel's own deviation: the smaller, the closer the reconstructions")
let noise = program.options.number(
  "noise", default: usual.noise, range: 0...100, placeholder: "X",
  help: "add noise of this deviation, in the same units, to what the encoder sees: a model that is to remove noise")
let beta = program.options.number(
  "beta", default: usual.beta, range: 0..., placeholder: "X", help: "weight of the divergence from the prior")

program.run(SeriesVAE.self) { arguments, samples, before in
  let shape = samples.sampleShape
  var configuration = before ?? usual
  if before == nil {
    let (means, deviations) = samples.channelStatistics()
    configuration = SeriesVAE.Configuration(
      length: shape[0], channels: shape[1], means: means, deviations: deviations)
  }
  arguments.set(&configuration.latentSize, to: latentSize)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.depth, to: depth)
  arguments.set(&configuration.deviation, to: deviation)
  arguments.set(&configuration.noise, to: noise)
  arguments.set(&configuration.beta, to: beta)
  return configuration
}
