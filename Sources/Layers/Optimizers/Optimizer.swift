import LatentSystem
import Tensor

/// A rule that moves parameters along their gradients: a value, with its moments and step count inside.
///
/// ```swift
/// var optimizer = Adam(learningRate: 1e-3)
/// optimizer.schedule = .cosine(steps: 10_000)
/// optimizer.groups = [ParameterGroup("*.bias", weightDecay: 0), ParameterGroup("encoder.*", isFrozen: true)]
/// optimizer.update(&state, with: gradients)
/// ```
///
/// A rule of one's own implements ``move(_:named:along:rate:weightDecay:)``; with ``takeMoment(_:like:)`` its moments
/// are changed in place, and saved and restored with a training.
///
/// ```swift
/// /// Bernstein et al., "signSGD: compressed optimisation for non-convex problems", arXiv:1802.04434, algorithm 2.
/// struct Signum: Optimizer {
///   var learningRate: Float = 1e-4
///   var weightDecay: Float = 0
///   var beta: Float = 0.9
///   var groups: [ParameterGroup] = []
///   var progress = OptimizerProgress()
///
///   mutating func move(
///     _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float
///   ) {
///     var mean = takeMoment(name + ".mean", like: parameter)
///     mean *= beta
///     mean.add(gradient, scaledBy: 1 - beta)
///     parameter *= 1 - rate * weightDecay
///     parameter.add(mean.sign(), scaledBy: -rate)
///     progress.moments[name + ".mean"] = mean
///   }
/// }
/// ```
public protocol Optimizer: Sendable {
  /// The step size for parameters whose group has none of its own.
  var learningRate: Float { get set }
  /// The weight decay for parameters whose group has none of its own.
  var weightDecay: Float { get set }
  /// Exceptions by parameter name; the first group that matches a name holds.
  var groups: [ParameterGroup] { get set }
  /// The steps done, the moments by parameter name, and how the learning rate changes.
  var progress: OptimizerProgress { get set }

  /// Moves one parameter along its gradient. Called by ``update(_:with:)`` after the step has been counted.
  mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float)

  /// The shape of the moment `word` of a parameter of shape `shape`; the parameter's own if a rule does not say
  /// otherwise, as one with a moment for each row would. Moments that differ from it stop the update that makes them.
  /// - Parameter word: what its name ends in, without the dot: `"mean"`.
  func momentShape(_ word: String, of shape: Tensor.Shape) -> Tensor.Shape
}

/// What of an optimizer changes from step to step.
public struct OptimizerProgress: Sendable, Equatable {
  /// The number of steps done.
  public var step = 0
  /// What all learning rates, those of groups too, are multiplied with: where a schedule stands.
  public var rateFactor: Float = 1
  /// How the learning rate changes over the updates of this optimizer: each sets ``rateFactor`` by it. If nil, whoever
  /// runs the training sets it, or nobody.
  public var schedule: LearningRateSchedule?
  /// Moments, as `parameter.word`. All have a parameter, and the shape that ``Optimizer/momentShape(_:of:)`` says.
  public var moments = State()

  /// No steps done.
  public init() {}
}

extension Optimizer {
  /// How the learning rate changes over the updates of this optimizer; nil if it does not, or if a trainer sees to it.
  ///
  /// It counts the optimizer's own updates, of which a step of a training may have several. A training follows either
  /// its optimizers' schedules or its trainer's: one with both does not start.
  public var schedule: LearningRateSchedule? {
    get { progress.schedule }
    set { progress.schedule = newValue }
  }

  /// Whether ``schedule`` changes the learning rate no more; see ``LearningRateSchedule/isOver(at:)``.
  ///
  /// ```swift
  /// while !optimizer.isScheduleOver { … }
  /// ```
  public var isScheduleOver: Bool { schedule?.isOver(at: progress.step) ?? false }

  /// One step: moves every parameter that has a gradient, unless its group is frozen.
  /// - Precondition: every gradient is called like a tensor of `state`, has its shape and is finite; every group matches
  ///   a tensor of `state`; the learning rates are positive and finite; every new moment has the name and shape of one.
  public mutating func update(_ state: inout State, with gradients: Gradients) {
    checkSettings()
    for group in groups { group.requireMatch(among: state.tensors.keys) }
    if let schedule { progress.rateFactor = Float(schedule.factor(at: progress.step)) }
    progress.step += 1
    let momentCount = progress.moments.tensors.count
    for name in gradients.names {
      guard let gradient = gradients[name] else { continue }
      let shape = requireSome(state[name]?.shape, "optimizer: the state has no parameter called \(name)")
      require(
        shape == gradient.shape, "optimizer: \(name) has shape \(shape), its gradient \(gradient.shape)")
      let group = groups.first { $0.matches(name) }
      if group?.isFrozen == true { continue }
      // Reads what the move is about to read again: it costs next to nothing.
      require(gradient.isAllFinite, "optimizer: the gradient at \(name) holds an infinity or NaN")
      let rate = (group?.learningRate ?? learningRate) * (group?.rateFactor ?? 1) * progress.rateFactor
      let decay = group?.weightDecay ?? weightDecay
      guard var parameter = state.take(name) else { continue }
      move(&parameter, named: name, along: gradient.detached(), rate: rate, weightDecay: decay)
      state[name] = parameter
    }
    // What no checkpoint could be opened with should be found at the first step.
    if progress.moments.tensors.count != momentCount { checkMoments(of: state) }
  }

  public func momentShape(_ word: String, of shape: Tensor.Shape) -> Tensor.Shape { shape }

  /// Removes and returns the moment `name`, which starts as zeros of the parameter's shape, so that it can be changed in
  /// place. Put it back afterwards: `progress.moments[name] = moment`.
  public mutating func takeMoment(_ name: String, like parameter: Tensor) -> Tensor {
    progress.moments.take(name) ?? .zeros(like: parameter)
  }

  /// The shape that the moment `name` has to have; nil if it is that of no tensor of `state`.
  package func shape(ofMoment name: String, in state: State) -> Tensor.Shape? {
    guard let dot = name.lastIndex(of: "."), let parameter = state[String(name[..<dot])] else { return nil }
    return momentShape(String(name[name.index(after: dot)...]), of: parameter.shape)
  }

  private func checkMoments(of state: State) {
    for name in progress.moments.names {
      let expected = requireSome(
        shape(ofMoment: name, in: state),
        "optimizer: the moment \(name) belongs to no parameter; it must be called as its parameter, a dot and a word")
      guard let found = progress.moments[name]?.shape, found != expected else { continue }
      fatalError(
        "optimizer: the moment \(name) has shape \(found), expected \(expected); momentShape(_:of:) can say otherwise")
    }
  }

  /// A learning rate such as 1e-50 is 0 as `Float`, and 1e50 infinite.
  private func checkSettings() {
    func check(_ value: Float?, _ name: String, isZeroAllowed: Bool = false) {
      guard let value else { return }
      require(
        value.isFinite && (value > 0 || isZeroAllowed && value == 0),
        "optimizer: the \(name) is \(value) as Float; it must be \(isZeroAllowed ? "0 or more" : "positive") and finite"
      )
    }
    check(learningRate, "learning rate")
    check(weightDecay, "weight decay", isZeroAllowed: true)
    for group in groups {
      check(group.learningRate, "learning rate of group \"\(group.pattern)\"")
      check(group.rateFactor, "rate factor of group \"\(group.pattern)\"")
      check(group.weightDecay, "weight decay of group \"\(group.pattern)\"", isZeroAllowed: true)
    }
  }
}

extension Optimizer {
  /// The name, settings and steps done, for people.
  func summary(_ settings: KeyValuePairs<String, Float>) -> String {
    let values = [("learningRate", learningRate)] + settings.map { ($0.key, $0.value) }
    let decay = weightDecay == 0 ? [] : [("weightDecay", weightDecay)]
    let list = (values + decay).map { "\($0.0): \($0.1)" }.joined(separator: ", ")
    return "\(Self.self)(\(list)) after \(DecimalText.grouped(progress.step)) step\(progress.step == 1 ? "" : "s")"
  }
}
