// Trains a GAN that is put together from parts on images and writes samples, curves and the model.

import Latent
import LatentExampleSupport

var program = TrainingProgram(
  "train-gan", summary: "Trains a GAN that is put together from parts on images.", epochs: 4, batchSize: 64,
  otherAugmentations: GANTechniqueOptions.augmentations)
let common = GANOptions(&program.options)
let parts = GANPartOptions(&program.options)
let techniques = GANTechniqueOptions(&program)

let presets: KeyValuePairs<String, [String: String]> = [
  "dcgan": ["loss": "non-saturating", "normalization": "batch"],
  "least-squares": ["loss": "least-squares"],
  "spectral-norm": ["loss": "hinge", "normalization": "spectral"],
  "wgan": [
    "loss": "wasserstein", "regularizer": "weight-clipping", "discriminator-steps": "5", "optimizer": "rmsprop",
    "learning-rate": "5e-05",
  ],
  "wgan-gp": [
    "loss": "wasserstein", "regularizer": "gradient-penalty", "normalization": "none", "discriminator-steps": "5",
    "beta2": "0.9", "learning-rate": "0.0005",
  ],
  "conditional": [
    "conditional": "projection", "loss": "hinge", "normalization": "spectral", "generator-rate": "0.001",
  ],
  // The same for longer, with rates that fall to 0, and an average over a twentieth of the training.
  "best": [
    "conditional": "projection", "loss": "hinge", "normalization": "spectral", "generator-rate": "0.001",
    "schedule": "linear", "epochs": "40", "average-decay": "0.9995",
  ],
]
program.options.presets(
  presets,
  purposes: [
    "best": "meant for the least Fréchet distance after an hour on two cores with the labels of MNIST, used with --ema"
  ])
program.options.settings(["packSize": "pack"])

program.run(GAN.self) { [program] arguments, samples, before in
  var configuration = before ?? .dcgan
  try common.apply(arguments, of: program, to: &configuration, samples, isNew: before == nil)
  try parts.apply(arguments, to: &configuration)
  try techniques.apply(arguments, to: &configuration)
  return configuration
}
