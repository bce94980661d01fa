import LatentSystem
import Tensor

/// What one call of a network needs besides its input: the numbers, whether it is training, and randomness.
///
/// ```swift
/// let training = Context(network, state, mode: .training, random: generator.split())
/// let inference = Context(network, state, mode: .inference)
/// ```
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

  /// The mode that needs no randomness.
  public enum DeterministicMode: Sendable {
    /// As ``Context/Mode/inference``.
    case inference
  }

  /// Whether the network is being trained or used.
  public let mode: Mode
  /// Where the sums over a batch come together: in this context alone, unless it holds a part of the batch.
  public let reduction: any BatchReduction
  /// Which samples of the whole batch this context's inputs are, nil for all of them.
  public let samples: Samples?
  /// New values of buffers. The training procedure puts them into the state: `state.merge(context.bufferUpdates)`.
  public private(set) var bufferUpdates = State()
  /// The name of the parameter that goes through its transforms just now, for messages.
  var nameOfTransformed: String?
  private var generator: RandomGenerator?
  private let network: Network
  private let state: State
  private let differentiated: Set<String>
  /// What has been made of the numbers in advance, in a model that is used; nothing once a buffer has other numbers here.
  private(set) var preparation: Preparation?
  private var leaves: [String: Tensor] = [:]

  /// A context for training, or one for inference with something random in it.
  ///
  /// - Parameters:
  ///   - network: the structure whose parameters and buffers may be asked for.
  ///   - state: their numbers.
  ///   - mode: whether the network is being trained or used.
  ///   - differentiated: the names of the parameters that gradients will be asked at. Only what depends on them is
  ///     recorded.
  ///   - random: the source of all randomness in the call. A new one for each step, `generator.split()`: with the same
  ///     one, dropout drops the same scalars.
  ///   - reduction: where the sums over a batch come together, if this context holds a part of it.
  ///   - samples: which samples of the whole batch the inputs are, nil for all of them.
  /// - Precondition: all names in `differentiated` are those of parameters.
  public convenience init(
    _ network: Network, _ state: State, mode: Mode, differentiating differentiated: Set<String> = [],
    random: RandomGenerator, reduction: any BatchReduction = WholeBatch(), samples: Samples? = nil
  ) {
    self.init(network, state, mode, differentiated, random, reduction, samples)
  }

  /// A context for inference without anything random in it.
  ///
  /// - Parameters:
  ///   - network: the structure whose parameters and buffers may be asked for.
  ///   - state: their numbers.
  ///   - mode: `.inference`.
  ///   - differentiated: the names of the parameters that gradients will be asked at.
  /// - Precondition: all names in `differentiated` are those of parameters; nothing asks for ``random``.
  public convenience init(
    _ network: Network, _ state: State, mode: DeterministicMode, differentiating differentiated: Set<String> = []
  ) {
    self.init(network, state, .inference, differentiated, nil, WholeBatch(), nil)
  }

  private init(
    _ network: Network, _ state: State, _ mode: Mode, _ differentiated: Set<String>, _ generator: RandomGenerator?,
    _ reduction: any BatchReduction, _ samples: Samples?
  ) {
    let unknown = differentiated.subtracting(network.parameterNames).sorted()
    require(
      unknown.isEmpty,
      "Context: cannot differentiate at \(unknown.joined(separator: ", ")); the network has no parameter of that name")
    self.network = network
    self.state = state
    self.mode = mode
    self.differentiated = differentiated
    preparation = mode == .inference && differentiated.isEmpty ? state.preparation : nil
    self.generator = generator
    self.reduction = reduction
    self.samples = samples
  }

  /// A context with the same numbers in which nothing is recorded, for a look ahead at what a network gives. Its randomness
  /// is split off this one's, and buffers that it updates are its own.
  public func unrecorded() -> Context { Context(network, state, mode, [], generator?.split(), reduction, samples) }

  /// The source of all randomness in the call. What is random for each sample is drawn through
  /// ``normal(_:mean:standardDeviation:)`` and its like, so that it does not depend on who computes the sample.
  /// - Precondition: the context was made with `random:`.
  public var random: RandomGenerator {
    get {
      requireSome(
        generator, "Context: random numbers are drawn in a context for inference that was made without random:")
    }
    set { generator = newValue }
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
      preparation = nil
    }
  }

  /// The gradients of the scalar `loss` at the parameters called `names`, all that are differentiated if nil.
  ///
  /// May be asked several times, of several losses.
  /// - Parameters:
  ///   - loss: a scalar.
  ///   - names: of parameters.
  ///   - recording: whether the gradients are recorded themselves, so that gradients of them can be asked for: of a
  ///     penalty on their norm, or of their product with a vector, which gives the Hessian's.
  /// - Precondition: the context differentiates something, and the parameters are among that.
  public func gradients(of loss: Tensor, at names: Set<String>? = nil, recording: Bool = false) -> Gradients {
    collect(at: names) { loss.isRecorded ? loss.gradients(at: $0, recording: recording) : [] }
  }

  /// The sum of the vector-Jacobian products of several outputs with their cotangents at the parameters called `names`,
  /// from one backward pass.
  ///
  /// So a gradient that is known at the output of one network goes on into it: where several losses are to reach
  /// different networks from one recording.
  /// - Precondition: as for ``gradients(of:at:recording:)``; each cotangent has its output's shape.
  public func pullback(_ outputs: [(output: Tensor, cotangent: Tensor)], at names: Set<String>) -> Gradients {
    collect(at: names) { Tensor.pullback(outputs, at: $0) }
  }

  /// What `differentiate` gives for the leaves of the parameters called `names`; zeros for those that were not used.
  private func collect(at names: Set<String>?, _ differentiate: ([Tensor]) -> [Tensor]) -> Gradients {
    require(
      !differentiated.isEmpty,
      "Context: gradients of a context that differentiates nothing; name the parameters in differentiating:")
    let names = (names ?? differentiated).sorted()
    require(!names.isEmpty, "Context: gradients at no parameter; names is empty")
    let present = names.filter { leaves[$0] != nil }
    let found = differentiate(present.compactMap { leaves[$0] })
    var gradients = Gradients(Dictionary(uniqueKeysWithValues: zip(present, found)))
    for name in names where gradients[name] == nil {
      require(differentiated.contains(name), "Context: gradients at \(name), which this context does not differentiate")
      gradients[name] = state[name].map { Tensor.zeros(like: $0) }
    }
    return gradients
  }

  /// The name of a parameter, for messages.
  func name(of parameter: Parameter) -> String { network.name(of: parameter) }

  private func tensor(_ name: String, _ shape: Tensor.Shape) -> Tensor {
    let tensor = requireSome(state[name], "Context: the state has no tensor called \(name)")
    require(
      tensor.shape == shape, "Context: \(name) has shape \(tensor.shape) in the state, its layer expects \(shape)")
    return tensor
  }
}
