import Datasets
import LatentSystem
import Layers
import Tensor
import Training

extension AdversarialTraining {
  func requireChoices() {
    require(
      !(allTerms.contains(where: \.needsIndependentSamples) && mixesSamples),
      """
      AdversarialTraining: the penalty is one of each sample's gradient, but the discriminator mixes the samples of a \
      batch, by batch normalization or by comparing them; use layer, instance, spectral or no normalization there
      """)
    require(
      discriminatorSteps >= 1, "AdversarialTraining: \(discriminatorSteps) steps of the discriminator; the least is 1")
    require(
      labelSmoothing >= 0 && labelSmoothing < 1,
      "AdversarialTraining: a label smoothing of \(labelSmoothing); it must lie in 0..<1")
    require(
      averageDecay.map { $0 >= 0 && $0 < 1 } ?? true,
      "AdversarialTraining: an average decay of \(averageDecay ?? 0); it must lie in 0..<1")
    require(
      adversarialWeight >= 0 && adversarialWeight.isFinite,
      "AdversarialTraining: an adversarial weight of \(adversarialWeight); it must be 0 or more")
    require(packSize >= 1, "AdversarialTraining: packs of \(packSize); the least is 1")
    require(
      packSize == 1 || conditions == .none,
      "AdversarialTraining: packs of \(packSize) have no condition of their own, but samples have conditions")
    require(
      loss.hasSignedScores || !views.contains(where: \.needsSignedScores),
      """
      AdversarialTraining: the augmentation follows the signs of scores, but the loss \(loss) has no scores that are above \
      0 for real samples
      """)
  }
}

// MARK: - What the discriminator is shown

extension AdversarialTraining {
  /// What terms see. Samples are those that the discriminator is shown; it judges when it is asked.
  func adversarialPass(
    real: RealSamples?, fake: FakeSamples, _ context: Context, _ training: TrainingState
  ) -> AdversarialPass {
    let judge = { (samples: Tensor, condition: Condition) in self.judge(samples, condition, in: context) }
    let judgeFeatures = (packSize == 1 ? discriminator as? any FeatureJudging : nil).map { discriminator in
      { (features: Tensor, condition: Condition) in
        discriminator.output(ofFeatures: features, given: condition, in: context)
      }
    }
    var random = training.sampleRandom
    let shownFake = shown(fake.samples, training, &random)
    let shownReal = real.map { shown($0.samples, training, &random) }
    return AdversarialPass(
      step: training.step, fake: AdversarialPass.Part(shownFake, fake.condition, latents: fake.latents, judge: judge),
      real: real.flatMap { real in
        shownReal.map { AdversarialPass.Part($0, real.condition, latents: nil, judge: judge) }
      },
      random: random, context: context, judge: judge, judgeFeatures: judgeFeatures)
  }

  private func shown(_ samples: Tensor, _ training: TrainingState, _ random: inout SampleRandom) -> Tensor {
    views.reduce(samples) { samples, view in
      view.shown(samples, step: training.step, memory: training.memory, random: &random)
    }
  }

  private func judge(_ samples: Tensor, _ condition: Condition, in context: Context) -> DiscriminatorOutput {
    let output = discriminator(samples.packed(packSize), given: condition, in: context)
    let (count, shape) = (samples.shape[0], output.scores.shape)
    require(
      shape.rank >= 1 && shape[0] >= 1 && count % shape[0] == 0,
      """
      AdversarialTraining: the discriminator gives scores of shape \(shape) for \(samples.shape); [N], [N / m] for packs \
      of m, or [N, …] for patches is needed
      """)
    return output
  }

  /// Lets the views know how real samples were scored.
  /// - Returns: what they have come to.
  func tellViews(_ pass: AdversarialPass, _ training: inout TrainingState) -> [Metrics.Entry] {
    guard !views.isEmpty, let real = pass.real else { return [] }
    let count = training.samples?.globalCount ?? real.samples.shape[0]
    let meanSign = pass.batchMean(real.output.scores.detached().sign()).mean().scalar
    for view in views { view.remember(meanSign: meanSign, of: count, in: &training.memory) }
    return views.flatMap { $0.metrics(training.memory) }
  }

  /// What terms add to the gradients of a network's parameters, apart from any recording.
  func furtherGradients(
    at names: Set<String>, of optimizer: String, _ training: inout TrainingState
  ) -> Gradients {
    var sum = Gradients()
    for term in due(in: training.step) {
      sum += term.gradients(at: training.state.selecting(names), of: optimizer, &training.memory)
    }
    return sum
  }
}
