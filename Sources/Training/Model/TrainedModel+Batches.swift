import Datasets
import LatentSystem
import Layers
import Tensor

// Whatever a model is asked, it looks at few samples at a time: memory follows the scalars of a batch, not the number of
// samples. What comes of a sample depends on itself and its place, not on its batch.

extension TrainedModel {
  /// Makes `count` new samples as ``sample(_:given:seed:)`` does, a batch at a time: memory is taken for one batch only,
  /// however many samples there are.
  ///
  /// - Parameters:
  ///   - progress: is called with the share of all samples that is done, by models that make them step by step more than
  ///     once a batch. What it throws ends the sampling.
  ///   - body: is given the samples of each batch, `[n, …]`, in order. What it throws ends the sampling.
  public func forEachBatch(
    of count: Int, given condition: Condition? = nil, seed: UInt64 = 0,
    progress: (Double) throws -> Void = { _ in }, _ body: (Tensor) throws -> Void
  ) throws {
    let (_, conditions) = try samplingPlan(count, condition)
    try forEachBatch(of: count, conditions: conditions, seed: seed, progress: progress, body)
  }

  /// Makes `count` new samples a batch at a time, each of a condition that is named when it is needed.
  ///
  /// - Parameters:
  ///   - conditions: gives what the samples at a range of places should be: `{ .labels($0.map { $0 % 10 }) }`.
  ///   - progress: is called with the share of all samples that is done. What it throws ends the sampling.
  ///   - body: is given the samples of each batch, `[n, …]`, in order. What it throws ends the sampling.
  /// - Throws: ``CapabilityError`` if the model makes no samples, or none of a condition, when it comes to that.
  /// - Precondition: `count >= 1`.
  public func forEachBatch(
    of count: Int, conditions: (Range<Int>) throws -> Condition, seed: UInt64 = 0,
    progress: (Double) throws -> Void = { _ in }, _ body: (Tensor) throws -> Void
  ) throws {
    require(count >= 1, "sample: \(count) samples were asked for; at least 1 is needed")
    let model = try sampler()
    for places in model.batches(count) {
      try body(
        samples(places, of: model, given: conditions(places), seed: seed) {
          try progress(places.share($0, of: count))
        })
    }
  }

  /// Checks that the model makes samples of some conditions, before any are made.
  /// - Throws: ``CapabilityError`` if it makes no samples, or none of them.
  public func checkSampling(given condition: Condition) throws {
    let model = try sampler()
    try check(condition, model.sampleConditions, condition.count ?? 1, "sample")
  }

  private func sampler() throws -> any Sampling {
    try ability("sample", "it makes none of its own") { $0 as? any Sampling }
  }

  /// The model that makes `count` samples, and what those at a range of places should be: what `condition` says, or else
  /// what is usual. Such a list may be far longer than a batch, so it is never made as a whole.
  func samplingPlan(
    _ count: Int, _ condition: Condition?
  ) throws -> (model: any Sampling, conditions: (Range<Int>) throws -> Condition) {
    require(count >= 1, "sample: \(count) samples were asked for; at least 1 is needed")
    let model = try sampler()
    if let condition {
      try check(condition, model.sampleConditions, count, "sample")
      return (model, { condition.rows($0) })
    }
    return (
      model,
      { places in
        guard let condition = model.usualCondition(places) else {
          throw CapabilityError(kind, cannot: "sample", because: "it has to be told what to make")
        }
        return condition
      }
    )
  }

  /// The samples at `places` of a run.
  ///
  /// - Parameters:
  ///   - start: what is known of them, for models that make them step by step.
  ///   - progress: is called with the share that is done.
  func samples(
    _ places: Range<Int>, of model: any Sampling, given condition: Condition, seed: UInt64,
    continuing start: PartialSamples? = nil, progress: (Double) throws -> Void = { _ in }
  ) throws -> Tensor {
    try check(condition, model.sampleConditions, places.count, "sample")
    return try model.sample(
      places, continuing: start, given: condition, with: state, RandomGenerator(seed: seed), progress: progress)
  }

  /// What `body` makes of `samples`, `[N, …]` → `[N, …]`, a batch at a time.
  ///
  /// - Parameters:
  ///   - condition: of each sample.
  ///   - shape: of one sample that it makes, if that may be larger.
  ///   - copies: how many of each sample it works on at once.
  ///   - body: is given the samples of a batch, their conditions and their places.
  func inBatches(
    _ samples: Tensor, _ condition: Condition = .none, to shape: Tensor.Shape = [], copies: Int = 1,
    _ body: (_ samples: Tensor, _ condition: Condition, _ places: Range<Int>) -> Tensor
  ) -> Tensor {
    let (count, own) = (samples.shape[0], Tensor.Shape(Array(samples.shape.sizes.dropFirst())))
    let ranges = InferenceBatch.ranges(count, of: [own, shape], copies: copies)
    guard ranges.count > 1 else { return body(samples, condition, 0..<count) }
    return .joined(ranges, count: count) { body(samples[$0], condition.rows($0), $0) }
  }
}

// MARK: - Batches

/// How many samples are looked at together outside of a training.
public enum InferenceBatch {
  /// As many as have the scalars of 64 small images, so that memory follows the scalars and not the samples: 1 to 64.
  public static func size(_ sampleShape: Tensor.Shape, scalars: Int = 64 * 28 * 28, most: Int = 64) -> Int {
    max(1, min(most, scalars / max(1, sampleShape.scalarCount)))
  }

  /// The places of `count` samples by batch.
  /// - Parameters:
  ///   - shapes: of what is there of each; the largest counts.
  ///   - copies: how many of each sample are there at once.
  static func ranges(_ count: Int, of shapes: [Tensor.Shape], copies: Int = 1) -> [Range<Int>] {
    let largest = shapes.max { $0.scalarCount < $1.scalarCount } ?? []
    let size = size(largest, scalars: 64 * 28 * 28 / copies)
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }
}

extension Tensor {
  /// The tensors `[n, …]` that `make` gives for `ranges`, one after the other: `[count, …]`.
  ///
  /// Each goes to its place as soon as it is there, so that they are never all in memory beside the whole; where they are
  /// recorded, as for a search among latents, they have to be.
  static func joined(_ ranges: [Range<Int>], count: Int, _ make: (Range<Int>) throws -> Tensor) rethrows -> Tensor {
    if ranges.count == 1 { return try make(ranges[0]) }
    var whole: Tensor?
    var recorded: [Tensor] = []
    for range in ranges {
      let part = try make(range)
      if part.isRecorded {
        recorded.append(part)
      } else {
        var result = whole.take() ?? .zeros(Tensor.Shape([count] + part.shape.sizes.dropFirst()))
        result[range] = part
        whole = consume result
      }
    }
    return whole ?? .concatenated(recorded)
  }
}

extension Sampling {
  /// The places of `count` samples by batch.
  func batches(_ count: Int) -> [Range<Int>] {
    guard case .tensor(let sizes) = sampleConditions else { return InferenceBatch.ranges(count, of: [sampleShape]) }
    return InferenceBatch.ranges(count, of: [sampleShape, Tensor.Shape(sizes)])
  }

  /// What samples are made of if nobody says: nothing, or one class after the other; nil if there is no such thing.
  func usualCondition(_ places: Range<Int>) -> Condition? {
    switch sampleConditions {
    case .none: Condition.none
    case .classes(let classes): .labels(places.map { $0 % classes })
    case .tokens, .tensor: nil
    }
  }

  /// The samples `places` of the run that `generator` gives.
  ///
  /// - Parameters:
  ///   - start: what is known of them, for models that make them step by step.
  ///   - progress: is called with the share that is done.
  /// - Throws: what `progress` throws, and `CancellationError` between two steps of a task that is cancelled.
  func sample(
    _ places: Range<Int>, continuing start: PartialSamples? = nil, given condition: Condition, with state: State,
    _ generator: RandomGenerator, progress: (Double) throws -> Void = { _ in }
  ) throws -> Tensor {
    var random = SampleRandom(generator, places: places)
    if let model = self as? any StepwiseSampling {
      return try model.sample(places.count, continuing: start, given: condition, with: state, using: &random) { share in
        try Task.checkCancellation()
        try progress(share)
      }
    }
    let samples = sample(places.count, given: condition, with: state, using: &random)
    try progress(1)
    return samples
  }

  func previewOfSamples(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard sampleShape.rank == 3 else { return nil }
    let side = 10
    var (rows, condition) = (side, usualCondition(0..<side * side))
    if case .classes(let classes) = sampleConditions {
      rows = min(classes, side)
      condition = .labels((0..<rows * side).map { $0 / side })
    } else if condition == nil, let stream = inputs.first?.stream, let source = data[stream] {
      // What the model has to be told is taken from the first samples.
      rows = max(1, min(side, source.count / side))
      condition = source.batch(at: (0..<rows * side).map { $0 % source.count }).condition
    }
    guard let condition else { return nil }
    let count = rows * side
    try progress(0)
    let samples = try Tensor.joined(batches(count), count: count) { places in
      try sample(places, given: condition.rows(places), with: state, RandomGenerator(seed: 0)) {
        try progress(places.share($0, of: count))
      }
    }
    return Preview(try ImageSet(samples), columns: side)
  }
}
