// Draws samples from a checkpoint, whichever model wrote it.

import Latent
import LatentExampleSupport

var options = Options("generate", summary: "Draws samples from a trained model.")
let modelPath = options.modelPath()
let count = options.integer("count", default: 64, range: 1...100_000_000, placeholder: "N", help: "how many samples")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides which samples")
let label = options.integer(
  "label", range: 0..., placeholder: "N", help: "the class of all samples, for models that were told classes")
let labels = options.string(
  "labels", placeholder: "LIST", help: "several classes, as 0,1,2: as many samples of each, one class after the other")
let text = TextOption(&options)
let out = options.string(
  "out", default: "samples.png", placeholder: "FILE",
  help:
    "a .png grid, or all samples as .npy, .idx or .idx.gz; volumes also as .obj, surfaces for other programs; or a folder, "
    + "as samples/, for a .png picture of each")
let columns = options.integer(
  "columns", range: 1...10_000, placeholder: "N", help: "samples in a row of the grid; about square if not given")
let threshold = options.number(
  "threshold", default: Float(0.5), range: 0.001...0.999, placeholder: "X",
  help: "how full a voxel has to be to lie in a solid, for volumes as .png and .obj")
let isAveraged = options.isAveraged()
let styles = StyleOptions(&options)
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but errors")
let arguments = options.parseOrExit()

/// The classes that were asked for, if any were.
func classes() throws -> [Int]? {
  switch (arguments[label], arguments[labels]) {
  case (nil, nil): return nil
  case (_?, _?): throw UsageError("--label and --labels exclude each other")
  case (let label?, nil): return [label]
  case (nil, let list?):
    return try wholeNumbers(list, option: "labels")
  }
}

do {
  let output = try SampleFile(arguments[out], threshold: arguments[threshold], orFolderOf: options.program)
  try arguments.check(columns, hasMeaning: output.isGrid, "with a .png grid")
  if let count = arguments[threads] { Threads.count = count }
  let opened = try openModel(arguments[modelPath], isAveraged: arguments[isAveraged])
  try opened.check(
    opened.model is any Sampling, to: "sample", "it makes none of its own", namesInpainting: true)
  let trained = try styles.apply(arguments, to: opened).prepared()
  try arguments.check(
    threshold, hasMeaning: (trained.model as? any Sampling)?.sampleShape.rank == 4, "for models of volumes")
  let (total, classes) = (arguments[count], try classes())
  if text.isGiven(arguments), classes != nil { throw UsageError("--text and --label exclude each other") }
  if let classes {
    try TextOption.checkNoClasses(of: trained, option: arguments[label] == nil ? labels.name : label.name)
    try trained.checkSampling(given: .labels(classes))
  }
  let wanted: Condition? =
    if let classes { .labels(classes) } else { try text.captions(arguments, for: trained) }
  let kinds = wanted?.count ?? 1
  guard total >= kinds else {
    throw UsageError(
      "--count: expected at least one sample of each of \(kinds) \(classes == nil ? "texts" : "classes"), found \(total)"
    )
  }
  let conditions = wanted.map { wanted in
    { (places: Range<Int>) in wanted.rows(at: places.map { $0 * kinds / total }) }
  }
  try output.write(
    total, of: trained, conditions: conditions, seed: UInt64(arguments[seed]), rows: wanted == nil ? nil : kinds,
    columns: arguments[columns], isQuiet: arguments[isQuiet])
  if !arguments[isQuiet] { tell("wrote \(arguments[out]): \(total) \(total == 1 ? "sample" : "samples")") }
} catch {
  fail(error, program: options.program)
}
