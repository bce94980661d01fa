import Datasets
import Layers
import Tensor
import Training

extension VariationalObjective {
  /// Whether it is the evidence lower bound of one latent, or differs from it only by the weight of the divergence.
  var isSumOfTerms: Bool { importanceSamples * bounds == 1 && freeBits == 0 }

  /// What is minimized of held-out samples, where that is something else than their negative evidence lower bound; nil where
  /// it is not. An autoencoder of another β, or one of an importance-weighted bound, is not overfitting because its evidence
  /// lower bound gets worse.
  ///
  /// - Parameters:
  ///   - terms: the means of the reconstruction term and of the divergence over the samples.
  ///   - ofBound: ``mean(over:under:in:given:)``, for where the terms do not tell.
  func minimized(_ terms: (reconstruction: Double, divergence: Double), ofBound: () -> Double) -> Double? {
    guard isSumOfTerms else { return ofBound() }
    return beta == 1 ? nil : terms.reconstruction + Double(beta) * terms.divergence
  }

  /// The mean over a source of what is minimized: the same bound as in the training, of as many latents. That of fewer may
  /// rise while this one falls, which is no overfitting.
  ///
  /// Of several latents it is the mean over the first samples, of which the latents are no more than there are samples:
  /// but for the first thousand, it takes no longer than the evidence lower bound of all.
  ///
  /// - Parameters:
  ///   - condition: what the parts are told of a batch.
  ///   - context: draws the latents.
  func mean(
    over source: any SampleSource, under model: VariationalModel, in context: Context,
    given condition: (Batch) -> Condition
  ) -> Double {
    // The bound is the same; nothing is differentiated here.
    let objective = VariationalObjective(
      beta: beta, importanceSamples: importanceSamples, bounds: bounds, freeBits: freeBits, groups: groups)
    let draws = importanceSamples * bounds
    let count = min(source.count, max(Self.leastHeldOut, source.count / draws))
    let scalars = 500 * 28 * 28 / (model.observation.parametersPerScalar * draws)
    let size = InferenceBatch.size(source.sampleShape, scalars: scalars, most: 500)
    var sum = 0.0
    for batch in source.batchesInOrder(limit: count, batchSize: size) {
      let (loss, _) = objective.loss(of: batch.samples, given: condition(batch), under: model, in: context)
      sum += Double(loss.scalar) * Double(batch.samples.shape[0])
    }
    return sum / Double(count)
  }

  private static let leastHeldOut = 1000
}
