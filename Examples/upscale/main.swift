// Enlarges pictures of any size with a trained model.

import Latent
import LatentExampleSupport
import LatentSystem

var options = Options("upscale", summary: "Enlarges pictures with a model of train-super-resolution.")
let modelPath = options.modelPath()
let data = options.string(
  "data", placeholder: "PATH", help: "a picture of any size, or a folder of them: PNG, JPEG or Netpbm (required)")
let out = options.string(
  "out", default: "upscaled", placeholder: "PATH",
  help: "the picture to write, a .png file, or a folder for a folder of pictures")
let isShrinking = options.flag(
  "shrink",
  help:
    "shrink images first, as the training does, and say how near to them the enlarged ones come; --data is then what the "
    + "training programs take, built-in digits if not given, and --out a picture of some")
let judge = options.namingJudge()
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but errors")
let arguments = options.parseOrExit()

/// Writes each picture of `--data`, enlarged.
func enlargePictures(_ trained: TrainedModel, _ model: any Enlarging) throws {
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
    tell("wrote \(arguments[out]): \(counted(files.paths.count, "picture")), \(model.factor) times larger")
  }
}

do {
  if let count = arguments[threads] { Threads.count = count }
  try arguments.check(judge, hasMeaning: arguments[isShrinking], "with --shrink")
  let trained = try openModel(arguments[modelPath])
  guard let model = trained.model as? any Enlarging else {
    throw CapabilityError(
      "\(trained.kind) cannot enlarge: it was not trained to; train-super-resolution makes a model that can")
  }
  if arguments[isShrinking] {
    var check = EnlargementCheck(out: arguments.contains(out) ? arguments[out] : "upscaled.png")
    (check.data, check.judge, check.isQuiet) = (arguments[data], arguments[judge], arguments[isQuiet])
    try check.run(trained, factor: model.factor)
  } else {
    try enlargePictures(trained, model)
  }
} catch {
  fail(error, program: options.program)
}
