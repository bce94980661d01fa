// Tells how well a model of styles gives images its style: how near they come, and what judges take them for.

import Latent
import LatentExampleSupport

var options = Options(
  "judge-style", summary: "Tells how well a model of train-style gives images its style.")
let modelPath = options.modelPath()
let style = StylePictureOptions(
  &options, help: "the picture that the model learned its style from (this or --pattern is required)")
let data = options.comparisonData()
let count = options.integer(
  "count", default: 1000, range: 1...1_000_000, placeholder: "N", help: "only the first N images")
let judgeSteps = options.integer(
  "judge-steps", default: 600, range: 1...1_000_000, placeholder: "N",
  help:
    "updates of the judge of textures, which learns to tell the style from other patterns and from images as they are")
let judge = options.namingJudge()
let out = options.string("out", placeholder: "FILE.json", help: "writes the figures, too")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the figures and errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  let source = try data.source(arguments)
  // Before any work: the judge of textures has to learn.
  if let path = arguments[out] {
    try checkTarget(path, besides: [arguments[modelPath], style.path(arguments), source.path, arguments[judge]])
  }
  let program = try StyleJudgement(
    of: openModel(arguments[modelPath]), style, arguments, on: source, names: arguments[judge],
    steps: arguments[judgeSteps], isQuiet: arguments[isQuiet])
  let report = try program.report(count: arguments[count])
  try report.present(writingTo: arguments[out])
} catch {
  fail(error, program: options.program)
}
