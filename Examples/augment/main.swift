// Enlarges a set of labelled images by samples of a model, and tells what they are worth to a classifier.

import Latent
import LatentExampleSupport

var options = Options(
  "augment", summary: "Enlarges a set of labelled images by samples, or tells what they are worth to a classifier.")
let data = options.string(
  "data", placeholder: "PATH", help: "labelled images, as the training programs take them; built-in digits if not given"
)
let files = options.files()
let model = options.string(
  "model", placeholder: "FILE",
  help: "a checkpoint of a model that makes images of classes; if not given, a variational autoencoder is trained on "
    + "the same images")
let isAveraged = options.isAveraged()
let judge = options.string(
  "judge", placeholder: "FILE",
  help: "a classifier that names the classes of samples, for models that are told none; of others it keeps those that "
    + "look to it like their class")
let confidence = options.number(
  "confidence", default: 0.9, range: 0...1, placeholder: "X", help: "how probable their class has to be to the judge")
let labelsPerClass = options.string(
  "labels-per-class", placeholder: "LIST",
  help: "use so many images of each class only, one number; with --measure several, 10,50,100,500 if not given")
let count = options.integer(
  "count", range: 1...10_000_000, placeholder: "N",
  help: "samples of each class; as many as there are images if not given")
let isMeasuring = options.flag(
  "measure", help: "write no images, but tell how a classifier does on test images with samples and without them")
let trials = options.integer(
  "trials", default: 5, range: 1...1000, placeholder: "N",
  help:
    "with --measure: how often, each time with other labelled images and first values: those of the seeds S, S + 1, …"
)
let updates = options.integer(
  "steps", default: 500, range: 1...1_000_000, placeholder: "N",
  help: "with --measure: updates of the classifier, as many with samples as without")
let shift = options.integer(
  "shift", default: 2, range: 0...64, placeholder: "N",
  help: "with --measure: the classifier's images move by up to N pixels, with samples and without; 0 for not")
let generatorUpdates = options.integer(
  "generator-steps", default: 1000, range: 1...10_000_000, placeholder: "N",
  help: "without --model: updates of the autoencoder")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides all randomness")
let out = options.string(
  "out", placeholder: "PATH",
  help: "the folder to write, augmented if not given; with --measure a .json file of the figures")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures and errors")
options.usualOption = "model"
let arguments = options.parseOrExit()

do {
  try arguments.check(confidence, hasMeaning: arguments[judge] != nil, "with --judge")
  try arguments.check(generatorUpdates, hasMeaning: arguments[model] == nil, "without --model")
  try arguments.check(isAveraged, hasMeaning: arguments[model] != nil, "with --model")
  for option in [trials, updates, shift] {
    try arguments.check(option, hasMeaning: arguments[isMeasuring], "with --measure")
  }
  if let count = arguments[threads] { Threads.count = count }
  var program = AugmentationProgram()
  (program.data, program.model, program.judge) = (arguments[data], arguments[model], arguments[judge])
  try files.set(&program.reading, arguments)
  try files.checkLayout(arguments, of: arguments[data])
  (program.confidence, program.isAveraged) = (arguments[confidence], arguments[isAveraged])
  (program.count, program.seed) = (arguments[count], UInt64(arguments[seed]))
  (program.generatorUpdates, program.isQuiet) = (arguments[generatorUpdates], arguments[isQuiet])
  let counts = try arguments[labelsPerClass].map { try wholeNumbers($0, option: labelsPerClass.name) }
  if arguments[isMeasuring] {
    var measurement = AugmentationMeasurement()
    (measurement.trials, measurement.updates) = (arguments[trials], arguments[updates])
    measurement.shift = arguments[shift]
    if let counts { measurement.labelsPerClass = counts }
    measurement.out = arguments[out]
    try program.measure(measurement)
  } else {
    try program.write(to: arguments[out] ?? "augmented", labelsPerClass: counts)
  }
} catch {
  fail(error, program: options.program)
}
