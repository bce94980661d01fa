import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Networks that give images a style, and the change of their pixels.
@Suite struct StyleTransferTests {
  /// Stripes, as a picture of a style.
  private static func stripes(_ height: Int, _ width: Int, channels: Int = 1) -> Tensor {
    let scalars = (0..<height).flatMap { row in
      (0..<width).flatMap { column in
        [Float](repeating: (row + column) / 2 % 3 == 0 ? 0.9 : 0.1, count: channels)
      }
    }
    return Tensor(scalars, shape: [1, height, width, channels])
  }

  private static func model(channels: Int = 1) throws -> StyleTransfer {
    var configuration = StyleTransfer.Configuration(height: 16, width: 16, channels: channels)
    (configuration.stylistFeatures, configuration.blockCount) = (4, 1)
    configuration.features = .random(filters: 8, levels: 2)
    return try StyleTransfer(configuration)
  }

  /// A network whose last convolution counts.
  private static func changed(_ model: StyleTransfer) -> State {
    var state = model.makeTraining(seed: 2).state
    var random = RandomGenerator(seed: 3)
    for name in ["stylist.paint.weight", "stylist.paint.bias"] {
      state[name] = state[name].map { .normal($0.shape, standardDeviation: 0.3, using: &random) }
    }
    return state
  }

  @Test("It starts with the image itself, of any size", arguments: [(16, 16), (8, 9), (13, 30), (33, 18)])
  func startsWithTheImage(height: Int, width: Int) throws {
    let model = try Self.model(channels: 3)
    var random = RandomGenerator(seed: 1)
    let images = Tensor.uniform([2, height, width, 3], in: 0.05..<0.95, using: &random)
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    #expect((try trained.stylize(images) - images).maximumMagnitude < 1e-5)
    let other = TrainedModel(model: model, state: Self.changed(model))
    let made = try other.stylize(images)
    #expect(made.shape == images.shape && made.min().scalar >= 0 && made.max().scalar <= 1)
    #expect((made - images).maximumMagnitude > 0.1)
    // Each by itself.
    #expect((try other.stylize(images[1..<2]) - made[1..<2]).maximumMagnitude < 1e-5)
  }

  @Test("Parts with the same normalization make the whole") func parts() throws {
    let model = try Self.model()
    let state = Self.changed(model)
    let context = Context(model.network, state, mode: .inference)
    var random = RandomGenerator(seed: 4)
    // Brighter from left to right.
    let columns = Tensor((0..<190).map { Float($0) / 270 }, shape: [1, 1, 190, 1])
    let image = Tensor.uniform([1, 150, 190, 1], in: 0..<0.3, using: &random) + columns
    let moments = MomentSource.recording()
    let whole = model.stylist(image, in: context, normalizedBy: moments)
    let tiles = ImageTiles(margin: model.stylist.reach, side: 32)
    #expect(tiles.margin % 4 == 0)
    let parts = tiles.map(image, factor: 1) { model.stylist($0, in: context, normalizedBy: moments.replayed()) }
    #expect((parts - whole).maximumMagnitude < 1e-4)
    // Of one image, moments together are those of the image.
    #expect((whole - model.stylist(image, in: context)).maximumMagnitude < 1e-4)
    // With moments of some parts it is nearly the same; with those of each part it is another image, with seams.
    let made = model.stylize(image, with: state, side: 48)
    let seamed = ImageTiles(margin: model.stylist.reach, side: 48).map(image, factor: 1) {
      model.stylist($0, in: context)
    }
    #expect(made.shape == image.shape)
    #expect((made - whole).absolute().mean().scalar < 0.5 * (seamed - whole).absolute().mean().scalar)
  }

  @Test("Some steps bring images near the style, and they still show what they showed") func learns() throws {
    let size = ImagePreparation(size: 16)
    let (digits, test) = (size(BuiltInDigits.make(count: 200)), size(BuiltInDigits.make(count: 40, seed: 1)))
    let model = try Self.model()
    var trainer = Trainer(model, length: .steps(120), batchSize: 8, seed: 1, learningRate: 3e-3)
    trainer.initialState = try model.initialState(style: Self.stripes(24, 24), seed: 1)
    let start = model.evaluate(on: TrainingData(test), with: try #require(trainer.initialState))
    let trained = try trainer.train(on: digits)
    let figures = model.evaluate(on: TrainingData(test), with: trained.state)
    let (before, after) = (try #require(figures["style_error_before"]), try #require(figures["style_error"]))
    #expect(after < 0.5 * before, "\(figures)")
    #expect(try #require(figures["perceptual_loss"]) < #require(start["perceptual_loss"]))
    #expect(figures.entries.first?.name == "perceptual_loss")
    // The same of each image by itself.
    let all = test.batch(at: Array(0..<40)).samples
    for (images, mean) in [(all, before), (try trained.stylize(all), after)] {
      let errors = model.styleErrors(of: images, with: trained.state)
      #expect(errors.shape == [40] && abs(Double(errors.mean().scalar) - mean) < 1e-3 * mean)
    }
    #expect(model.styleErrors(of: Self.stripes(24, 24), with: trained.state).scalar < 1e-6)
    // What stays as it is.
    for name in trained.state.names where !name.hasPrefix("stylist.") {
      #expect(trained.state[name] == trainer.initialState?[name], "\(name)")
    }
    // An image is nearer to what became of it than to what became of others.
    let images = test.batch(at: Array(0..<20)).samples
    let made = try trained.stylize(images)
    let content = model.features.maps(of: images, in: Context(model.network, trained.state, mode: .inference))[1]
    let shown = model.features.maps(of: made, in: Context(model.network, trained.state, mode: .inference))[1]
    let own = (shown - content).square().mean().scalar
    let others = (shown - content.gathered(at: (0..<20).map { ($0 + 1) % 20 })).square().mean().scalar
    #expect(own < others)
    #expect(try trained.translate(images) == made)
    let preview = try #require(try model.preview(with: trained.state, from: TrainingData(test)) { _ in })
    #expect(preview.columns == 2 && preview.images.count == 16)
  }

  @Test("Changing pixels lowers the distance of the style by far, each image by itself") func optimization() throws {
    let images = ImagePreparation(size: 16)(BuiltInDigits.make(count: 3)).batch(at: [0, 1, 2]).samples
    var optimization = try StyleOptimization(channels: 1, filters: 8, levels: 2, seed: 1)
    (optimization.steps, optimization.contentWeight, optimization.learningRate) = (60, 0.1, 0.05)
    var losses: [Double] = []
    let made = optimization(images, style: Self.stripes(20, 28)) { share, loss in
      losses.append(loss)
      #expect(share == Double(losses.count) / 60)
    }
    #expect(losses.count == 60 && (losses.last ?? 1) < 0.3 * losses[0], "\(losses[0]) \(losses[59])")
    #expect(made.shape == images.shape && made.min().scalar >= 0 && made.max().scalar <= 1)
    optimization.steps = 5
    let (all, one) = (
      optimization(images, style: Self.stripes(20, 28)), optimization(images[1..<2], style: Self.stripes(20, 28))
    )
    #expect((one - all[1..<2]).absolute().mean().scalar < 1e-3)
    // What is known of the style is made once for several images.
    let grams = optimization.grams(of: Self.stripes(20, 28))
    let again = optimization(images[1..<2], grams: grams) { _, _ in }
    #expect(again == one)
    #expect(throws: StopError.self) {
      try optimization(images, style: Self.stripes(20, 28)) { _, _ in throw StopError() }
    }
  }

  private struct StopError: Error {}

  @Test("The features of a classifier tell styles too") func classifier() throws {
    let images = ImagePreparation(size: 16)(BuiltInDigits.make(count: 100))
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(height: 16, width: 16, classCount: 10, convolutionFeatures: 4, featureCount: 8))
    let trained = try Trainer(classifier, length: .steps(10), batchSize: 10, seed: 1).train(on: images)
    var configuration = StyleTransfer.Configuration(height: 16, width: 16)
    (configuration.stylistFeatures, configuration.features) = (2, .classifier(features: 4))
    let model = try StyleTransfer(configuration)
    let state = try model.initialState(style: Self.stripes(16, 20), classifier: trained, seed: 1)
    #expect(state["features.body.layers.3.weight"] == trained.state["body.layers.3.weight"])
    #expect(state["grams.2"]?.maximumMagnitude ?? 0 > 0 && model.network.mismatch(with: state) == nil)
    #expect(throws: CapabilityError("style-transfer: the classifier whose features it has is missing")) {
      try model.initialState(style: Self.stripes(16, 20), seed: 1)
    }
    configuration.features = .classifier(features: 5)
    #expect(throws: CapabilityError.self) {
      try StyleTransfer(configuration).initialState(style: Self.stripes(16, 20), classifier: trained, seed: 1)
    }
    var optimization = try StyleOptimization(channels: 1, classifier: trained)
    optimization.steps = 2
    #expect(optimization(images.batch(at: [0]).samples, style: Self.stripes(16, 20)).isAllFinite)
  }

  @Test("What does not fit is refused") func refusals() throws {
    let model = try Self.model()
    #expect(throws: ConfigurationError.self) {
      try model.initialState(style: Self.stripes(16, 16, channels: 3), seed: 1)
    }
    #expect(throws: ConfigurationError.self) { try model.initialState(style: Self.stripes(16, 6), seed: 1) }
    #expect(
      throws: ConfigurationError(
        "style-transfer: there is no style; a training begins with initialState(style:classifier:seed:)")
    ) {
      try Trainer(model, length: .steps(1), batchSize: 2).train(
        on: ImagePreparation(size: 16)(BuiltInDigits.make(count: 4)))
    }
    var configuration = StyleTransfer.Configuration(height: 16, width: 16)
    configuration.styleWeight = 0
    #expect(throws: ConfigurationError("style-transfer: styleWeight is 0: there is nothing to learn")) {
      try StyleTransfer(configuration)
    }
    configuration = StyleTransfer.Configuration(height: 8, width: 8)
    #expect(throws: ConfigurationError.self) { try StyleTransfer(configuration) }
    let trained = TrainedModel(model: model, state: Self.changed(model))
    for shape in [[1, 7, 16, 1], [1, 16, 16, 3], [0, 16, 16, 1], [16, 16, 1]] as [Tensor.Shape] {
      #expect(throws: CapabilityError.self, "\(shape)") { try trained.stylize(.zeros(shape)) }
    }
    let enlarger = try SuperResolution()
    #expect(throws: CapabilityError("super-resolution cannot stylize: it was not trained to")) {
      try TrainedModel(model: enlarger, state: State()).stylize(.zeros([1, 16, 16, 1]))
    }
  }

  @Test func misuse() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try StyleOptimization(channels: 1)(.zeros([1, 12, 20, 1]), style: .zeros([1, 16, 16, 1]))
    }
    expect(
      result, saysWhy: "StyleOptimization: images of shape [1, 12, 20, 1]; [N, H, W, C] of 16×16 pixels or more")
  }
}
