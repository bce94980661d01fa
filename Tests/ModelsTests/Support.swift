import Datasets
import Layers
import Tensor
import Testing
import Training

/// Samples without pattern, each from its own index.
struct Noise: SampleSource {
  let count: Int
  let sampleShape: Tensor.Shape
  var conditions = ConditionSpace.none

  init(_ sampleShape: Tensor.Shape, count: Int = 1000, classCount: Int? = nil) {
    self.sampleShape = sampleShape
    self.count = count
    conditions = classCount.map { .classes($0) } ?? .none
  }

  func batch(at indices: [Int]) -> Batch {
    let samples = indices.map { index in
      var generator = RandomGenerator(seed: UInt64(index))
      return Tensor.uniform(sampleShape, using: &generator)
    }
    var condition = Condition.none
    if case .classes(let count) = conditions { condition = .labels(indices.map { $0 % count }) }
    return Batch(samples: .stacked(samples), condition: condition, indices: indices)
  }

  func fingerprint(withConditions: Bool) -> UInt32 { UInt32(count) }
}

extension BatchFeed {
  /// Batches of noise that suits `model`.
  static func noise(for model: some GenerativeModel, batchSize: Int, count: Int = 1000) -> BatchFeed {
    var classCount: Int?
    if case .classes(let classes) = model.inputs[0].condition { classCount = classes }
    return BatchFeed(
      TrainingData(Noise(model.inputs[0].sampleShape, count: count, classCount: classCount)), batchSize: batchSize,
      generator: RandomGenerator(seed: 9))
  }

  /// The batch of all of `samples`, again and again, in some order.
  static func all(of samples: Tensor) -> BatchFeed {
    BatchFeed(TrainingData(TensorSet(samples)), batchSize: samples.shape[0], generator: RandomGenerator(seed: 9))
  }
}

/// Expects that a process stopped with a message.
func expect(
  _ result: ExitTest.Result?, saysWhy message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  #expect(text.contains(message), "\(text)", sourceLocation: sourceLocation)
}
