import LatentSystem
import Layers
import Tensor

/// All the numbers of a training: what a step reads and changes.
///
/// A step differentiates a loss and moves parameters along the gradients. ``descend(with:_:at:_:)`` does that, with
/// everything that belongs to it:
///
/// ```swift
/// let (descent, _) = try training.descend(with: "adam", network) { context in
///   ((model(batch.samples, in: context) - batch.samples).square().mean(), ())
/// }
/// ```
public struct TrainingState: Sendable {
  /// Parameters and buffers.
  public var state: State
  /// The optimizers by name.
  public var optimizers: [String: any Optimizer]
  /// Tensors that belong to no module: a pool of images, a running mean, the weights of a mean.
  public var memory: State
  /// A moving average of parameters and buffers, for models that keep one.
  public var average: State?
  /// The source of all randomness in the steps.
  public var random: RandomGenerator
  /// The number of steps done, which whoever makes the steps counts.
  public var step = 0
  /// Where gradients and sums over a batch come together, if others hold parts of it too.
  public var reduction: any BatchReduction = WholeBatch()
  /// Which samples of the whole batch this training's batches are, nil for all of them.
  public var samples: Context.Samples?

  /// A training at its start, with the given numbers.
  public init(
    state: State, optimizers: [String: any Optimizer], random: RandomGenerator, memory: State = State()
  ) {
    self.state = state
    self.optimizers = optimizers
    self.random = random
    self.memory = memory
  }

  /// A training at its start, with first values that `seed` decides.
  public init(
    _ network: Network, optimizers: [String: any Optimizer], seed: UInt64,
    memory: (inout RandomGenerator) -> State = { _ in State() }
  ) {
    var initial = RandomGenerator(seed: seed, stream: RandomStream.initialValues)
    var ofMemory = RandomGenerator(seed: seed, stream: RandomStream.memory)
    self.init(
      state: network.initialState(using: &initial), optimizers: optimizers,
      random: RandomGenerator(seed: seed, stream: RandomStream.steps), memory: memory(&ofMemory))
  }

  /// One update: differentiates the loss of `pass`, checks that all is finite, moves the parameters and takes over the
  /// new values of buffers.
  ///
  /// The recording is gone before the parameters move, so they move in place, unless somebody else holds on to it: what
  /// was recorded, or its context.
  /// - Parameter name: of the optimizer that moves them.
  /// - Throws: ``TrainingError/notFinite(_:step:)`` if the loss or a gradient is not finite; nothing has moved then.
  /// - Precondition: there is an optimizer of that name.
  @discardableResult
  public mutating func descend(_ pass: consuming Pass, with name: String) throws -> Descent {
    let lossName = pass.lossName
    return try apply(pass.finished(weight: weight), of: lossName, with: name)
  }

  private mutating func apply(
    _ own: Pass.Outcome, of lossName: String, with name: String, clippingTo bounds: ClosedRange<Float>? = nil
  ) throws -> Descent {
    var outcome = reduced(own)
    guard outcome.loss.isFinite, outcome.isFinite else {
      let gradient = outcome.loss.isFinite ? outcome.gradients.firstNonFinite.map { "the gradient of \($0)" } : nil
      throw TrainingError.notFinite(state.firstNonFinite ?? gradient ?? lossName, step: step + 1)
    }
    if let bounds { outcome.gradients.clip(to: bounds) }
    update(name, with: outcome.gradients)
    state.merge(outcome.bufferUpdates)
    return Descent(loss: outcome.loss, gradientNorm: outcome.norm)
  }

  /// One update as ``descend(_:with:)``, of a loss that `body` computes in training mode.
  ///
  /// - Parameters:
  ///   - name: of the optimizer.
  ///   - network: what is trained.
  ///   - parameters: the names of the parameters that move, all if nil.
  ///   - bounds: to what each element of the gradient is clipped; nil for not.
  ///   - body: gives the loss, a scalar, and what else of the pass is wanted.
  /// - Returns: the update, and what `body` gave.
  public mutating func descend<Result>(
    with name: String, _ network: Network, at parameters: Set<String>? = nil,
    clippingTo bounds: ClosedRange<Float>? = nil, _ body: (Context) throws -> (loss: Tensor, result: Result)
  ) throws -> (descent: Descent, result: Result) {
    func pass(_ random: RandomGenerator) throws -> (Pass.Outcome, Result) {
      let context = Context(
        network, state, mode: .training, differentiating: parameters ?? network.parameterNames, random: random,
        reduction: reduction, samples: samples)
      let (loss, result) = try body(context)
      return (Pass(context, loss: loss).finished(weight: weight), result)
    }
    let (outcome, result) = try pass(random.split())
    return (try apply(outcome, of: "loss", with: name, clippingTo: bounds), result)
  }

  /// Moves the parameters along `gradients` with the optimizer called `name`.
  /// - Precondition: there is one.
  public mutating func update(_ name: String, with gradients: Gradients) {
    let known = optimizers.keys.sorted().joined(separator: ", ")
    var optimizer = requireSome(
      optimizers.removeValue(forKey: name), "TrainingState: there is no optimizer called \(name), but \(known)")
    optimizer.update(&state, with: gradients)
    optimizers[name] = optimizer
  }

  /// Random numbers for the samples of the next batch, out of ``random``.
  public var sampleRandom: SampleRandom {
    get { SampleRandom(random, samples: samples) }
    set { random = newValue.generator }
  }

  /// What holds an infinity or NaN, in words: a parameter, a buffer, one of their averages, or what an optimizer remembers
  /// of gradients, which may outgrow its numbers while all that it moves still looks well, and stays where it is for good.
  /// Nil if all are finite.
  var firstNonFinite: String? {
    if let name = state.firstNonFinite ?? average?.firstNonFinite { return name }
    for (name, optimizer) in optimizers.sorted(by: { $0.key < $1.key }) {
      if let moment = optimizer.progress.moments.firstNonFinite {
        return "the moment \(moment) of the optimizer \(name)"
      }
    }
    return nil
  }

  /// The weight of this training's mean over its samples in the mean over the whole batch.
  var weight: Float { samples.map { Float($0.count) / Float($0.globalCount) } ?? 1 }

  /// Loss and gradients of the whole batch, summed in the same order by all that hold a part of it.
  private func reduced(_ own: Pass.Outcome) -> Pass.Outcome {
    if reduction is WholeBatch { return own }
    let loss = Double(reduction.sum(Tensor(Float(own.loss))).scalar)
    var gradients = own.gradients
    for name in gradients.names { gradients[name] = gradients[name].map { reduction.sum($0) } }
    return Pass.Outcome(loss: loss, gradients: gradients, norm: gradients.norm, bufferUpdates: own.bufferUpdates)
  }

  /// Puts other optimizers, with other settings and schedules, in the place of those of the same names, whose progress
  /// they take over.
  mutating func replaceOptimizers(_ others: [String: any Optimizer]) {
    for (name, other) in others {
      guard var progress = optimizers[name]?.progress else { continue }
      progress.schedule = other.schedule
      optimizers[name] = other
      optimizers[name]?.progress = progress
    }
  }

  /// Moves the average of the tensors called `names` towards what they are now. Early on it moves fast: otherwise it
  /// would be mostly the first values for thousands of steps.
  ///
  /// - Parameters:
  ///   - names: of parameters, and of buffers that are averaged like them.
  ///   - decay: how much of the average stays from step to step, in 0..<1.
  ///   - copied: the names of tensors that the average has as they are now, moving means for instance.
  public mutating func updateAverage(of names: Set<String>, decay: Float, copying copied: Set<String> = []) {
    let current = state.selecting(names)
    let before = Float(step)
    let share = average == nil ? 1 : 1 - min(decay, (1 + before) / (10 + before))
    // A copy from the start: storage shared with the parameters would be copied at the next step anyway.
    var moved = average ?? State(current.tensors.mapValues { .zeros(like: $0) })
    average = nil
    for name in copied { _ = moved.take(name) }
    moved.move(towards: current, by: share)
    moved.merge(state.selecting(copied))
    average = moved
  }
}

/// What an update was like.
public struct Descent: Sendable, Equatable {
  /// The loss before it.
  public let loss: Double
  /// The norm of all gradients together.
  public let gradientNorm: Double
}

/// A recorded pass with its loss, to be differentiated and followed by an update. It is used up by that.
public struct Pass: ~Copyable {
  /// What the loss is called if it is not finite.
  let lossName: String
  private let context: Context
  private let loss: Tensor
  private let parameters: Set<String>?
  private let bufferUpdates: State
  private let furtherGradients: Gradients

  /// - Parameters:
  ///   - context: of the pass; the buffers that it set are taken over by the update.
  ///   - loss: a scalar.
  ///   - lossName: what it is called in an error.
  ///   - parameters: the names of those that move, all that the context differentiates if nil.
  ///   - bufferUpdates: those of other contexts that had a part in it.
  ///   - furtherGradients: of what is not recorded: a function of the parameters alone, whose value is not in the loss.
  public init(
    _ context: Context, loss: Tensor, named lossName: String = "loss", at parameters: Set<String>? = nil,
    merging bufferUpdates: State = State(), adding furtherGradients: Gradients = Gradients()
  ) {
    self.furtherGradients = furtherGradients
    self.context = context
    self.loss = loss
    self.lossName = lossName
    self.parameters = parameters
    self.bufferUpdates = bufferUpdates
  }

  /// What a pass leaves behind when its recording is gone.
  struct Outcome {
    let loss: Double
    var gradients: Gradients
    let norm: Double
    let bufferUpdates: State

    /// Whether every gradient is; squares may overflow where the numbers do not.
    var isFinite: Bool { norm.isFinite || gradients.firstNonFinite == nil }
  }

  /// Differentiates the loss and lets go of the recording.
  /// - Parameter weight: of the loss in that of the whole batch.
  consuming func finished(weight: Float) -> Outcome {
    let loss = weight == 1 ? loss : loss * weight
    var gradients = context.gradients(of: loss, at: parameters)
    if !furtherGradients.tensors.isEmpty { gradients += weight == 1 ? furtherGradients : furtherGradients * weight }
    var updates = bufferUpdates
    updates.merge(context.bufferUpdates)
    return Outcome(loss: Double(loss.scalar), gradients: gradients, norm: gradients.norm, bufferUpdates: updates)
  }
}
