// Draws samples from a checkpoint, whichever model wrote it.

import Latent
import LatentExampleSupport

var options = Options("generate", summary: "Draws samples from a trained model.")
let modelPath = options.string("model", placeholder: "FILE", help: "a checkpoint, model.safetensors (required)")
let count = options.integer("count", default: 64, range: 1...1_000_000, placeholder: "N", help: "how many samples")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "decides which samples")
let out = options.string(
  "out", default: "samples.png", placeholder: "FILE", help: "a .png grid, or all samples as .npy, .idx or .idx.gz")
let isAveraged = options.flag("ema", help: "use the moving average of the generator, which GANs keep")
let threads = options.integer(
  "threads", range: 1...Threads.limit, placeholder: "N", help: "processor cores to use; also LATENT_THREADS")
let arguments = options.parseOrExit()

do {
  guard let path = arguments[modelPath] else { throw UsageError("--model: expected the path of a checkpoint") }
  let output = try SampleFile(arguments[out])
  if let count = arguments[threads] { Threads.count = count }
  var trained = try ModelRegistry.standard.load(path)
  if arguments[isAveraged] {
    guard let averaged = trained.averaged else { throw UsageError("--ema: \(path) has no moving average") }
    trained = averaged
  }
  try output.write(trained.sample(arguments[count], seed: UInt64(arguments[seed])))
} catch {
  fail(error, program: options.program)
}
