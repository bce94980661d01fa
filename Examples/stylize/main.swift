// Gives pictures of any size a style: that of a trained model, or that of a picture, by changing pixels.

import Latent
import LatentExampleSupport
import LatentSystem

var options = Options(
  "stylize", summary: "Gives pictures a style: that of a model of train-style, of a picture, or of a drawn pattern.")
let modelPath = options.string(
  "model", placeholder: "FILE", help: "a checkpoint of train-style, model.safetensors, instead of --style or --pattern")
let style = StyleSourceOptions(
  &options, help: "a picture whose style the others get by changing their pixels step by step, instead of --model")
let data = options.string(
  "data", placeholder: "PATH", help: "a picture of any size, or a folder of them: PNG, JPEG or Netpbm (required)")
let out = options.string(
  "out", default: "stylized", placeholder: "PATH",
  help: "the picture to write, a .png file, or a folder for a folder of pictures")
let size = options.integer(
  "size", range: 16...65536, placeholder: "N",
  help: "bring larger pictures down to N pixels, height or width, whichever is larger; without --model 512 if not given"
)
let steps = options.integer(
  "steps", default: 200, range: 1...1_000_000, placeholder: "N", help: "of the change of pixels, without --model")
let rate = options.number(
  "rate", default: 0.03 as Float, range: 1e-6...1, placeholder: "X",
  help: "how much a pixel changes in a step at most, about, without --model")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "S", help: "draws the random filters")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but errors")
options.usualOption = "data"
let arguments = options.parseOrExit()

/// A picture in grey or colour, as a model needs it, brought down if it is large.
/// - Parameter usual: the largest height or width without --size; nil for any.
func prepared(_ picture: ImageSet, channels: Int?, usual: Int?, atLeast least: Int) throws -> Tensor {
  let image = ImagePreparation(channels: channels)(picture).batch(at: [0]).samples
  let side = LargestSide(size.name, most: arguments[size] ?? usual, isGiven: arguments[size] != nil)
  return try side.reduced(image, atLeast: least, named: data.name)
}

/// What options mean something with that a trained model has no use for.
let whereStylesAreNamed = "with \(StylePictureOptions.names)"

/// What a trained model makes of pictures.
func stylist(_ path: String) throws -> (ImageSet) throws -> Tensor {
  try style.checkAbsent(arguments, whereStylesAreNamed)
  for option in [steps, seed] { try arguments.check(option, hasMeaning: false, whereStylesAreNamed) }
  try arguments.check(rate, hasMeaning: false, whereStylesAreNamed)
  let trained = try openModel(path)
  guard let model = trained.model as? any Stylizing else {
    throw CapabilityError("\(trained.kind) cannot stylize: train-style makes a model that can")
  }
  let channels = model.imageChannels == 1 || model.imageChannels == 3 ? model.imageChannels : nil
  return { try trained.stylize(prepared($0, channels: channels, usual: nil, atLeast: model.leastImageSize)) }
}

/// What changes the pixels of pictures of so many channels, and the style that they get.
func optimization(channels: Int, _ classifier: TrainedModel?) throws -> (change: StyleOptimization, grams: [Tensor]) {
  var change =
    try classifier.map { try StyleOptimization(channels: channels, classifier: $0) }
    ?? StyleOptimization(channels: channels, seed: UInt64(arguments[seed]))
  (change.steps, change.learningRate) = (arguments[steps], arguments[rate])
  style.setWeights(
    arguments, content: &change.contentWeight, style: &change.styleWeight, roughness: &change.roughnessWeight)
  let pictures = try style.picture.pictures(arguments, channels: channels, atLeast: change.leastSize)
  return (change, change.grams(of: pictures))
}

/// What becomes of pictures by changing their pixels.
func optimizer() throws -> (ImageSet) throws -> Tensor {
  let classifier = try style.classifier(arguments)
  let own = try style.picture.pictures(arguments, channels: classifier?.model.inputs.first?.sampleShape[2])
  // Pictures of a folder are grey or coloured: what is needed for either is made once.
  var known: [Int: (change: StyleOptimization, grams: [Tensor])] = [:]
  return { picture in
    let channels = classifier?.model.inputs.first?.sampleShape[2] ?? max(own.shape[3], picture.channels)
    let (change, grams) = try known[channels] ?? optimization(channels: channels, classifier)
    known[channels] = (change, grams)
    let image = try prepared(picture, channels: channels, usual: 512, atLeast: change.leastSize)
    var progress = CountProgress(total: arguments[steps], unit: "steps", isQuiet: arguments[isQuiet])
    defer { progress.finish() }
    return change(image, grams: grams) { _, _ in progress.add(1) }
  }
}

do {
  if let count = arguments[threads] { Threads.count = count }
  guard (arguments[modelPath] != nil) != style.picture.isGiven(arguments) else {
    throw UsageError(
      "expected either --model, the path of a checkpoint, or --style, the path of a picture, or --pattern, the name of a "
        + "drawn one")
  }
  let stylized = try arguments[modelPath].map { try stylist($0) } ?? optimizer()
  guard let path = arguments[data] else { throw UsageError("--data: expected the path of a picture or of a folder") }
  let files = try PictureFiles(path, writingTo: arguments[out])
  try files.convert { try ImageSet(stylized($0)) }
  if !arguments[isQuiet] { tell("wrote \(arguments[out]): \(counted(files.paths.count, "picture"))") }
} catch {
  fail(error, program: options.program)
}
