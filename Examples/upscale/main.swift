// Enlarges pictures of any size with a trained model.

import Latent
import LatentExampleSupport
import LatentSystem

var options = Options("upscale", summary: "Enlarges pictures with a model of train-super-resolution.")
let modelPath = options.modelPath()
let data = options.string(
  "data", placeholder: "PATH", help: "a picture of any size, or a folder of them: PNG, JPEG, PGM or PPM (required)")
let out = options.string(
  "out", default: "upscaled", placeholder: "PATH",
  help: "the picture to write, a .png file, or a folder for a folder of pictures")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  let trained = try openModel(arguments[modelPath])
  guard let model = trained.model as? any Enlarging else {
    throw CapabilityError(
      "\(trained.kind) cannot enlarge: it was not trained to; train-super-resolution makes a model that can")
  }
  guard let path = arguments[data] else { throw UsageError("--data: expected the path of a picture or of a folder") }
  let files = try PictureFiles(path, writingTo: arguments[out])
  let channels = model.damagedShape.sizes.last ?? 1
  var progress = CountProgress(total: files.paths.count, unit: "pictures", isQuiet: arguments[isQuiet])
  try files.convert { picture in
    defer { progress.add(1) }
    let images = ImagePreparation(channels: channels == 1 || channels == 3 ? channels : nil)(picture)
    return try ImageSet(trained.enlarge(images.batch(at: [0]).samples))
  }
  progress.finish()
  if !arguments[isQuiet] {
    print("wrote \(arguments[out]): \(counted(files.paths.count, "picture")), \(model.factor) times larger")
  }
} catch {
  fail(error, program: options.program)
}
