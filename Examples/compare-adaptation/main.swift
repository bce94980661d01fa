// Tells what a domain-adversarial classifier gains over one of the one kind of images alone, and what translations or labels
// would gain.

import Latent
import LatentExampleSupport

let usual = AdaptationComparison()
var options = Options(
  "compare-adaptation",
  summary:
    "Trains classifiers of images of one kind, adapted to another kind or not, and one that learns the labels of "
    + "the other kind, and tells how often each is right about the other kind.")
let images = AdaptationOptions(&options)
let steps = options.integer(
  "steps", range: 1...1_000_000, placeholder: "N",
  help: "updates of each classifier; 8 epochs if not given, and of few images 1872")
let seeds = options.integer(
  "seeds", default: usual.seedCount, range: 1...1_000, placeholder: "N",
  help: "trainings of each classifier, of the seeds 1 to N")
let batchSize = options.integer(
  "batch-size", default: usual.batchSize, range: 1...65536, placeholder: "N", help: "images of each kind in a batch")
let learningRate = options.number(
  "learning-rate", range: 1e-30...1e+38, placeholder: "X",
  help: "Adam's step size for the classifiers; their own if not given")
let reversal = options.number(
  "reversal", default: usual.reversal, range: 0..., placeholder: "X",
  help: "how strongly features are kept from telling the two kinds apart, of the classifier that adapts")
let featureCount = options.integer(
  "features", default: usual.featureCount, range: 1...65536, placeholder: "N", help: "numbers that describe an image")
let dropout = options.number(
  "dropout", default: usual.dropout, range: 0..<1, placeholder: "X", help: "share of features left out in training")
let shift = options.integer(
  "shift", default: usual.shift, range: 0...64, placeholder: "N",
  help: "move images by up to N pixels at each use; 0 for not")
let isRecoloured = options.flag(
  "recolour",
  help: "give images of the one kind two colours at random, in place of black and white, at each use")
let selfTraining = options.number(
  "self-training", default: usual.selfTraining, range: 0..., placeholder: "X",
  help: "weight of the classes that the classifier that adapts is itself sure of, of images of the other kind")
let translationSteps = options.integer(
  "translate", default: usual.translationSteps, range: 0...1_000_000, placeholder: "N",
  help:
    "updates of a CycleGAN that translates images of the one kind to the other and keeps their classes, for one more "
    + "classifier, which learns the translations; 0 for none")
let out = options.string("out", placeholder: "FILE.json", help: "writes the figures, too, after each seed")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the table and errors")
options.settings(["featureCount": "features"])
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  let paths = images.paths(arguments)
  if let path = arguments[out] { try checkTarget(path, besides: [paths.data, paths.target]) }
  var comparison = usual
  (comparison.steps, comparison.seedCount, comparison.batchSize) =
    (arguments[steps], arguments[seeds], arguments[batchSize])
  comparison.learningRate = arguments[learningRate].map { Float($0) }
  (comparison.reversal, comparison.featureCount) = (arguments[reversal], arguments[featureCount])
  (comparison.dropout, comparison.shift) = (arguments[dropout], arguments[shift])
  (comparison.isRecoloured, comparison.selfTraining) = (arguments[isRecoloured], arguments[selfTraining])
  comparison.translationSteps = arguments[translationSteps]
  comparison.isQuiet = arguments[isQuiet]
  tell(table: try comparison.run(on: images.images(arguments), writingTo: arguments[out]).table)
} catch {
  fail(error, program: options.program) { options.namingOptions(in: $0) }
}
