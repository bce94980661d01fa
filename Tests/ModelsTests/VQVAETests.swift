import Datasets
import Evaluation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct VQVAETests {
  private static func configuration(codeSteps: Int = 4) -> VQVAE.Configuration {
    VQVAE.Configuration(
      height: 8, width: 12, codeCount: 6, codeSize: 5, features: 4, priorFeatures: 3, priorLayerCount: 2,
      codeSteps: codeSteps)
  }

  private func untrained() throws -> (model: VQVAE, state: State) {
    let model = try VQVAE(Self.configuration())
    return (model, model.makeTraining(seed: 1).state)
  }

  private func images(_ count: Int) -> Tensor {
    var random = RandomGenerator(seed: 2)
    return .uniform([count, 8, 12, 1], using: &random)
  }

  @Test func shapes() throws {
    let (model, state) = try untrained()
    let images = images(5)
    let latents = model.encode(images, given: .none, with: state)
    #expect(latents.shape == [5, 2, 3, 5])
    #expect(model.features(of: images, with: state).shape == [5, 30])
    let decoded = model.decode(latents, given: .none, with: state)
    #expect(decoded.shape == images.shape && decoded.scalars.allSatisfy { (0...1).contains($0) })
    // A batch is its rows.
    #expect(model.decode(latents[1..<2], given: .none, with: state)[0] == decoded[1])
    let codes = model.codePictures(of: images, with: state)
    #expect(codes.shape == [5, 2, 3, 1])
    let codebook = try #require(state["quantizer.codebook"])
    #expect(codebook.gathered(at: codes.scalars.map { Int($0) }).scalars == latents.scalars)
  }

  /// Samples are made of codes, each by its place and the seed alone.
  @Test func samplesAreMadeOfCodes() throws {
    let (model, state) = try untrained()
    let trained = TrainedModel(model: model, state: state)
    let samples = try trained.sample(7, seed: 3)
    #expect(samples.shape == [7, 8, 12, 1])
    var random = SampleRandom(RandomGenerator(seed: 3), places: 0..<7)
    let latents = model.drawLatents(7, given: .none, with: state, using: &random).reshaped(to: [42, 5])
    let codebook = try #require(state["quantizer.codebook"])
    let known = Set((0..<6).map { codebook[$0].scalars })
    let drawn = Set((0..<42).map { latents[$0].scalars })
    #expect(drawn.isSubset(of: known) && drawn.count > 1)
  }

  /// Grey pixels and even codes: what knows nothing costs 96 ln 2 and 6 ln 6 nats.
  @Test func anUntrainedModelKnowsNothing() throws {
    var (model, state) = try untrained()
    for name in state.names where name.hasPrefix("decoder") || name.hasPrefix("prior") {
      state[name] = state[name].map { $0 * 0 }
    }
    let figures = model.evaluate(on: TrainingData(TensorSet(images(9))), with: state)
    #expect(abs((figures["reconstruction"] ?? 0) - 96 * 0.693_147) < 1e-3)
    #expect(abs((figures["prior"] ?? 0) - 6 * 1.791_759) < 1e-4)
    var random = SampleRandom(RandomGenerator(seed: 1), places: 0..<9)
    let bounds = model.logLikelihoods(of: images(9), given: .none, draws: 1, with: state, using: &random)
    #expect(bounds.scalars.allSatisfy { abs(Double($0) + 96 * 0.693_147 + 6 * 1.791_759) < 1e-3 })
  }

  /// The first steps move codes alone, the others their prior alone.
  @Test func twoParts() throws {
    let model = try VQVAE(Self.configuration(codeSteps: 2))
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: model, batchSize: 4)
    func changed(_ step: Int) throws -> Set<String> {
      let before = training.state
      let metrics = try model.trainingStep(&feed, &training)
      training.step += 1
      #expect((metrics["prior"] != nil) == (step >= 2) && (metrics["perplexity"] != nil) == (step < 2))
      return Set(before.names.filter { before[$0] != training.state[$0] }.map { String($0.prefix { $0 != "." }) })
    }
    #expect(try changed(0) == ["encoder", "quantizer", "decoder"])
    #expect(try changed(1) == ["encoder", "quantizer", "decoder"])
    #expect(try changed(2) == ["prior"])
  }

  /// A training that ends before a step was for the prior says so, and no other does.
  @Test func endsWithoutAPrior() throws {
    let model = try VQVAE(Self.configuration(codeSteps: 3))
    let images = TensorSet(images(8))
    var checkpoint: TrainingCheckpoint?
    func warnings(_ steps: Int, from start: TrainingCheckpoint? = nil) throws -> [[String]] {
      var kinds: [[String]] = []
      let trainer = Trainer(model, length: .steps(steps), batchSize: 4, seed: 1)
      _ = try trainer.train(on: images, from: start) { progress in
        kinds.append(progress.warnings.map(\.kind))
        checkpoint = progress.checkpoint
      }
      let last = try #require(checkpoint)
      #expect(trainer.warnings(at: last, isLast: true).map(\.kind) == kinds.last)
      #expect(trainer.warnings(at: last).isEmpty)
      return kinds
    }
    #expect(try warnings(2) == [[], ["untrained-part"]])
    #expect(try warnings(3) == [[], [], ["untrained-part"]])
    let text = model.warningsAtEnd(of: try #require(checkpoint).trend).map(\.text)
    #expect(
      text.count == 1
        && text[0].hasSuffix(
          "the first 3 steps are for the codes, and the training has had 3; more steps than that help")
    )
    #expect(try warnings(5, from: checkpoint) == [[], []])
    #expect(try warnings(4) == [[], [], [], []])
  }

  /// What the codes of held-out images cost is followed from the first step on that is for their distribution.
  @Test func figuresOfThePrior() throws {
    let model = try VQVAE(Self.configuration(codeSteps: 4))
    var trend = TrainingTrend()
    // Two steps an epoch.
    _ = try Trainer(model, length: .steps(10), batchSize: 4, seed: 1)
      .train(on: TensorSet(images(8)), heldOut: TensorSet(images(5))) { trend = $0.checkpoint.trend }
    #expect(trend.heldOut.name == "reconstruction" && trend.heldOut.latest.count == 5)
    #expect(trend.furtherHeldOut["prior"]?.latest.count == 3 && trend.furtherHeldOut.count == 1)
    #expect(try DCGAN().heldOutLosses.isEmpty)
  }

  /// A code for each kind of image, and a prior that knows how often each comes.
  @Test func learnsTheBuiltInDigits() throws {
    let model = try VQVAE(
      VQVAE.Configuration(codeCount: 16, features: 8, priorFeatures: 8, priorLayerCount: 2, codeSteps: 150))
    let digits = BuiltInDigits.make(count: 1000)
    let unseen = TrainingData(BuiltInDigits.make(count: 200, seed: 9))
    let before = model.evaluate(on: unseen, with: model.makeTraining(seed: 1).state)
    let trained = try Trainer(model, length: .steps(250), batchSize: 32, seed: 1, learningRate: 3e-3).train(on: digits)
    let figures = model.evaluate(on: unseen, with: trained.state)
    let (first, last) = (before["reconstruction"] ?? 0, figures["reconstruction"] ?? .infinity)
    #expect(last < 0.35 * first)
    #expect((figures["perplexity"] ?? 0) > 4 && (figures["codes_used"] ?? 0) >= 8)
    // Far less than codes that are all alike, 49 ln 16.
    #expect((figures["prior"] ?? .infinity) < 0.8 * 49 * 2.772_589)
  }

  /// What a training tells of the codes of held-out images, of more of them than a batch has, or of the first few.
  @Test func useOfTheCodebook() throws {
    let (model, state) = try untrained()
    let (trained, source) = (TrainedModel(model: model, state: state), TensorSet(images(70)))
    let figures = model.evaluate(on: TrainingData(source), with: state)
    let use = try #require(try CodebookUse(on: trained, source))
    #expect(use.count == 6 && Double(use.used) == figures["codes_used"] && use.perplexity == figures["perplexity"])
    let ofOne = Set(try trained.codePictures(of: source.batch(at: [0]).samples).scalars)
    #expect(try CodebookUse(on: trained, source, limit: 1)?.used == ofOne.count)
    let even = CodebookUse(uses: [3, 0, 3])
    #expect(even.used == 2 && even.count == 3 && abs(even.perplexity - 2) < 1e-9)
    // Images of another size, and a model without a codebook.
    #expect(try CodebookUse(on: trained, TensorSet(.zeros([2, 8, 8, 1]))) == nil)
    let vae = try VAE(VAE.Configuration())
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    #expect(try CodebookUse(on: other, TensorSet(.zeros([2, 28, 28, 1]))) == nil)
    let error = #expect(throws: CapabilityError.self) { try other.codePictures(of: .zeros([2, 28, 28, 1])) }
    #expect(error?.description == "vae cannot tell codes: it has no codebook")
  }

  @Test func badConfigurations() throws {
    func message(_ change: (inout VQVAE.Configuration) -> Void) -> String? {
      var configuration = VQVAE.Configuration()
      change(&configuration)
      return #expect(throws: ConfigurationError.self) { try VQVAE(configuration) }?.description
    }
    #expect(message { $0.codeCount = 1 } == "vqvae: codeCount is 1, expected 2 to 65536")
    #expect(
      message { $0.height = 30 }
        == "vqvae: an image of 30×28; it is halved twice, so height and width must be multiples of 4: pad or scale the "
        + "images")
    #expect(message { $0.commitment = -1 } == "vqvae: commitment is -1.0, expected 0 or more")
  }
}
