// Finds the images that are least like those that a model was trained on.

import Latent
import LatentExampleSupport
import LatentSystem

var options = Options(
  "detect-anomalies", summary: "Scores images by how little they are like those that a model was trained on.")
let modelPath = options.modelPath()
let data = options.comparisonData()
let evidence = options.choice(
  "score", default: AnomalyEvidence.model, placeholder: "NAME", help: "what a score is told from")
let draws = options.integer(
  "draws", default: 10, range: 1...100_000, placeholder: "K", help: "latents for each image, with --score likelihood")
let normal = options.string(
  "normal", placeholder: "LIST",
  help: "the classes that are no anomalies, as 3 or 0,1,2: tells how well the scores separate the others, from labels")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the latents")
let out = options.string(
  "out", default: "anomalies", placeholder: "NAME",
  help: "writes NAME.csv, a line an image, and NAME.png, the strangest; NAME may end in either")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the figures and errors")
let arguments = options.parseOrExit()

/// What the names of both files begin with.
let name = [".csv", ".png"].reduce(arguments[out]) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }

/// The classes that are no anomalies.
func normalClasses(_ images: ImageSet) throws -> Set<Int>? {
  guard let list = arguments[normal] else { return nil }
  let classes = try wholeNumbers(list, option: "normal")
  guard images.labels != nil else {
    throw UsageError("--normal: expected images with labels, found none: \(images.missingConditions ?? "")")
  }
  guard let labels = images.labels, !anomalies(labels, Set(classes)).isEmpty, labels.contains(where: classes.contains)
  else {
    throw UsageError("--normal: expected some of the classes of the images, and not all of them, found \(list)")
  }
  return Set(classes)
}

/// The classes that are anomalies.
func anomalies(_ labels: [Int], _ normal: Set<Int>) -> [Int] { Set(labels).subtracting(normal).sorted() }

/// The table of scores: with labels if there are some, and the names of files if each image was one.
func lines(_ scores: [Double], of images: ImageSet) -> [String] {
  let files = images.fileNames ?? []
  let hasFiles = files.count == scores.count
  var result = ["index,label,score" + (hasFiles ? ",file" : "")]
  for (index, score) in scores.enumerated() {
    let label = images.labels.map { "\($0[index])" } ?? ""
    result.append("\(index),\(label),\(score)" + (hasFiles ? "," + TextFile.cell(files[index]) : ""))
  }
  return result
}

do {
  try arguments.check(draws, hasMeaning: arguments[evidence] == .likelihood, "with --score likelihood")
  if let count = arguments[threads] { Threads.count = count }
  let source = try data.source(arguments)
  for path in [name + ".csv", name + ".png"] { try checkTarget(path, besides: [source.path]) }
  let trained = try openModel(arguments[modelPath])
  if let shape = trained.model.inputs.first?.sampleShape, shape.rank != 3 {
    throw CapabilityError("\(trained.kind) cannot score images: it has learned samples of shape \(shape)")
  }
  if arguments[evidence] == .model, !(trained.model is any AnomalyScoring), trained.model is any Discriminating {
    throw UsageError("--score: expected discriminator, as a \(trained.kind) tells nothing else of images, found model")
  }
  try trained.checkScoring(by: arguments[evidence])
  let compared = try ComparisonData(source, like: trained.model.inputs.first?.sampleShape)
  let images = compared.test
  if let remark = compared.preparationRemark, !arguments[isQuiet] { tell(remark) }
  let classes = try normalClasses(images)
  let scores = try trained.anomalyScores(
    of: images, by: arguments[evidence], draws: arguments[draws], seed: UInt64(arguments[seed]))
  let labels = images.labels
  try TextFile.write(lines(scores, of: images), to: name + ".csv")
  let strangest = scores.indices.sorted { scores[$0] > scores[$1] }.prefix(100)
  try PNG.writeGrid(images.subset(strangest), columns: 10, to: name + ".png")
  if let classes, let labels {
    let quality = RankingQuality(scores: scores, isPositive: labels.map { !classes.contains($0) })
    var table = Table(columns: ["all anomalies"] + anomalies(labels, classes).map { "class \($0)" })
    let each = anomalies(labels, classes).map { anomaly in
      let chosen = labels.indices.filter { classes.contains(labels[$0]) || labels[$0] == anomaly }
      return RankingQuality(scores: chosen.map { scores[$0] }, isPositive: chosen.map { labels[$0] == anomaly })
    }
    table.add("AUROC", ([quality] + each).map(\.auroc))
    table.add("average precision", ([quality] + each).map(\.averagePrecision))
    tell(table: table.text)
  }
  if !arguments[isQuiet] {
    tell("wrote \(name).csv and \(name).png: \(counted(scores.count, "image")), the strangest first in the picture")
  }
} catch {
  fail(error, program: options.program)
}
