// Models written outside of the library: tenants MODEL train DIR STEPS trains one, going on from the checkpoint in DIR if
// there is one; tenants MODEL open DIR opens what it wrote, through a registry of the program's own.

import Latent

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

let registry = ModelRegistry().registering(UnpairedModel.self).registering(VolumeModel.self).registering(TextModel.self)
let arguments = CommandLine.arguments

func train(_ model: some GenerativeModel, on data: TrainingData, _ path: String, steps: Int) throws {
  let folder = try RunFolder(path, sampleEvery: 1000, checkpointEvery: 5)
  let checkpoint = try folder.checkpoint(registry: registry)
  try folder.begin(from: checkpoint)
  _ = try Trainer(model, length: .steps(steps), batchSize: 16, seed: 7).train(on: data, from: checkpoint) {
    try folder.record($0)
    // Time to be killed in.
    usleep(5000)
  }
}

func open(_ path: String) throws {
  let trained = try registry.load(path + "/model.safetensors")
  print(trained)
  switch trained.model {
  case is UnpairedModel: print(try trained.translate(.zeros([2, 2]), direction: "b-to-a").shape)
  case is TextModel: print(try trained.sample(2, given: .tokens([[0, 2], [1, 3]])).shape)
  default: print(try trained.reconstruct(trained.sample(2)).shape)
  }
}

switch (arguments[1], arguments[2]) {
case (_, "open"): try open(arguments[3])
case ("unpaired", _):
  let data = TrainingData(streams: ["a": Cloud(center: -2), "b": Cloud(center: 3)])
  try train(UnpairedModel(.init()), on: data, arguments[3], steps: Int(arguments[4]) ?? 0)
case ("volumes", _):
  try train(VolumeModel(.init()), on: TrainingData(Boxes()), arguments[3], steps: Int(arguments[4]) ?? 0)
case ("text-to-image", _):
  try train(TextModel(.init()), on: TrainingData(Captions()), arguments[3], steps: Int(arguments[4]) ?? 0)
default: fatalError("there is no model \(arguments[1])")
}
