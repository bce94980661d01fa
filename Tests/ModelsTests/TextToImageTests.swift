import Datasets
import Evaluation
import Foundation
import LatentLayersTestSupport
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct TextToImageTests {
  private static let words = DigitScene.vocabulary

  static func tiny(_ change: (inout TextToImage.Configuration) -> Void = { _ in }) -> TextToImage.Configuration {
    var configuration = TextToImage.Configuration(vocabulary: words, height: 20, width: 20)
    (configuration.wordSize, configuration.captionSize, configuration.latentSize) = (5, 6, 4)
    (configuration.generatorFeatures, configuration.discriminatorFeatures, configuration.mixtureSize) = (3, 3, 5)
    change(&configuration)
    return configuration
  }

  private static func scenes(_ count: Int = 60) throws -> CaptionedDigits {
    try CaptionedDigits(BuiltInDigits.make(count: 100), count: count, side: 20)
  }

  private static func untrained(_ change: (inout TextToImage.Configuration) -> Void = { _ in }) throws -> TrainedModel {
    let model = try TextToImage(tiny(change))
    return TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
  }

  // MARK: - Golden values

  private struct Golden: Decodable {
    let name: String
    let op: String
    let inputs: [String: VariationalGolden.Array]
    let outputs: [String: VariationalGolden.Array]
    let gradients: [String: VariationalGolden.Array]?

    static func cases() throws -> [Golden] {
      struct File: Decodable { let cases: [Golden] }
      let url = try #require(Bundle.module.url(forResource: "Golden/text", withExtension: "json"))
      return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    }

    func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
  }

  @Test func goldenLosses() throws {
    let cases = try Golden.cases().filter { $0.op == "ganCLS" }
    #expect(cases.count == 2)
    let objective = MatchingAwareObjective()
    for golden in cases {
      let leaves = golden.inputs.mapValues { $0.tensor.recorded() }
      let fake = try #require(leaves["fake"])
      let loss: Tensor
      if let matching = leaves["matching"], let wrong = leaves["wrong"] {
        loss =
          objective.discriminatorLoss(real: matching, fake: fake, target: 1, batchMean: { $0.mean(axes: [0]) })
          + WrongCaptions(Self.words).terms(wrong, counts: .ones([4])).mean()
      } else {
        loss = objective.generatorTerms(fake: fake).mean()
      }
      let expected = try #require(golden.outputs["loss"]?.data.first)
      #expect(abs(Double(loss.scalar) - expected) < 1e-6, "\(golden.name)")
      for (name, leaf) in leaves {
        let gradient = try #require(golden.gradients?[name]).data
        #expect(isClose(loss.gradient(at: leaf), gradient, tolerance: 1e-5), "\(golden.name): \(name)")
      }
    }
  }

  /// The state after the last word, where the other caption goes on.
  @Test func goldenReader() throws {
    let golden = try #require(try Golden.cases().first { $0.op == "gruSequence" })
    let vectors = try golden.input("x").reshaped(to: [8, 3])
    let reader = CaptionReader(tokenCount: 9, wordSize: 3, size: 4)
    let network = Network(reader)
    let state = State([
      "words.weight": .concatenated([.ones([1, 3]), vectors]), "recurrence.cell.inputWeight": try golden.input("wx"),
      "recurrence.cell.stateWeight": try golden.input("wh"), "recurrence.cell.inputBias": try golden.input("bx"),
      "recurrence.cell.stateBias": try golden.input("bh"),
    ])
    let found = reader([[1, 2, 3, 4], [5, 6, 0, 0]], in: Context(network, state, mode: .inference))
    #expect(isClose(found, try #require(golden.outputs["last"]).data, tolerance: 1e-5))
  }

  // MARK: - Reading

  @Test(arguments: CaptionReading.allCases) func reading(_ reading: CaptionReading) throws {
    let reader = CaptionReader(tokenCount: 9, wordSize: 8, size: 16, reading: reading)
    let network = Network(reader)
    var random = RandomGenerator(seed: 3)
    let context = Context(network, network.initialState(using: &random), mode: .inference)
    func vector(_ captions: [Int]...) -> Tensor { reader(captions, in: context) }
    // Tokens of no word change no bit, nor do captions beside it.
    let alone = vector([3, 1, 4])
    #expect(vector([3, 1, 4, 0, 0]) == alone)
    let three = vector([3, 1, 4, 0], [1, 2, 3, 4], [5, 0, 0, 0])
    #expect((three[0] - alone[0]).maximumMagnitude < 1e-6 && (three[2] - vector([5])[0]).maximumMagnitude < 1e-6)
    // Another word is another vector. Their order counts for one reader only.
    #expect((vector([3, 1, 5]) - alone).maximumMagnitude > 1e-3)
    let swapped = (vector([1, 3, 4]) - alone).maximumMagnitude
    #expect(reading == .recurrent ? swapped > 1e-3 : swapped < 1e-6)
    // A caption without words is one of no word.
    #expect(vector([0, 0]) == vector([0]))
  }

  @Test(arguments: TextToImage.Design.allCases) func everyWordLearns(_ design: TextToImage.Design) throws {
    let model = try TextToImage(Self.tiny { $0.design = design })
    var training = model.makeTraining(seed: 1)
    let before = training.state
    let scenes = try Self.scenes()
    var feed = BatchFeed(TrainingData(scenes), batchSize: 30, generator: RandomGenerator(seed: 2))
    var same = feed
    let captions = try #require(same.next().condition.tokens)
    let metrics = try model.trainingStep(&feed, &training)
    #expect(metrics.firstNonFinite == nil)
    for part in ["generator", "discriminator"] {
      let name = "\(part).reader.words.weight"
      let moved = try #require(training.state[name]) - #require(before[name])
      // Where samples come in pairs, the generator is told the first caption of two.
      let areFirst = part == "generator" && design == .refined
      let read = Set(captions.indices.filter { !areFirst || $0 % 2 == 0 }.flatMap { captions[$0] }).subtracting([0])
      #expect(Set(0..<25).filter { moved[$0].maximumMagnitude > 0 } == read && read.count > 10, "\(part)")
      for end in ["cell.inputWeight", "cell.stateWeight"] {
        #expect(training.state["\(part).reader.recurrence.\(end)"] != before["\(part).reader.recurrence.\(end)"])
      }
    }
  }

  /// The score of a projection: a score of all features, and their product with what the caption asks for.
  @Test func projection() throws {
    let model = try TextToImage(Self.tiny { $0.design = .refined })
    let state = model.makeTraining(seed: 3).state
    let discriminator = try #require(model.procedure.discriminator as? CaptionedDiscriminator)
    let (images, words) = (try Self.scenes().batch(at: [0, 1]).samples, ["two small thick sevens", "four ones"])
    let tokens = try words.map { try Self.words.tokens(of: $0) }
    let context = Context(model.network, state, mode: .inference)
    let places = discriminator.trunk(images.signedPixels, in: context)
    let (projection, whole) = (try #require(discriminator.projection), try #require(discriminator.whole))
    let features = Tensor.concatenated([places, whole(places, in: context).leakyReLU(slope: 0.2)], axis: 1)
    let asked = projection(discriminator.reader(tokens, in: context), in: context)
    let expected =
      discriminator.score(features, in: context).squeezed(axis: 1) + (asked * features).sum(axes: [1])
    let scores = model.scores(of: images, given: .tokens(tokens), with: state)
    #expect((scores - expected).maximumMagnitude < 1e-6)
    // How large weights are makes no difference where they are spectrally normalized.
    let others = model.scores(
      of: images, given: .tokens(tokens),
      with: State(state.tensors.mapValues { $0.rank == 4 ? $0 * 100 : $0 }))
    #expect((others - scores).maximumMagnitude < 1e-4 * (1 + scores.maximumMagnitude))
    #expect(discriminator.joint == nil && !state.names.contains { $0.contains("joint") || $0.contains("trunk.norm") })
  }

  // MARK: - The loss

  /// 2 ln 2 of a discriminator that says nothing: without the halves it would be 3 ln 2. Weights of the refined design are
  /// spectrally normalized, and cannot be 0.
  @Test func lossOfIgnorance() throws {
    let model = try TextToImage(Self.tiny { $0.design = .published })
    var training = model.makeTraining(seed: 1)
    for name in ["discriminator.score.weight", "discriminator.score.bias"] {
      training.state[name] = training.state[name].map { Tensor.zeros($0.shape) }
    }
    var feed = BatchFeed(TrainingData(try Self.scenes()), batchSize: 20, generator: RandomGenerator(seed: 2))
    let metrics = try model.trainingStep(&feed, &training)
    #expect(abs(try #require(metrics["discriminator_loss"]) - 2 * log(2)) < 1e-6)
    #expect(abs(try #require(metrics["wrong_captions"]) - 0.5 * log(2)) < 1e-6)
  }

  /// A wrong caption is another one that is not true of the image, wherever there is one.
  @Test func wrongCaptions() throws {
    let scenes = try Self.scenes(300)
    let captions = try #require(scenes.batch(at: Array(0..<300)).condition.tokens)
    let wrong = WrongCaptions.wrong(for: captions, at: 0..<300, Self.words)
    #expect(wrong.allSatisfy { $0 != nil })
    for (own, other) in zip(captions, wrong) { #expect(Self.words.exclude(own, other ?? own)) }
    // Those of a part of the batch are those of the whole.
    #expect(WrongCaptions.wrong(for: captions, at: 40..<60, Self.words) == Array(wrong[40..<60]))
    let seven = try ["two thick sevens", "two small sevens", "two sevens"].map { try Self.words.tokens(of: $0) }
    #expect(WrongCaptions.wrong(for: seven, at: 0..<3, Self.words) == [nil, nil, nil])
    let last = seven + [try Self.words.tokens(of: "two large sevens")]
    #expect(WrongCaptions.wrong(for: last, at: 0..<4, Self.words) == [nil, last[3], nil, last[1]])
    #expect(WrongCaptions.wrong(for: [seven[0]], at: 0..<1, Self.words) == [nil])
    // Of every other image the one with the most words in common, the first of several.
    let texts = ["two thick sevens", "four small thin sixes", "two thick sixes", "two thin sevens", "one thick seven"]
    let all = try texts.map { try Self.words.tokens(of: $0) }
    #expect(WrongCaptions.wrong(for: all, at: 0..<5, Self.words) == [all[1], all[2], all[3], all[0], all[0]])
  }

  /// Images whose captions are all true of all count for nothing.
  @Test func equalCaptions() throws {
    let model = try TextToImage(Self.tiny())
    let images = try Self.scenes().batch(at: Array(0..<8)).samples
    let tokens = Array(repeating: try Self.words.tokens(of: "two sevens"), count: 8)
    let source = TensorSet(images, condition: .tokens(tokens), conditions: Self.words.conditions)
    var training = model.makeTraining(seed: 1)
    var feed = BatchFeed(TrainingData(source), batchSize: 8, generator: RandomGenerator(seed: 2))
    #expect(try model.trainingStep(&feed, &training)["wrong_captions"] == 0)
  }

  /// Wrong captions are judged by what was seen in the images before: the trunk's statistics see these once.
  @Test func wrongCaptionsNeedNoSecondLook() throws {
    let model = try TextToImage(Self.tiny { $0.design = .published })
    let training = model.makeTraining(seed: 1)
    let batch = try Self.scenes().batch(at: Array(0..<8))
    let (images, tokens) = (batch.samples.signedPixels, try #require(batch.condition.tokens))
    func context() -> Context {
      Context(model.network, training.state, mode: .training, random: RandomGenerator(seed: 1))
    }
    let (seen, plain) = (context(), context())
    let fake = AdversarialTraining.FakeSamples(samples: images, latents: .zeros([8, 4]), condition: batch.condition)
    let pass = model.procedure.adversarialPass(real: (images, batch.condition), fake: fake, seen, training)
    let found = try #require(WrongCaptions(Self.words).discriminatorTerm(pass))

    let wrong = WrongCaptions.wrong(for: tokens, at: 0..<8, Self.words)
    let captions = Condition.tokens(zip(wrong, tokens).map { $0 ?? $1 })
    let scores = model.procedure.discriminator(images, given: captions, in: plain).scores
    let counts = Tensor(wrong.map { $0 == nil ? 0 : 1 })
    let expected = WrongCaptions(Self.words).terms(scores, counts: counts)
    #expect((found - expected).maximumMagnitude < 1e-6 && counts.sum().scalar > 0)
    let names = plain.bufferUpdates.names.filter { $0.hasPrefix("discriminator.trunk.norm.") }
    #expect(names.count == 2)
    for name in names { #expect(seen.bufferUpdates[name] == plain.bufferUpdates[name], "\(name)") }
  }

  /// Two halves of a batch on two threads make the step of the whole.
  @Test(arguments: TextToImage.Design.allCases) func partsOfABatch(_ design: TextToImage.Design) throws {
    let model = try TextToImage(Self.tiny { $0.design = design })
    let batch = try Self.scenes().batch(at: Array(0..<12))
    @Sendable func step(_ places: Range<Int>, _ reduction: PartReduction?) -> TrainingState {
      var training = model.makeTraining(seed: 1)
      if let reduction {
        training.reduction = reduction
        training.samples = Context.Samples(places, of: 12)
      }
      let metrics = try? model.procedure.trainingStep(&training) {
        (batch.samples[places].signedPixels, batch.condition.rows(places))
      }
      #expect(metrics != nil)
      return training
    }
    let whole = step(0..<12, nil)
    let halves = onThreads(2) { part, reduction in step(part * 6..<part * 6 + 6, reduction).state }
    #expect(halves[0] == halves[1])
    // The first update of Adam is one of signs: rounding alone may turn a tiny gradient's.
    let own = design == .published ? "discriminator.joint.weight" : "discriminator.whole.weight"
    let names = ["discriminator.score.weight", own, "generator.painter.project.weight"]
    for name in names {
      let (a, b) = (try #require(halves[0][name]), try #require(whole.state[name]))
      let far = zip(a.scalars, b.scalars).count { abs($0 - $1) > 2e-5 }
      #expect(far * 50 <= a.scalarCount, "\(name): \(far) of \(a.scalarCount)")
    }
  }

  // MARK: - Use

  @Test func samples() throws {
    let trained = try Self.untrained()
    let captions = try trained.captions(["two small thick sevens", "seven", "two small thick sevens", "four thin ones"])
    let images = try trained.sample(4, given: captions, seed: 2)
    #expect(images.shape == [4, 20, 20, 1] && images.scalars.allSatisfy { (0...1).contains($0) })
    #expect(try trained.sample(4, given: captions, seed: 2) == images)
    // A sample depends on its place and its caption alone.
    let eight = try trained.captions(Array(repeating: "three threes", count: 8))
    let latents = try trained.drawLatents(8, seed: 5)
    let together = try trained.decode(latents, given: eight)
    for place in 0..<8 {
      let alone = try trained.decode(latents[place..<place + 1], given: eight.rows(0..<1))
      #expect((alone[0] - together[place]).maximumMagnitude < 1e-5)
    }
    #expect(try trained.decode(latents, given: captions.rows(at: [1, 1, 1, 1, 1, 1, 1, 1])) != together)
    #expect(try trained.scores(of: images, given: captions).shape == [4])
    #expect(throws: CapabilityError.self) { try trained.sample(2) }
    #expect(throws: CaptionError.self) { try trained.captions(["two purple sevens"]) }
    let vae = try VAE(VAE.Configuration())
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let error = #expect(throws: CapabilityError.self) { try other.captions(["seven"]) }
    #expect(error?.description == "vae cannot follow a text: it was not trained on captions")
  }

  @Test func pathBetweenCaptions() throws {
    let trained = try Self.untrained()
    let path = try trained.captionPath(from: "two small thin sevens", to: "zero", rows: 2, columns: 5, seed: 3)
    #expect(path.shape == [10, 20, 20, 1])
    let latents = try trained.drawLatents(2, seed: 3)
    for (column, text) in [(0, "two small thin sevens"), (4, "zero")] {
      let ends = try trained.decode(latents, given: trained.captions([text, text]))
      for row in 0..<2 { #expect((path[row * 5 + column] - ends[row]).maximumMagnitude < 1e-5) }
    }
    #expect(path[1] != path[0] && path[1] != path[4])
  }

  @Test(arguments: zip(CaptionReading.allCases, TextToImage.Design.allCases))
  func resume(_ reading: CaptionReading, _ design: TextToImage.Design) throws {
    let folder = try TemporaryFolder()
    let (scenes, path) = (try Self.scenes(), folder.path("model.safetensors"))
    let model = try TextToImage(Self.tiny { ($0.reading, $0.design) = (reading, design) })
    func train(_ steps: Int, from checkpoint: TrainingCheckpoint? = nil) throws -> TrainingCheckpoint {
      var last: TrainingCheckpoint?
      _ = try Trainer(model, length: .steps(steps), batchSize: 8, seed: 4).train(on: scenes, from: checkpoint) {
        last = $0.checkpoint
      }
      return try #require(last)
    }
    let whole = try train(14)
    try train(7).save(to: path)
    let resumed = try train(14, from: TrainingCheckpoint.load(path))
    #expect(resumed.trained.state == whole.trained.state && resumed.trained.average == whole.trained.average)
    #expect(whole.trained.average != nil)
    // The words are in the file.
    let opened = try ModelRegistry.standard.load(path)
    let captions = try opened.captions(["three large ones"])
    #expect(try opened.sample(1, given: captions).shape == [1, 20, 20, 1])
  }

  @Test func previewHasCaptions() throws {
    let trained = try Self.untrained()
    let model = try #require(trained.model as? TextToImage)
    let scenes = try Self.scenes()
    let preview = try #require(
      try model.preview(with: trained.state, from: TrainingData(scenes), progress: { _ in }))
    let titles = try #require(preview.titles)
    #expect(titles.count == 10 && Set(titles).count == 10 && preview.columns == 10 && preview.images.count == 100)
    #expect(titles[0] == scenes.caption(at: 0))
    let folder = try TemporaryFolder()
    let run = try RunFolder(folder.path("run"))
    try run.begin()
    _ = try Trainer(model, length: .steps(2), batchSize: 8).train(on: scenes) { try run.record($0) }
    let text = try String(contentsOfFile: folder.path("run/captions.txt"), encoding: .utf8)
    #expect(text == titles.joined(separator: "\n") + "\n" && run.fileNames.contains("captions.txt"))
  }

  /// A judge finds in drawn scenes what they are of, and tells a model that ignores its captions by that.
  @Test func judges() throws {
    let scenes = try CaptionedDigits(BuiltInDigits.make(count: 2000), count: 20_000, side: 20, seed: 1)
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(
        height: 20, width: 20, classCount: 4, convolutionFeatures: 8, featureCount: 32, dropout: 0, shift: 0))
    let trained = try Trainer(classifier, length: .steps(600), batchSize: 32, seed: 1).train(
      on: scenes.labelled(by: .count))
    let judge = try SceneJudge([.count: trained])
    let own = try judge.agreement(
      of: CaptionedDigits(BuiltInDigits.make(count: 100, seed: 1), count: 200, side: 20, seed: 2))
    #expect(own.share(of: .count) > 0.8, "\(own.share(of: .count))")
    #expect(own.count == 200 && own.share(of: .digit).isNaN)
    #expect(own.wholeShare == own.share(of: .count))
    let samples = try judge.agreement(of: Self.untrained(), on: DigitScene.all, samplesPerScene: 2)
    #expect(samples.count == 320 && abs(samples.share(of: .count) - 0.25) < 0.1)
    #expect(throws: CapabilityError.self) { try SceneJudge([.digit: trained]) }
  }
}
