import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// What comes after the pixels in the training of restorers.
@Suite struct PerceptualPhaseTests {
  private static func model(_ phase: PerceptualPhase?) throws -> SuperResolution {
    var configuration = SuperResolution.Configuration(height: 16, width: 16)
    (configuration.features, configuration.blockCount, configuration.perceptualPhase) = (4, 1, phase)
    return try SuperResolution(configuration)
  }

  private static func phase(start: Int, features: PerceptualFeatures? = .random(filters: 4, levels: 2))
    -> PerceptualPhase
  {
    var phase = PerceptualPhase(start: start, features: features)
    phase.discriminatorFeatures = 4
    return phase
  }

  private static let images = ImagePreparation(size: 16)(BuiltInDigits.make(count: 60))

  private func steps<Model: GenerativeModel>(_ model: Model, _ count: Int) throws -> (TrainingState, [Metrics]) {
    var training = model.makeTraining(seed: 3)
    var feed = BatchFeed(TrainingData(Self.images), batchSize: 6, generator: RandomGenerator(seed: 4))
    var metrics: [Metrics] = []
    for _ in 0..<count {
      metrics.append(try model.trainingStep(&feed, &training))
      training.step += 1
    }
    return (training, metrics)
  }

  @Test("The sum of reconstruction and adversarial loss is that of PyTorch") func weights() throws {
    for golden in try RestorationGolden.cases("inpaintingLoss") {
      let (x, y) = (try golden.input("x"), try golden.input("y"))
      let (known, logits) = (1 - (try golden.input("mask")), try golden.input("logit"))
      let phase = PerceptualPhase(start: 0, pixelWeight: 0.999, adversarialWeight: 0.001, loss: .nonSaturating)
      func loss(_ y: Tensor, _ logits: Tensor) -> Tensor {
        phase.total(
          error: y.squaredErrorInHoles(to: x, known: known).mean(),
          fooling: phase.loss.objective.generatorLoss(real: nil, fake: logits) { $0.mean(axes: [0]) },
          featureError: nil)
      }
      #expect(try isClose(loss(y, logits), golden.output("loss"), tolerance: 1e-6))
      for (name, gradient) in [
        ("y", y.gradient { loss($0, logits) }), ("logit", logits.gradient { loss(y, $0) }),
      ] {
        #expect(try isClose(gradient, #require(golden.gradients[name]).data, tolerance: 1e-6))
      }
    }
  }

  @Test("Up to the phase the restorer learns as it does without, to the last bit; then judges come in")
  func beginsLater() throws {
    let (plain, phased) = (try Self.model(nil), try Self.model(Self.phase(start: 2)))
    let (own, _) = try steps(plain, 2)
    let (same, before) = try steps(phased, 2)
    for name in plain.network.parameterNames { #expect(own.state[name] == same.state[name], "\(name)") }
    let first = phased.makeTraining(seed: 3).state
    for name in first.names where name.hasPrefix("judges.") { #expect(same.state[name] == first[name], "\(name)") }
    #expect(before.allSatisfy { $0["discriminator_loss"] == nil && $0["psnr"] != nil })
    let (later, metrics) = try steps(phased, 3)
    #expect(metrics.last?["discriminator_loss"] != nil && metrics.last?["feature_error"] != nil)
    #expect(metrics.last?.entries.first?.name == "loss")
    for name in first.names where name.hasPrefix("judges.") {
      // The discriminator learns along, the features stay.
      #expect((later.state[name] == first[name]) == name.contains("features"), "\(name)")
    }
    let (alone, _) = try steps(plain, 3)
    #expect(later.state["enlarger.exit.weight"] != alone.state["enlarger.exit.weight"])
  }

  @Test("A configuration without a phase is written as before there were any") func coding() throws {
    let text = try CheckpointKey.text(SuperResolution.Configuration())
    #expect(!text.contains("erceptual"))
    let configuration = try Self.model(Self.phase(start: 7)).configuration
    let data = try #require(CheckpointKey.text(configuration).data(using: .utf8))
    #expect(try JSONDecoder().decode(SuperResolution.Configuration.self, from: data) == configuration)
  }

  @Test("Features of a classifier are those that it has after each convolution") func classifierFeatures() throws {
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(height: 16, width: 16, classCount: 10, convolutionFeatures: 3, featureCount: 5))
    let trained = try Trainer(classifier, length: .steps(3), batchSize: 10, seed: 1).train(on: Self.images)
    let choice = try PerceptualFeatures(of: trained, channels: 1)
    #expect(choice == .classifier(features: 3))
    let model = try Self.model(Self.phase(start: 0, features: choice))
    var state = model.makeTraining(seed: 1).state
    state.merge(PerceptualFeatures.state(of: trained, named: "judges.features"))
    #expect(model.network.mismatch(with: state) == nil)
    let images = Self.images.batch(at: [0, 1, 2]).samples
    let features = try #require(model.judges?.features)
    let maps = features.maps(of: images, in: Context(model.network, state, mode: .inference))
    #expect(maps.map(\.shape) == [[3, 16, 16, 3], [3, 8, 8, 6], [3, 4, 4, 12]])
    #expect(features.featureCounts == [3, 6, 12])
    // With the rest of the classifier they give its features.
    let rest = Sequential(.flatten, Dense(from: 4 * 4 * 12, to: 5, hasBias: false), BatchNorm(5), .relu)
    let network = Network(rest)
    let names = network.parameters.map(\.name) + network.buffers.map(\.name)
    let numbers = try names.map { name in
      let parts = name.split(separator: ".")
      let place = try #require(Int(parts[1]))
      return (name, try #require(trained.state["body.layers.\(place + 9).\(parts[2])"]))
    }
    let known = State(Dictionary(uniqueKeysWithValues: numbers))
    let again = rest(maps[2], in: Context(network, known, mode: .inference))
    #expect(again == classifier.features(of: images, with: trained.state))
    #expect(
      throws: CapabilityError("image-classifier cannot compare images of 3 channels: it learned from images of 1")
    ) {
      try PerceptualFeatures(of: trained, channels: 3)
    }
    let other = TrainedModel(model: model, state: state)
    #expect(throws: CapabilityError.self) { try PerceptualFeatures(of: other, channels: 1) }
  }

  static let refusals: [(String, @Sendable (inout PerceptualPhase) -> Void)] = [
    ("begins after -1 steps", { $0.start = -1 }),
    (
      "a perceptual phase without weight",
      {
        $0.adversarialWeight = 0
        $0.features = nil
      }
    ),
    ("pixelWeight is -1.0, expected 0 or more", { $0.pixelWeight = -1 }),
    ("levels is 9, expected 1 to 8", { $0.features = .random(levels: 9) }),
    (
      "too small for features of random filters (32 of a size, 4 levels): 32 at least",
      { $0.features = .random(levels: 4) }
    ),
    ("discriminatorFeatures is 0, expected 1 to 4096", { $0.discriminatorFeatures = 0 }),
  ]

  @Test("What does not fit is refused", arguments: refusals)
  func isRefused(_ text: String, _ change: @Sendable (inout PerceptualPhase) -> Void) throws {
    var phase = Self.phase(start: 1)
    change(&phase)
    let error = try #require(throws: ConfigurationError.self) { try Self.model(phase) }
    #expect(error.description.hasPrefix("super-resolution: ") && error.description.contains(text), "\(error)")
  }

  @Test func smallImages() throws {
    var configuration = SuperResolution.Configuration(height: 6, width: 6)
    configuration.perceptualPhase = Self.phase(start: 0, features: nil)
    #expect(
      throws: ConfigurationError(
        "super-resolution: images of 6×6 are too small for a discriminator of patches: 8 at least")
    ) { try SuperResolution(configuration) }
    configuration.perceptualPhase = PerceptualPhase(
      start: 0, adversarialWeight: 0, features: .random(filters: 2, levels: 1))
    _ = try SuperResolution(configuration)
  }
}
