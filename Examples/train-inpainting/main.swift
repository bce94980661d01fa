// Trains a network that fills holes in images, and writes a picture of some, curves and the model.

import Latent
import LatentExampleSupport

let usual = Inpainting.Configuration()
var program = TrainingProgram(
  "train-inpainting", summary: "Trains a network that fills holes in images.", epochs: 5, batchSize: 64,
  schedule: .cosine)
let hole = program.options.integer(
  "hole", default: usual.holeSize, range: 1...65536, placeholder: "N",
  help: "height and width of the square holes that it learns to fill, in pixels")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "channels at full size; at half there are twice as many, at a quarter four times")
let phase = PerceptualPhaseOptions(&program.options)
program.options.settings(["holeSize": "hole"])

program.initialState = { try phase.initialState($0, $1, seed: $2, from: $3) }
program.checkEarlier = { try phase.check($0, $1) }
program.run(Inpainting.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.holeSize, to: hole)
  arguments.set(&configuration.features, to: features)
  configuration.perceptualPhase = try phase.phase(
    arguments, before: before?.perceptualPhase, steps: program.stepCount(arguments, of: samples), shape: shape)
  return configuration
}
