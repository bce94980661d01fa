// Removes noise from images with a trained model.

import Latent
import LatentExampleSupport

var options = Options("denoise", summary: "Removes noise from images with a trained model.")
let modelPath = options.modelPath()
let data = options.comparisonData()
let noise = options.number(
  "noise", range: 0...10, placeholder: "X",
  help:
    "add normal noise of this deviation first, pixels being in 0...1: then the images are clean, and it is said how "
    + "near to them the model comes")
let count = options.integer(
  "count", range: 1..., placeholder: "N", help: "only the first N images; all if not given, and 96 in a picture")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the noise")
let out = options.string(
  "out", default: "denoised.png", placeholder: "FILE",
  help: "a .png picture of noisy images, denoised ones and, with --noise, clean ones side by side, or all denoised "
    + "images as .npy, .idx or .idx.gz")
let judge = options.namingJudge()
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures, warnings and errors")
let arguments = options.parseOrExit()

/// How many images a picture shows if nobody says.
let mostPictured = 96

do {
  try arguments.check(judge, hasMeaning: arguments[noise] != nil, "with --noise")
  if let count = arguments[threads] { Threads.count = count }
  let source = try data.source(arguments)
  let file = try SampleFile(arguments[out])
  try checkTarget(arguments[out], besides: [source.path])
  let trained = try openModel(arguments[modelPath])
  try trained.checkDenoising()
  let compared = try ComparisonData(source, like: trained.model.inputs.first?.sampleShape)
  let images = compared.test
  var names = try NamesKeptRow(arguments[judge], columnCount: 2, like: images.sampleShape)
  if let remark = compared.preparationRemark, !arguments[isQuiet] { tell(remark) }
  let isPicture = arguments[out].hasSuffix(".png")
  // Without figures, what is not drawn is not looked at.
  let usual = isPicture && arguments[noise] == nil ? min(mostPictured, images.count) : images.count
  let total = min(images.count, arguments[count] ?? usual)
  var pictured = PicturedSets(most: isPicture ? min(total, arguments[count] ?? mostPictured) : 0)
  if pictured.most > 10_000 {
    throw UsageError("--count: expected at most 10000 images in a picture, found \(pictured.most)")
  }
  var (noisyRatios, ratios) = ([Double](), [Double]())
  var generator = RandomGenerator(seed: UInt64(arguments[seed]))
  let isTold = trained.model.inputs.first.map { $0.condition != .none } ?? false
  var start = 0
  let size = InferenceBatch.size(images.sampleShape)
  /// The next batch of images without their noise.
  func next() throws -> Tensor? {
    guard start < total else { return nil }
    let batch = images.batch(at: Array(start..<min(total, start + size)))
    start += size
    var damaged = batch.samples
    if let deviation = arguments[noise] {
      let added = Tensor.normal(damaged.shape, standardDeviation: Float(deviation), using: &generator)
      damaged = (damaged + added).clamped(to: 0...1)
    }
    let clean = try trained.denoise(damaged, given: isTold ? batch.condition : .none, seed: UInt64(arguments[seed]))
    if arguments[noise] != nil {
      noisyRatios += PeakSignalToNoise(of: damaged, to: batch.samples).limitedValues
      ratios += PeakSignalToNoise(of: clean, to: batch.samples).limitedValues
      try names.add([damaged, clean], like: batch.samples)
    }
    pictured.add([damaged, clean] + (arguments[noise] == nil ? [] : [batch.samples]))
    return clean
  }
  if isPicture {
    var progress = CountProgress(total: total, unit: "images", isQuiet: arguments[isQuiet])
    while let batch = try next() { progress.add(batch.shape[0]) }
    progress.finish()
    try pictured.write(to: arguments[out])
  } else {
    try file.write(total, isQuiet: arguments[isQuiet], unit: "images", next: next)
  }
  func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
  if arguments[noise] != nil {
    var table = Table(columns: ["with noise", "denoised"])
    table.add("to the clean images, dB", [mean(noisyRatios), mean(ratios)])
    names.add(to: &table)
    tell(table: table.text)
    if mean(ratios) < mean(noisyRatios) {
      tell("warning: the images are farther from the clean ones after the model than with their noise")
    }
  }
  let all = arguments[count] == nil ? images.count : total
  let shown = isPicture && pictured.most < all ? "\(pictured.most) of " : ""
  if !arguments[isQuiet] { tell("wrote \(arguments[out]): \(shown)\(all) \(all == 1 ? "image" : "images")") }
} catch {
  fail(error, program: options.program)
}
