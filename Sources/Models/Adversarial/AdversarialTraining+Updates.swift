import Datasets
import LatentSystem
import Layers
import Tensor
import Training

extension AdversarialTraining {
  /// Real samples and their conditions.
  typealias RealSamples = (samples: Tensor, condition: Condition)

  /// Generated samples, what they were made of and what they should be.
  struct FakeSamples {
    let samples: Tensor
    let latents: Tensor
    let condition: Condition
  }

  /// Generated samples with the recording of how the generator made them.
  struct RecordedSamples {
    let fake: FakeSamples
    let context: Context

    /// The samples without their recording.
    var constants: FakeSamples {
      FakeSamples(samples: fake.samples.detached(), latents: fake.latents, condition: fake.condition)
    }
  }

  /// One step of the discriminator alone, on as many new generated samples as `real` has. The generator makes them in
  /// training mode, unrecorded.
  /// - Precondition: there are no conditions.
  public func discriminatorStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    requireNoConditions("discriminatorStep")
    return try discriminatorStep(&training, real: (real, .none))
  }

  func discriminatorStep(_ training: inout TrainingState, real: RealSamples) throws -> Metrics {
    let context = Context(
      network, training.state.selecting(generatorTensors), mode: .training, random: training.random.split(),
      reduction: training.reduction, samples: training.samples)
    let fake = samples(like: real, in: context, &training)
    return try moveDiscriminator(real: real, fake: fake, buffers: context.bufferUpdates, &training)
  }

  /// One step of the generator alone, on `count` samples without conditions.
  /// - Precondition: there are no conditions.
  public func generatorStep(_ training: inout TrainingState, count: Int) throws -> Metrics {
    requireNoConditions("generatorStep")
    let fake = recordedSamples(count, .none, &training)
    return try moveGenerator(consume fake, real: nil, &training)
  }

  func requireNoConditions(_ operation: String) {
    require(
      conditions == .none,
      "AdversarialTraining: \(operation) has no conditions, but \(conditions) are needed; trainingStep takes them")
  }

  /// As many samples as there are real ones, recorded.
  func recordedSamples(like real: RealSamples, _ training: inout TrainingState) -> RecordedSamples {
    recordedSamples(real.samples.shape[0], real.condition, &training)
  }

  private func recordedSamples(
    _ count: Int, _ condition: Condition, _ training: inout TrainingState
  ) -> RecordedSamples {
    // The generator's own numbers only: the discriminator's would be copied when they move.
    let context = Context(
      network, training.state.selecting(generatorTensors), mode: .training, differentiating: generatorNames,
      random: training.random.split(), reduction: training.reduction, samples: training.samples)
    return RecordedSamples(fake: samples(count, condition, in: context, &training), context: context)
  }

  private func samples(
    like real: RealSamples, in context: Context, _ training: inout TrainingState
  ) -> FakeSamples {
    samples(real.samples.shape[0], real.condition, in: context, &training)
  }

  /// For each of `count` samples the place of the other one of its pair; its own where that one belongs to another part of
  /// the batch, or there is none.
  ///
  /// - Parameter first: the place of the first of them in the whole batch.
  static func partners(_ count: Int, first: Int) -> [Int] {
    (0..<count).map { index in
      let partner = index + ((first + index) % 2 == 0 ? 1 : -1)
      return (0..<count).contains(partner) ? partner : index
    }
  }

  /// The condition of each sample, or that of the first of its pair.
  private func paired(_ condition: Condition, _ first: Int) -> Condition {
    guard let count = condition.count, allTerms.contains(where: \.needsPairs) else { return condition }
    return condition.rows(at: zip(0..<count, Self.partners(count, first: first)).map(min))
  }

  /// - Parameter condition: that of the real samples, so that classes are as frequent among the generated ones.
  private func samples(
    _ count: Int, _ condition: Condition, in context: Context, _ training: inout TrainingState
  ) -> FakeSamples {
    let latents = prior.draw(count, using: &training.sampleRandom)
    let condition = conditions == .none ? .none : paired(condition, training.samples?.offset ?? 0)
    return FakeSamples(
      samples: generator(latents, given: condition, in: context), latents: latents, condition: condition)
  }
}

// MARK: - The discriminator's update

extension AdversarialTraining {
  /// - Parameter buffers: new values of the generator's.
  func moveDiscriminator(
    real: RealSamples, fake: FakeSamples, buffers: State, _ training: inout TrainingState
  ) throws -> Metrics {
    var entries: [Metrics.Entry] = []
    let pass = discriminatorPass(real: real, fake: fake, buffers, &training, &entries)
    do {
      let descent = try training.descend(pass, with: OptimizerName.discriminator)
      clip(&training)
      entries += try makeOwnUpdates(real: real, fake: fake, &training)
      entries.insert(Metrics.Entry(name: GANMetric.discriminatorLoss, value: descent.loss), at: 0)
      entries += GANMetric.spreads(real: real.samples, fake: fake.samples)
      return Metrics(
        entries + [Metrics.Entry(name: GANMetric.discriminatorGradientNorm, value: descent.gradientNorm)])
    } catch TrainingError.notFinite(GANMetric.discriminatorLoss, let step) where !real.samples.isAllFinite {
      throw TrainingError.notFinite("a scalar of the real samples", step: step)
    }
  }

  /// - Parameter entries: what it tells beside its loss.
  private func discriminatorPass(
    real: RealSamples, fake: FakeSamples, _ buffers: State, _ training: inout TrainingState,
    _ entries: inout [Metrics.Entry]
  ) -> Pass {
    let context = discriminatorContext(&training)
    let pass = adversarialPass(real: real, fake: fake, context, training)
    let realScores = requireSome(pass.real, "AdversarialTraining: there are no real samples").output.scores
    let fakeScores = pass.fake.output.scores
    let penalties = due(in: training.step).filter { !$0.hasOwnUpdate }.compactMap { term in
      term.discriminatorTerm(pass).map { (term.metricName, $0.mean()) }
    }
    training.sampleRandom = pass.random
    let terms = loss.objective.discriminatorLoss(
      real: realScores, fake: fakeScores, target: 1 - labelSmoothing, batchMean: pass.batchMean)
    let (realScore, fakeScore) = (realScores.meanValue, fakeScores.meanValue)
    if loss == .wasserstein {
      entries.append(Metrics.Entry(name: GANMetric.wassersteinEstimate, value: realScore - fakeScore))
    }
    entries += penalties.map { Metrics.Entry(name: $0.0, value: Double($0.1.scalar)) }
    entries += due(in: training.step).flatMap { $0.metrics(pass) }
    entries.append(Metrics.Entry(name: GANMetric.realScore, value: realScore))
    entries.append(Metrics.Entry(name: GANMetric.fakeScore, value: fakeScore))
    entries += tellViews(pass, &training)
    return Pass(
      context, loss: penalties.reduce(terms) { $0 + $1.1 }, named: GANMetric.discriminatorLoss, at: discriminatorNames,
      merging: buffers,
      adding: furtherGradients(at: discriminatorNames, of: OptimizerName.discriminator, &training))
  }

  private func discriminatorContext(_ training: inout TrainingState) -> Context {
    Context(
      network, training.state, mode: .training, differentiating: discriminatorNames, random: training.random.split(),
      reduction: training.reduction, samples: training.samples)
  }

  /// The terms that count in a step.
  func due(in step: Int) -> [any AdversarialTerm] { allTerms.filter { step % max(1, $0.period) == 0 } }

  /// The updates of terms that have their own.
  /// - Returns: the terms' values.
  private func makeOwnUpdates(
    real: RealSamples, fake: FakeSamples, _ training: inout TrainingState
  ) throws -> [Metrics.Entry] {
    var entries: [Metrics.Entry] = []
    for term in due(in: training.step) where term.hasOwnUpdate {
      guard let pass = ownPass(of: term, real: real, fake: fake, &training) else { continue }
      let descent = try training.descend(pass, with: OptimizerName.discriminator)
      clip(&training)
      entries.append(Metrics.Entry(name: term.metricName, value: descent.loss))
    }
    return entries
  }

  private func ownPass(
    of term: any AdversarialTerm, real: RealSamples, fake: FakeSamples, _ training: inout TrainingState
  ) -> Pass? {
    let context = discriminatorContext(&training)
    let pass = adversarialPass(real: real, fake: fake, context, training)
    let value = term.discriminatorTerm(pass)?.mean()
    training.sampleRandom = pass.random
    guard let value else { return nil }
    return Pass(context, loss: value, named: term.metricName, at: discriminatorNames)
  }

  private func clip(_ training: inout TrainingState) {
    for term in allTerms {
      for name in discriminatorNames {
        guard let parameter = training.state[name], let clipped = term.clipped(parameter) else { continue }
        training.state[name] = clipped
      }
    }
  }
}

// MARK: - The generator's update

extension AdversarialTraining {
  func moveGenerator(
    _ recorded: consuming RecordedSamples, real: RealSamples?, _ training: inout TrainingState
  ) throws -> Metrics {
    let pass = generatorPass(consume recorded, real: real, &training)
    let descent = try training.descend(pass, with: OptimizerName.generator)
    return [GANMetric.generatorLoss: descent.loss, GANMetric.generatorGradientNorm: descent.gradientNorm]
  }

  private func generatorPass(
    _ recorded: consuming RecordedSamples, real: RealSamples?, _ training: inout TrainingState
  ) -> Pass {
    // The discriminator's parameters are constants here: nobody asks for their gradients.
    let context = Context(
      network, training.state, mode: .training, random: training.random.split(), reduction: training.reduction,
      samples: training.samples)
    let fake = recorded.fake
    let pass = adversarialPass(real: real, fake: fake, context, training)
    let adversarial = adversarialTerm(pass)
    let further = due(in: training.step).compactMap { $0.generatorTerm(pass)?.mean() }
    training.sampleRandom = pass.random
    let terms = [adversarial].compactMap(\.self) + further
    return Pass(
      recorded.context, loss: terms.dropFirst().reduce(terms.first ?? Tensor(0)) { $0 + $1 },
      named: GANMetric.generatorLoss, at: generatorNames, merging: context.bufferUpdates,
      adding: furtherGradients(at: generatorNames, of: OptimizerName.generator, &training))
  }

  /// The adversarial loss of the generator; nil if it does not count.
  private func adversarialTerm(_ pass: AdversarialPass) -> Tensor? {
    guard adversarialWeight > 0 else { return nil }
    let scores = pass.fake.output.scores
    let real = loss.objective.comparesSamples ? pass.real?.output.scores : nil
    let term = loss.objective.generatorLoss(real: real, fake: scores, batchMean: pass.batchMean)
    return adversarialWeight == 1 ? term : term * adversarialWeight
  }
}

extension Tensor {
  var meanValue: Double { Double(detached().mean().scalar) }

  /// How different the samples of a batch are: the root of the mean variance of their scalars, `[N, …]`.
  var spread: Double { Double(detached().variance(axes: [0]).mean().scalar).squareRoot() }

  /// How different the hues of a batch's images are: the ``spread`` of their mean colours, each without its brightness,
  /// the mean over the channels. Nil for what is not `[N, H, W, C]` with two channels or more.
  var hueSpread: Double? {
    guard rank == 4, shape[3] > 1 else { return nil }
    let colours = detached().mean(axes: [1, 2])
    return (colours - colours.mean(axes: [1], keepingDimensions: true)).spread
  }
}
