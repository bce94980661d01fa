// Translates images with a trained model.

import Latent
import LatentExampleSupport

/// Which images of a folder with several parts.
enum Part: String, CaseIterable {
  case test
  case train
}

var options = Options("translate", summary: "Translates images to those of another kind with a trained model.")
let modelPath = options.modelPath()
let direction = options.string(
  "direction", placeholder: "NAME", help: "a-to-b or b-to-a, what the model knows; a-to-b if not given")
let data = options.comparisonData(
  help: "images, as the training programs take them; built-in digits if not given")
let part = options.choice(
  "part", default: Part.test, placeholder: "NAME", help: "which images, where there are some to learn from and others")
let isOfEdges = options.flag(
  "edges", help: "translate the edges of the images, and say how near the translations come to the images themselves")
let truth = options.string(
  "truth", placeholder: "PATH",
  help: "what the translations should be, in the same order: it is said how near they come")
let judge = options.string(
  "judge", placeholder: "FILE", help: "a trained classifier that says which classes the translations of each class have"
)
let count = options.integer("count", range: 1..., placeholder: "N", help: "only the first N images")
let out = options.string(
  "out", default: "translated", placeholder: "PATH",
  help: "a folder, to which files of the names of those of --data are written, or what the training programs take as "
    + "--data; or a .png picture of images and translations side by side, or an .npy, .idx or .idx.gz file")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures and errors")
let arguments = options.parseOrExit()

do {
  if arguments[isOfEdges], arguments[truth] != nil { throw UsageError("--edges and --truth exclude each other") }
  if let count = arguments[threads] { Threads.count = count }
  let source = try data.source(arguments)
  let translator = try Translator(openModel(arguments[modelPath]), direction: arguments[direction])
  if arguments[isOfEdges] { try translator.checkKeepsChannels() }
  // Before any work: what cannot be written or compared.
  let origin = TranslationFolder.Origin(
    model: arguments[modelPath] ?? "", direction: translator.direction, data: source.path)
  let target = try TranslationTarget(arguments[out], origin: origin, besides: [arguments[truth]])
  try target.check([translator.sampleShape, translator.translationShape])
  let sets = try ComparisonData(source, like: translator.sampleShape)
  let isTraining = arguments[part] == .train
  let known = isTraining ? sets.training ?? sets.test : sets.test
  let originals = arguments[count].map { known.prefix($0) } ?? known
  var remarks = [ComparisonData.preparationRemark(on: known)].compactMap(\.self)
  var expected = arguments[isOfEdges] ? originals : nil
  if let path = arguments[truth] {
    var place = source
    place.path = path
    let all = try translator.truth(place, for: known, isTraining: isTraining)
    if let remark = ComparisonData.preparationRemark(on: all) { remarks.append("--truth: \(remark)") }
    expected = all.prefix(originals.count)
  }
  let judge = try arguments[judge].map { try translator.judge($0, of: originals) }
  let images = arguments[isOfEdges] ? originals.edges() : originals
  if !arguments[isQuiet] { for remark in remarks { tell(remark) } }
  let translations = try translator.translations(of: images, isQuiet: arguments[isQuiet])
  if let expected { tell(table: translator.figures(of: translations, expected: expected)) }
  if let judge { tell(table: try translator.agreement(of: translations, by: judge)) }
  // Images without parts are there to be learned from.
  let split: ImageSet.Split = isTraining || sets.training == nil ? .train : .test
  let written = try target.write(translations, of: images, named: originals, expected: expected, split: split)
  if !arguments[isQuiet] {
    let all = "\(translations.count) \(translations.count == 1 ? "image" : "images")"
    tell("wrote \(arguments[out]): \(written < translations.count ? "the first \(written) of \(all)" : all)")
  }
} catch {
  fail(error, program: options.program)
}
