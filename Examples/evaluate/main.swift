// Tells how good a model's samples are, how probable test images are to it, and shows them beside real ones.

import Latent
import LatentExampleSupport

var options = Options("evaluate", summary: "Tells how good the samples of models are, or of a set of images.")
let models = options.string(
  "model", placeholder: "FILES", help: "checkpoints, with commas between them; each becomes a column")
let against = options.string(
  "against", placeholder: "PATH", help: "images to compare with those of --data, instead of samples or beside them")
let data = options.comparisonData(help: "what samples should be like, as the training programs take it")
let judgePath = options.string(
  "judge", default: "runs/train-classifier/model.safetensors", placeholder: "FILE",
  help: "by whose features images are compared: a classifier, or an autoencoder where there are no labels")
let count = options.integer("count", default: 10_000, range: 10...1_000_000, placeholder: "N", help: "samples of each")
let draws = options.integer(
  "likelihood", default: 1, range: 1...1_000_000, placeholder: "K",
  help: "latents for each test image to estimate its likelihood from; 5000 are usual")
let updates = options.integer(
  "gan-train", range: 1...1_000_000, placeholder: "N",
  help: "train a classifier on samples of models that are told classes, by N updates (500, say), and tell how it does "
    + "on real images")
let isStacked = options.flag(
  "stacked",
  help: "count the modes of stacked images, such as models of --stacked make, by a judge of single ones; 26000 "
    + "samples, unless --count says otherwise")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the samples")
let isAveraged = options.isAveraged()
let styles = StyleOptions(&options)
let out = options.string("out", placeholder: "FILE.json", help: "where to write the figures to")
let picture = options.string(
  "picture", default: "evaluation.png", placeholder: "FILE.png", help: "real images at the left, samples at the right")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the table, warnings and errors")
options.usualOption = "model"
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  var program = EvaluationProgram()
  program.models = arguments[models]?.split(separator: ",").map(String.init) ?? []
  (program.against, program.judge) = (arguments[against], arguments[judgePath])
  program.data = try data.source(arguments)
  (program.count, program.draws, program.seed) = (arguments[count], arguments[draws], UInt64(arguments[seed]))
  program.classifierUpdates = arguments[updates]
  program.style = { try styles.apply(arguments, to: $0) }
  (program.isAveraged, program.isQuiet) = (arguments[isAveraged], arguments[isQuiet])
  (program.out, program.picture) = (arguments[out], arguments[picture])
  if arguments[isStacked] {
    try arguments.check(against, hasMeaning: false, "without --stacked")
    try data.checkAbsent(arguments, "without --stacked")
    try arguments.check(draws, hasMeaning: false, "without --stacked")
    try arguments.check(updates, hasMeaning: false, "without --stacked")
    try arguments.check(picture, hasMeaning: false, "without --stacked")
    var stacked = StackedModesProgram(
      models: program.models, judge: program.judge,
      count: arguments.contains(count) ? arguments[count] : StackedModesProgram.usualCount, seed: program.seed,
      isAveraged: program.isAveraged, isQuiet: program.isQuiet, out: program.out)
    stacked.style = program.style
    try stacked.run()
  } else {
    try program.run()
  }
} catch {
  fail(error, program: options.program)
}
