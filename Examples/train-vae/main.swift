// Trains a variational autoencoder on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = VAE.Configuration()
var program = TrainingProgram(
  "train-vae", summary: "Trains a variational autoencoder on images.", epochs: 60, batchSize: 128,
  takesModelOptions: true)
let networks = NetworkOptions(&program.options, usual)
let latents = LatentOptions(&program.options, usual)
let objective = ObjectiveOptions(&program.options, usual)
let likelihood = LikelihoodOptions(&program.options, usual)
let isConditional = program.options.flag(
  "conditional", help: "tell encoder and decoder the class of an image, for generate --label; takes images with labels")
let quadrants = program.options.integer(
  "quadrants", range: 1...3, placeholder: "N",
  help: "learn to complete images of which so many quadrants are given, the lower left one first")
program.options.presets(presets)
program.options.settings([
  "architecture": "network", "hiddenLayerCount": "hidden-layers", "convolutionFeatures": "features",
  "flowHiddenSize": "flow-size", "isLadder": "ladder", "boundCount": "importance-bounds", "givenQuadrants": "quadrants",
  "binarization": "binarize", "classCount": "conditional",
])

/// The model of whole images that the options ask for.
func configuration(
  _ arguments: Arguments, _ samples: any SampleSource, before: VAE.Configuration?,
  for program: TrainingProgram<TrainingImages>
) throws -> VAE.Configuration {
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  let network = try networks.network(arguments, before: before)
  // A weight that has grown in the training of the model to begin with does not grow again.
  if !program.isResuming(arguments) { configuration.betaWarmup = 0 }
  if before == nil {
    configuration.latentSize =
      program.usesBuiltInDigits(arguments) ? 6 : network == .dense ? 20 : network == .burda ? 50 : 32
  }
  try latents.apply(arguments, to: &configuration)
  try networks.apply(network, arguments, to: &configuration)
  try likelihood.apply(arguments, to: &configuration)
  try objective.apply(arguments, to: &configuration)
  if arguments[isConditional] { configuration.classCount = try program.classCount(of: samples) }
  return configuration
}

/// The model of missing quadrants that the options ask for.
func configuration(
  _ arguments: Arguments, givenQuadrants: Int, _ samples: any SampleSource, before: QuadrantVAE.Configuration?,
  for program: TrainingProgram<TrainingImages>
) throws -> QuadrantVAE.Configuration {
  var configuration = before ?? QuadrantVAE.Configuration(givenQuadrants: givenQuadrants)
  configuration.givenQuadrants = givenQuadrants
  if !program.isResuming(arguments) { configuration.betaWarmup = 0 }
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  try networks.apply(arguments, to: &configuration)
  try latents.apply(arguments, to: &configuration)
  try likelihood.apply(arguments, to: &configuration)
  try objective.apply(arguments, to: &configuration)
  try arguments.check(isConditional, hasMeaning: false, "without --quadrants")
  return configuration
}

let arguments = program.options.parseOrExit()
if let given = arguments[quadrants]
  ?? (program.earlierModel(arguments) as? QuadrantVAE)?.configuration.givenQuadrants
{
  program.run(QuadrantVAE.self) { [program] in
    try configuration($0, givenQuadrants: given, $1, before: $2, for: program)
  }
} else {
  program.run(VAE.self) { [program] in try configuration($0, $1, before: $2, for: program) }
}
