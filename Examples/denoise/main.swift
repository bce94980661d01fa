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
let count = options.integer("count", range: 1..., placeholder: "N", help: "only the first N images")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides the noise")
let out = options.string(
  "out", default: "denoised.png", placeholder: "FILE", help: "a .png grid, or all images as .npy, .idx or .idx.gz")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but figures and errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  let trained = try openModel(arguments[modelPath])
  let images = try ComparisonData(arguments[data]).test
  let total = min(images.count, arguments[count] ?? images.count)
  let file = try SampleFile(arguments[out])
  var (noisyRatios, ratios) = ([Double](), [Double]())
  var generator = RandomGenerator(seed: UInt64(arguments[seed]))
  let isTold = trained.model.inputs.first.map { $0.condition != .none } ?? false
  var start = 0
  let size = InferenceBatch.size(images.sampleShape)
  try file.write(total, isQuiet: arguments[isQuiet], unit: "images") {
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
      noisyRatios += PeakSignalToNoise(of: damaged, to: batch.samples).values
      ratios += PeakSignalToNoise(of: clean, to: batch.samples).values
    }
    return clean
  }
  func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
  if arguments[noise] != nil {
    var table = Table(columns: ["with noise", "denoised"])
    table.add("to the clean images, dB", [mean(noisyRatios), mean(ratios)])
    print(table.text)
  }
  if !arguments[isQuiet] { print("wrote \(arguments[out]): \(total) \(total == 1 ? "image" : "images")") }
} catch {
  fail(error, program: options.program)
}
