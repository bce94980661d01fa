// Trains a network that enlarges images, and writes a comparison with interpolation, curves and the model.

import Latent
import LatentExampleSupport

let usual = SuperResolution.Configuration()
var program = TrainingProgram(
  "train-super-resolution", summary: "Trains a network that enlarges images, by what it learns from large ones.",
  epochs: 2, batchSize: 32, schedule: .cosine)
let factor = program.options.integer(
  "factor", default: usual.factor, range: 2...8, placeholder: "N", help: "how many times higher and wider images become"
)
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N", help: "channels between the convolutions")
let blocks = program.options.integer(
  "blocks", default: usual.blockCount, range: 1...1024, placeholder: "N", help: "residual blocks")
let phase = PerceptualPhaseOptions(&program.options)
program.options.settings(["blockCount": "blocks"])

program.initialState = { try phase.initialState($0, $1, seed: $2, from: $3) }
program.checkEarlier = { try phase.check($0, $1) }
program.run(SuperResolution.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.factor, to: factor)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.blockCount, to: blocks)
  configuration.perceptualPhase = try phase.phase(
    arguments, before: before?.perceptualPhase, steps: program.stepCount(arguments, of: samples), shape: shape)
  return configuration
}
