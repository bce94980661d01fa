// Trains a model for each class of images, and tells how well each separates what it has learned from the rest.

import Latent
import LatentExampleSupport
import LatentSystem

/// The rows of the table.
enum Kinds: String, CaseIterable {
  case both
  case all
  case vae
  case autoencoder
  case fAnoGAN = "f-anogan"

  /// The kinds of models that have a row.
  var rows: [AnomalyTable.Kind] {
    switch self {
    case .both: [.vae, .fAnoGAN]
    case .all: AnomalyTable.Kind.allCases
    case .vae: [.vae]
    case .autoencoder: [.autoencoder]
    case .fAnoGAN: [.fAnoGAN]
    }
  }
}

let usual = AnomalyTable()
var options = Options(
  "anomaly-table",
  summary:
    "Trains a model for each class of labelled images, and prints how well it tells normal test images from others.")
let data = options.string(
  "data", placeholder: "PATH",
  help: "labelled images with test images beside them, as the training programs take them; built-in digits if not given"
)
options.usualOption = "data"
let kinds = options.choice(
  "kind", default: Kinds.both, placeholder: "NAME",
  help:
    "a VAE or a plain autoencoder, scored by their reconstructions, or a WGAN-GP with the encoder of f-AnoGAN; both "
    + "is a row for the VAE and one for f-AnoGAN, and all has the autoencoder too")
let rule = options.choice(
  "protocol", default: usual.rule, placeholder: "NAME",
  help: "whether each class in turn is normal and learned, or all others are and it is the anomaly")
let classes = options.string(
  "classes", placeholder: "LIST", help: "the classes that have a turn, as 3 or 0,1,2; all if not given")
let updates = options.integer(
  "steps", default: usual.updates, range: 1...1_000_000_000, placeholder: "N",
  help: "updates of a VAE or an autoencoder")
let ganUpdates = options.integer(
  "gan-steps", default: usual.ganUpdates, range: 1...1_000_000_000, placeholder: "N", help: "updates of a generator")
let encoderUpdates = options.integer(
  "encoder-steps", default: usual.encoderUpdates, range: 1...1_000_000_000, placeholder: "N",
  help: "updates of an encoder"
)
let latentSize = options.integer(
  "latent-size", range: 1...4096, placeholder: "N",
  help: "latent variables; 20 of a VAE or an autoencoder and 100 of a GAN if not given")
let batchSize = options.integer(
  "batch-size", default: usual.batchSize, range: 2...65536, placeholder: "N", help: "images in a batch")
let seed = options.integer("seed", default: 0, range: 0..., placeholder: "N", help: "decides all randomness")
let out = options.string(
  "out", default: "runs/anomaly-table", placeholder: "DIR", help: "where the models and the figures, as JSON, go")
let isResuming = options.flag(
  "resume",
  help:
    "take the models that are in the folder already, which have to be of the same settings and images, and train the "
    + "others")
let threads = options.threads()
let isQuiet = options.flag("quiet", help: "print nothing but the table and errors")
let arguments = options.parseOrExit()

do {
  if let count = arguments[threads] { Threads.count = count }
  let turns = try arguments[classes].map { try wholeNumbers($0, option: "classes") }
  var table = usual
  table.rule = arguments[rule]
  table.updates = arguments[updates]
  table.ganUpdates = arguments[ganUpdates]
  table.encoderUpdates = arguments[encoderUpdates]
  table.latentSize = arguments[latentSize]
  table.batchSize = arguments[batchSize]
  table.seed = UInt64(arguments[seed])
  table.folder = arguments[out]
  table.isResuming = arguments[isResuming]
  table.isQuiet = arguments[isQuiet]
  let images = try ComparisonData(ComparisonSource(arguments[data]), like: nil)
  try table.run(arguments[kinds].rows, classes: turns, on: images, named: arguments[data] ?? "built-in digits")
} catch {
  fail(error, program: options.program)
}
