// Trains a gated PixelCNN on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = PixelCNN.Configuration()
var program = TrainingProgram(
  "train-pixelcnn", summary: "Trains a gated PixelCNN, which makes images a pixel after the other.", epochs: 4,
  batchSize: 16, schedule: .cosine, takesModelOptions: true)
let pixels = PixelOptions(&program.options)
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N", help: "channels of each of the two stacks")
let layers = program.options.integer(
  "layers", default: usual.layerCount, range: 1...1024, placeholder: "N", help: "layers of each of them")
let firstKernelSize = program.options.integer(
  "first-kernel-size", default: usual.firstKernelSize, range: 1...63, placeholder: "N",
  help: "height and width that the first layer looks at, odd")
let kernelSize = program.options.integer(
  "kernel-size", default: usual.kernelSize, range: 1...63, placeholder: "N", help: "those of the others")
let headFeatures = program.options.integer(
  "head-features", default: usual.headFeatures, range: 1...4096, placeholder: "N",
  help: "channels between the last two convolutions")

program.options.presets([
  "conditional": ["conditional": ""],
  "quick": ["features": "16", "layers": "4", "head-features": "16", "epochs": "1"],
  "grey": ["levels": "16", "head-features": "64"],
  "wide": ["kernel-size": "5", "head-features": "64", "learning-rate": "0.004", "warmup": "200"],
])

program.options.settings(["layerCount": "layers"])

program.run(PixelCNN.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  try pixels.apply(arguments, program, samples, to: &configuration)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.layerCount, to: layers)
  arguments.set(&configuration.firstKernelSize, to: firstKernelSize)
  arguments.set(&configuration.kernelSize, to: kernelSize)
  arguments.set(&configuration.headFeatures, to: headFeatures)
  return configuration
}
