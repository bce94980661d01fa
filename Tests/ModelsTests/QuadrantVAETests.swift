import Datasets
import Evaluation
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Completions of images of which quadrants are given.
@Suite struct QuadrantVAETests {
  private static func model(given: Int = 1, side: Int = 4, change: (inout QuadrantVAE.Configuration) -> Void = { _ in })
    throws -> QuadrantVAE
  {
    var configuration = QuadrantVAE.Configuration(givenQuadrants: given)
    (configuration.height, configuration.width) = (side, side)
    (configuration.latentSize, configuration.hiddenSize) = (3, 8)
    change(&configuration)
    return try QuadrantVAE(configuration)
  }

  @Test func quadrants() throws {
    let masks = try (1...3).map { try Self.model(given: $0, side: 2).given.scalars }
    #expect(masks == [[0, 0, 1, 0], [1, 0, 1, 0], [1, 0, 1, 1]])
    #expect(try Self.model(given: 2, side: 4).given.sum().scalar == 8)
  }

  /// The paper's sizes.
  @Test func names() throws {
    let network = try QuadrantVAE(QuadrantVAE.Configuration(givenQuadrants: 1)).network
    let text = network.description
    for line in [
      "baseline.layers.4.weight [1000, 784]", "prior.network.body.layers.0.weight [1568, 1000]",
      "encoder.body.layers.1.weight [784, 1000]", "encoder.mean.weight [1000, 200]",
      "decoder.layer.layers.0.weight [1768, 1000]",
    ] { #expect(text.contains(line), "\(line)") }
  }

  /// Given pixels never enter the likelihood, and what is not given is not seen by prior and decoder.
  @Test func whatEnters() throws {
    let model = try Self.model()
    let state = model.makeTraining(seed: 1).state
    var random = RandomGenerator(seed: 2)
    let images = Tensor.uniform([3, 4, 4, 1], using: &random)
    let other = Tensor.uniform([3, 4, 4, 1], using: &random)
    let mask = model.given.reshaped(to: [1, 4, 4, 1])
    let grey = model.parts.observation.negativeLogLikelihood(of: images, given: .zeros([3, 16]))
    #expect((grey - 12 * 0.693_147_2).absolute().max().scalar < 1e-5)
    // Nor do they at other logits, whatever these are there; a missing pixel costs what its logit says.
    let logits = Tensor.normal([3, 16], using: &random)
    func cost(_ images: Tensor, _ logits: Tensor) -> Tensor {
      model.parts.observation.negativeLogLikelihood(of: images, given: logits)
    }
    #expect(cost(other * mask + images * (1 - mask), logits) == cost(images, logits))
    #expect(cost(images, logits + model.given * 3) == cost(images, logits))
    let difference = cost(images * mask + other * (1 - mask), logits) - cost(images, logits)
    let expected = ((images - other).flattened() * (1 - model.given) * logits).sum(axes: [1])
    #expect((difference - expected).absolute().max().scalar < 1e-4)
    let baseline = try #require(model.baselineLogLikelihoods(of: images, with: state))
    #expect(baseline.shape == [3] && baseline.scalars.allSatisfy { $0 < 0 })
    func completions(_ images: Tensor) -> Tensor {
      var random = SampleRandom(RandomGenerator(seed: 5))
      return model.restore(images, mask: nil, with: state, using: &random)
    }
    let mixed = images * mask + other * (1 - mask)
    #expect(completions(images) == completions(mixed))
    #expect(completions(images) * mask == images * mask)
  }

  /// A mask may leave more known than the quadrants, not less.
  @Test func masks() throws {
    let model = try Self.model()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let images = Tensor.linearSpace(from: 0, to: 1, count: 48).reshaped(to: [3, 4, 4, 1])
    let needed = try #require(model.neededMask)
    #expect(needed.shape == [4, 4, 1] && needed.sum().scalar == 4)
    let usual = try trained.restore(images, seed: 3)
    #expect(try trained.restore(images, mask: needed.broadcast(to: images.shape), seed: 3) == usual)
    var known = Tensor.ones(images.shape)
    known[.all, 0..<1] = Tensor(0)
    let filled = try trained.restore(images, mask: known, seed: 3)
    #expect(filled[.all, 0..<1] == usual[.all, 0..<1] && filled[.all, 1..<4] == images[.all, 1..<4])
    #expect(filled[.all, 0..<1] != images[.all, 0..<1])
    var hidden = Tensor.ones(images.shape)
    hidden[.all, 2..<3] = Tensor(0)
    let refused = #expect(throws: CapabilityError.self) { try trained.restore(images, mask: hidden) }
    #expect(refused?.description == "quadrant-vae cannot restore: the mask hides pixels that it has to know")
    let noise = #expect(throws: CapabilityError.self) { try trained.denoise(images) }
    #expect(
      noise?.description == "quadrant-vae cannot denoise: it fills in what is missing and keeps what is there")
  }

  @Test func likelihoodsAndTheBaseline() throws {
    let model = try Self.model { $0.binarization = .dynamic }
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let images = Tensor.linearSpace(from: 0, to: 1, count: 48).reshaped(to: [3, 4, 4, 1]).rounded()
    #expect(try trained.anomalyScores(of: images, seed: 2) == -trained.logLikelihoods(of: images, seed: 2))
    let report = try #require(try LikelihoodReport(on: trained, TensorSet(images)))
    let baseline = try #require(model.baselineLogLikelihoods(of: images, with: trained.state)).mean().scalar
    #expect(abs(try #require(report.baseline) + Double(baseline)) < 1e-4)
    #expect(report.likelihoodSubject == "the missing pixels" && report.binarization == "dynamic")
    // Other models have none.
    let vae = try VAE(VAE.Configuration(height: 4, width: 4, latentSize: 2, hiddenSize: 3))
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    #expect(try #require(try LikelihoodReport(on: other, TensorSet(images))).baseline == nil)
  }

  /// The rest does not move the baseline.
  @Test func theBaselineIsByItself() throws {
    func steps(beta: Float) throws -> (State, Metrics) {
      let model = try Self.model { $0.beta = beta }
      var training = model.makeTraining(seed: 1)
      var feed = BatchFeed.noise(for: model, batchSize: 4)
      var metrics = Metrics()
      for _ in 0..<3 { metrics = try model.trainingStep(&feed, &training) }
      return (training.state, metrics)
    }
    let ((one, metrics), (other, others)) = try (steps(beta: 1), steps(beta: 50))
    for name in one.names where name.hasSuffix("weight") {
      #expect((one[name] == other[name]) == name.hasPrefix("baseline."), "\(name)")
    }
    #expect(metrics.entries.map(\.name) == ["loss", "reconstruction", "kl", "baseline"])
    #expect(metrics["baseline"] == others["baseline"] && metrics["loss"] != others["loss"])
  }

  /// The divergence is nothing exactly when posterior and prior are the same.
  @Test func divergence() throws {
    let model = try Self.model()
    var state = model.makeTraining(seed: 1).state
    for (head, value) in [("mean", 0.7), ("logVariance", -0.4)] as [(String, Float)] {
      for network in ["prior.network", "encoder"] {
        state["\(network).\(head).weight"] = state["\(network).\(head).weight"].map { .zeros(like: $0) }
        state["\(network).\(head).bias"] = Tensor(repeating: value, shape: [3])
      }
    }
    func divergence(_ state: State) throws -> Double {
      try #require(model.evaluate(on: TrainingData(Noise([4, 4, 1], count: 9)), with: state)["kl"])
    }
    #expect(try divergence(state) == 0)
    state["encoder.mean.bias"] = Tensor(repeating: 0.8, shape: [3])
    #expect(try divergence(state) > 1e-3)
  }

  @Test func trainsResumesAndCompletes() throws {
    let digits = BuiltInDigits.make(count: 300, seed: 1)
    let model = try Self.model(given: 2, side: 28) {
      ($0.hiddenSize, $0.latentSize, $0.binarization, $0.betaWarmup) = (48, 8, .dynamic, 20)
    }
    func trainer(_ steps: Int) -> Trainer<QuadrantVAE> {
      Trainer(model, length: .steps(steps), batchSize: 50, seed: 1)
    }
    var checkpoint: TrainingCheckpoint?
    _ = try trainer(7).train(on: digits) { checkpoint = $0.checkpoint }
    let folder = try TemporaryFolder()
    try #require(checkpoint).save(to: folder.path("model"))
    var losses: [Double] = []
    let straight = try trainer(60).train(on: digits) { losses.append($0.metrics["loss"] ?? .nan) }
    let resumed = try trainer(60).train(on: digits, from: TrainingCheckpoint.load(folder.path("model")))
    #expect(resumed.state == straight.state)
    // Half of the pixels of a grey guess, to begin with.
    #expect(abs(losses[0] - 392 * 0.693) < 30 && losses[59] < 0.6 * losses[0])
    let images = digits.batch(at: Array(0..<20)).samples
    let restored = try straight.restore(images)
    #expect(restored.shape == images.shape && restored.scalars.allSatisfy { (0...1).contains($0) })
    var random = SampleRandom(RandomGenerator(seed: 1))
    let bounds = [1, 50].map {
      model.logLikelihoods(of: images.rounded(), given: .none, draws: $0, with: straight.state, using: &random).mean()
        .scalar
    }
    #expect(bounds[1] > bounds[0] && bounds[1] < 0)
    let preview = try model.preview(with: straight.state, from: TrainingData(digits)) { _ in }
    #expect(preview?.columns == 10 && preview?.images.count == 100)
  }

  @Test func badConfigurations() {
    for (given, height, text) in [(0, 28, "givenQuadrants is 0"), (1, 27, "an image of 27×28")] {
      var configuration = QuadrantVAE.Configuration(givenQuadrants: given)
      configuration.height = height
      let error = #expect(throws: ConfigurationError.self) { try QuadrantVAE(configuration) }
      #expect(error?.description.contains(text) == true)
    }
  }
}
