// Uses Latent beside a module Models of its own, once by the umbrella and once by the alias.

import Latent
import LatentModels
import Models

let digits = BuiltInDigits.make(count: 256, seed: 1)
let vae = try VAE(VAE.Configuration(latentSize: 2, hiddenSize: 32))
let trainer = LatentModels.Trainer(vae, length: .steps(20), batchSize: 64, seed: 1)
var losses: [Double] = []
let trained = try trainer.train(on: digits) { losses.append($0.metrics["loss"] ?? .nan) }
print("\(Car(name: "Beetle").name): loss \(losses[0]) then \(losses[losses.count - 1])")
print("samples of shape \(trained.sample(3).shape)")
if losses[losses.count - 1] >= losses[0] { fatalError("the loss did not fall") }
