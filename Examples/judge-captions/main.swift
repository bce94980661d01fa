// Tells how often a model makes what its caption asks for: digit, count, size and stroke.

import Latent
import LatentExampleSupport

var options = Options(
  "judge-captions", summary: "Tells how often a model of digit scenes makes what its captions ask for.")
let modelPath = options.modelPath()
let data = options.comparisonData(
  help: "the labelled digits that scenes are drawn from, as in the training; built-in digits if not given")
let count = options.integer(
  "count", default: 20, range: 1...100_000, placeholder: "N", help: "samples of each of the 160 captions")
let judges = options.string(
  "judges", default: "runs/caption-judges", placeholder: "DIR",
  help: "where the judges are, a classifier for each attribute; those that have not learned from the same digits for "
    + "--judge-steps are not there, and learn first")
let judgeSteps = options.integer(
  "judge-steps", default: 1500, range: 1...1_000_000, placeholder: "N", help: "updates of a judge")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the samples")
let isAveraged = options.isAveraged()
let out = options.string("out", placeholder: "FILE.json", help: "writes the figures, too")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the figures and errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  // Before any work: judges may have to learn.
  if let path = arguments[out] { try checkTarget(path, besides: [arguments[modelPath]]) }
  let trained = try openModel(arguments[modelPath], isAveraged: arguments[isAveraged])
  let program = try CaptionJudgement(
    of: trained, on: data.source(arguments), judges: arguments[judges], steps: arguments[judgeSteps],
    isQuiet: arguments[isQuiet])
  let report = try program.report(samplesPerScene: arguments[count], seed: UInt64(arguments[seed]))
  try report.present(writingTo: arguments[out])
} catch {
  fail(error, program: options.program)
}
