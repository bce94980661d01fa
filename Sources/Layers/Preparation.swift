import LatentSystem
import Tensor

/// What is made once of a state's numbers, for a network that is used and not trained any further: weights after their
/// transforms, and what is done with the outputs of layers in the same pass. Convolutions keep their weights, laid out
/// for the kernels, with the weights themselves.
///
/// All is made when it is first asked for. It is found by the modules and parameters of one network, which this keeps.
///
/// Unchecked `Sendable`: what changes is touched under a lock only. Two tasks may make the same at the same time; it is the
/// same then.
final class Preparation: @unchecked Sendable {
  /// Layers that are computed in one pass.
  struct Stage: Hashable {
    let layer: ObjectIdentifier
    let norm: ObjectIdentifier?
    let function: ChannelFinish.Function?
  }

  private let network: Network
  private let lock = Lock()
  private var finishes: [Stage: ChannelFinish] = [:]
  private var weights: [[ObjectIdentifier]: Tensor] = [:]

  init(_ network: Network) { self.network = network }

  /// Whether something made of `object`, a module or a parameter, can be kept: it is part of the network.
  func holds(_ object: AnyObject) -> Bool { network.holds(object) }

  /// What is done with the output of a stage's layer.
  func finish(_ stage: Stage, make: () -> ChannelFinish) -> ChannelFinish {
    if let known = lock.withLock({ finishes[stage] }) { return known }
    let made = make()
    lock.withLock { finishes[stage] = made }
    return made
  }

  /// The stages that have been computed.
  var stages: Set<Stage> { lock.withLock { Set(finishes.keys) } }

  /// A weight after its transforms.
  func weight(_ parameter: Parameter, through transforms: [any WeightTransforming], make: () -> Tensor) -> Tensor {
    let key = [ObjectIdentifier(parameter)] + transforms.map { ObjectIdentifier($0) }
    if let known = lock.withLock({ weights[key] }) { return known }
    let made = make()
    // The first one stays, so that all use the same block and what is kept with it.
    return lock.withLock {
      if let known = weights[key] { return known }
      weights[key] = made
      return made
    }
  }
}

extension State {
  /// The same numbers, for inference with `network` alone: layers that follow each other are computed in one pass where
  /// they can be, and what is made of weights is made once and kept. Results have the same bits.
  ///
  /// What is kept needs about four times the memory of the weights, for images of several sizes up to twice as much, until
  /// the weights change or no state has them any more. A state that is changed afterwards is an ordinary one.
  package func prepared(for network: Network) -> State {
    var state = self
    state.preparation = Preparation(network)
    return state
  }

  /// Whether it comes from ``prepared(for:)`` and has not been changed since.
  package var isPrepared: Bool { preparation != nil }
}
