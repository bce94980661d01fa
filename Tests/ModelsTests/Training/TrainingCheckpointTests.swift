import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Files that no training can go on from.
@Suite struct TrainingCheckpointTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.path("model")
    self.path = path
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3))
    _ = try Trainer(vae, length: .steps(2), batchSize: 4).train(on: tinyImages(9)) {
      try $0.checkpoint.save(to: path)
    }
  }

  /// The error of loading the checkpoint after a change.
  private func error(
    _ change: (inout [String: Tensor], inout [String: String]) throws -> Void
  ) throws -> String {
    var (tensors, texts) = try SafeTensors.read(path)
    texts["latent.checksum"] = nil
    try change(&tensors, &texts)
    try SafeTensors.write(tensors, metadata: texts, to: path)
    return try #require(throws: FileError.self) { try TrainingCheckpoint.load(path) }.description
  }

  private func replace(_ old: String, _ new: String, in text: inout String?) {
    #expect(text?.contains(old) == true)
    text = text?.replacing(old, with: new)
  }

  /// Files of earlier versions do not say in their trend how many steps there were; the training says it.
  @Test func stepsOfEarlierVersions() throws {
    let (vae, file) = (
      try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3)), folder.path("long")
    )
    _ = try Trainer(vae, length: .steps(60), batchSize: 4).train(on: tinyImages(9)) {
      if $0.step == 60 { try $0.checkpoint.save(to: file) }
    }
    let (tensors, read) = try SafeTensors.read(file)
    var texts = read
    texts["latent.checksum"] = nil
    replace("\"stepCount\":60", "\"unknown\":60", in: &texts[CheckpointKey.training])
    try SafeTensors.write(tensors, metadata: texts, to: file)
    #expect(try TrainingCheckpoint.load(file).trend.stepCount == 60)
  }

  /// Every bit of the elements counts.
  @Test func damage() throws {
    let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    for (index, bit) in [(bytes.count - 1, 0), (bytes.count - 3, 7), (bytes.count - 100, 3)] {
      var damaged = bytes
      damaged[index] ^= UInt8(1 << bit)
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      let error = try #require(throws: FileError.self) { try TrainingCheckpoint.load(path) }
      #expect(
        error.expected.hasPrefix("contents with the checksum ")
          && error.found.contains("after it was written; without the text latent.checksum "))
      #expect(throws: FileError.self) { try ModelRegistry.standard.load(path) }
    }
  }

  @Test func roundTrip() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let checkpoint = try TrainingCheckpoint.load(path)
    #expect(checkpoint.step == 2 && checkpoint.batchesTaken == ["data": 2] && checkpoint.settings.batchSize == 4)
    #expect(checkpoint.training.optimizers["adam"]?.progress.step == 2)
    #expect(checkpoint.settings.length == .steps(2) && checkpoint.epoch == 1)
    try checkpoint.save(to: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  /// What whoever goes on wants to know is kept, and takes no place where there is none.
  @Test func notes() throws {
    #expect(try SafeTensors.read(path).metadata[CheckpointKey.training]?.contains("notes") == false)
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3))
    var trainer = Trainer(vae, length: .steps(3), batchSize: 4)
    trainer.notes = ["size": "64", "what": "\"\n"]
    let path = path
    _ = try trainer.train(on: tinyImages(9), from: TrainingCheckpoint.load(path)) { try $0.checkpoint.save(to: path) }
    let opened = try TrainingCheckpoint.load(path)
    #expect(opened.step == 3 && opened.settings.notes == trainer.notes)
  }

  /// Lengths as they are saved, and as numbers of steps, however long.
  @Test func lengths() throws {
    for (length, text) in [(TrainingLength.epochs(60), #"{"epochs":60}"#), (.steps(1), #"{"steps":1}"#)] {
      #expect(try CheckpointKey.text(length) == text)
      #expect(try CheckpointKey.value(TrainingLength.self, from: text.utf8) == length)
    }
    #expect("\(TrainingLength.epochs(60)), \(TrainingLength.steps(1))" == "60 epochs, 1 step")
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3))
    let data = TrainingData(try tinyImages(9))
    #expect(Trainer(vae, length: .epochs(60), batchSize: 4).totalSteps(on: data) == 120)
    #expect(Trainer(vae, length: .epochs(.max), batchSize: 4).totalSteps(on: data) == .max)
  }

  @Test func aModelAlone() throws {
    try ModelRegistry.standard.load(path).save(to: path)
    #expect(try error { _, _ in } == "\(path): expected a checkpoint of a training, found one of a model alone")
  }

  /// The first version of the format had no training and is still read.
  @Test func theFirstVersion() throws {
    let state = try ModelRegistry.standard.load(path).state
    let text = try error { tensors, texts in
      texts["latent.version"] = "1"
      texts["latent.training"] = nil
      tensors = tensors.filter { !$0.key.hasPrefix("optimizer/") }
    }
    #expect(text.contains("found one of a model alone"))
    #expect(try ModelRegistry.standard.load(path).state == state)
    #expect(
      try error { $1["latent.version"] = "5" }.contains("of format version 1 or 2 or 3 or 4, found version \"5\""))
  }

  @Test func brokenRecords() throws {
    #expect(try error { $1["latent.training"] = "{" }.contains("expected the record of a training, found \"{\""))
    #expect(try error { $1["latent.training"] = "{}" }.contains("expected the record of a training"))
  }

  @Test(arguments: [
    ("\"batchSize\":4", "\"batchSize\":0", "a position in a stream of samples, found 2 batches of 0 from 9 samples"),
    ("\"batchSize\":4", "\"batchSize\":10", "2 batches of 10 from 9 samples"),
    ("\"batchesTaken\":{\"data\":2}", "\"batchesTaken\":{\"data\":-2}", "-2 batches of 4"),
    ("\"adam\"", "\"eve\"", "expected the optimizers adam, found \"eve\""),
    ("\"rateFactor\":1,\"step\":2", "\"rateFactor\":1,\"step\":-2", "expected the optimizers adam"),
    ("\"seed\":0", "\"seed\":-1", "expected the record of a training"),
    ("\"steps\":2}", "\"steps\":0}", "expected the record of a training"),
    ("\"steps\":2}", "\"years\":2}", "expected the record of a training"),
  ])
  func valuesOutOfRange(_ old: String, _ new: String, _ text: String) throws {
    #expect(try error { replace(old, new, in: &$1["latent.training"]) }.contains(text))
  }

  @Test(arguments: [
    "optimizer/adam/decoder.mean", "optimizer/eve/encoder.mean.bias.mean", "optimizer/adam", "optimizer/",
    "optimizer/adam/encoder.mean.bias.mean",
  ])
  func momentsOfNothing(_ name: String) throws {
    let text = try error { tensors, _ in tensors[name] = .zeros([7]) }
    #expect(text.hasSuffix("expected moments of the model's parameters, found tensor \"\(name)\" of shape [7]"))
  }

  /// Numbers of a training that went wrong: in metrics they are kept, in the model refused.
  @Test func numbersThatAreNotFinite() throws {
    var checkpoint = try TrainingCheckpoint.load(path)
    for _ in 0..<50 { checkpoint.trend.add(["loss": .infinity, "reconstruction": .nan]) }
    try checkpoint.save(to: path)
    let trend = try TrainingCheckpoint.load(path).trend
    #expect(trend["loss"] == .infinity && trend["reconstruction"]?.isNaN == true)
    checkpoint.training.state["encoder.mean.bias"] = Tensor([1, .nan])
    try checkpoint.save(to: path)
    #expect(try error { _, _ in }.contains("an infinity or NaN in tensor encoder.mean.bias"))
  }
}
