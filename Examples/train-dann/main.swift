// Trains a classifier on labelled images of one kind for images of another kind without labels.

import Latent
import LatentExampleSupport

var program = TrainingProgram(
  "train-dann",
  summary: "Trains a classifier on images with labels so that it holds for images of another kind without labels.",
  epochs: 8, batchSize: 64, usualCount: TrainingImages.builtInCount / 2)
let images = TranslationOptions(
  &program.options,
  help:
    "images of the other kind, whose labels are not used, or \(DrawnDigits.help); if not given, what is drawn of the "
    + "second half of the images")
let reversal = program.options.number(
  "reversal", default: 1 as Float, range: 0..., placeholder: "X",
  help:
    "how strongly features are kept from telling the two kinds apart; 0, without --self-training, for a classifier of the "
    + "one kind alone")
let rampSteps = program.options.integer(
  "ramp", range: 1...1_000_000_000, placeholder: "N",
  help: "steps in which that rises; all of the training if not given")
let featureCount = program.options.integer(
  "features", default: 128, range: 1...65536, placeholder: "N", help: "numbers that describe an image")
let dropout = program.options.number(
  "dropout", default: 0.3 as Float, range: 0..<1, placeholder: "X", help: "share of features left out in training")
let shift = program.options.integer(
  "shift", default: 0, range: 0...64, placeholder: "N", help: "move images by up to N pixels at each use; 0 for not")
let isRecoloured = program.options.flag(
  "recolour",
  help:
    "give images with labels two colours at random, in place of black and white, at each use: for others of many colours"
)
let selfTraining = program.options.number(
  "self-training", default: 0 as Float, range: 0..., placeholder: "X",
  help:
    "weight of the classes that the classifier itself is sure of, of images without labels, once it has learned something"
)
program.options.settings(["featureCount": "features", "rampSteps": "ramp", "isRecoloured": "recolour"])

program.run(
  DomainAdversarialClassifier.self,
  learningFrom: { [program, images] arguments, samples, isHeldOut in
    var learned = try images.unpaired(arguments, of: program, samples, isHeldOut: isHeldOut)
    guard isHeldOut else { return learned }
    learned.matchClasses(
      of: DomainAdversarialClassifier.streamB, to: DomainAdversarialClassifier.streamA, orLose: "target_accuracy")
    return learned
  },
  { [program, images] arguments, data, before in
    guard let a = data[DomainAdversarialClassifier.streamA], let b = data[DomainAdversarialClassifier.streamB] else {
      throw UsageError("--to: expected images of the other kind, found none")
    }
    guard a.sampleShape == b.sampleShape else {
      throw UsageError(
        "\(images.deciding(arguments)): expected images of \(a.sampleShape) as those of --data, found \(b.sampleShape); "
          + "--channels brings both to the same colours")
    }
    var configuration =
      try before ?? DomainAdversarialClassifier.Configuration(classCount: program.classCount(of: a, for: "data"))
    let shape = a.sampleShape
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    if before == nil { configuration.rampSteps = max(1, program.stepCount(arguments, of: a)) }
    arguments.set(&configuration.rampSteps, to: rampSteps)
    arguments.set(&configuration.reversal, to: reversal)
    arguments.set(&configuration.featureCount, to: featureCount)
    arguments.set(&configuration.dropout, to: dropout)
    arguments.set(&configuration.shift, to: shift)
    arguments.set(&configuration.isRecoloured, to: isRecoloured)
    arguments.set(&configuration.selfTraining, to: selfTraining)
    return configuration
  })
