import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The training of a variational autoencoder whose reconstructions are compared in the features of a discriminator, and
/// whose decoder is the generator of a GAN.
///
/// Three losses of one recording each reach their own network only: the divergence from the prior and the distance of
/// features reach the encoder; that distance, times a weight, and the adversarial loss reach the generator; the
/// adversarial loss alone reaches the discriminator.
///
/// It knows modules and tensors only, so it serves samples of any kind.
///
/// Reference: Larsen, Sønderby, Larochelle and Winther, "Autoencoding beyond pixels using a learned similarity metric",
/// arXiv:1512.09300, algorithm 1. Reconstructions and samples of the prior count half each as generated samples here; in
/// the paper both count once.
public struct VAEGANTraining: Sendable {
  /// The network that all parts belong to.
  public let network: Network
  /// Samples to posteriors.
  public let encoder: any LatentEncoder
  /// Latents to samples.
  public let generator: any Generator
  /// Samples to scores, and to the features in which they are compared.
  public let discriminator: any Discriminator
  /// What the latents of new samples are drawn from. Posteriors are drawn towards the standard normal distribution.
  public let prior: any LatentPrior
  /// What generator and discriminator are trained on against each other.
  public var loss = AdversarialLoss.nonSaturating
  /// The weight γ of the distance of features in the generator's loss, 0 or more; in the encoder's it counts once.
  public var featureWeight: Float = 0.1
  /// The weight β of the divergence in the encoder's loss, 0 or more. The less it is, the more posteriors may tell of the
  /// samples.
  public var divergenceWeight: Float = 1
  /// How much reconstructions count as generated samples, 0 or more.
  public var reconstructionWeight: Float = 0.5
  /// How much samples of the prior count as such, 0 or more.
  public var sampleWeight: Float = 0.5
  /// Who moves; both always if nil.
  public var equilibrium: Equilibrium? = Equilibrium()
  /// How much of the moving average of encoder and generator stays from step to step, in 0..<1; none is kept if nil.
  public var averageDecay: Float?
  private let encoderNames: Set<String>
  private let generatorNames: Set<String>
  private let discriminatorNames: Set<String>
  private let averagedNames: Set<String>

  /// A training of the given parts, with default choices that can be changed.
  /// - Precondition: all parts belong to `network` and share no parameter; the discriminator gives features.
  public init(
    network: Network, encoder: any LatentEncoder, generator: any Generator, discriminator: any Discriminator,
    prior: any LatentPrior
  ) {
    self.network = network
    self.encoder = encoder
    self.generator = generator
    self.discriminator = discriminator
    self.prior = prior
    (encoderNames, generatorNames, discriminatorNames) = (
      network.parameterNames(of: encoder), network.parameterNames(of: generator),
      network.parameterNames(of: discriminator)
    )
    network.requireSeparate([encoder, generator, discriminator], "VAEGANTraining")
    averagedNames = network.tensorNames(of: [encoder, generator])
  }

  /// The names of the three in ``TrainingState/optimizers``.
  public enum OptimizerName {
    /// Moves the encoder.
    public static let encoder = "encoder"
    /// Moves the generator.
    public static let generator = AdversarialTraining.OptimizerName.generator
    /// Moves the discriminator.
    public static let discriminator = AdversarialTraining.OptimizerName.discriminator
  }

  /// One step of the encoder, and of the two others where it is their turn.
  ///
  /// - Parameters:
  ///   - real: samples `[N, …]`.
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; nothing has moved then.
  public func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    let round = round(real, &training)
    return try training.play(round, averaging: averagedNames, decay: averageDecay)
  }

  /// The updates that a step on `real` makes, before any is made.
  func round(_ real: Tensor, _ training: inout TrainingState) -> Round {
    let context = Context(
      network, training.state, mode: .training,
      differentiating: encoderNames.union(generatorNames).union(discriminatorNames), random: training.random.split(),
      reduction: training.reduction, samples: training.samples)
    let pass = VAEGANPass(of: real, in: context, self, &training.sampleRandom)
    let costs = training.wholeBatchMeans([pass.realCost, pass.fakeCost])
    let decision = equilibrium?.decision(real: costs[0], fake: costs[1]) ?? .both
    let atImages = pass.gradientsAtImages(featureWeight)
    var moves = [
      PlayerMove(
        OptimizerName.encoder, loss: pass.divergence * divergenceWeight + pass.featureError,
        context.pullback(
          [(pass.reconstructions, atImages.ofFeatures), (pass.divergence, Tensor(divergenceWeight))],
          at: encoderNames))
    ]
    if decision.generatorMoves {
      moves.append(
        PlayerMove(
          OptimizerName.generator, loss: pass.featureError * featureWeight + pass.generatorCost,
          context.pullback(
            [
              (pass.reconstructions, atImages.ofFeatures * featureWeight + atImages.adversarial.reconstructions),
              (pass.samples, atImages.adversarial.samples),
            ], at: generatorNames)))
    }
    if decision.discriminatorMoves {
      let loss = pass.realCost + pass.fakeCost
      moves.append(
        PlayerMove(OptimizerName.discriminator, loss: loss, context.gradients(of: loss, at: discriminatorNames)))
    }
    return Round(
      moves: moves, bufferUpdates: context.bufferUpdates,
      metrics: pass.metrics(featureWeight, divergenceWeight, atImages.ratio) + Self.metrics(decision, costs))
  }

  private static func metrics(_ decision: Equilibrium.Decision, _ costs: [Double]) -> [Metrics.Entry] {
    [
      Metrics.Entry(name: EncodingMetric.realCost, value: costs[0]),
      Metrics.Entry(name: EncodingMetric.fakeCost, value: costs[1]),
      Metrics.Entry(name: EncodingMetric.discriminatorMoved, value: decision.discriminatorMoves ? 1 : 0),
      Metrics.Entry(name: EncodingMetric.generatorMoved, value: decision.generatorMoves ? 1 : 0),
    ]
  }
}

extension Network {
  /// Stops the program if two of the modules share a parameter.
  func requireSeparate(_ modules: [any Module], _ operation: StaticString) {
    var seen: Set<String> = []
    for module in modules {
      let names = parameterNames(of: module)
      require(seen.isDisjoint(with: names), "\(operation): two of the networks share parameters; each needs its own")
      seen.formUnion(names)
    }
  }

  /// The names of the parameters and buffers of modules.
  func tensorNames(of modules: [any Module]) -> Set<String> {
    modules.reduce(into: []) { $0.formUnion(parameterNames(of: $1).union(bufferNames(of: $1))) }
  }
}
