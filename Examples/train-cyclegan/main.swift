// Trains a CycleGAN, which translates images of one kind to another and back, and writes translations, curves and the
// model.

import Latent
import LatentExampleSupport

/// When classes have to be kept.
enum Semantics: String, CaseIterable {
  case never
  case labelled
  case always
}

let usual = CycleGAN.Configuration()
var program = TrainingProgram(
  "train-cyclegan", summary: "Trains a model that translates images of one kind to another and back, without pairs.",
  epochs: 4, batchSize: 8, schedule: .linear, usualCount: TrainingImages.builtInCount / 2)
let images = TranslationOptions(
  &program.options,
  help:
    "images of the other kind, as --data takes them, or \(DrawnDigits.help); if not given, what is drawn of the second "
    + "half of the images")
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N",
  help: "the translators' channels at full size; at a quarter there are four times as many")
let blocks = program.options.integer(
  "blocks", default: usual.blockCount, range: 0...100, placeholder: "N", help: "the translators' residual blocks")
let discriminatorFeatures = program.options.integer(
  "discriminator-features", default: usual.discriminatorFeatures, range: 1...4096, placeholder: "N",
  help: "the discriminators' channels at half the image size; at a quarter there are twice as many")
let cycleWeight = program.options.number(
  "cycle-weight", default: usual.cycleWeight, range: 0..., placeholder: "X",
  help: "of the distance of an image from itself after a way there and back")
let identityWeight = program.options.number(
  "identity-weight", default: usual.identityWeight, range: 0..., placeholder: "X",
  help:
    "of the distance of an image from its translation, where it is of the wanted kind already; against colours that "
    + "turn round")
let targetWeight = program.options.number(
  "target-weight", default: usual.targetWeight, range: 0..., placeholder: "X",
  help: "of passing for the images of --to; passing for those of --data counts once")
let pool = program.options.integer(
  "pool", default: usual.poolSize, range: 0...65536, placeholder: "N",
  help: "past translations of either kind that the discriminators are shown again")
let isMirrored = program.options.flag("mirror", help: "mirror images at random; not for digits and letters")
let semantics = program.options.choice(
  "semantic", default: Semantics.never, placeholder: "NAME",
  help:
    "keep the classes of the images of --data, with a classifier that learns along; labelled is where they have labels"
)
let semanticWeight = program.options.number(
  "semantic-weight", default: usual.semanticWeight, range: 0..., placeholder: "X", help: "of keeping classes")
program.options.settings(["blockCount": "blocks", "poolSize": "pool", "isMirrored": "mirror"])

let (pictures, digits) = (CycleGAN.Configuration.pictures, CycleGAN.Configuration.digits)
program.options.presets([
  "pictures": [
    features.name: "\(pictures.features)", blocks.name: "\(pictures.blockCount)",
    discriminatorFeatures.name: "\(pictures.discriminatorFeatures)", isMirrored.name: "", "batch-size": "1",
    "epochs": "100", "hold": "0.5",
  ],
  "digits": [
    cycleWeight.name: "\(Int(digits.cycleWeight))", identityWeight.name: "\(Int(digits.identityWeight))",
    targetWeight.name: "\(Int(digits.targetWeight))", semantics.name: Semantics.labelled.rawValue, "batch-size": "100",
  ],
])

/// What was asked for and is left out, as the images do not allow it, in lines.
func omissions(_ arguments: Arguments, _ a: (any SampleSource)?, _ b: (any SampleSource)?) -> [String] {
  var lines: [String] = []
  if let a, arguments[semantics] == .labelled, a.conditions == .none {
    let reason = a.missingConditions.map { ": \($0)" } ?? ""
    lines.append("--semantic labelled: the images of --data have no labels, so no classes are kept\(reason)")
  }
  if let (from, to) = a.flatMap({ a in b.map { (a.sampleShape[2], $0.sampleShape[2]) } }), from != to,
    arguments[identityWeight] > 0
  {
    lines.append("no identity loss: images of \(from) and \(to) channels cannot stay as they are")
  }
  return lines
}

program.run(
  CycleGAN.self,
  learningFrom: { [program, images] arguments, samples, isHeldOut in
    var learned = try images.unpaired(arguments, of: program, samples, isHeldOut: isHeldOut)
    if !isHeldOut {
      learned.remarks += omissions(arguments, learned.data[CycleGAN.streamA], learned.data[CycleGAN.streamB])
    }
    return learned
  },
  { [program] arguments, data, before in
    var configuration = before ?? usual
    let a = data[CycleGAN.streamA]
    let (shape, targetShape) = (a?.sampleShape ?? [], data[CycleGAN.streamB]?.sampleShape ?? [])
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    configuration.targetChannels = targetShape[2]
    // Images of other colours cannot stay as they are.
    if before == nil, shape[2] != targetShape[2] { configuration.identityWeight = 0 }
    arguments.set(&configuration.features, to: features)
    arguments.set(&configuration.blockCount, to: blocks)
    arguments.set(&configuration.discriminatorFeatures, to: discriminatorFeatures)
    arguments.set(&configuration.cycleWeight, to: cycleWeight)
    arguments.set(&configuration.identityWeight, to: identityWeight)
    arguments.set(&configuration.targetWeight, to: targetWeight)
    arguments.set(&configuration.poolSize, to: pool)
    if arguments[isMirrored] { configuration.isMirrored = true }
    if let a, arguments.contains(semantics) {
      let isKept = arguments[semantics] == .always || arguments[semantics] == .labelled && a.conditions != .none
      configuration.classCount = isKept ? try program.classCount(of: a, for: "semantic") : nil
    }
    arguments.set(&configuration.semanticWeight, to: semanticWeight)
    try arguments.check(semanticWeight, hasMeaning: configuration.classCount != nil, "with --semantic and labels")
    return configuration
  })
