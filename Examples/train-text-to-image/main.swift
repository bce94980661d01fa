// Trains a GAN that makes images of captions, such as "two small thick sevens", and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = TextToImage.Configuration(vocabulary: DigitScene.vocabulary)
var program = TrainingProgram(
  "train-text-to-image", summary: "Trains a GAN that makes images of captions, such as \"two small thick sevens\".",
  epochs: 9, batchSize: 64)
let captions = CaptionOptions(&program.options)
let reader = program.options.choice(
  "reader", default: usual.reading, placeholder: "NAME",
  help: "how captions are read: recurrent, word by word, or bag, as the mean of their words")
let matching = program.options.choice(
  "matching", default: usual.matching, placeholder: "NAME",
  help:
    "how the discriminator is told captions: joint, beside the features of each place, or projection, as a product with "
    + "the features, and with spectral normalization")
let latentSize = program.options.integer(
  "latent-size", default: usual.latentSize, range: 1...65536, placeholder: "N", help: "latent variables")
let features = program.options.integer(
  "features", default: usual.generatorFeatures, range: 1...4096, placeholder: "N",
  help: "channels of both networks at half the image size")
program.options.settings([
  "reading": "reader", "generatorFeatures": "features", "discriminatorFeatures": "features",
])

program.run(
  TextToImage.self,
  learningFrom: { [program, captions] arguments, samples, isHeldOut in
    LearningData(try captions.data(arguments, of: program, samples, isHeldOut: isHeldOut))
  },
  { arguments, data, before in
    guard let source = data.main as? any CaptionedSource else {
      throw UsageError("--captions: expected captions, found none")
    }
    var configuration = before ?? usual
    let shape = source.sampleShape
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    configuration.vocabulary = source.vocabulary
    configuration.unseenCaptions = CaptionOptions.unseenCaptions(of: source)
    arguments.set(&configuration.reading, to: reader)
    arguments.set(&configuration.matching, to: matching)
    arguments.set(&configuration.latentSize, to: latentSize)
    arguments.set(&configuration.generatorFeatures, to: features)
    arguments.set(&configuration.discriminatorFeatures, to: features)
    return configuration
  })
