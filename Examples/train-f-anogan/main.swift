// Trains an encoder for a trained GAN, so that images unlike those that it has learned are found.

import Latent
import LatentExampleSupport

var program = TrainingProgram(
  "train-f-anogan",
  summary:
    "Trains an encoder for a trained GAN, so that detect-anomalies finds images unlike those that it has learned.",
  epochs: 10, batchSize: 64)
let gan = program.options.string(
  "gan", placeholder: "FILE",
  help: "a GAN of train-wgan-gp, train-dcgan or train-gan that has learned the same images, normal ones only (required)"
)
let features = program.options.integer(
  "features", range: 1...65536, placeholder: "N",
  help: "the encoder's channels at half the image size; at a quarter there are twice as many; 64 if not given")
let featureWeight = program.options.number(
  "feature-weight", range: 0...1e6, placeholder: "X",
  help: "of the critic's features in loss and score, beside the pixels; 1 if not given")
program.options.settings(["encoderFeatures": "features"])

/// The GAN that `--gan` names.
func openGAN(_ arguments: Arguments) throws -> TrainedModel {
  guard let path = arguments[gan] else {
    throw UsageError("--gan: expected the path of a trained GAN; train-wgan-gp with the same --data makes one")
  }
  return try openModel(path)
}

program.initialState = { arguments, model, seed, earlier in
  guard earlier == nil, let model = model as? FAnoGAN else { return earlier?.state }
  return try model.initialState(over: openGAN(arguments), seed: seed)
}

program.run(FAnoGAN.self) { arguments, _, before in
  try arguments.check(gan, hasMeaning: before == nil, "for a new training, not with --resume")
  var configuration = try before ?? FAnoGAN.Configuration(FAnoGAN.configuration(of: openGAN(arguments)))
  arguments.set(&configuration.encoderFeatures, to: features)
  if let weight = arguments[featureWeight] { configuration.featureWeight = Float(weight) }
  return configuration
}
