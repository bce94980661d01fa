// Draws what is in a trained model: one picture for each of several questions.

import Latent
import LatentExampleSupport

var options = Options("explore", summary: "Draws what is in a trained model.")
let mode = options.mode(Exploration.Mode.self, help: Exploration.Mode.help)
let modelPath = options.modelPath()
let data = options.comparisonData()
let count = options.integer(
  "count", default: 10, range: 2...1000, placeholder: "N", help: "images of a row, or rows where a row is an image")
let rows = options.integer(
  "rows", default: 10, range: 1...1000, placeholder: "N",
  help: "rows of the picture, of manifold both ways; traverse has one for each variable")
let path = options.choice(
  "path", default: LatentPath.straight, placeholder: "NAME", help: "the way from latent to latent, of interpolate")
let variables = options.string(
  "variables", placeholder: "LIST", help: "latent variables, from 0: those of traverse, two for manifold")
let conditions = ExplorationCondition(&options)
let given = options.number(
  "given", default: 0.5, range: 0..<1, placeholder: "X", help: "share of an image's rows that complete begins with")
let layer = options.integer(
  "layer", range: 1..., placeholder: "N",
  help: "the first layer that mix gives to the samples above; half way if not given"
)
let truncation = StyleOptions.truncation(&options)
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the samples")
let isAveraged = options.isAveraged()
let out = options.string("out", placeholder: "FILE.png", help: "where to draw; explore-MODE.png if not given")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures and errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  let opened = try openModel(arguments[modelPath], isAveraged: arguments[isAveraged])
  let chosen = arguments[mode]
  let isOfCaptions = chosen == .interpolate && opened.model is any TextConditioned
  try arguments.check(path, hasMeaning: chosen == .interpolate, "with interpolate")
  try arguments.check(
    variables, hasMeaning: chosen == .traverse || chosen == .manifold, "with traverse and manifold")
  try arguments.check(given, hasMeaning: chosen == .complete, "with complete")
  try arguments.check(layer, hasMeaning: chosen == .mix, "with mix")
  let told = try conditions.condition(arguments, for: opened, at: arguments[modelPath] ?? "this", in: chosen)
  if isOfCaptions {
    let way = "this model's interpolate goes from --text to --to-text"
    try arguments.check(path, hasMeaning: false, "between latents; \(way)")
    try data.checkAbsent(arguments, "between images; \(way)")
  }
  let exploration = try Exploration(
    trained: StyleOptions.truncated(opened, arguments[truncation]), data: data.source(arguments),
    count: arguments[count], rows: arguments[rows], path: arguments[path],
    variables: arguments[variables].map { try wholeNumbers($0, option: "variables") }, told: told,
    given: arguments[given], layer: arguments[layer], seed: UInt64(arguments[seed]), isQuiet: arguments[isQuiet])
  let file = arguments[out] ?? "explore-\(chosen.rawValue).png"
  guard file.hasSuffix(".png") else {
    throw UsageError("--out: expected a name that ends in .png, found \"\(file)\"")
  }
  try checkTarget(file)
  let shown =
    isOfCaptions
    ? try conditions.drawWay(
      arguments, of: opened, rows: arguments[rows], columns: arguments[count], seed: UInt64(arguments[seed]), to: file)
    : try exploration.draw(chosen, to: file)
  tell(shown)
  if !arguments[isQuiet] { tell("wrote \(file)") }
} catch {
  fail(error, program: options.program)
}
