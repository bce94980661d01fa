// Trains a network that gives images the style of a picture or of a drawn pattern, and writes some, curves and the model.

import Latent
import LatentExampleSupport

let usual = StyleTransfer.Configuration()
var program = TrainingProgram(
  "train-style", summary: "Trains a network that gives images of any size the style of a picture.", epochs: 2,
  batchSize: 8, schedule: .cosine)
let style = StyleSourceOptions(
  &program.options,
  help: "the picture whose style images get: PNG, JPEG or Netpbm; or images of one size (this or --pattern is required)"
)
let features = program.options.integer(
  "features", default: usual.stylistFeatures, range: 1...4096, placeholder: "N",
  help: "the network's channels at full size; at a quarter there are four times as many")
let blocks = program.options.integer(
  "blocks", default: usual.blockCount, range: 0...100, placeholder: "N", help: "the network's residual blocks")
program.options.settings(["stylistFeatures": "features", "blockCount": "blocks"])

program.initialState = { arguments, model, seed, earlier in
  guard let model = model as? StyleTransfer else { return earlier?.state }
  var state = try model.initialState(
    style: style.picture.pictures(
      arguments, channels: model.configuration.channels, atLeast: model.features.leastSize),
    classifier: style.classifier(arguments),
    seed: seed)
  // What was learned of another style is a good beginning; its features and its style are not wanted.
  if let earlier { state.merge(State(earlier.state.tensors.filter { $0.key.hasPrefix("stylist.") })) }
  return state
}
program.checkEarlier = { try style.check($0, $1) }
program.run(StyleTransfer.self) { arguments, samples, before in
  var configuration = before ?? usual
  let shape = samples.sampleShape
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  configuration.features = try style.choice(arguments, before: before?.features, shape: shape)
  style.setWeights(
    arguments, content: &configuration.contentWeight, style: &configuration.styleWeight,
    roughness: &configuration.roughnessWeight)
  arguments.set(&configuration.stylistFeatures, to: features)
  arguments.set(&configuration.blockCount, to: blocks)
  return configuration
}
