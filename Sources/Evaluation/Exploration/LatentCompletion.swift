import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// Fills what is missing of samples with what a generator makes of the latent that fits the rest best. The generator was
/// not trained for that, and stays as it is.
///
/// The latent of each sample minimizes the sum of the absolute differences of known scalars, and `priorWeight` times
/// softplus(-score) where the model has a discriminator: what is made should look real too. The search begins at several
/// latents drawn from the prior, and the best end is taken.
///
/// ```swift
/// let whole = try LatentCompletion()(damaged, mask: known, by: trained)
/// ```
///
/// Reference: Yeh et al., "Semantic image inpainting with deep generative models", arXiv:1607.07539, section 3.
public struct LatentCompletion: Sendable {
  /// Steps of each search, 1 or more.
  public var steps = 300
  /// How many latents the search of each sample begins at, 1 or more.
  public var starts = 4
  /// Adam's step size.
  public var learningRate: Float = 0.03
  /// The weight of the discriminator's opinion, 0 or more.
  public var priorWeight: Float = 0.1

  /// The usual search.
  public init() {}

  /// What each sample may be, `[N, …]` → `[N, …]`; known scalars keep their bits. What becomes of a sample depends on its
  /// place and the seed, not on the samples beside it.
  ///
  /// - Parameters:
  ///   - samples: taken as they are where the mask is 1.
  ///   - mask: 1 where a scalar is known and 0 where it is missing, of the same shape.
  ///   - trained: a model that makes samples from latents.
  ///   - condition: what each should be.
  ///   - seed: decides where the searches begin.
  ///   - progress: is called with the share that is done. What it throws ends the search.
  /// - Throws: ``CapabilityError`` if the model has no latents, or the samples are of another shape.
  /// - Precondition: all choices lie in the ranges that their documentation states.
  public func callAsFunction(
    _ samples: Tensor, mask: Tensor, by trained: TrainedModel, given condition: Condition = .none, seed: UInt64 = 0,
    progress: (Double) throws -> Void = { _ in }
  ) throws -> Tensor {
    require(
      steps >= 1 && starts >= 1 && learningRate > 0 && priorWeight >= 0,
      "LatentCompletion: \(steps) steps from \(starts) latents at rate \(learningRate) with weight \(priorWeight)")
    require(
      mask.shape == samples.shape, "LatentCompletion: samples of shape \(samples.shape), a mask of shape \(mask.shape)")
    // Says what is wrong with the model or the condition before any work.
    let first = try trained.drawLatents(1, given: condition.rows(at: condition == .none ? [] : [0]), seed: seed)
    _ = try trained.decode(first, given: condition.rows(at: condition == .none ? [] : [0]))
    guard let model = trained.model as? any LatentDecoding else {
      fatalError("LatentCompletion: decode(_:given:) has checked that there are latents")
    }
    let count = samples.shape[0]
    let size = InferenceBatch.size(model.sampleShape)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: count, by: size) {
      let places = start..<min(count, start + size)
      let search = LatentSearch(
        self, model, trained.state, Tensor.where(mask[places], samples[places], else: Tensor(0)), mask[places],
        condition.rows(places))
      let found = try search.run(places: places, seed: seed) { share in
        try progress((Double(start) + share * Double(places.count)) / Double(count))
      }
      parts.append(.where(mask[places], samples[places], else: found))
    }
    return parts.count == 1 ? parts[0] : Tensor.concatenated(parts)
  }
}

/// The search for the latents of some samples.
struct LatentSearch {
  let choices: LatentCompletion
  let model: any LatentDecoding
  let state: State
  let samples: Tensor
  let mask: Tensor
  let condition: Condition

  init(
    _ choices: LatentCompletion, _ model: any LatentDecoding, _ state: State, _ samples: Tensor, _ mask: Tensor,
    _ condition: Condition
  ) {
    (self.choices, self.model, self.state) = (choices, model, state)
    (self.samples, self.mask, self.condition) = (samples, mask, condition)
  }

  /// The samples of the best latents.
  func run(places: Range<Int>, seed: UInt64, progress: (Double) throws -> Void) throws -> Tensor {
    var (best, bestErrors) = (Tensor.zeros(samples.shape), [Float](repeating: .infinity, count: places.count))
    for start in 0..<choices.starts {
      let random = RandomGenerator(seed: seed).split(at: start)
      var latents = State()
      var ofPlaces = SampleRandom(random, places: places)
      latents[Self.name] = model.drawLatents(places.count, given: condition, with: state, using: &ofPlaces)
      var optimizer: any Optimizer = Adam(learningRate: choices.learningRate)
      for step in 0..<choices.steps {
        guard let now = latents[Self.name] else { break }
        optimizer.update(&latents, with: Gradients([Self.name: now.gradient { objective($0).sum() }]))
        try progress((Double(start) + Double(step + 1) / Double(choices.steps)) / Double(choices.starts))
      }
      guard let ends = latents[Self.name] else { break }
      let made = model.decode(ends, given: condition, with: state)
      for (index, error) in objective(ends).scalars.enumerated() where error < bestErrors[index] {
        bestErrors[index] = error
        best[index] = made[index]
      }
    }
    return best
  }

  /// How badly each latent does, `[N, …]` → `[N]`.
  func objective(_ latents: Tensor) -> Tensor {
    let made = model.decode(latents, given: condition, with: state)
    let context = ((made - samples).absolute() * mask).summedPerSample()
    guard choices.priorWeight > 0, let judge = model as? any Discriminating else { return context }
    return context + (-judge.scores(of: made, given: condition, with: state)).softplus() * choices.priorWeight
  }

  private static let name = "latents"
}
