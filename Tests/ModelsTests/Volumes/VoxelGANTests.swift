import Datasets
import Layers
import Tensor
import Testing
import Training

@testable import Models

@Suite struct VoxelGANTests {
  private static func model(_ objective: VoxelGAN.Objective = .hinge) throws -> VoxelGAN {
    var configuration = VoxelGAN.Configuration(side: 8, latentSize: 8, objective: objective)
    configuration.features = 4
    return try VoxelGAN(configuration)
  }

  private static let shapes = VoxelShapes(count: 512, side: 8)

  @Test("The networks are those of the reference sizes")
  func networks() throws {
    let names = { (side: Int) in
      "\(try VoxelGAN(VoxelGAN.Configuration(side: side)).network)".split(separator: "\n")
        .filter { $0.contains("weight") && !$0.contains("transforms") }.map(String.init)
    }
    #expect(
      try names(16) == [
        "generator.body.project.weight [64, 4096]",
        "generator.body.stages.0.weight [32, 4, 4, 4, 64]",
        "generator.body.stages.1.weight [1, 4, 4, 4, 32]",
        "discriminator.body.stages.0.weight [32, 4, 4, 4, 1]",
        "discriminator.body.stages.1.weight [64, 4, 4, 4, 32]",
        "discriminator.score.weight [4096, 1]",
      ])
    #expect(try names(32).contains("generator.body.stages.0.weight [64, 4, 4, 4, 128]"))
    // A bias before a normalization would be for nothing; the last layer has one.
    let network = try VoxelGAN().network
    let biases = network.parameterNames.filter { $0.hasSuffix("bias") && $0.hasPrefix("generator") }
    #expect(biases == ["generator.body.stages.1.bias"])
  }

  @Test("Both losses learn what empty space is", arguments: VoxelGAN.Objective.allCases)
  func learns(objective: VoxelGAN.Objective) throws {
    let model = try Self.model(objective)
    var trainer = Trainer(model, length: .steps(objective == .hinge ? 120 : 30), batchSize: 16, seed: 1)
    trainer.learningRate = 2e-3
    let trained = try trainer.train(on: Self.shapes)
    let data = TrainingData(Self.shapes)
    let before = model.evaluate(on: data, with: model.makeTraining(seed: 1).state)
    let after = model.evaluate(on: data, with: trained.state)
    #expect(
      after.entries.map(\.name)
        == ["volume_distance", "volume_distance_of_data", "connected", "connected_of_data"])
    let connected = VolumeFigures.shareConnected(of: Self.shapes.batch(at: Array(0..<400)).samples)
    #expect(abs(try #require(after["connected_of_data"]) - connected) < 1e-9)
    #expect(try #require(after["volume_distance"]) < 0.5 * #require(before["volume_distance"]))
    #expect(try #require(after["volume_distance_of_data"]) < 0.03)
    let samples = try trained.sample(4)
    #expect(samples.shape == [4, 8, 8, 8, 1] && samples.min().scalar >= 0 && samples.max().scalar <= 1)
    #expect(try #require(trained.averaged).sample(4) != samples)
    let preview = try #require(try model.preview(with: trained.state, from: data) { _ in })
    #expect(preview.columns == 8 && preview.images.count == 48)
  }

  /// 2 of a discriminator that gives 0 to everything, as it does to nothing without biases: neither side has its margin of 1.
  @Test func lossOfIgnorance() throws {
    let model = try Self.model()
    var training = model.makeTraining(seed: 1)
    for name in training.state.names where name.hasPrefix("discriminator.") && name.hasSuffix(".bias") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    for name in training.state.names where name.hasPrefix("generator.body.stages.") {
      training.state[name] = training.state[name].map { $0 * 0 }
    }
    // In the middle between empty and full.
    let grey = TensorSet(Tensor(repeating: 0.5, shape: [16, 8, 8, 8, 1]))
    var feed = BatchFeed(TrainingData(grey), batchSize: 8, generator: RandomGenerator(seed: 2))
    let metrics = try model.trainingStep(&feed, &training)
    #expect(metrics["discriminator_loss"] == 2 && metrics["real_score"] == 0 && metrics["fake_score"] == 0)
  }

  /// The penalty is one of the gradient's norm at mixtures: it has to reach the weights through the derivative of a
  /// convolution's derivative.
  @Test func penaltyReachesTheWeights() throws {
    let model = try Self.model(.wasserstein)
    var feed = BatchFeed(TrainingData(Self.shapes), batchSize: 4, generator: RandomGenerator(seed: 9))
    var training = model.makeTraining(seed: 2)
    let first = training.state
    let metrics = try model.trainingStep(&feed, &training)
    #expect(metrics.entries.allSatisfy { $0.value.isFinite })
    #expect(feed.positions["data"] == 5)
    // What is added to all scores counts for nothing in their difference.
    for name in model.network.parameterNames.subtracting(["discriminator.score.bias"]) {
      #expect(training.state[name] != first[name], "\(name)")
    }
  }

  @Test func checkpointsAndScores() throws {
    let folder = try TemporaryFolder()
    let model = try Self.model(.wasserstein)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    try trained.save(to: folder.path + "/model.safetensors")
    let again = try ModelRegistry.standard.load(folder.path + "/model.safetensors")
    #expect((again.model as? VoxelGAN)?.configuration == model.configuration)
    let volumes = Self.shapes.batch(at: [0, 1, 2]).samples
    #expect(model.scores(of: volumes, given: .none, with: again.state).shape == [3])
  }

  @Test func refusals() throws {
    var configuration = VoxelGAN.Configuration(side: 10)
    #expect(throws: ConfigurationError.self) { try VoxelGAN(configuration) }
    configuration = VoxelGAN.Configuration()
    configuration.averageDecay = 1
    #expect(throws: ConfigurationError("voxel-gan: averageDecay is 1.0, expected 0 or more and less than 1")) {
      try VoxelGAN(configuration)
    }
    configuration = VoxelGAN.Configuration()
    configuration.discriminatorLearningRate = 0
    #expect(throws: ConfigurationError("voxel-gan: a learning rate is 0.0, expected a positive number")) {
      try VoxelGAN(configuration)
    }
  }
}
