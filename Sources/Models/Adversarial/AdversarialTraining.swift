import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The training of a generator against a discriminator: which loss, which terms beside it, how many steps of each.
///
/// It knows modules and tensors only, so it serves images, points in the plane, or whatever a generator makes from
/// latents and a discriminator gives scores, with conditions or without.
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
  /// Latents to samples.
  public let generator: any Generator
  /// Samples to scores.
  public let discriminator: any Discriminator
  /// What latents are drawn from.
  public let prior: any LatentPrior
  /// What samples may be told to be. In training, generated samples get the conditions of the real samples of the step,
  /// so that whatever is rare among the data is as rare among them; those of every other one, if a term wants pairs.
  public let conditions: ConditionSpace
  /// What the two are trained on.
  public var loss = AdversarialLoss.nonSaturating { didSet { ignorance = loss.ignorance(labelSmoothing) } }
  /// What keeps the discriminator smooth. A penalty is one of each sample's gradient, so it is refused for a
  /// discriminator that mixes samples by batch normalization.
  public var regularizer = DiscriminatorRegularizer.none
  /// Further terms of the losses.
  public var terms: [any AdversarialTerm] = []
  /// What the discriminator is shown in the place of samples, one after the other.
  public var views: [any SampleView] = []
  /// How many samples are judged together, 1 or more: the discriminator gets ``Tensor/Tensor/packed(_:)`` ones. Not with
  /// conditions.
  public var packSize = 1
  /// The weight of the adversarial loss in the generator's, 0 or more: 0 where a term of it takes its place.
  public var adversarialWeight: Float = 1
  /// Steps of the discriminator for each step of the generator, 1 or more.
  public var discriminatorSteps = 1
  /// How much less than 1 a real sample counts as, in 0..<1: one-sided label smoothing.
  public var labelSmoothing: Float = 0 { didSet { ignorance = loss.ignorance(labelSmoothing) } }
  /// How much of the generator's moving average stays from step to step, in 0..<1; none is kept if nil.
  public var averageDecay: Float?
  /// The loss of a discriminator that scores every sample 0.
  var ignorance = AdversarialLoss.nonSaturating.ignorance(0)
  let generatorNames: Set<String>
  let discriminatorNames: Set<String>
  let generatorTensors: Set<String>
  /// Those of which a moving average is kept: all of the generator's that ever change.
  var averagedTensors: Set<String>
  /// Whether the discriminator's result for a sample depends on the others in training.
  let mixesSamples: Bool

  /// A training with the given parts, with default choices that can be changed.
  /// - Precondition: both parts belong to `network` and share no parameter.
  public init(
    network: Network, generator: any Generator, discriminator: any Discriminator, prior: any LatentPrior,
    conditions: ConditionSpace = .none
  ) {
    self.init(network, (generator, generator), (discriminator, discriminator), prior, conditions)
  }

  /// A training of two layers, without conditions, from standard normal latents.
  ///
  /// - Parameters:
  ///   - generator: `[N, latentSize]` → `[N, …]`.
  ///   - discriminator: `[N, …]` → `[N]`.
  /// - Precondition: both parts belong to `network` and share no parameter; `latentSize >= 1`.
  public init(network: Network, generator: any Layer, discriminator: any Layer, latentSize: Int) {
    self.init(
      network, (GeneratorLayer(generator), generator), (DiscriminatorLayer(discriminator), discriminator),
      NormalPrior(latentSize), .none)
  }

  /// Each part comes with the module in the network that holds its parameters.
  private init(
    _ network: Network, _ generator: (part: any Generator, module: any Module),
    _ discriminator: (part: any Discriminator, module: any Module), _ prior: any LatentPrior,
    _ conditions: ConditionSpace
  ) {
    self.network = network
    self.generator = generator.part
    self.discriminator = discriminator.part
    self.prior = prior
    self.conditions = conditions
    generatorNames = network.parameterNames(of: generator.module)
    discriminatorNames = network.parameterNames(of: discriminator.module)
    generatorTensors = generatorNames.union(network.bufferNames(of: generator.module))
    averagedTensors = generatorTensors
    mixesSamples = network.mixesSamples(in: discriminator.module)
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
    TrainingState(
      network, optimizers: [OptimizerName.generator: generator, OptimizerName.discriminator: discriminator], seed: seed,
      memory: { _ in makeMemory() })
  }

  /// What views and terms keep from step to step, as it is before the first one: ``TrainingState/memory`` of a training.
  public func makeMemory() -> State {
    let shapes = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.parameter.shape) })
    let moving = shapes.filter { generatorNames.contains($0.key) || discriminatorNames.contains($0.key) }
    var memory = State()
    for view in views { memory.merge(view.makeMemory()) }
    for term in allTerms { memory.merge(term.makeMemory(for: moving)) }
    return memory
  }

  /// One step of the generator and as many of the discriminator as configured, which is counted, on samples without
  /// conditions. For loops without a ``Trainer``.
  ///
  /// - Parameter nextReal: gives the next real samples, `[N, …]`.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; the update that would have spread it is not made.
  /// - Precondition: there are no conditions, and the choices lie in the ranges that their documentation states.
  public func step(_ training: inout TrainingState, nextReal: () -> Tensor) throws -> Metrics {
    requireNoConditions("step")
    let metrics = try trainingStep(&training) { (nextReal(), .none) }
    training.step += 1
    return metrics
  }

  /// One step of the generator and as many of the discriminator as configured.
  ///
  /// With one step of the discriminator, both learn from the same generated samples, so the generator runs once.
  /// - Parameters:
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  ///   - nextReal: gives the next real samples, `[N, …]`, and their conditions.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; the update that would have spread it is not made.
  /// - Precondition: the choices lie in the ranges that their documentation states.
  public func trainingStep(
    _ training: inout TrainingState, nextReal: () -> (samples: Tensor, condition: Condition)
  ) throws -> Metrics {
    requireChoices()
    var ofDiscriminator: [Metrics] = []
    let ofGenerator: Metrics
    if discriminatorSteps == 1 {
      let real = nextReal()
      let fake = recordedSamples(like: real, &training)
      ofDiscriminator.append(try moveDiscriminator(real: real, fake: fake.constants, buffers: State(), &training))
      ofGenerator = try moveGenerator(consume fake, real: real, &training)
    } else {
      var real = nextReal()
      for index in 0..<discriminatorSteps {
        if index > 0 { real = nextReal() }
        ofDiscriminator.append(try discriminatorStep(&training, real: real))
      }
      ofGenerator = try moveGenerator(recordedSamples(like: real, &training), real: real, &training)
    }
    if let averageDecay { training.updateAverage(of: averagedTensors, decay: averageDecay) }
    var entries = Metrics.mean(of: ofDiscriminator).entries
    entries.insert(contentsOf: ofGenerator.entries.prefix(1), at: 1)
    return Metrics(entries + ofGenerator.entries.dropFirst())
  }

  /// The regularizer and the further terms.
  var allTerms: [any AdversarialTerm] { (regularizer.term.map { [$0] } ?? []) + terms }
}
