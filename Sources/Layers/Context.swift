import Tensor

/// What one call of a network needs besides its input: the numbers, whether it is training, and randomness.
///
/// A context belongs to one call, or to several that are recorded together. It is not shared between tasks; each makes
/// its own from the same state.
public final class Context {
  /// Whether a network is being trained or used.
  public enum Mode: Sendable {
    /// Dropout drops, statistics are those of the batch.
    case training
    /// Nothing is random, and a sample's result does not depend on the others in its batch.
    case inference
  }

  /// Whether the network is being trained or used.
  public let mode: Mode
  /// The source of all randomness in the call.
  public var random: RandomGenerator
  /// New values of buffers. The training procedure puts them into the state: `state.merge(context.bufferUpdates)`.
  public private(set) var bufferUpdates = State()
  private let network: Network
  private let state: State
  private let differentiated: Set<String>
  private var leaves: [String: Tensor] = [:]

  /// - Parameters:
  ///   - network: the structure whose parameters and buffers may be asked for.
  ///   - state: their numbers.
  ///   - differentiated: the names of the parameters that gradients will be asked at. Only what depends on them is
  ///     recorded.
  ///   - random: for layers that are random in training.
  /// - Precondition: all names in `differentiated` are those of parameters.
  public init(
    _ network: Network, _ state: State, mode: Mode, differentiating differentiated: Set<String> = [],
    random: RandomGenerator = RandomGenerator(seed: 0)
  ) {
    if !differentiated.isSubset(of: network.parameterNames) {
      let unknown = differentiated.subtracting(network.parameterNames).sorted().joined(separator: ", ")
      fatalError("Context: cannot differentiate at \(unknown); the network has no parameter of that name")
    }
    self.network = network
    self.state = state
    self.mode = mode
    self.differentiated = differentiated
    self.random = random
  }

  /// The numbers of a parameter: a leaf if it is being differentiated.
  public subscript(parameter: Parameter) -> Tensor {
    let name = network.name(of: parameter)
    if let leaf = leaves[name] { return leaf }
    let value = tensor(name, parameter.shape)
    guard differentiated.contains(name) else { return value }
    let leaf = value.recorded()
    leaves[name] = leaf
    return leaf
  }

  /// The numbers of a buffer, or those it was last set to in this context.
  public subscript(buffer: Buffer) -> Tensor {
    get {
      let name = network.name(of: buffer)
      return bufferUpdates[name] ?? tensor(name, buffer.shape)
    }
    set {
      let name = network.name(of: buffer)
      require(
        newValue.shape == buffer.shape,
        "Context: buffer \(name) of shape \(buffer.shape) set to shape \(newValue.shape)")
      bufferUpdates[name] = newValue
    }
  }

  /// The gradients of the scalar `loss` at the parameters called `names`, all that are differentiated if nil.
  ///
  /// May be asked several times, of several losses.
  /// - Precondition: the parameters are among those that this context differentiates.
  public func gradients(of loss: Tensor, at names: Set<String>? = nil) -> Gradients {
    let names = (names ?? differentiated).sorted()
    let present = names.filter { leaves[$0] != nil }
    let found = loss.isRecorded ? loss.gradients(at: present.compactMap { leaves[$0] }) : []
    var gradients = Gradients(Dictionary(uniqueKeysWithValues: zip(present, found)))
    for name in names where gradients[name] == nil {
      require(differentiated.contains(name), "Context: gradients at \(name), which this context does not differentiate")
      gradients[name] = state[name].map { Tensor.zeros(like: $0) }
    }
    return gradients
  }

  private func tensor(_ name: String, _ shape: Tensor.Shape) -> Tensor {
    guard let tensor = state[name] else { fatalError("Context: the state has no tensor called \(name)") }
    require(
      tensor.shape == shape, "Context: \(name) has shape \(tensor.shape) in the state, its layer expects \(shape)")
    return tensor
  }
}

extension Network {
  /// The value of a scalar function of the network's parameters, its gradients at them, and new buffer values.
  ///
  /// - Parameters:
  ///   - state: the numbers.
  ///   - names: the parameters to differentiate at, all if nil.
  ///   - random: for layers that are random in training; it moves on.
  ///   - loss: computes a scalar in training mode.
  public func valueAndGradients(
    at state: State, _ names: Set<String>? = nil, using random: inout RandomGenerator,
    of loss: (Context) throws -> Tensor
  ) rethrows -> (value: Tensor, gradients: Gradients, bufferUpdates: State) {
    let context = Context(
      self, state, mode: .training, differentiating: names ?? parameterNames, random: random.split())
    let value = try loss(context)
    return (value.detached(), context.gradients(of: value), context.bufferUpdates)
  }
}
