// Tells which families of shapes a model of volumes makes, and how many of its samples are in one piece.

import Latent
import LatentExampleSupport

var options = Options(
  "judge-shapes",
  summary: "Tells which of the families of drawn shapes a model of volumes makes, and how often in one piece.")
let modelPath = options.modelPath()
let count = options.integer(
  "count", default: 1000, range: 1...1_000_000, placeholder: "N", help: "samples that are judged")
let judge = options.string(
  "judge", placeholder: "FILE",
  help:
    "where the judge is, a classifier of drawn shapes of the model's size; one that is not there learns first, and is "
    + "kept there; if not given, one learns and is not kept")
let judgeSteps = options.integer(
  "judge-steps", default: 600, range: 1...1_000_000, placeholder: "N",
  help: "updates of a judge that has to learn; one that is there has to be of as many if given")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the samples")
let isAveraged = options.isAveraged()
let out = options.string("out", placeholder: "FILE.json", help: "writes the figures, too")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the figures and errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  // Before any work: the judge may have to learn.
  if let path = arguments[out] { try checkTarget(path, besides: [arguments[modelPath], arguments[judge]]) }
  let trained = try openModel(arguments[modelPath], isAveraged: arguments[isAveraged])
  let program = try ShapeJudgement(
    of: trained, judge: arguments[judge], steps: arguments[judgeSteps],
    areStepsChosen: arguments.contains(judgeSteps), isQuiet: arguments[isQuiet])
  let report = try program.report(count: arguments[count], seed: UInt64(arguments[seed]))
  if let warning = program.warning(on: report) { tell("warning: \(warning)") }
  try report.present(writingTo: arguments[out])
} catch {
  fail(error, program: options.program)
}
