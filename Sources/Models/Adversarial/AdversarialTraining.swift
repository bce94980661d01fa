import LatentSystem
import Layers
import Tensor

/// The training of a generator against a discriminator: which loss, which regularizer, how many steps of each.
///
/// It knows layers and tensors only, so it serves images, points in the plane, or whatever a generator makes from latents
/// and a discriminator gives a score.
///
/// ```swift
/// var procedure = AdversarialTraining(
///   network: Network(parts), generator: parts.generator, discriminator: parts.discriminator, latentSize: 100)
/// procedure.loss = .hinge
/// var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
/// for _ in 0..<1000 {
///   let metrics = try procedure.step(&training) { nextRealSamples() }
/// }
/// ```
public struct AdversarialTraining: Sendable {
  /// The network that both parts belong to.
  public let network: Network
  /// Latents to samples: `[N, latentSize]` → `[N, …]`.
  public let generator: any Layer
  /// Samples to scores: `[N, …]` → `[N]`.
  public let discriminator: any Layer
  /// The number of latent variables, 1 or more.
  public let latentSize: Int
  /// What the two are trained on.
  public var loss = AdversarialLoss.nonSaturating
  /// What keeps the discriminator smooth. A penalty is one of each sample's gradient, so it is refused for a
  /// discriminator that mixes samples by batch normalization.
  public var regularizer = DiscriminatorRegularizer.none
  /// Steps of the discriminator for each step of the generator, 1 or more.
  public var discriminatorSteps = 1
  /// How much less than 1 a real image counts as, in 0..<1: one-sided label smoothing.
  public var labelSmoothing: Float = 0
  /// How much of the generator's moving average stays from step to step, in 0..<1; none is kept if nil.
  public var averageDecay: Float?
  private let generatorNames: Set<String>
  private let discriminatorNames: Set<String>
  private let averagedNames: Set<String>

  /// A training with the given parts, with default choices that can be changed.
  /// - Precondition: both parts belong to `network` and share no parameter; `latentSize >= 1`.
  public init(network: Network, generator: any Layer, discriminator: any Layer, latentSize: Int) {
    require(latentSize >= 1, "AdversarialTraining: \(latentSize) latent variables; the least is 1")
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

  /// The names of the two in ``TrainingState/optimizers``.
  public enum OptimizerName {
    /// Moves the generator.
    public static let generator = "generator"
    /// Moves the discriminator.
    public static let discriminator = "discriminator"
  }

  /// First values for both networks, and their optimizers.
  public func makeTraining(
    seed: UInt64, generator: any Optimizer, discriminator: any Optimizer
  ) -> TrainingState {
    var initial = RandomGenerator(seed: seed, stream: 1)
    return TrainingState(
      state: network.initialState(using: &initial),
      optimizers: [OptimizerName.generator: generator, OptimizerName.discriminator: discriminator],
      random: RandomGenerator(seed: seed, stream: 2))
  }

  /// One step of the generator and as many of the discriminator as configured.
  ///
  /// With one step of the discriminator, both learn from the same generated samples, so the generator runs once.
  /// - Parameters:
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  ///   - nextReal: gives the next real samples, `[N, …]`.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; the update that would have spread it is not made.
  /// - Precondition: the choices lie in the ranges that their documentation states.
  public func step(_ training: inout TrainingState, nextReal: () -> Tensor) throws -> Metrics {
    requireChoices()
    var ofDiscriminator: [Metrics] = []
    let ofGenerator: Metrics
    if discriminatorSteps == 1 {
      let real = nextReal()
      let fake = recordedSamples(real.shape[0], &training)
      let samples = fake.samples.detached()
      ofDiscriminator.append(try moveDiscriminator(real: real, fake: samples, buffers: State(), &training))
      ofGenerator = try moveGenerator(consume fake, &training)
    } else {
      var count = 0
      for _ in 0..<discriminatorSteps {
        let real = nextReal()
        count = real.shape[0]
        ofDiscriminator.append(try discriminatorStep(&training, real: real))
      }
      ofGenerator = try generatorStep(&training, count: count)
    }
    updateAverage(&training)
    var entries = Metrics.mean(of: ofDiscriminator).entries
    entries.insert(contentsOf: ofGenerator.entries.prefix(1), at: 1)
    return Metrics(entries + ofGenerator.entries.dropFirst())
  }

  /// One step of the discriminator alone, on as many new generated samples as `real` has. The generator makes them in
  /// training mode, unrecorded.
  public func discriminatorStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    let context = Context(network, training.state, mode: .training, random: training.random.split())
    let fake = generator(noise(real.shape[0], &training), in: context)
    return try moveDiscriminator(real: real, fake: fake, buffers: context.bufferUpdates, &training)
  }

  /// One step of the generator alone, on `count` samples.
  public func generatorStep(_ training: inout TrainingState, count: Int) throws -> Metrics {
    try moveGenerator(recordedSamples(count, &training), &training)
  }

  private func requireChoices() {
    require(
      !(regularizer.isPerSample && network.mixesSamples(in: discriminator)),
      """
      AdversarialTraining: the penalty is one of each sample's gradient, but the discriminator has batch normalization, \
      which mixes the samples of a batch; use layer, instance, spectral or no normalization there
      """)
    require(
      discriminatorSteps >= 1, "AdversarialTraining: \(discriminatorSteps) steps of the discriminator; the least is 1")
    require(
      labelSmoothing >= 0 && labelSmoothing < 1,
      "AdversarialTraining: a label smoothing of \(labelSmoothing); it must lie in 0..<1")
    require(
      averageDecay.map { $0 >= 0 && $0 < 1 } ?? true,
      "AdversarialTraining: an average decay of \(averageDecay ?? 0); it must lie in 0..<1")
  }
}

// MARK: - The two updates

extension AdversarialTraining {
  /// Samples with the recording of how the generator made them.
  private struct RecordedSamples {
    let samples: Tensor
    let context: Context
  }

  /// What a pass leaves behind when its recording is gone, which shares the parameters: then they are updated in place.
  private struct Move {
    let gradients: Gradients
    let bufferUpdates: State
    let metrics: Metrics
  }

  private func recordedSamples(_ count: Int, _ training: inout TrainingState) -> RecordedSamples {
    let context = Context(
      network, training.state, mode: .training, differentiating: generatorNames, random: training.random.split())
    return RecordedSamples(samples: generator(noise(count, &training), in: context), context: context)
  }

  private func noise(_ count: Int, _ training: inout TrainingState) -> Tensor {
    .normal([count, latentSize], using: &training.random)
  }

  /// The discriminator's scores, `[N]`.
  private func scores(_ samples: Tensor, in context: Context) -> Tensor {
    let scores = discriminator(samples, in: context)
    require(
      scores.shape == [samples.shape[0]],
      "AdversarialTraining: the discriminator gives scores of shape \(scores.shape) for \(samples.shape); [N] is needed"
    )
    return scores
  }

  /// - Parameter buffers: new values of the generator's.
  private func moveDiscriminator(
    real: Tensor, fake: Tensor, buffers: State, _ training: inout TrainingState
  ) throws -> Metrics {
    let move = try discriminatorMove(real: real, fake: fake, &training)
    training.update(OptimizerName.discriminator, with: move.gradients)
    training.state.merge(buffers)
    training.state.merge(move.bufferUpdates)
    if case .weightClipping(let bound) = regularizer {
      for name in discriminatorNames { training.state[name] = training.state[name]?.clamped(to: -bound...bound) }
    }
    return move.metrics
  }

  private func discriminatorMove(real: Tensor, fake: Tensor, _ training: inout TrainingState) throws -> Move {
    let context = Context(
      network, training.state, mode: .training, differentiating: discriminatorNames, random: training.random.split())
    let (realScores, fakeScores) = (scores(real, in: context), scores(fake, in: context))
    let penalty = regularizer.penalties(real: real, fake: fake, using: &training.random) {
      scores($0, in: context)
    }?.mean()
    let terms =
      loss.discriminatorTerms(real: realScores, target: 1 - labelSmoothing).mean()
      + loss.discriminatorTerms(fake: fakeScores).mean()
    let total = penalty.map { terms + $0 } ?? terms
    let gradients = context.gradients(of: total, at: discriminatorNames)
    let (value, norm) = (Double(total.scalar), gradients.norm)
    try check(
      value, real.isAllFinite ? "discriminator_loss" : "a scalar of the real samples", gradients, norm, training)
    let (realScore, fakeScore) = (realScores.meanValue, fakeScores.meanValue)
    let metrics: [(String, Double?)] = [
      ("discriminator_loss", value), ("wasserstein_estimate", loss == .wasserstein ? realScore - fakeScore : nil),
      ("penalty", penalty.map { Double($0.scalar) }), ("real_score", realScore), ("fake_score", fakeScore),
      ("discriminator_gradient_norm", norm), ("real_spread", real.spread), ("fake_spread", fake.spread),
    ]
    return Move(
      gradients: gradients, bufferUpdates: context.bufferUpdates,
      metrics: Metrics(metrics.compactMap { name, value in value.map { Metrics.Entry(name: name, value: $0) } }))
  }

  private func moveGenerator(
    _ fake: consuming RecordedSamples, _ training: inout TrainingState
  ) throws -> Metrics {
    let move = try generatorMove(consume fake, &training)
    training.update(OptimizerName.generator, with: move.gradients)
    training.state.merge(move.bufferUpdates)
    return move.metrics
  }

  private func generatorMove(_ fake: consuming RecordedSamples, _ training: inout TrainingState) throws -> Move {
    // The discriminator's parameters are constants here: nobody asks for their gradients.
    let context = Context(network, training.state, mode: .training, random: training.random.split())
    let total = loss.generatorTerms(fake: scores(fake.samples, in: context)).mean()
    let gradients = fake.context.gradients(of: total, at: generatorNames)
    let (value, norm) = (Double(total.scalar), gradients.norm)
    try check(value, "generator_loss", gradients, norm, training)
    var buffers = fake.context.bufferUpdates
    buffers.merge(context.bufferUpdates)
    return Move(
      gradients: gradients, bufferUpdates: buffers,
      metrics: ["generator_loss": value, "generator_gradient_norm": norm])
  }

  private func check(
    _ loss: Double, _ lossName: @autoclosure () -> String, _ gradients: Gradients, _ norm: Double,
    _ training: TrainingState
  ) throws {
    if loss.isFinite && norm.isFinite { return }
    let gradient = loss.isFinite ? gradients.firstNonFinite.map { "the gradient of \($0)" } : nil
    throw TrainingError.notFinite(
      training.state.firstNonFinite ?? gradient ?? lossName(), step: stepsDone(training) + 1)
  }

  /// The number of steps of the generator.
  private func stepsDone(_ training: TrainingState) -> Int {
    training.optimizers[OptimizerName.generator]?.progress.step ?? 0
  }

  /// Moves the average towards the generator. Early on it moves fast: otherwise it would be mostly the first values for
  /// thousands of steps.
  private func updateAverage(_ training: inout TrainingState) {
    guard let averageDecay else { return }
    let current = training.state.selecting(averagedNames)
    guard training.average != nil else {
      // A copy from the start: storage shared with the parameters would be copied at the next step anyway.
      training.average = State(current.tensors.mapValues { .zeros(like: $0) })
      training.average?.move(towards: current, by: 1)
      return
    }
    let before = Float(stepsDone(training) - 1)
    training.average?.move(towards: current, by: 1 - min(averageDecay, (1 + before) / (10 + before)))
  }
}

extension Tensor {
  fileprivate var meanValue: Double { Double(detached().mean().scalar) }

  /// How different the samples of a batch are: the root of the mean variance of their scalars, `[N, …]`.
  fileprivate var spread: Double { Double(detached().variance(axes: [0]).mean().scalar).squareRoot() }
}
