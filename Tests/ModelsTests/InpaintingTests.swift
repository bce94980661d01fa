import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Evaluation
@testable import Models
@testable import Training

/// A case of `restoration.json`.
struct RestorationGolden: Decodable {
  struct Parameters: Decodable {
    let factor: Int?
    let priorWeight: Float?
  }

  let name: String
  let params: Parameters
  let inputs: [String: VariationalGolden.Array]
  let outputs: [String: VariationalGolden.Array]
  let gradients: [String: VariationalGolden.Array]

  static func cases(_ prefix: String) throws -> [RestorationGolden] {
    struct File: Decodable { let cases: [RestorationGolden] }
    let url = try #require(Bundle.module.url(forResource: "Golden/restoration", withExtension: "json"))
    let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter {
      $0.name.hasPrefix(prefix)
    }
    try #require(!found.isEmpty, "there is no case of \(prefix)")
    return found
  }

  func input(_ name: String) throws -> Tensor { try #require(inputs[name]).tensor }
  func output(_ name: String) throws -> [Double] { try #require(outputs[name]).data }
}

@Suite struct InpaintingTests {
  private static func model() throws -> Inpainting {
    var configuration = Inpainting.Configuration(height: 16, width: 16, holeSize: 6)
    configuration.features = 8
    return try Inpainting(configuration)
  }

  private static let size = ImagePreparation(size: 16)

  @Test("The squared error of holes is that of PyTorch, and nothing of an empty hole") func losses() throws {
    for golden in try RestorationGolden.cases("inpaintingLoss") {
      let (x, y) = (try golden.input("x"), try golden.input("y"))
      let known = 1 - (try golden.input("mask"))
      let error = y.squaredErrorInHoles(to: x, known: known)
      #expect(try isClose(error, golden.output("mean"), tolerance: 1e-6))
      // The file's loss has 0.999 of it, as a mean over the samples.
      let gradient = y.gradient { ($0.squaredErrorInHoles(to: x, known: known) * 0.999).mean() }
      #expect(try isClose(gradient, #require(golden.gradients["y"]).data, tolerance: 1e-6))
      #expect(y.squaredErrorInHoles(to: x, known: .ones(known.shape)).maximumMagnitude == 0)
    }
  }

  @Test("Images shrink by the means of blocks") func boxes() throws {
    for golden in try RestorationGolden.cases("boxDownsample") {
      let x = try golden.input("x")
      let factor = try #require(golden.params.factor)
      #expect(try isClose(x.averagePool2d(.init(factor)), golden.output("y"), tolerance: 1e-6))
    }
  }

  @Test("Known pixels keep their bits, missing ones tell nothing") func masks() throws {
    let model = try Self.model()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    var random = RandomGenerator(seed: 2)
    let images = Tensor.uniform([3, 16, 16, 1], using: &random)
    var known = Tensor.ones(images.shape)
    known[.all, 3..<9, 4..<12] = Tensor(0)
    let whole = try trained.restore(images, mask: known)
    #expect(Tensor.where(known, whole, else: 0) == Tensor.where(known, images, else: 0))
    #expect(whole != images)
    #expect(try trained.restore(Tensor.where(known, images, else: Float.nan), mask: known) == whole)
    #expect(try trained.restore(images) == images)
    // Nothing is known: no image is better than another.
    let none = try trained.restore(images, mask: .zeros(images.shape))
    #expect(none.isAllFinite && none[0] == none[1])
  }

  @Test("Before its first step holes get the mean of the rest, ½ if there is none") func beginning() throws {
    let model = try Self.model()
    let untrained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    var random = RandomGenerator(seed: 5)
    let images = Tensor.uniform([2, 16, 16, 1], using: &random)
    var known = Tensor.ones(images.shape)
    known[.all, 0..<16, 4..<16] = Tensor(0)
    let mean = images[.all, .all, 0..<4].mean(axes: [1, 2], keepingDimensions: true)
    let whole = try untrained.restore(images, mask: known)
    #expect((whole - Tensor.where(known, images, else: mean)).maximumMagnitude < 1e-6)
    #expect(try untrained.restore(images, mask: .zeros(images.shape)) == Tensor(repeating: 0.5, shape: images.shape))
  }

  @Test("What becomes of an image does not depend on those beside it") func oneByOne() throws {
    let model = try Self.model()
    var random = RandomGenerator(seed: 4)
    let trained = TrainedModel(model: model, state: model.drawnState(using: &random))
    let images = Tensor.uniform([8, 16, 16, 1], using: &random)
    var known = Tensor.ones(images.shape)
    known[.all, 3..<9, 4..<12] = Tensor(0)
    let together = try trained.restore(images, mask: known)
    for row in 0..<8 {
      let alone = try trained.restore(images[row..<row + 1], mask: known[row..<row + 1])
      #expect((alone[0] - together[row]).maximumMagnitude < 1e-5)
    }
  }

  @Test("Holes are squares within the image, the same for a sample whoever draws them") func holes() {
    let (holes, size) = (SquareHoles(side: 6), Tensor.Size2D(16))
    var random = SampleRandom(RandomGenerator(seed: 3), places: 0..<2000)
    let known = holes.masks(2000, of: size, using: &random)
    for index in 0..<200 {
      let hole = 1 - known[index..<index + 1]
      #expect(hole.sum().scalar == 36)
      let (rows, columns) = (hole.max(axes: [2]).sum().scalar, hole.max(axes: [1]).sum().scalar)
      #expect(rows == 6 && columns == 6)
    }
    #expect((1 - known).max(axes: [0]).min().scalar == 1)
    var some = SampleRandom(RandomGenerator(seed: 3), places: 50..<60)
    #expect(holes.masks(10, of: size, using: &some) == known[50..<60])
  }

  @Test("Some steps make it better than the mean of the rest") func learns() throws {
    let images = Self.size(BuiltInDigits.make(count: 600))
    let test = Self.size(BuiltInDigits.make(count: 100, seed: 1))
    let model = try Self.model()
    let trained = try Trainer(model, length: .steps(150), batchSize: 16, seed: 1).train(on: images)
    let figures = model.evaluate(on: TrainingData(test), with: trained.state)
    let ratio = try #require(figures["psnr"])
    let plain = try #require(figures["psnr_of_mean"])
    #expect(ratio > plain + 2)
    #expect(try model.preview(with: trained.state, from: TrainingData(test)) { _ in }?.images.count == 30)
  }

  @Test("What does not fit is refused") func refusals() throws {
    #expect(throws: ConfigurationError("inpainting: holeSize is 16, expected 1 to 15, less than the image")) {
      try Inpainting(Inpainting.Configuration(height: 16, width: 16, holeSize: 16))
    }
    let text = "inpainting: width is 18, expected a multiple of 4 up to 65536: pad or scale the images"
    #expect(throws: ConfigurationError(text)) {
      try Inpainting(Inpainting.Configuration(height: 16, width: 18))
    }
  }
}

/// The networks of the golden case as a model.
private struct GoldenGAN: LatentDecoding, Discriminating {
  struct Configuration: Codable, Sendable, Equatable {}
  final class Parts: Module {
    let generator = GoldenNetworks.Decoder()
    let discriminator = GoldenNetworks.Critic()
  }

  static let kind = "golden-gan"
  let configuration = Configuration()
  let parts = Parts()
  let network: Network

  init(_ configuration: Configuration) { network = Network(parts) }
  var inputs: [InputRequirement] { [InputRequirement([6])] }
  var latentShape: Tensor.Shape { [2] }
  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] { [:] }
  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics { [:] }
  func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    parts.generator(latents, given: condition, in: Context(network, state, mode: .inference))
  }
  func scores(of samples: Tensor, given condition: Condition, with state: State) -> Tensor {
    parts.discriminator(samples, given: condition, in: Context(network, state, mode: .inference)).scores
  }
}

@Suite struct LatentCompletionTests {
  @Test("What a latent is searched by is that of PyTorch, with its gradient") func objective() throws {
    for golden in try RestorationGolden.cases("latentSearch") {
      let model = GoldenGAN(GoldenGAN.Configuration())
      let state = State(
        Dictionary(
          uniqueKeysWithValues: try model.network.parameterNames.map {
            ($0, try golden.input(EncodingGolden.name(of: $0)))
          }))
      var choices = LatentCompletion()
      choices.priorWeight = try #require(golden.params.priorWeight)
      let search = LatentSearch(choices, model, state, try golden.input("y"), try golden.input("known"), .none)
      let z = try golden.input("z")
      #expect(try isClose(search.objective(z), golden.output("objective"), tolerance: 1e-5))
      let gradient = z.gradient { search.objective($0).sum() }
      #expect(try isClose(gradient, #require(golden.gradients["z"]).data, tolerance: 1e-5))
    }
  }

  @Test("A latent that gave an image gives its missing half again, whatever is beside it") func completion() throws {
    let images = ImagePreparation(size: 12)(BuiltInDigits.make(count: 400))
    let vae = try VAE(VAE.Configuration(height: 12, width: 12, latentSize: 4, hiddenSize: 64))
    let trained = try Trainer(vae, length: .steps(300), batchSize: 20, seed: 1).train(on: images)
    let made = try trained.sample(6, seed: 3)
    var mask = Tensor.ones(made.shape)
    mask[.all, 4..<8, 3..<9] = Tensor(0)
    var search = LatentCompletion()
    (search.steps, search.starts) = (150, 3)
    let found = try search(made, mask: mask, by: trained, seed: 1)
    #expect(Tensor.where(mask, found, else: 0) == Tensor.where(mask, made, else: 0))
    let mean =
      (made * mask).sum(axes: [1, 2, 3], keepingDimensions: true) / mask.sum(axes: [1, 2, 3], keepingDimensions: true)
    let plain = ((mean - made) * (1 - mask)).square().summedPerSample()
    let errors = ((found - made) * (1 - mask)).square().summedPerSample()
    #expect(errors.sum().scalar < 0.25 * plain.sum().scalar)
    // One alone, at the same place.
    #expect(try (search(made[0..<1], mask: mask[0..<1], by: trained, seed: 1) - found[0..<1]).maximumMagnitude < 1e-3)
    let classifier = try ImageClassifier(ImageClassifier.Configuration(height: 12, width: 12, classCount: 2))
    let other = TrainedModel(model: classifier, state: classifier.makeTraining(seed: 1).state)
    #expect(throws: CapabilityError.self) { try search(made, mask: mask, by: other) }
  }

  /// The running statistics stand for the batch, and neither they nor weights are changed by a search.
  @Test("A generator with batch normalization stays as it is, and completes each image by itself")
  func batchNormalization() throws {
    let images = ImagePreparation(size: 12)(BuiltInDigits.make(count: 40))
    var configuration = GANConfiguration(height: 12, width: 12)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (4, 4, 4)
    let trained = try Trainer(DCGAN(configuration), length: .steps(3), batchSize: 8, seed: 1).train(on: images)
    let means = trained.state.names.filter { $0.hasPrefix("generator.") && $0.hasSuffix(".runningMean") }
    #expect(means.contains { (trained.state[$0]?.maximumMagnitude ?? 0) > 0 })
    let before = trained.state.tensors.mapValues(\.scalars)
    let damaged = images.batch(at: Array(0..<4)).samples
    var mask = Tensor.ones(damaged.shape)
    mask[.all, 4..<8, 3..<9] = Tensor(0)
    var search = LatentCompletion()
    (search.steps, search.starts) = (8, 2)
    let found = try search(damaged, mask: mask, by: trained, seed: 1)
    #expect(trained.state.tensors.mapValues(\.scalars) == before)
    #expect(Tensor.where(mask, found, else: 0) == Tensor.where(mask, damaged, else: 0) && found != damaged)
    // Normalized by the batch, another one would give another image.
    let alone = try search(damaged[0..<1], mask: mask[0..<1], by: trained, seed: 1)
    #expect((alone - found[0..<1]).maximumMagnitude < 1e-3)
  }
}
