import Datasets
import LatentSystem
import Tensor
import Training

/// What a sample's strangeness is told from.
public enum AnomalyEvidence: String, Sendable, CaseIterable {
  /// The model's own score: ``AnomalyScoring``.
  case model
  /// The negative log-likelihood, or a bound of it.
  case likelihood
  /// The squared distance of a sample from its reconstruction, summed over its scalars.
  case reconstruction
  /// How little the discriminator takes it for real.
  case discriminator
}

extension TrainedModel {
  /// How strange each sample of a source is to the model, the higher the stranger.
  ///
  /// - Parameters:
  ///   - source: any samples of the model's shape; grey pixels become binary if the model is one of binary pixels.
  ///   - evidence: what the scores are told from.
  ///   - draws: latents for each sample, where the likelihood is estimated.
  ///   - seed: decides the latents.
  /// - Throws: ``CapabilityError`` if the model lacks what it takes, or the samples are of another shape.
  public func anomalyScores(
    of source: any SampleSource, by evidence: AnomalyEvidence, draws: Int = 10, seed: UInt64 = 0
  ) throws -> [Double] {
    let input = model.inputs.first
    var all: [Double] = []
    for batch in model.prepared(source).batchesInOrder() {
      let place = all.count
      let condition = input?.condition == ConditionSpace.none ? .none : batch.condition
      let scores =
        switch evidence {
        case .model: try anomalyScores(of: batch.samples, given: condition, seed: seed, firstPlace: place)
        case .likelihood:
          -(try logLikelihoods(of: batch.samples, given: condition, draws: draws, seed: seed, firstPlace: place))
        case .reconstruction:
          (try reconstruct(batch.samples, given: condition) - batch.samples).square().flattened().sum(axes: [1])
        case .discriminator: -(try self.scores(of: batch.samples, given: condition))
        }
      all += scores.scalars.map(Double.init)
    }
    return all
  }
}
