import Datasets
import Layers
import Models
import Tensor
import Training

/// A model as a user would write one, which notes what the trainer gives it: its metrics are the places of the images
/// of a step, then a random number, then the learning rate. It learns the mean of all images.
struct Recorder: Sampling {
  struct Configuration: Codable, Sendable, Equatable {
    var side = 2
    var batchesPerStep = 1
  }

  static let kind = "recorder"
  let configuration: Configuration
  let network: Network
  private let part: Part

  private final class Part: Module {
    let mean: Parameter
    let count = Buffer([])

    init(side: Int) { mean = Parameter([side, side, 1], .normal(standardDeviation: 1)) }
  }

  init(_ configuration: Configuration) throws {
    guard configuration.side > 0 else { throw ConfigurationError("recorder: side is \(configuration.side)") }
    self.configuration = configuration
    part = Part(side: configuration.side)
    network = Network(part)
  }

  var inputs: [InputRequirement] { [InputRequirement([configuration.side, configuration.side, 1])] }
  var batchesPerStep: Int { configuration.batchesPerStep }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    ["sgd": SGD(learningRate: learningRate ?? 0.5)]
  }

  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let batches = (0..<batchesPerStep).map { _ in feed.next() }
    let context = Context(
      network, training.state, mode: .training, differentiating: network.parameterNames,
      random: RandomGenerator(seed: 0))
    let loss = batches.reduce(Tensor(0)) { $0 + ($1.samples - context[part.mean]).square().mean() }
    training.update("sgd", with: context.gradients(of: loss))
    let places = batches.flatMap(\.indices).enumerated().map {
      Metrics.Entry(name: "image\($0.offset)", value: Double($0.element))
    }
    return Metrics(
      places + [
        Metrics.Entry(name: "random", value: Double(training.random.uniform())),
        Metrics.Entry(
          name: "rate",
          value: Double((training.optimizers["sgd"]).map { $0.learningRate * $0.progress.rateFactor } ?? 0)),
      ])
  }

  func warnings(for trend: TrainingTrend) -> [TrainingWarning] {
    guard let rate = trend["rate"], rate < 0.1 else { return [] }
    return [TrainingWarning(kind: "slow", text: "the learning rate is \(rate)")]
  }

  func evaluate(on data: TrainingData, with state: State) -> Metrics { ["count": Double(data.main?.count ?? 0)] }

  func sample(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    random.uniform([count, configuration.side, configuration.side, 1])
      * Context(network, state, mode: .inference)[part.mean].sigmoid()
  }
}

extension Metrics {
  /// The places of the images that a ``Recorder`` saw in a step.
  var places: [Int] { entries.filter { $0.name.hasPrefix("image") }.map { Int($0.value) } }
}

/// `count` grey images of 2×2 pixels without pattern.
func tinyImages(_ count: Int, side: Int = 2) throws -> ImageSet {
  let pixels = (0..<count * side * side).map { UInt8(truncatingIfNeeded: $0 * 37 ^ $0 >> 2) }
  return try ImageSet(pixels: pixels, height: side, width: side)
}
