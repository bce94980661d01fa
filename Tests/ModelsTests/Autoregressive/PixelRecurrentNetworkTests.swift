import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct PixelRecurrentNetworkTests {
  private static func network(
    _ kind: PixelRNN.Recurrence, _ values: PixelValues = .binary, features: Int = 4, map: Int = 6, layers: Int = 2,
    hasSkips: Bool = true, kernel: Int = 3, classes: Int? = nil
  ) -> PixelRecurrentNetwork {
    PixelRecurrentNetwork(
      kind, from: values.inputChannels, features: features, mapChannels: map, layerCount: layers, hasSkips: hasSkips,
      kernelSize: kernel, headFeatures: 5, to: values.logitCount, classCount: classes)
  }

  private static func checks(_ kind: PixelRNN.Recurrence) -> [PixelNetworkChecks] {
    [
      PixelNetworkChecks("\(kind), one layer", network(kind, layers: 1), 4),
      PixelNetworkChecks(
        "\(kind), two layers, wide", network(kind, hasSkips: false, kernel: 5), Tensor.Size2D(height: 3, width: 5)),
      PixelNetworkChecks("\(kind), narrow map", network(kind, map: 4), Tensor.Size2D(height: 5, width: 3)),
      PixelNetworkChecks(
        "\(kind), grey", network(kind, .grey(levels: 3), features: 17), values: .grey(levels: 3), 4),
      PixelNetworkChecks(
        "\(kind), codes", network(kind, .codes(count: 20)), values: .codes(count: 20), 3),
      PixelNetworkChecks("\(kind), classes", network(kind, classes: 3), 3, condition: .labels([2, 0])),
      PixelNetworkChecks("\(kind), a row", network(kind), Tensor.Size2D(height: 1, width: 4)),
      PixelNetworkChecks("\(kind), a column", network(kind), Tensor.Size2D(height: 4, width: 1)),
    ]
  }

  @Test(arguments: PixelRNN.Recurrence.allCases) func pixelsAfterDoNotMatter(_ kind: PixelRNN.Recurrence) {
    for check in Self.checks(kind) { check.pixelsAfterDoNotMatter() }
  }

  @Test(arguments: PixelRNN.Recurrence.allCases) func firstPixelKnowsNothing(_ kind: PixelRNN.Recurrence) {
    for check in Self.checks(kind) { check.firstPixelKnowsNothing() }
  }

  @Test(arguments: PixelRNN.Recurrence.allCases) func cachesAreExact(_ kind: PixelRNN.Recurrence) {
    for check in Self.checks(kind) { for count in [1, 3] { check.cachesAreExact(count: count) } }
    PixelNetworkChecks("reference", Self.network(kind, features: 16, map: 32, kernel: 7), 8).cachesAreExact(count: 5)
    PixelNetworkChecks("many features", Self.network(kind, features: 90, map: 150), 4).cachesAreExact(count: 2)
  }

  /// Diagonals see all pixels before, in one layer. Rows see a triangle, which two layers and the first convolution fill
  /// in an image of four rows.
  @Test func everyPixelBeforeMatters() {
    let diagonal = Self.network(.diagonal, features: 12, map: 12, layers: 1)
    PixelNetworkChecks("diagonal", diagonal, 4).pixelsBeforeMatter()
    let row = Self.network(.row, features: 12, map: 12, layers: 2, kernel: 7)
    PixelNetworkChecks("row", row, 4).pixelsBeforeMatter()
  }

  @Test(arguments: PixelRNN.Recurrence.allCases) func probabilitiesAddUp(_ kind: PixelRNN.Recurrence) {
    for seed in 1...3 as ClosedRange<UInt64> {
      PixelNetworkChecks("\(kind)", Self.network(kind), 3, seed: seed).probabilitiesAddUp()
      PixelNetworkChecks(
        "\(kind), classes", Self.network(kind, classes: 2), 3, condition: .labels([1]), seed: seed
      ).probabilitiesAddUp()
    }
  }

  @Test(arguments: PixelRNN.Recurrence.allCases) func learns(_ kind: PixelRNN.Recurrence) throws {
    let model = try PixelRNN(
      PixelRNN.Configuration(
        height: 3, width: 3, recurrence: kind, features: 4, layerCount: 1, firstKernelSize: 3, headFeatures: 12))
    // Forty of 512 images: log 40 = 3.69 nats at best, 6.24 without knowledge.
    let images = PixelNetworkChecks.allImages(3, .binary)[100..<140]
    let trained = try Trainer(model, length: .steps(150), batchSize: 20, seed: 1, learningRate: 2e-2)
      .train(on: TensorSet(images))
    let nats = try #require(model.evaluate(on: TrainingData(TensorSet(images)), with: trained.state)["nll"])
    #expect(nats < 4.6, "\(nats)")
    let check = PixelNetworkChecks(
      "trained", model.distributions[0].network, .binary, 3, .none,
      Context(model.network, trained.state, mode: .inference))
    check.probabilitiesAddUp()
    check.cachesAreExact(count: 4)
  }

  @Test func badConfigurations() {
    func message(_ change: (inout PixelRNN.Configuration) -> Void) -> String? {
      var configuration = PixelRNN.Configuration()
      change(&configuration)
      return #expect(throws: ConfigurationError.self) { try PixelRNN(configuration) }?.description
    }
    #expect(message { $0.layerCount = 0 } == "pixelrnn: layerCount is 0, expected 1 to 1024")
    #expect(message { $0.mapChannels = 0 } == "pixelrnn: mapChannels is 0, expected 1 to 4096")
    for size in [1, 2] {
      #expect(
        message { $0.firstKernelSize = size }
          == "pixelrnn: firstKernelSize is \(size), expected an odd number from 3 on")
    }
  }
}
