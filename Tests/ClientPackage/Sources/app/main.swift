// Uses Latent beside modules Models and Training of its own, once by the umbrella and once by the aliases.

import Latent
import LatentModels
import LatentTraining
import Models
import Training

let digits = BuiltInDigits.make(count: 256, seed: 1)
let vae = try LatentModels.VAE(VAE.Configuration(latentSize: 2, hiddenSize: 32))
let trainer = LatentTraining.Trainer(vae, length: .steps(20), batchSize: 64, seed: 1)
var losses: [Double] = []
let trained = try trainer.train(on: digits) { losses.append($0.metrics["loss"] ?? .nan) }
print("\(Car(name: "Beetle").name): loss \(losses[0]) then \(losses[losses.count - 1])")
print("samples of shape \(try trained.sample(3).shape) after \(Race(kilometres: 5).kilometres) km")
if losses[losses.count - 1] >= losses[0] { fatalError("the loss did not fall") }
