import Foundation
import Layers
import Models
import Tensor
import Testing
import Training

@Suite struct ModelRegistryTests {
  /// Calls `body` with the path of a file in a new folder that is removed afterwards.
  private func withTemporaryFile(_ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("latent-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  @Test func roundTrip() throws {
    let configuration = VAE.Configuration(
      height: 3, width: 4, channels: 3, latentSize: 2, hiddenSize: 5, likelihood: .gaussian(standardDeviation: 0.25),
      beta: 0.5, initialization: .pytorch)
    let vae = try VAE(configuration)
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 3).state, step: 41)
    try withTemporaryFile { path in
      try trained.save(to: path)
      let loaded = try ModelRegistry.standard.load(path)
      #expect((loaded.model as? VAE)?.configuration == configuration)
      #expect(loaded.state == trained.state)
      #expect(loaded.step == 41)
      #expect(try loaded.sample(3, seed: 1) == trained.sample(3, seed: 1))
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try loaded.save(to: path)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }
  }

  @Test func numbersThatAreNotFiniteAreRefused() throws {
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 1, hiddenSize: 2))
    var state = vae.makeTraining(seed: 1).state
    state["encoder.mean.bias"] = Tensor([.nan])
    try withTemporaryFile { path in
      try TrainedModel(model: vae, state: state).save(to: path)
      let error = #expect(throws: FileError.self) { try ModelRegistry.standard.load(path) }
      #expect(error?.found == "an infinity or NaN in tensor encoder.mean.bias")
    }
  }

  @Test func modelsOfTheUsersOwn() throws {
    let recorder = try Recorder(Recorder.Configuration(side: 3))
    let trained = TrainedModel(model: recorder, state: recorder.makeTraining(seed: 1).state)
    let registry = ModelRegistry.standard.registering(Recorder.self)
    let known = ModelRegistry.standard.kinds
    #expect(registry.kinds == (known + ["recorder"]).sorted())
    try withTemporaryFile { path in
      try trained.save(to: path)
      let loaded = try registry.load(path)
      #expect(loaded.model is Recorder && loaded.state == trained.state)
      #expect(try loaded.sample(2) == trained.sample(2))
      let error = try #require(throws: FileError.self) { try ModelRegistry.standard.load(path) }
      #expect(
        error.description.hasSuffix(
          "expected a checkpoint of one of the models \(known.joined(separator: ", ")), found one of \"recorder\""))
      let empty = try #require(throws: FileError.self) { try ModelRegistry().load(path) }
      #expect(empty.path == path)
    }
  }

  @Test func standardModels() {
    #expect(Set(ModelRegistry.standard.kinds).isSuperset(of: ["dcgan", "vae", "wgan-gp"]))
    #expect(ModelRegistry().kinds.isEmpty)
  }
}
