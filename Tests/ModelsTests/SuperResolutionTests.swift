import Datasets
import LatentTestSupport
import Layers
import Tensor
import Testing
import Training

@testable import Models

@Suite struct SuperResolutionTests {
  private static func model(factor: Int = 2, channels: Int = 1) throws -> SuperResolution {
    var configuration = SuperResolution.Configuration(height: 24, width: 24, channels: channels, factor: factor)
    (configuration.features, configuration.blockCount) = (4, 2)
    return try SuperResolution(configuration)
  }

  private static let size = ImagePreparation(size: 24)

  @Test("An untrained network interpolates", arguments: [2, 3, 4, 6])
  func startsAsInterpolation(factor: Int) throws {
    let model = try Self.model(factor: factor, channels: 3)
    var random = RandomGenerator(seed: 1)
    let small = Tensor.uniform([2, 5, 7, 3], using: &random)
    let state = model.makeTraining(seed: 1).state
    let large = model.enlarger(small, in: Context(model.network, state, mode: .inference))
    #expect(large == small.resized(to: .init(height: 5 * factor, width: 7 * factor), method: .bicubic))
  }

  @Test("A block of channels becomes the block of pixels that it stands for")
  func shuffle() {
    for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
      var x = Tensor.zeros([1, 2, 2, 12])
      x[scalarAt: 0, 1, 0, 4 * 2 + 2 * row + column] = 1
      let y = x.pixelShuffled(factor: 2)
      #expect(y[scalarAt: 0, 2 + row, column, 2] == 1)
      #expect(y.sum().scalar == 1)
    }
  }

  @Test("Some steps make it better than interpolation, and it keeps what the small images say")
  func learns() throws {
    let images = Self.size(BuiltInDigits.make(count: 600))
    let test = Self.size(BuiltInDigits.make(count: 60, seed: 1))
    let model = try Self.model()
    let trained = try Trainer(model, length: .steps(150), batchSize: 16, seed: 1).train(on: images)
    let figures = model.evaluate(on: TrainingData(test), with: trained.state)
    let ratio = try #require(figures["psnr"])
    let plain = try #require(figures["psnr_of_interpolation"])
    #expect(ratio > plain + 3)
    let large = test.batch(at: Array(0..<60)).samples
    let small = model.shrunk(large)
    let again = model.shrunk(try trained.enlarge(small))
    #expect(PeakSignal.errors(of: again, to: small).map(PeakSignal.ratio).min() ?? 0 > 25)
  }

  @Test("Images that interpolation makes without any error count for 60 decibels") func perfectImages() throws {
    let model = try Self.model()
    let images = TensorSet(.zeros([3, 24, 24, 1]))
    let figures = model.evaluate(on: TrainingData(images), with: model.makeTraining(seed: 1).state)
    #expect(figures["psnr_of_interpolation"] == 60)
    #expect(PeakSignal.ratio(ofError: 0) == 60 && PeakSignal.ratio(ofError: .nan).isNaN)
    #expect(abs(PeakSignal.ratio(ofError: 0.01) - 20) < 1e-12)
  }

  @Test("What becomes of an image does not depend on those beside it")
  func oneByOne() throws {
    let model = try Self.model()
    var random = RandomGenerator(seed: 4)
    let trained = TrainedModel(model: model, state: model.drawnState(using: &random))
    let small = Tensor.uniform([8, 12, 12, 1], using: &random)
    let together = try trained.enlarge(small)
    for row in 0..<8 {
      #expect((try trained.enlarge(small[row..<row + 1])[0] - together[row]).maximumMagnitude < 1e-5)
    }
  }

  @Test("Large images are enlarged in parts, as if they were not")
  func tiles() throws {
    let model = try Self.model()
    var training = model.makeTraining(seed: 2)
    var random = RandomGenerator(seed: 3)
    // So that the last convolution counts.
    for name in model.network.parameterNames where name.contains("exit") {
      training.state[name] = training.state[name].map { .normal($0.shape, standardDeviation: 0.1, using: &random) }
    }
    let images = Tensor.uniform([2, 61, 90, 1], using: &random)
    let context = Context(model.network, training.state, mode: .inference)
    let whole = model.enlarger(images, in: context)
    let parts = ImageTiles(margin: model.enlarger.reach, side: 16).map(images, factor: 2) {
      model.enlarger($0, in: context)
    }
    #expect(parts.shape == whole.shape)
    #expect((parts - whole).maximumMagnitude < 1e-5)
  }

  @Test("What does not fit is refused")
  func refusals() throws {
    let text = "super-resolution: height is 25, expected a multiple of the factor 2 up to 65536"
    #expect(throws: ConfigurationError(text + ": pad or scale the images")) {
      try SuperResolution(SuperResolution.Configuration(height: 25, width: 24))
    }
    #expect(throws: ConfigurationError("super-resolution: factor is 9, expected 2 to 8")) {
      try SuperResolution(SuperResolution.Configuration(height: 27, width: 27, factor: 9))
    }
    let model = try Self.model()
    let trained = TrainedModel(model: model, state: model.makeTraining(seed: 1).state)
    let small = Tensor.zeros([1, 12, 12, 1])
    #expect(throws: CapabilityError.self) { try trained.restore(small, mask: small) }
    #expect(throws: CapabilityError.self) { try trained.enlarge(.zeros([1, 12, 12, 3])) }
    #expect(try trained.restore(small).shape == [1, 24, 24, 1])
    #expect(try trained.enlarge(.zeros([1, 5, 9, 1])).shape == [1, 10, 18, 1])
  }
}
