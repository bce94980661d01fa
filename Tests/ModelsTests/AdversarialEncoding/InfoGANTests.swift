import Datasets
import Evaluation
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct InfoGANTests {
  static func tiny(_ change: (inout InfoGAN.Configuration) -> Void = { _ in }) -> InfoGAN.Configuration {
    var configuration = InfoGAN.Configuration()
    (configuration.height, configuration.width) = (8, 12)
    (configuration.features, configuration.headFeatures) = (3, 5)
    configuration.codes = LatentCodes(noiseSize: 4, categories: [3, 2], continuousCount: 2)
    change(&configuration)
    return configuration
  }

  @Test func golden() throws {
    for golden in try EncodingGolden.cases("infoGAN/") {
      let codes = LatentCodes(noiseSize: 1, categories: [5], continuousCount: 2)
      let term = MutualInformation(
        codes, categoricalWeight: try #require(golden.params.categoricalWeight),
        continuousWeight: try #require(golden.params.continuousWeight))
      let leaves = try ["real", "fake", "categorical", "mean"].map { try golden.input($0).recorded() }
      let labels = try #require(golden.params.codes)
      let latents = Tensor.concatenated(
        [.zeros([4, 1]), .oneHot(labels, classCount: 5), try golden.input("code")], axis: 1)
      let costs = term.costs(of: .concatenated([leaves[2], leaves[3]], axis: 1), latents: latents)
      #expect(try abs(Double(costs.categorical.mean().scalar) - golden.output("categoricalLoss")) < 1e-6)
      #expect(try abs(Double(costs.continuous.mean().scalar) - golden.output("continuousLoss")) < 1e-6)
      let loss = AdversarialLoss.nonSaturating
      let isDiscriminator = golden.params.player == "discriminator"
      let adversarial =
        isDiscriminator
        ? loss.discriminatorTerms(real: leaves[0]).mean() + loss.discriminatorTerms(fake: leaves[1]).mean()
        : loss.generatorTerms(fake: leaves[1]).mean()
      let terms = costs.categorical * term.categoricalWeight + costs.continuous * term.continuousWeight
      let total = adversarial + terms.mean()
      #expect(try abs(Double(total.scalar) - golden.output("loss")) < 1e-5)
      for (name, leaf) in zip(["real", "fake", "categorical", "mean"], leaves) where isDiscriminator || name != "real" {
        let expected = try #require(golden.gradients[name]).data
        #expect(isClose(total.gradient(at: leaf), expected, tolerance: 2e-5), "\(golden.name): \(name)")
      }
    }
  }

  @Test func latentsHaveCodes() {
    let codes = LatentCodes(noiseSize: 3, categories: [4, 2], continuousCount: 2)
    #expect(codes.size == 11 && codes.codeSize == 8 && codes.continuousPlaces == 6..<8)
    #expect(codes.places(ofCategorical: 1) == 4..<6 && abs(codes.categoricalEntropy - log(8)) < 1e-12)
    var random = SampleRandom(RandomGenerator(seed: 1))
    let latents = CodePrior(codes).draw(2000, using: &random)
    let ofCodes = codes.codes(of: latents)
    for index in 0..<2 {
      let hot = ofCodes[.all, codes.places(ofCategorical: index)]
      #expect(hot.sum(axes: [1]) == .ones([2000]) && hot.scalars.allSatisfy { $0 == 0 || $0 == 1 })
      let shares = hot.mean(axes: [0]).scalars
      #expect(shares.allSatisfy { abs($0 - 1 / Float(shares.count)) < 0.05 })
    }
    for place in [0, 2, 9, 10] {
      let values = latents[.all, place..<place + 1]
      #expect(values.scalars.allSatisfy { (-1...1).contains($0) })
      #expect(abs(values.mean().scalar) < 0.05 && abs(values.variance().scalar - 1 / 3) < 0.03)
    }
    // A sample is its place, whoever draws it.
    var part = SampleRandom(RandomGenerator(seed: 1), samples: Context.Samples(500..<600, of: 2000))
    #expect(CodePrior(codes).draw(100, using: &part) == latents[500..<600])
  }

  @Test func shapesAndRows() throws {
    let model = try InfoGAN(Self.tiny())
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: model, batchSize: 6)
    let metrics = try model.trainingStep(&feed, &training)
    #expect(metrics.firstNonFinite == nil)
    for name in ["discriminator_loss", "generator_loss", "code_loss", "information", "continuous_code_error"] {
      #expect(metrics[name] != nil, "\(name)")
    }
    let trained = TrainedModel(model: model, state: training.state)
    let images = try trained.sample(7, seed: 2)
    #expect(images.shape == [7, 8, 12, 1] && images.scalars.allSatisfy { (0...1).contains($0) })
    let codes = try trained.recoveredCodes(of: images)
    #expect(codes.shape == [7, 7])
    #expect(try (trained.recoveredCodes(of: images[3..<4])[0] - codes[3]).maximumMagnitude < 1e-5)
    #expect(try trained.scores(of: images).shape == [7])
    #expect(throws: CapabilityError.self) { try trained.encode(images) }
  }

  /// What a head does not know in the beginning, learns, and cannot know of the codes of other samples.
  @Test func information() throws {
    var configuration = InfoGAN.Configuration()
    configuration.codes = LatentCodes(noiseSize: 8, categories: [10], continuousCount: 1)
    (configuration.features, configuration.headFeatures, configuration.averageDecay) = (4, 16, nil)
    (configuration.learningRate, configuration.discriminatorLearningRate) = (2e-3, 1e-3)
    let model = try InfoGAN(configuration)
    var bounds: [Double] = []
    let trainer = Trainer(model, length: .steps(200), batchSize: 32, seed: 1)
    let trained = try trainer.train(on: BuiltInDigits.make(count: 1000)) {
      bounds.append($0.metrics["information"] ?? .nan)
    }
    let most = log(10.0)
    #expect(abs(bounds[0]) < 0.3 && bounds.allSatisfy { $0 <= most })
    #expect(bounds.suffix(10).reduce(0, +) / 10 > 0.5 * most, "\(bounds.suffix(10))")
    let latents = try trained.drawLatents(200, seed: 3)
    // With the statistics of a batch, as in training: running ones are of real images too, which are still others.
    let context = Context(model.network, trained.state, mode: .training, random: RandomGenerator(seed: 4))
    let images = model.procedure.generator(latents, given: .none, in: context)
    let recovered = try #require(
      model.procedure.discriminator(images, given: .none, in: context).heads[MutualInformation.head])
    let term = configuration.term
    func bound(_ latents: Tensor) -> Double {
      most - Double(term.costs(of: recovered, latents: latents).categorical.mean().scalar)
    }
    #expect(bound(latents) > 0.3 * most)
    #expect(bound(latents.gathered(at: (0..<200).map { ($0 + 1) % 200 })) <= 0)
  }

  /// The term is of generated samples alone: real ones may be anything.
  @Test func onlyGeneratedSamplesHaveCodes() throws {
    let model = try InfoGAN(Self.tiny())
    func codeLoss(_ images: Tensor) throws -> Double? {
      var training = model.makeTraining(seed: 1)
      return try model.procedure.step(&training) { images }["code_loss"]
    }
    let first = try codeLoss(.zeros([6, 8, 12, 1]))
    #expect(try first != nil && codeLoss(.ones([6, 8, 12, 1])) == first)
  }

  /// A row for each code: its values in columns, all else as it was.
  @Test func traversal() throws {
    let model = try InfoGAN(Self.tiny())
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let latent = try trained.drawLatents(1, seed: 4)[0]
    let (samples, columns) = try trained.codeTraversal(from: latent)
    #expect(columns == 3 && samples.shape == [12, 8, 12, 1])
    func decoded(_ change: (inout [Float]) -> Void) throws -> Tensor {
      var scalars = latent.scalars
      change(&scalars)
      return try trained.decode(Tensor(scalars, shape: [1, 11]))[0]
    }
    func isSame(_ a: Tensor, _ b: Tensor) -> Bool { (a - b).maximumMagnitude < 1e-5 }
    #expect(try isSame(samples[1], decoded { ($0[4], $0[5], $0[6]) = (0, 1, 0) }))
    #expect(try isSame(samples[4], decoded { ($0[7], $0[8]) = (0, 1) }))
    // A code of two values leaves the third column empty.
    #expect(samples[5].maximumMagnitude == 0)
    #expect(try isSame(samples[6], decoded { $0[9] = -2 }))
    #expect(try isSame(samples[11], decoded { $0[10] = 2 }))
    #expect(throws: CapabilityError.self) { try trained.codeTraversal(from: .zeros([3])) }
  }

  @Test func agreement() throws {
    let perfect = CodeAgreement(
      codes: [2, 2, 0, 1, 1, 0], labels: [0, 0, 1, 2, 2, 1], valueCount: 3, classCount: 3)
    #expect(perfect.share == 1 && perfect.classes == [1, 2, 0])
    #expect(perfect.table == [[0, 2, 0], [0, 0, 2], [2, 0, 0]])
    // More codes than classes: one stands for none.
    let more = CodeAgreement(codes: [0, 1, 2, 2], labels: [0, 0, 1, 1], valueCount: 3, classCount: 2)
    #expect(more.share == 0.75 && more.table.map(\.count) == [2, 2, 2])
    let model = try InfoGAN()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let digits = BuiltInDigits.make(count: 150)
    let report = try #require(try CodeAgreement(on: trained, digits, limit: 100))
    #expect(report.count == 100 && report.table.joined().reduce(0, +) == 100 && report.share >= 0.1)
    let vae = try VAE(VAE.Configuration())
    #expect(try CodeAgreement(on: TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state), digits) == nil)
  }

  /// Images that tell nothing of their codes are told of, but not while they come to tell more.
  @Test func codesIgnored() throws {
    let model = try InfoGAN(Self.tiny())
    func warnings(_ information: (Int) -> Double) -> [String] {
      var trend = TrainingTrend()
      for step in 0..<400 { trend.add(["information": information(step)]) }
      return model.warnings(for: trend).map(\.kind)
    }
    #expect(warnings { _ in 0.01 } == [InfoGAN.WarningKind.codesIgnored])
    #expect(warnings { _ in 1 } == [] && warnings { $0 < 340 ? 0.01 : Double($0 - 340) / 600 } == [])
  }

  @Test func badConfigurations() throws {
    func message(_ change: (inout InfoGAN.Configuration) -> Void) -> String? {
      #expect(throws: ConfigurationError.self) { try InfoGAN(Self.tiny(change)) }?.description
    }
    #expect(
      message { $0.codes.categories = [1] } == "infogan: categories is [1], expected 2 to 4096 values of each code")
    #expect(message { $0.codes.noiseSize = -1 } == "infogan: noiseSize is -1, expected 0 to 4096")
    #expect(
      message { $0.codes = LatentCodes(noiseSize: 4, categories: [], continuousCount: 0) }
        == "infogan: codeSize is 0, expected 1 to 65536")
    #expect(
      message { $0.categoricalWeight = -1 }
        == "infogan: the weight of categorical codes is -1.0, expected 0 or more")
    let model = try InfoGAN(Self.tiny())
    #expect(throws: ConfigurationError.self) { try model.check(batchSize: 1) }
  }
}
