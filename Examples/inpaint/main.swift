// Fills holes in images with a trained model.

import Latent
import LatentExampleSupport

var options = Options("inpaint", summary: "Fills holes in images with a trained model.")
let modelPath = options.modelPath()
let isAveraged = options.isAveraged()
let data = options.comparisonData()
let mask = options.string(
  "mask", placeholder: "FILE", help: "a picture of the images' size, white where a pixel is missing")
let hole = options.integer(
  "hole", range: 1..., placeholder: "N",
  help: "a square hole of N pixels in the middle, instead of --mask; without either it is one of 12, or less than "
    + "half of smaller images, but the missing quadrants of a model that learned to fill these")
/// Where the hole of an image is.
enum Place: String, CaseIterable {
  case middle
  case random
}
let place = options.choice(
  "place", default: Place.middle, placeholder: "NAME",
  help: "where the hole is: in the middle, or somewhere else in each image, as in trainings; without --mask")
let count = options.integer("count", default: 64, range: 1...10_000, placeholder: "N", help: "only the first N images")
let steps = options.integer(
  "steps", default: LatentCompletion().steps, range: 1...1_000_000, placeholder: "N",
  help: "of the search for latents, by models that were not trained to fill holes")
let starts = options.integer(
  "starts", default: LatentCompletion().starts, range: 1...1000, placeholder: "N",
  help: "how many latents that search begins at")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides what is random")
let out = options.string(
  "out", default: "inpainted.png", placeholder: "FILE.png",
  help: "a picture of images with holes, filled ones and whole ones side by side")
let judge = options.namingJudge()
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures and errors")
let arguments = options.parseOrExit()

/// 1 where a pixel of images `[N, H, W, C]` is known.
/// - Parameter needed: 1 where the model has to know a pixel, of one image; nil if any may be missing.
func known(_ shape: Tensor.Shape, needed: Tensor?) throws -> Tensor {
  if let needed, arguments[mask] == nil, arguments[hole] == nil, arguments[place] == .middle {
    return needed.broadcast(to: shape)
  }
  let known = try known(shape)
  if let needed, (needed * (1 - known)).maximumMagnitude > 0 {
    let option = arguments[mask] != nil ? "mask" : arguments[place] == .random ? "place" : "hole"
    throw UsageError(
      "--\(option): hides pixels that the model has to know; without --hole, --place and --mask it fills what it learned "
        + "to fill")
  }
  return known
}

/// 1 where a pixel of images `[N, H, W, C]` is known, as the options say.
func known(_ shape: Tensor.Shape) throws -> Tensor {
  let (height, width) = (shape[1], shape[2])
  if let path = arguments[mask] {
    let picture = ImagePreparation(channels: 1)(try ImageSet.load(path, limit: 1))
    guard picture.height == height, picture.width == width else {
      throw UsageError(
        "--mask: expected a picture of \(height)×\(width) pixels, as the images are, found \(picture.height)×\(picture.width)"
      )
    }
    return (picture.batch(at: [0]).samples .< Tensor(0.5)).broadcast(to: shape)
  }
  let side = arguments[hole] ?? max(1, min(12, (min(height, width) - 1) / 2))
  guard side < min(height, width) else {
    throw UsageError("--hole: expected less than the images' \(height)×\(width) pixels, found \(side)")
  }
  if arguments[place] == .random {
    var random = SampleRandom(
      RandomGenerator(seed: UInt64(arguments[seed]), stream: RandomStream.order), places: 0..<shape[0])
    return SquareHoles(side: side).masks(shape[0], of: .init(height: height, width: width), using: &random)
      .broadcast(to: shape)
  }
  var known = Tensor.ones(shape)
  let (top, left) = ((height - side) / 2, (width - side) / 2)
  known[.all, top..<top + side, left..<left + side] = Tensor(0)
  return known
}

/// Images whose holes are filled by whatever the model can do.
func filled(
  _ images: Tensor, _ known: Tensor, _ condition: Condition, by trained: TrainedModel, _ progress: (Double) -> Void
) throws -> Tensor {
  let seed = UInt64(arguments[seed])
  if let model = trained.model as? any Restoring, model.takesMask {
    return try trained.restore(images, mask: known, seed: seed)
  }
  if trained.model is any StepwiseSampling {
    return try trained.complete(images, mask: known, given: condition, seed: seed, progress: progress)
  }
  var search = LatentCompletion()
  (search.steps, search.starts) = (arguments[steps], arguments[starts])
  return try search(images, mask: known, by: trained, given: condition, seed: seed, progress: progress)
}

/// The mean signal-to-noise ratio in the holes, in decibels.
func ratio(_ images: Tensor, _ whole: Tensor, _ known: Tensor) -> Double {
  let missing = 1 - known
  let errors = ((images - whole).square() * missing).summedPerSample() / missing.summedPerSample().maximum(Tensor(1))
  let ratios = errors.scalars.map { PeakSignal.ratio(ofError: Double($0)) }
  return ratios.reduce(0, +) / Double(max(1, ratios.count))
}

do {
  if let count = arguments[threads] { Threads.count = count }
  guard arguments[out].hasSuffix(".png") else {
    throw UsageError("--out: expected a name that ends in .png, found \"\(arguments[out])\"")
  }
  try arguments.check(hole, hasMeaning: arguments[mask] == nil, "without --mask")
  try arguments.check(place, hasMeaning: arguments[mask] == nil, "without --mask")
  let source = try data.source(arguments)
  try checkTarget(arguments[out], besides: [source.path, arguments[mask]])
  let trained = try openModel(arguments[modelPath], isAveraged: arguments[isAveraged])
  let restoring = trained.model as? any Restoring
  try trained.check(
    restoring?.takesMask == true || trained.model is any StepwiseSampling || trained.model is any LatentDecoding,
    to: "fill holes", "it neither restores nor makes images from latents")
  let compared = try ComparisonData(source, like: trained.model.inputs.first?.sampleShape)
  let images = trained.model.prepared(compared.test)
  let batch = images.batch(at: Array(0..<min(arguments[count], images.count)))
  guard batch.samples.rank == 4 else { throw UsageError("--model: expected a model of images, found \(trained.kind)") }
  let isTold = trained.model.inputs.first.map { $0.condition != .none } ?? false
  let known = try known(batch.samples.shape, needed: restoring?.neededMask)
  if let remark = compared.preparationRemark, !arguments[isQuiet] { tell(remark) }
  var progress = CountProgress(total: batch.samples.shape[0], unit: "images", isQuiet: arguments[isQuiet])
  let result = try filled(batch.samples, known, isTold ? batch.condition : .none, by: trained) {
    progress.set(share: $0)
  }
  progress.finish()
  let mean = Tensor.where(
    known, batch.samples,
    else: (batch.samples * known).sum(axes: [1, 2], keepingDimensions: true)
      / known.sum(axes: [1, 2], keepingDimensions: true).maximum(Tensor(1)))
  var table = Table(columns: ["mean of the rest", trained.kind])
  table.add("in the hole, dB", [ratio(mean, batch.samples, known), ratio(result, batch.samples, known)])
  var names = try NamesKeptRow(
    arguments[judge], columnCount: 2, like: Tensor.Shape(Array(batch.samples.shape.sizes.dropFirst())))
  try names.add([mean, result], like: batch.samples)
  names.add(to: &table)
  tell(table: table.text)
  var pictured = PicturedSets(most: batch.samples.shape[0])
  pictured.add([Tensor.where(known, batch.samples, else: Tensor(0.375)), result, batch.samples])
  try pictured.write(to: arguments[out])
  if !arguments[isQuiet] { tell("wrote \(arguments[out]): \(batch.samples.shape[0]) images") }
} catch {
  fail(error, program: options.program)
}
