import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The recording of one step of a ``VAEGANTraining``, with its losses, each a scalar.
struct VAEGANPass {
  let real: Tensor
  /// What the generator makes of latents drawn from the posteriors.
  let reconstructions: Tensor
  /// What it makes of latents drawn from the prior.
  let samples: Tensor
  /// Of the posteriors from the prior, in nats.
  let divergence: Tensor
  /// Half the squared distance of the reconstructions' features to those of the real samples, which are constants.
  let featureError: Tensor
  /// The discriminator's cost of the real samples.
  let realCost: Tensor
  /// Its cost of the generated ones, reconstructions and samples by their weights.
  let fakeCost: Tensor
  /// The generator's adversarial loss.
  let generatorCost: Tensor
  private let scores: (real: Tensor, fake: Tensor)

  /// - Parameters:
  ///   - real: `[N, …]`.
  ///   - random: what the latents of samples are drawn from.
  init(of real: Tensor, in context: Context, _ training: VAEGANTraining, _ random: inout SampleRandom) {
    let count = real.shape[0]
    let posterior = training.encoder.posterior(of: real, given: .none, in: context)
    let draw = posterior.draw(1, in: context)
    let prior = StandardNormal(draw.latents.shape)
    let divergences =
      draw.ofPrior?.divergences() ?? posterior.divergences(from: prior)
      ?? draw.logDensities() - (prior.logDensities(at: draw.latents) ?? Tensor(0))
    reconstructions = training.generator(draw.latents, given: .none, in: context)
    samples = training.generator(training.prior.draw(count, using: &random), given: .none, in: context)
    let ofReal = training.discriminator(real, given: .none, in: context)
    let ofReconstructions = training.discriminator(reconstructions, given: .none, in: context)
    let ofSamples = training.discriminator(samples, given: .none, in: context)
    func features(_ output: DiscriminatorOutput) -> Tensor {
      requireSome(output.features, "VAEGANTraining: the discriminator gives no features to compare samples by")
    }
    /// The mean of both kinds of generated samples, by weight.
    func ofBoth(_ terms: (Tensor) -> Tensor) -> Tensor {
      terms(ofReconstructions.scores).mean() * training.reconstructionWeight
        + terms(ofSamples.scores).mean() * training.sampleWeight
    }
    self.real = real
    divergence = divergences.summedPerSample().mean()
    featureError =
      ((features(ofReal).detached() - features(ofReconstructions)).square() * 0.5).summedPerSample().mean()
    realCost = training.loss.discriminatorTerms(real: ofReal.scores).mean()
    fakeCost = ofBoth { training.loss.discriminatorTerms(fake: $0) }
    generatorCost = ofBoth { training.loss.generatorTerms(fake: $0) }
    let share = training.reconstructionWeight + training.sampleWeight
    scores = (ofReal.scores, ofBoth { $0.detached() } * (share > 0 ? 1 / share : 0))
  }

  /// The gradients of two losses at the generated samples, from where they go on into the networks.
  struct GradientsAtImages {
    /// Of the distance of features, at the reconstructions.
    let ofFeatures: Tensor
    /// Of the generator's adversarial loss.
    let adversarial: (reconstructions: Tensor, samples: Tensor)
    /// The norm of the one, times its weight in the generator's loss, over that of the other; nil if that is 0.
    let ratio: Double?
  }

  func gradientsAtImages(_ featureWeight: Float) -> GradientsAtImages {
    let ofFeatures = featureError.gradient(at: reconstructions)
    let adversarial = generatorCost.gradients(at: [reconstructions, samples])
    let norm = (adversarial[0].sumOfSquares + adversarial[1].sumOfSquares).squareRoot()
    return GradientsAtImages(
      ofFeatures: ofFeatures, adversarial: (adversarial[0], adversarial[1]),
      ratio: norm > 0 ? Double(featureWeight) * ofFeatures.sumOfSquares.squareRoot() / norm : nil)
  }

  func metrics(_ featureWeight: Float, _ divergenceWeight: Float, _ gradientRatio: Double?) -> [Metrics.Entry] {
    [
      Metrics.Entry(GANMetric.discriminatorLoss, realCost + fakeCost),
      Metrics.Entry(GANMetric.generatorLoss, featureError * featureWeight + generatorCost),
      Metrics.Entry(EncodingMetric.encoderLoss, divergence * divergenceWeight + featureError),
      Metrics.Entry(EncodingMetric.divergence, divergence), Metrics.Entry(EncodingMetric.featureError, featureError),
      Metrics.Entry(name: GANMetric.realScore, value: scores.real.meanValue),
      Metrics.Entry(GANMetric.fakeScore, scores.fake),
    ] + GANMetric.spreads(real: real, fake: samples)
      + (gradientRatio.map { [Metrics.Entry(name: EncodingMetric.gradientRatio, value: $0)] } ?? [])
  }
}
