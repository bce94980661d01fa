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
let design = program.options.choice(
  "design", default: usual.design, placeholder: "NAME",
  help:
    "published is that of Reed et al., refined tells captions to all of the generator's layers, judges whole images, and "
    + "keeps samples of a caption different")
let latentSize = program.options.integer(
  "latent-size", default: usual.latentSize, range: 1...(65536 - usual.captionSize), placeholder: "N",
  help: "latent variables")
let features = program.options.integer(
  "features", default: usual.generatorFeatures, range: 1...4096, placeholder: "N",
  help: "channels of both networks at half the image size")
let diversity = program.options.number(
  "diversity", range: 0...1e6, placeholder: "X",
  help:
    "weight of how alike samples of a caption are, 0 for none; \(usual.design.diversity) if not given, but 0 of the "
    + "published design")
let generatorRate = program.options.number(
  "generator-rate", range: 1e-30...1e38, placeholder: "X",
  help: "the generator's learning rate; \(usual.design.learningRate) if not given, but "
    + "\(TextToImage.Design.published.learningRate) of the published design")
let discriminatorRate = program.options.number(
  "discriminator-rate", default: usual.discriminatorLearningRate, range: 1e-30...1e38, placeholder: "X",
  help: "the discriminator's learning rate")
program.options.settings([
  "reading": "reader", "generatorFeatures": "features", "discriminatorFeatures": "features",
  "learningRate": "generator-rate", "discriminatorLearningRate": "discriminator-rate",
])
program.initialState = { _, model, _, learned in
  try CaptionOptions.checkWords(of: learned, for: model)
  return learned?.state
}

program.run(
  TextToImage.self,
  learningFrom: { [program, captions] arguments, samples, isHeldOut in
    try captions.data(arguments, of: program, samples, isHeldOut: isHeldOut)
  },
  { [program] arguments, data, before in
    try program.checkRates(arguments, generator: generatorRate, discriminator: discriminatorRate)
    guard let source = data.main as? any CaptionedSource else {
      throw UsageError("--captions: expected captions, found none")
    }
    var configuration = before ?? usual
    let shape = source.sampleShape
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    configuration.vocabulary = source.vocabulary
    configuration.unseenCaptions = CaptionOptions.unseenCaptions(of: source)
    arguments.set(&configuration.reading, to: reader)
    arguments.set(&configuration.design, to: design)
    arguments.set(&configuration.latentSize, to: latentSize)
    arguments.set(&configuration.generatorFeatures, to: features)
    arguments.set(&configuration.discriminatorFeatures, to: features)
    if before == nil {
      // Said, so that a training that goes on may be told the same again.
      let usual = configuration.design
      (configuration.diversity, configuration.learningRate) = (usual.diversity, usual.learningRate)
    }
    if let weight = arguments[diversity] { configuration.diversity = Float(weight) }
    if let rate = arguments[generatorRate] { configuration.learningRate = Float(rate) }
    arguments.set(&configuration.discriminatorLearningRate, to: discriminatorRate)
    return configuration
  })
