import Layers
import Tensor

/// The training of a generator against a discriminator: which loss, which regularizer, how many steps of each.
///
/// It knows layers and tensors only, so it serves images, points in the plane, or whatever a generator makes from a
/// latent `[N, latentSize]` and a discriminator gives a score `[N]`.
///
/// ```swift
/// let training = AdversarialTraining(
///   network: Network(parts), generator: parts.generator, discriminator: parts.discriminator, latentSize: 100)
/// let metrics = try training.step(&state) { nextRealSamples() }
/// ```
public struct AdversarialTraining: Sendable {
  /// The network that both parts belong to.
  public let network: Network
  /// Latents to samples: `[N, latentSize]` → `[N, …]`.
  public let generator: any Layer
  /// Samples to scores: `[N, …]` → `[N]`.
  public let discriminator: any Layer
  /// The number of latent variables.
  public let latentSize: Int
  /// What the two are trained on.
  public var loss = AdversarialLoss.nonSaturating
  /// What keeps the discriminator smooth.
  public var regularizer = DiscriminatorRegularizer.none
  /// Steps of the discriminator for each step of the generator.
  public var discriminatorSteps = 1
  /// How much less than 1 a real image counts as: one-sided label smoothing.
  public var labelSmoothing: Float = 0
  /// How much of the generator's moving average stays from step to step; none is kept if nil.
  public var averageDecay: Float?
  private let generatorNames: Set<String>
  private let discriminatorNames: Set<String>
  private let averagedNames: Set<String>

  /// A training with the given parts, with default choices that can be changed.
  /// - Precondition: both parts belong to `network` and share no parameter.
  public init(network: Network, generator: any Layer, discriminator: any Layer, latentSize: Int) {
    self.network = network
    self.generator = generator
    self.discriminator = discriminator
    self.latentSize = latentSize
    generatorNames = network.parameterNames(of: generator)
    discriminatorNames = network.parameterNames(of: discriminator)
    averagedNames = generatorNames.union(network.bufferNames(of: generator))
    require(
      generatorNames.isDisjoint(with: discriminatorNames),
      "AdversarialTraining: generator and discriminator share parameters; each needs its own")
  }

  /// The names that ``TrainingState/optimizers`` has to have.
  public enum OptimizerName {
    /// Moves the generator.
    public static let generator = "generator"
    /// Moves the discriminator.
    public static let discriminator = "discriminator"
  }

  /// One step of the generator and as many of the discriminator as configured.
  ///
  /// With one step of the discriminator, both learn from the same generated samples, so the generator runs once.
  /// - Parameter nextReal: gives the next real samples, `[N, …]`.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; the update that would have spread it is not made.
  public func step(_ training: inout TrainingState, nextReal: () -> Tensor) throws -> Metrics {
    var log = AdversarialLog(loss: loss)
    if discriminatorSteps == 1 {
      let real = nextReal()
      let fake = recordedSamples(real.shape[0], &training)
      try discriminatorStep(real: real, fake: fake.samples.detached(), &training, &log)
      try generatorStep(fake, &training, &log)
    } else {
      var count = 0
      for _ in 0..<discriminatorSteps {
        let real = nextReal()
        count = real.shape[0]
        try discriminatorStep(real: real, &training, &log)
      }
      try generatorStep(recordedSamples(count, &training), &training, &log)
    }
    updateAverage(&training)
    return log.metrics
  }

  /// One step of the discriminator alone, on as many generated samples as `real` has.
  public func discriminatorStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    var log = AdversarialLog(loss: loss)
    try discriminatorStep(real: real, &training, &log)
    return log.metrics
  }

  /// One step of the generator alone, on `count` samples.
  public func generatorStep(_ training: inout TrainingState, count: Int) throws -> Metrics {
    var log = AdversarialLog(loss: loss)
    try generatorStep(recordedSamples(count, &training), &training, &log)
    return log.metrics
  }

  /// One step of the discriminator on new generated samples, which the generator makes in training mode, unrecorded.
  private func discriminatorStep(real: Tensor, _ training: inout TrainingState, _ log: inout AdversarialLog) throws {
    let context = Context(network, training.state, mode: .training, random: training.random.split())
    let fake = generator(noise(real.shape[0], &training), in: context)
    training.state.merge(context.bufferUpdates)
    try discriminatorStep(real: real, fake: fake, &training, &log)
  }

  /// Samples with the recording of how the generator made them.
  private struct RecordedSamples {
    let samples: Tensor
    let context: Context
  }

  private func recordedSamples(_ count: Int, _ training: inout TrainingState) -> RecordedSamples {
    let context = Context(
      network, training.state, mode: .training, differentiating: generatorNames, random: training.random.split())
    let samples = generator(noise(count, &training), in: context)
    training.state.merge(context.bufferUpdates)
    return RecordedSamples(samples: samples, context: context)
  }

  private func noise(_ count: Int, _ training: inout TrainingState) -> Tensor {
    .normal([count, latentSize], using: &training.random)
  }

  private func discriminatorStep(
    real: Tensor, fake: Tensor, _ training: inout TrainingState, _ log: inout AdversarialLog
  ) throws {
    let context = Context(
      network, training.state, mode: .training, differentiating: discriminatorNames, random: training.random.split())
    let (realScores, fakeScores) = (discriminator(real, in: context), discriminator(fake, in: context))
    var total =
      loss.discriminatorTerms(real: realScores, target: 1 - labelSmoothing).mean()
      + loss.discriminatorTerms(fake: fakeScores).mean()
    let penalty = regularizer.penalties(real: real, fake: fake, using: &training.random) {
      discriminator($0, in: context)
    }?.mean()
    if let penalty { total = total + penalty }
    let gradients = context.gradients(of: total, at: discriminatorNames)
    let norm = gradients.norm
    log.addDiscriminatorStep(
      loss: total, penalty: penalty, realScores: realScores, fakeScores: fakeScores, real: real, fake: fake,
      gradientNorm: norm)
    try check(log.discriminatorLoss, "discriminator_loss", gradients, norm: norm, training)
    training.update(OptimizerName.discriminator, with: gradients)
    training.state.merge(context.bufferUpdates)
    if case .weightClipping(let bound) = regularizer {
      for name in discriminatorNames { training.state[name] = training.state[name]?.clamped(to: -bound...bound) }
    }
  }

  private func generatorStep(
    _ fake: RecordedSamples, _ training: inout TrainingState, _ log: inout AdversarialLog
  ) throws {
    // The discriminator's parameters are constants here: nobody asks for their gradients.
    let context = Context(network, training.state, mode: .training, random: training.random.split())
    let total = loss.generatorTerms(fake: discriminator(fake.samples, in: context)).mean()
    let gradients = fake.context.gradients(of: total, at: generatorNames)
    let norm = gradients.norm
    log.addGeneratorStep(loss: total, gradientNorm: norm)
    try check(log.generatorLoss, "generator_loss", gradients, norm: norm, training)
    training.update(OptimizerName.generator, with: gradients)
    training.state.merge(context.bufferUpdates)
  }

  private func check(
    _ loss: Double?, _ lossName: String, _ gradients: Gradients, norm: Double, _ training: TrainingState
  ) throws {
    let isLossFinite = loss?.isFinite != false
    if isLossFinite && norm.isFinite { return }
    let gradient = gradients.firstNonFinite.map { "the gradient of \($0)" }
    throw TrainingError.notFinite(
      training.state.firstNonFinite ?? (isLossFinite ? gradient : nil) ?? lossName, step: training.step + 1)
  }

  /// Moves the average towards the generator. Early on it moves fast: otherwise it would be mostly the first values for
  /// thousands of steps.
  private func updateAverage(_ training: inout TrainingState) {
    guard let averageDecay else { return }
    let current = training.state.selecting(averagedNames)
    guard training.average != nil else {
      training.average = current
      return
    }
    let step = Float(training.step)
    training.average?.move(towards: current, by: 1 - min(averageDecay, (1 + step) / (10 + step)))
  }
}
