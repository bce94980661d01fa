// Trains pix2pix, which translates images of one kind to another, on pairs, and writes translations, curves and the model.

import Latent
import LatentExampleSupport

let usual = Pix2Pix.Configuration()
var program = TrainingProgram(
  "train-pix2pix", summary: "Trains a model that translates images of one kind to another, on pairs.", epochs: 3,
  batchSize: 16)
let images = TranslationOptions(
  &program.options,
  help:
    "what each of the images should become, in the same order, files by the same names; if not given, the images "
    + "themselves, of what is drawn of them")
let depth = program.options.integer(
  "depth", range: 1...10, placeholder: "N",
  help: "how often the translator halves an image; as often as it goes, up to 6 times, if not given")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "the translator's channels at half the size; twice as many at each half of that, up to eight times as many")
let dropout = program.options.number(
  "dropout", default: usual.dropout, range: 0..<1, placeholder: "X",
  help: "share of features at the smallest sizes that is left out in training")
let discriminatorFeatures = program.options.integer(
  "discriminator-features", default: usual.discriminatorFeatures, range: 1...4096, placeholder: "N",
  help: "the discriminator's channels at half the size")
let errorWeight = program.options.number(
  "error-weight", default: usual.errorWeight, range: 0..., placeholder: "X",
  help: "of the distance of a translation from what it should be")
let adversarialWeight = program.options.number(
  "adversarial-weight", default: usual.adversarialWeight, range: 0..., placeholder: "X",
  help: "of passing for it before the discriminator; 0 for distance alone, whose translations are blurred")

program.options.presets([
  "pictures": ["features": "64", "discriminator-features": "64", "batch-size": "1", "epochs": "100"]
])

program.run(
  Pix2Pix.self,
  learningFrom: { [program, images] arguments, samples, isHeldOut in
    try images.paired(arguments, of: program, samples, isHeldOut: isHeldOut)
  },
  { arguments, data, before in
    var configuration = before ?? usual
    let target = data.main?.sampleShape ?? []
    (configuration.height, configuration.width, configuration.targetChannels) = (target[0], target[1], target[2])
    if case .tensor(let shape)? = data.main?.conditions { configuration.channels = shape[2] }
    if before == nil {
      configuration.depth = max(1, Pix2Pix.Configuration.greatestDepth(height: target[0], width: target[1]))
      if configuration.depth >= 4 { configuration.discriminatorDepth = 3 }
    }
    arguments.set(&configuration.depth, to: depth)
    arguments.set(&configuration.features, to: features)
    arguments.set(&configuration.dropout, to: dropout)
    arguments.set(&configuration.discriminatorFeatures, to: discriminatorFeatures)
    arguments.set(&configuration.errorWeight, to: errorWeight)
    arguments.set(&configuration.adversarialWeight, to: adversarialWeight)
    return configuration
  })
