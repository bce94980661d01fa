// Trains a network that takes noise out of images, and writes a picture of some, curves and the model.

import Latent
import LatentExampleSupport

let usual = Denoiser.Configuration()
var program = TrainingProgram(
  "train-denoiser", summary: "Trains a network that takes noise out of images.", epochs: 3, batchSize: 64,
  schedule: .cosine)
let noise = program.options.number(
  "noise", default: usual.noise, range: 0.001...10, placeholder: "X",
  help:
    "largest deviation of the noise that it learns to take out: each image gets one drawn evenly from 0 to this, in the "
    + "figures too, and pixels stay in 0...1")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "channels at full size; at half there are twice as many, at a quarter four times")
let phase = PerceptualPhaseOptions(&program.options)

program.initialState = { try phase.initialState($0, $1, seed: $2, from: $3) }
program.checkEarlier = { try phase.check($0, $1) }
program.run(Denoiser.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.noise, to: noise)
  arguments.set(&configuration.features, to: features)
  configuration.perceptualPhase = try phase.phase(
    arguments, before: before?.perceptualPhase, steps: program.stepCount(arguments, of: samples), shape: shape)
  return configuration
}
