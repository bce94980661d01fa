import LatentSystem
import Tensor

/// A rule that moves parameters along their gradients: a value, with its moments and step count inside.
///
/// ```swift
/// var optimizer = Adam(learningRate: 1e-3)
/// optimizer.groups = [ParameterGroup("*.bias", weightDecay: 0), ParameterGroup("encoder.*", isFrozen: true)]
/// optimizer.update(&state, with: gradients)
/// ```
public protocol Optimizer: Sendable {
  /// The step size for parameters whose group has none of its own.
  var learningRate: Float { get set }
  /// The weight decay for parameters whose group has none of its own.
  var weightDecay: Float { get set }
  /// Exceptions by parameter name; the first group that matches a name holds.
  var groups: [ParameterGroup] { get set }
  /// The steps done and the moments by parameter name: all that changes from step to step.
  var progress: OptimizerProgress { get set }

  /// Moves one parameter along its gradient. Called by ``update(_:with:)`` after the step has been counted.
  mutating func move(
    _ parameter: inout Tensor, named name: String, along gradient: Tensor, rate: Float, weightDecay: Float)
}

/// What of an optimizer changes from step to step.
public struct OptimizerProgress: Sendable, Equatable {
  /// The number of steps done.
  public var step = 0
  /// What all learning rates, those of groups too, are multiplied with: where a schedule stands.
  public var rateFactor: Float = 1
  /// Moments, as `parameter.moment`.
  public var moments = State()

  /// No steps done.
  public init() {}
}

extension Optimizer {
  /// One step: moves every parameter that has a gradient, unless its group is frozen.
  /// - Precondition: every gradient is called like a tensor of `state` and has its shape.
  public mutating func update(_ state: inout State, with gradients: Gradients) {
    progress.step += 1
    for name in gradients.names {
      guard let gradient = gradients[name] else { continue }
      guard let shape = state[name]?.shape else { fatalError("optimizer: the state has no parameter called \(name)") }
      require(
        shape == gradient.shape, "optimizer: \(name) has shape \(shape), its gradient \(gradient.shape)")
      let group = groups.first { $0.matches(name) }
      if group?.isFrozen == true { continue }
      let rate = (group?.learningRate ?? learningRate) * progress.rateFactor
      let decay = group?.weightDecay ?? weightDecay
      guard var parameter = state.take(name) else { continue }
      move(&parameter, named: name, along: gradient.detached(), rate: rate, weightDecay: decay)
      state[name] = parameter
    }
  }

  /// The moment `name` of a parameter, which starts as zeros. It leaves the table, so that it can be changed in place,
  /// and is put back afterwards.
  mutating func takeMoment(_ name: String, like parameter: Tensor) -> Tensor {
    progress.moments.take(name) ?? .zeros(like: parameter)
  }
}

/// Parameters, chosen by name, that an optimizer treats in their own way.
public struct ParameterGroup: Sendable, Hashable, Codable {
  /// A name, in which `*` stands for any characters.
  public let pattern: String
  /// The group's own learning rate.
  public var learningRate: Float?
  /// The group's own weight decay.
  public var weightDecay: Float?
  /// Whether the parameters stay as they are.
  public var isFrozen: Bool

  /// The parameters whose names match `pattern`, for instance `"*.bias"`.
  public init(_ pattern: String, learningRate: Float? = nil, weightDecay: Float? = nil, isFrozen: Bool = false) {
    self.pattern = pattern
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.isFrozen = isFrozen
  }

  /// Whether the parameter called `name` belongs to the group.
  public func matches(_ name: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == pattern }
    guard name.hasPrefix(first), name.count >= first.count + last.count, name.hasSuffix(last) else { return false }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let place = Self.firstPlace(of: part, in: rest) else { return false }
      rest = rest[place...].dropFirst(part.count)
    }
    return true
  }

  private static func firstPlace(of part: String, in text: Substring) -> Substring.Index? {
    text.indices.first { text[$0...].hasPrefix(part) }
  }
}
