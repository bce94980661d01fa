import Datasets
import Foundation
import Layers
import Tensor
import Testing
import Training

@testable import Models

@Suite struct VoxelVAETests {
  private static func model(fullWeight: Float = 1, beta: Float = 1) throws -> VoxelVAE {
    var configuration = VoxelVAE.Configuration(side: 8, latentSize: 6)
    (configuration.features, configuration.fullWeight, configuration.beta) = (4, fullWeight, beta)
    return try VoxelVAE(configuration)
  }

  @Test func shapes() throws {
    for (sizes, stages) in [
      ([8, 8, 8], 1), ([16, 16, 16], 2), ([32, 32, 32], 3), ([12, 8, 20], 1), ([24, 24, 48], 2),
    ] {
      var configuration = VoxelVAE.Configuration()
      (configuration.depth, configuration.height, configuration.width) = (sizes[0], sizes[1], sizes[2])
      configuration.features = 2
      let model = try VoxelVAE(configuration)
      let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
      let samples = try trained.sample(2)
      #expect(samples.shape.sizes == [2] + sizes + [1])
      #expect(try trained.encode(samples).shape == [2, 16])
      #expect(configuration.sizes.stageCount == stages)
    }
  }

  /// With first values the decoder says that voxels are empty, as most are.
  @Test func startsWithMostVoxelsEmpty() throws {
    let model = try Self.model()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let mean = try trained.sample(16).mean().scalar
    #expect(abs(mean - 0.12) < 0.05, "\(mean)")
  }

  @Test("The loss of weighted voxels, against its definition")
  func weights() {
    var random = RandomGenerator(seed: 2)
    let x = Tensor.uniform([3, 2, 2, 2, 1], using: &random)
    let logits = Tensor.normal([3, 2, 2, 2, 1], using: &random) * 3
    for weight in [Float(1), 0.5, 4] {
      let loss = OccupancyObservation(fullWeight: weight).negativeLogLikelihood(of: x, given: logits)
      #expect(loss.shape == [3])
      for sample in 0..<3 {
        let expected = zip(x[sample].scalars, logits[sample].scalars).reduce(0.0) { sum, pair in
          let (x, p) = (Double(pair.0), 1 / (1 + exp(-Double(pair.1))))
          return sum - Double(weight) * x * log(p) - (1 - x) * log(1 - p)
        }
        #expect(abs(Double(loss[sample].scalar) - expected) < 1e-5 * expected)
      }
    }
    let plain = BernoulliObservation().negativeLogLikelihood(of: x, given: logits)
    #expect(OccupancyObservation().negativeLogLikelihood(of: x, given: logits) == plain)
    // Sure of what is wrong: large, not infinite.
    let wrong = OccupancyObservation(fullWeight: 2).negativeLogLikelihood(of: [[1, 0]], given: [[-200, 200]])
    #expect(wrong.scalars == [600])
  }

  @Test("Some steps make volumes out of latents that resemble what went in")
  func learns() throws {
    let shapes = VoxelShapes(count: 800, side: 8)
    let test = TrainingData(VoxelShapes(count: 80, side: 8, seed: 1))
    let model = try Self.model()
    let before = model.evaluate(on: test, with: model.makeTraining(seed: 1).state)
    let trained = try Trainer(model, length: .steps(250), batchSize: 32, seed: 1, learningRate: 3e-3).train(on: shapes)
    let after = model.evaluate(on: test, with: trained.state)
    #expect(
      after.entries.map(\.name) == ["loss", "reconstruction", "kl", "iou", "connected", "connected_of_data"])
    #expect(try #require(after["loss"]) < 0.5 * #require(before["loss"]))
    #expect(try #require(after["iou"]) > 0.5)
    let bounds = try trained.logLikelihoods(of: shapes.batch(at: [0, 1]).samples, draws: 20)
    #expect(bounds.shape == [2])
    let preview = try #require(try model.preview(with: trained.state, from: test) { _ in })
    #expect(preview.columns == 8 && preview.images.count == 56)
  }

  /// What is told of reconstructions and samples, where it is known what these are.
  @Test func figuresAreThoseOfTheVolumes() throws {
    let model = try Self.model()
    let shapes = VoxelShapes(count: 24, side: 8)
    let volumes = shapes.batch(at: Array(0..<24)).samples
    var state = model.makeTraining(seed: 3).state
    // About half of all voxels are full then.
    state["decoder.stages.0.bias"] = .zeros([1])
    let overlaps = VolumeFigures.intersectionsOverUnions(
      of: try TrainedModel(model: model, state: state).reconstruct(volumes), and: volumes)
    let figures = model.evaluate(on: TrainingData(shapes), with: state)
    #expect(abs(try #require(figures["iou"]) - overlaps.reduce(0, +) / 24) < 1e-9 && overlaps.reduce(0, +) > 0)
    let real = VolumeFigures.shareConnected(of: volumes)
    #expect(abs(try #require(figures["connected_of_data"]) - real) < 1e-9 && real > 0)
    // Without weights, what is put out is the bias: a full cube, or nothing.
    state["decoder.stages.0.weight"] = state["decoder.stages.0.weight"].map { $0 * 0 }
    for (bias, connected) in [(Float(1), 1.0), (-1, 0)] {
      state["decoder.stages.0.bias"] = Tensor([bias])
      let figure = try #require(model.evaluate(on: TrainingData(shapes), with: state)["connected"])
      #expect(abs(figure - connected) < 1e-9)
    }
  }

  @Test func weightAndBetaCount() throws {
    let data = TrainingData(VoxelShapes(count: 16, side: 8))
    let state = try Self.model().makeTraining(seed: 3).state
    let plain = try Self.model().evaluate(on: data, with: state)
    let heavy = try Self.model(fullWeight: 5).evaluate(on: data, with: state)
    let free = try Self.model(beta: 0).evaluate(on: data, with: state)
    #expect(try #require(heavy["reconstruction"]) > 1.5 * #require(plain["reconstruction"]))
    #expect(free["loss"] == free["reconstruction"] && free["kl"] == plain["kl"])
    let model = try Self.model(fullWeight: 5)
    let volumes = VoxelShapes(count: 3, side: 8).batch(at: [0, 1, 2]).samples
    // The likelihood is that of what is put out, whatever was minimized.
    let (one, other) = (TrainedModel(model: model, state: state), TrainedModel(model: try Self.model(), state: state))
    #expect(try one.logLikelihoods(of: volumes, draws: 3) == other.logLikelihoods(of: volumes, draws: 3))
  }

  @Test func checkpoints() throws {
    let folder = try TemporaryFolder()
    let model = try Self.model(fullWeight: 2)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    try trained.save(to: folder.path + "/model.safetensors")
    let again = try ModelRegistry.standard.load(folder.path + "/model.safetensors")
    #expect((again.model as? VoxelVAE)?.configuration == model.configuration)
    #expect(try again.sample(3, seed: 4) == trained.sample(3, seed: 4))
  }

  @Test func refusals() throws {
    func message(_ change: (inout VoxelVAE.Configuration) -> Void) -> String {
      var configuration = VoxelVAE.Configuration()
      change(&configuration)
      do { _ = try VoxelVAE(configuration) } catch { return "\(error)" }
      return ""
    }
    let size = "expected a multiple of 4 in 8…256; volumes can be brought to a size"
    #expect(message { $0.depth = 18 } == "voxel-vae: depth is 18, \(size)")
    #expect(message { $0.width = 4 } == "voxel-vae: width is 4, \(size)")
    #expect(message { $0.features = 0 } == "voxel-vae: features is 0, expected 1 to 4096")
    #expect(message { $0.fullWeight = 0 }.hasPrefix("voxel-vae: fullWeight is 0.0"))
    #expect(message { $0.priorComponents = 0 } == "voxel-vae: priorComponents is 0, expected 1 to 4096")
    #expect(message { $0.beta = -1 }.hasPrefix("voxel-vae: beta is -1.0"))
  }
}
