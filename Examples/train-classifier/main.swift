// Trains a classifier of images. Its features are what `evaluate` compares sets of images by.

import Latent
import LatentExampleSupport

var program = TrainingProgram(
  "train-classifier", summary: "Trains a classifier of images, whose features are what sets of images are compared by.",
  epochs: 8, batchSize: 128, schedule: .cosine)
let shift = program.options.integer(
  "shift", default: 2, range: 0...64, placeholder: "N", help: "move images by up to N pixels at each use; 0 for not")
let featureCount = program.options.integer(
  "features", default: 128, range: 1...65536, placeholder: "N", help: "numbers that describe an image")
let dropout = program.options.number(
  "dropout", default: 0.3 as Float, range: 0...0.99, placeholder: "X", help: "share of features left out in training")
program.options.settings(["featureCount": "features"])

program.run(ImageClassifier.self) { [program] arguments, samples, before in
  let shape = samples.sampleShape
  var configuration =
    try before ?? ImageClassifier.Configuration(classCount: program.classCount(of: samples, for: "data"))
  (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
  arguments.set(&configuration.featureCount, to: featureCount)
  arguments.set(&configuration.dropout, to: dropout)
  arguments.set(&configuration.shift, to: shift)
  return configuration
}
