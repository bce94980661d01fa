// Trains a PixelRNN on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

let usual = PixelRNN.Configuration()
var program = TrainingProgram(
  "train-pixelrnn", summary: "Trains a PixelRNN, which makes images a pixel after the other.", epochs: 4, batchSize: 16,
  schedule: .cosine, takesModelOptions: true)
let kind = program.options.choice(
  "kind", default: usual.recurrence, placeholder: "NAME", help: "the way that the layers go over an image")
let pixels = PixelOptions(&program.options)
let features = program.options.integer(
  "features", default: usual.features, range: 1...4096, placeholder: "N", help: "features of each recurrent layer")
let mapChannels = program.options.integer(
  "map-channels", range: 1...4096, placeholder: "N",
  help: "channels of what the layers see and add to; twice the features if not given")
let layers = program.options.integer(
  "layers", default: usual.layerCount, range: 1...1024, placeholder: "N", help: "recurrent layers")
let kernelSize = program.options.integer(
  "kernel-size", default: usual.firstKernelSize, range: 3...63, placeholder: "N",
  help: "height and width that the first convolution looks at, odd")
let headFeatures = program.options.integer(
  "head-features", default: usual.headFeatures, range: 1...4096, placeholder: "N",
  help: "channels between the last two convolutions")
let withoutSkips = program.options.flag("no-skips", help: "only the last layer goes to the end")

program.options.presets([
  "conditional": ["conditional": ""],
  "wide": ["features": "32", "layers": "2", "map-channels": "32"],
  "quick": ["features": "16", "layers": "2", "map-channels": "16", "epochs": "1"],
])

program.options.settings([
  "firstKernelSize": "kernel-size", "layerCount": "layers", "recurrence": "kind", "hasSkips": "no-skips",
])

program.run(PixelRNN.self) { [program] arguments, samples, before in
  var configuration = before ?? usual
  try pixels.apply(arguments, program, samples, to: &configuration)
  arguments.set(&configuration.recurrence, to: kind)
  arguments.set(&configuration.features, to: features)
  arguments.set(&configuration.layerCount, to: layers)
  arguments.set(&configuration.firstKernelSize, to: kernelSize)
  arguments.set(&configuration.headFeatures, to: headFeatures)
  if let channels = arguments[mapChannels] { configuration.mapChannels = channels }
  if arguments[withoutSkips] { configuration.hasSkips = false }
  return configuration
}
