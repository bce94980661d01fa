import Datasets
import LatentSystem
import Layers
import Tensor

/// A model that makes a sample a scalar after the other, each given those before it: it can tell how far it is, be stopped
/// in between, and begin from a part of a sample.
public protocol StepwiseSampling: Sampling {
  /// New samples, `[count] + sampleShape`, as ``Sampling/sample(_:given:with:using:)``.
  ///
  /// - Parameters:
  ///   - start: scalars that are known; those that are not follow from the known ones before them, in the model's order.
  ///   - condition: what each should be.
  ///   - state: parameters and buffers.
  ///   - random: what is random in it. It gives the same numbers whatever is known.
  ///   - progress: is called now and then with the share that is done, 1 at the end. What it throws ends the sampling.
  /// - Precondition: as for ``Sampling/sample(_:given:with:using:)``; `start` is of `count` samples.
  func sample(
    _ count: Int, continuing start: PartialSamples?, given condition: Condition, with state: State,
    using random: inout SampleRandom, progress: (Double) throws -> Void
  ) rethrows -> Tensor
}

extension StepwiseSampling {
  public func sample(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    sample(count, continuing: nil, given: condition, with: state, using: &random) { _ in }
  }
}

/// Samples of which only some scalars are known.
public struct PartialSamples: Sendable {
  /// The samples, `[N, …]`. What the scalars are that are not known does not matter.
  public let samples: Tensor
  /// 1 where a scalar is known and 0 elsewhere, of the same shape.
  public let mask: Tensor

  /// - Precondition: both have the same shape `[N, …]`; the mask holds zeros and ones.
  public init(_ samples: Tensor, mask: Tensor) {
    require(
      samples.shape == mask.shape && samples.rank >= 1,
      "PartialSamples: samples of shape \(samples.shape), a mask of shape \(mask.shape); they must be the same [N, …]")
    require(mask.scalars.allSatisfy { $0 == 0 || $0 == 1 }, "PartialSamples: the mask holds something but 0 and 1")
    self.samples = samples
    self.mask = mask
  }

  /// Those at `indices`, in that order.
  public func rows(at indices: [Int]) -> PartialSamples {
    PartialSamples(samples.gathered(at: indices), mask: mask.gathered(at: indices))
  }

  /// Those at `range`.
  func rows(_ range: Range<Int>) -> PartialSamples {
    range.count == samples.shape[0] ? self : PartialSamples(samples[range], mask: mask[range])
  }
}

extension TrainedModel {
  /// What each sample may be of which only some scalars are known, `[N, …]` → `[N, …]`: those are kept, the others are
  /// drawn, each given what comes before it in the model's order. Known scalars that come later are not seen.
  ///
  /// - Parameters:
  ///   - samples: taken as they are where the mask is 1.
  ///   - mask: 1 where a scalar is known and 0 where it is missing, of the same shape.
  ///   - condition: what each should be. Models with classes that are told none make one class after the other.
  ///   - seed: decides what is drawn.
  ///   - progress: is called with the share that is done. What it throws, a `CancellationError` for instance, ends it.
  /// - Throws: ``CapabilityError`` if the model does not make samples step by step, or these are of another shape;
  ///   `CancellationError` if the task is cancelled.
  public func complete(
    _ samples: Tensor, mask: Tensor, given condition: Condition? = nil, seed: UInt64 = 0,
    progress: (Double) throws -> Void = { _ in }
  ) throws -> Tensor {
    let model = try ability("complete samples", "it does not make them step by step") { $0 as? any StepwiseSampling }
    try check(samples, model.sampleShape, "complete samples")
    guard mask.shape == samples.shape else {
      throw CapabilityError(
        kind, cannot: "complete samples", because: "the mask has shape \(mask.shape), the samples \(samples.shape)")
    }
    let count = samples.shape[0]
    let start = PartialSamples(samples, mask: mask)
    let (_, conditions) = try samplingPlan(count, condition)
    return try .joined(model.batches(count), count: count) { places in
      try self.samples(
        places, of: model, given: conditions(places), seed: seed, continuing: start.rows(places)
      ) { try progress(places.share($0, of: count)) }
    }
  }
}

extension Range<Int> {
  /// The share of `count` places that is done when all before these are, and `share` of these.
  func share(_ share: Double, of count: Int) -> Double {
    (Double(lowerBound) + share * Double(self.count)) / Double(count)
  }
}
