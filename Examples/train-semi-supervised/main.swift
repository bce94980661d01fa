// Trains a classifier on few images with labels and many without, against a generator.

import Latent
import LatentExampleSupport

var program = TrainingProgram(
  "train-semi-supervised", summary: "Trains a classifier on few images with labels and many without, by a GAN.",
  epochs: 100, batchSize: 100)
let labelsPerClass = program.options.integer(
  "labels-per-class", default: 10, range: 1...1_000_000, placeholder: "N",
  help: "images of each class whose labels are used; the others are images without")
let labelSeed = program.options.integer(
  "label-seed", default: 0, range: 0..., placeholder: "S", help: "decides which images these are")
program.options.remember(labelsPerClass.name, labelSeed.name)
let averageDecay = program.options.number(
  "average-decay", default: 0.9999 as Float, range: 0..<1, placeholder: "X",
  help: "of the moving average of both networks, for evaluate --ema")

/// The images, and beside them those whose labels are used, again and again until they fill any usual batch.
func streams(
  _ arguments: Arguments, _ samples: any SampleSource, isHeldOut: Bool, batchSize: Int
) throws -> TrainingData {
  var labelled = samples
  if !isHeldOut {
    guard let images = samples as? any ImageCollection else {
      throw UsageError("--stacked: expected images as they are, whose classes are few")
    }
    var generator = RandomGenerator(seed: UInt64(arguments[labelSeed]))
    let some = images.subset(perClass: arguments[labelsPerClass], using: &generator)
    let count = max(some.count, 1024)
    guard batchSize <= count else {
      throw UsageError("--batch-size: expected at most \(count) beside so few images with labels, found \(batchSize)")
    }
    labelled = some.subset((0..<count).map { $0 % some.count })
  }
  return TrainingData(streams: [TrainingData.mainStream: samples, SemiSupervisedGAN.labelledStream: labelled])
}

program.run(
  SemiSupervisedGAN.self,
  streams: { [program] arguments, samples, isHeldOut in
    try streams(arguments, samples, isHeldOut: isHeldOut, batchSize: program.batchSize(arguments))
  },
  { [program] arguments, samples, before in
    let shape = samples.sampleShape
    // Asked for in a training that goes on too: images without labels have none to take some of.
    let classCount = try program.classCount(of: samples, for: "data")
    var configuration = before ?? SemiSupervisedGAN.Configuration(classCount: classCount)
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    arguments.set(&configuration.averageDecay, to: averageDecay)
    return configuration
  })
