import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The training of two translators between samples of two kinds, of which no pairs are known.
///
/// Each translator has to pass for the other kind before a discriminator of that kind, by least squares, and to lead back
/// where the other came from. A sample that is of the wanted kind already should stay as it is. The discriminators are
/// shown translations out of a pool of past ones.
///
/// It knows modules and tensors only, so it serves samples of any kind.
///
/// Reference: Zhu, Park, Isola and Efros, "Unpaired image-to-image translation using cycle-consistent adversarial
/// networks", arXiv:1703.10593, section 3.
public struct CycleGANTraining: Sendable {
  /// The network that all parts belong to.
  public let network: Network
  /// Samples of the first kind, a, to samples of the second, b.
  public let toB: any Layer
  /// Samples of b to samples of a.
  public let toA: any Layer
  /// Samples of a to scores.
  public let discriminatorA: any Layer
  /// Samples of b to scores.
  public let discriminatorB: any Layer
  /// The weight of the mean absolute error of a scalar after a way there and back, 0 or more.
  public var cycleWeight: Float = 10
  /// The weight of the mean absolute error of a scalar where a sample is of the wanted kind already, 0 or more. With 0,
  /// the two kinds may have other shapes.
  public var identityWeight: Float = 5
  /// The weight of passing for b; passing for a counts once.
  public var targetWeight: Float = 1
  /// What keeps classes as they are, for samples of a with labels.
  public var guidance: SemanticGuidance?
  /// Past translations to a.
  public var poolA = SamplePool("pool.a", size: 50)
  /// Past translations to b.
  public var poolB = SamplePool("pool.b", size: 50)
  private let translatorNames: Set<String>
  private let discriminatorNames: Set<String>

  /// A training of the given parts, with default choices that can be changed.
  /// - Precondition: all parts belong to `network` and share no parameter.
  public init(
    network: Network, toB: any Layer, toA: any Layer, discriminatorA: any Layer, discriminatorB: any Layer
  ) {
    (self.network, self.toB, self.toA) = (network, toB, toA)
    (self.discriminatorA, self.discriminatorB) = (discriminatorA, discriminatorB)
    network.requireSeparate([toB, toA, discriminatorA, discriminatorB], "CycleGANTraining")
    translatorNames = network.parameterNames(of: toB).union(network.parameterNames(of: toA))
    discriminatorNames = network.parameterNames(of: discriminatorA).union(network.parameterNames(of: discriminatorB))
  }

  /// The names of the optimizers in ``TrainingState/optimizers``.
  public enum OptimizerName {
    /// Moves both translators.
    public static let translators = AdversarialTraining.OptimizerName.generator
    /// Moves both discriminators.
    public static let discriminators = AdversarialTraining.OptimizerName.discriminator
    /// Moves the classifier, if there is one.
    public static let classifier = "classifier"
  }

  /// The pools, as they are before the first step.
  public func makeMemory(shapeA: Tensor.Shape, shapeB: Tensor.Shape) -> State {
    var memory = poolA.makeMemory(sampleShape: shapeA)
    memory.merge(poolB.makeMemory(sampleShape: shapeB))
    return memory
  }

  /// One step of all networks.
  ///
  /// - Parameters:
  ///   - a: samples `[N, …]`.
  ///   - b: samples that have nothing to do with them, `[N, …]`.
  ///   - labels: the class of each sample of `a`, if there is a ``guidance``.
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; no parameter and no pool has changed then.
  public func trainingStep(
    _ training: inout TrainingState, a: Tensor, b: Tensor, labels: [Int]? = nil
  ) throws -> Metrics {
    var memory = training.memory
    let round = round(&training, &memory, a: a, b: b, labels: labels)
    let metrics = try training.play(round, averaging: [], decay: nil)
    training.memory = memory
    return metrics
  }

  /// The updates that a step makes, before any is made: of translators, discriminators and classifier, in this order.
  func round(
    _ training: inout TrainingState, _ memory: inout State, a: Tensor, b: Tensor, labels: [Int]? = nil
  ) -> Round {
    let classifierNames = guidance.map { network.parameterNames(of: $0.classifier) } ?? []
    let context = Context(
      network, training.state, mode: .training,
      differentiating: translatorNames.union(discriminatorNames).union(classifierNames),
      random: training.random.split(), reduction: training.reduction, samples: training.samples)
    let pass = TranslationPass(a: a, b: b, labels: labels, self, in: context, training)
    let ofTranslators = context.gradients(of: pass.translatorLoss, at: translatorNames)
    let old = (
      a: poolA.exchange(pass.toA, in: &memory, &training), b: poolB.exchange(pass.toB, in: &memory, &training)
    )
    let ofDiscriminators = DiscriminatorPass(a: a, b: b, old: old, self, in: context)
    let loss = ofDiscriminators.loss
    var moves = [
      PlayerMove(OptimizerName.translators, loss: pass.translatorLoss, ofTranslators),
      PlayerMove(
        OptimizerName.discriminators, loss: loss, context.gradients(of: loss, at: discriminatorNames)),
    ]
    if let own = pass.guidance?.classifierLoss {
      moves.append(
        PlayerMove(OptimizerName.classifier, loss: own, context.gradients(of: own, at: classifierNames)))
    }
    return Round(
      moves: moves, bufferUpdates: context.bufferUpdates,
      metrics: ofDiscriminators.losses.prefix(1) + pass.metrics + ofDiscriminators.losses.dropFirst()
        + ofDiscriminators.scores + pass.spreads)
  }
}
