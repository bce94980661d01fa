// Removes noise from series and finds what is strange in them, with a trained model.

import Latent
import LatentExampleSupport
import LatentSystem

var options = Options(
  "analyse-signals",
  summary: "Removes noise from series of numbers and tells which times are strange, with a trained model.")
let modelPath = options.modelPath()
let data = options.string(
  "data", placeholder: "PATH",
  help: "series as train-signals takes them, of any length; built-in signals, half of them with anomalies, if not given"
)
let columns = ColumnOptions(&options)
let truth = options.string(
  "truth", placeholder: "COLUMN",
  help:
    "a column of tables, by name or number, that is 0 where a time is normal and 1 where it is not: tells how well the "
    + "scores separate them"
)
let stride = options.integer(
  "stride", range: 1...1_048_576, placeholder: "N",
  help: "times between the beginnings of windows, which are laid over each other; a quarter of a window if not given")
let smoothing = options.integer(
  "smoothing", range: 0...1_048_576, placeholder: "N",
  help:
    "times before and after each that count in its score, the less the further away; a 32nd of a window if not given")
let noise = options.number(
  "noise", range: above(0.0), placeholder: "X",
  help:
    "add normal noise of this deviation first, in units of each channel's own deviation: then the series are clean, and "
    + "it is said how near to them the model comes")
let count = options.integer(
  "count", default: 200, range: 1...100_000, placeholder: "N", help: "how many built-in signals")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the noise")
let out = options.string(
  "out", default: "signals", placeholder: "NAME",
  help:
    "writes NAME.csv, a line a time with its reconstruction and its score, and NAME.png, the strangest series; NAME may "
    + "end in either")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures and errors")
let arguments = options.parseOrExit()

/// What the names of both files begin with.
let name = [".csv", ".png"].reduce(arguments[out]) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }

/// The series, built-in ones as they are drawn, and of those with anomalies the kind of each.
func series(for model: any TimeScoring) throws -> (all: AnyCollection<Series>, kinds: [String?]?) {
  if let path = arguments[data] {
    try arguments.check(count, hasMeaning: false, "without --data")
    let (length, channels) = (model.sampleShape[0], model.sampleShape[1])
    let all = try columns.load(path, arguments, truth: arguments[truth], channels: channels, length: length)
    return (AnyCollection(all), nil)
  }
  try columns.checkAbsent(arguments)
  try arguments.check(truth, hasMeaning: false, "with --data")
  let (length, channels) = (model.sampleShape[0], model.sampleShape[1])
  let least = BuiltInSignals.leastLength
  guard length >= least else {
    throw UsageError("--data: expected series of \(length) times or more, as built-in signals have \(least) or more")
  }
  let signals = BuiltInSignals(
    count: arguments[count], length: length, channels: channels, seed: 2,
    anomalyShare: arguments[noise] == nil ? 0.5 : 0)
  let all = (0..<signals.count).lazy.map { signals.series(at: $0) }
  return (AnyCollection(all), (0..<signals.count).map { signals.anomaly(at: $0)?.kind.rawValue })
}

do {
  if let count = arguments[threads] { Threads.count = count }
  try arguments.check(truth, hasMeaning: arguments[noise] == nil, "without --noise")
  try arguments.check(seed, hasMeaning: arguments[noise] != nil, "with --noise")
  try SignalAnalysis.checkTargets(name, of: arguments[data])
  let trained = try openModel(arguments[modelPath])
  guard let model = trained.model as? any TimeScoring else {
    throw CapabilityError(
      "\(trained.kind) cannot analyse series: it is no model of windows of series; train-signals makes one")
  }
  let (all, kinds) = try series(for: model)
  var analysis = SignalAnalysis(trained)
  analysis.stride = arguments[stride]
  analysis.smoothing = arguments[smoothing]
  analysis.noise = arguments[noise]
  analysis.seed = UInt64(arguments[seed])
  try analysis.run(all, kinds: kinds, name: name, isQuiet: arguments[isQuiet])
} catch {
  fail(error, program: options.program)
}
