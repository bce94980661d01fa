import LatentSystem
import Tensor

/// The numbers of a network: tensors by name.
///
/// A state is a value. A snapshot, a moving average, a checkpoint or a copy for another task is just another state.
public struct State: NamedTensors {
  /// The tensors by name.
  public private(set) var tensors: [String: Tensor] { didSet { preparation = nil } }
  /// What has been made of the tensors for inference; nothing that a state is equal by.
  var preparation: Preparation?

  /// A state with the given tensors. They are constants in it, whatever they were recorded from.
  public init(_ tensors: [String: Tensor] = [:]) { self.tensors = tensors.mapValues { $0.detached() } }

  /// The tensor called `name`; setting nil removes it.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set { tensors[name] = newValue?.detached() }
  }

  /// Replaces the tensors that `other` has too and adds those that are new.
  public mutating func merge(_ other: State) { tensors.merge(other.tensors) { $1 } }

  /// The tensors whose names are in `names`.
  public func selecting(_ names: Set<String>) -> State { State(tensors.filter { names.contains($0.key) }) }

  /// Moves every tensor a part of the way towards that of the same name in `other`: one step of a moving average.
  ///
  /// - Parameters:
  ///   - other: where to.
  ///   - share: 0 stays, 1 arrives.
  /// - Precondition: `other` has a tensor of each name, of the same shape.
  public mutating func move(towards other: State, by share: Float) {
    for name in names {
      guard var tensor = take(name) else { continue }
      let target = requireSome(
        other[name].flatMap { $0.shape == tensor.shape ? $0 : nil },
        "State.move: tensor \(name) is missing in the other state, or has another shape there")
      tensor *= 1 - share
      tensor.add(target, scaledBy: share)
      tensors[name] = tensor
    }
  }

  /// Removes and returns the tensor called `name`, so that whoever takes it may be its only holder and can change it in
  /// place. Assign it afterwards: `state[name] = tensor`.
  public mutating func take(_ name: String) -> Tensor? { tensors.removeValue(forKey: name) }
}

extension State {
  /// Whether both have tensors of the same names with the same shapes and scalars.
  public static func == (a: State, b: State) -> Bool { a.tensors == b.tensors }
}

// MARK: - Arithmetic

extension State {
  /// The sum of two states.
  /// - Precondition: both have the same names and shapes.
  public static func + (a: State, b: State) -> State { a.combined(b, "+") { $0 + $1 } }

  /// The difference of two states.
  /// - Precondition: both have the same names and shapes.
  public static func - (a: State, b: State) -> State { a.combined(b, "-") { $0 - $1 } }

  /// Adds `other`.
  /// - Precondition: both have the same names and shapes.
  public static func += (a: inout State, b: State) { a = a + b }

  /// Subtracts `other`.
  /// - Precondition: both have the same names and shapes.
  public static func -= (a: inout State, b: State) { a = a - b }

  /// Adds `factor` times each of `gradients` to the tensor of its name; the others stay. With the negative of a step
  /// size, it is a step of gradient descent.
  /// - Precondition: there is a tensor of each gradient's name and shape.
  public mutating func add(_ gradients: Gradients, scaledBy factor: Float = 1) {
    for name in gradients.names {
      guard let gradient = gradients[name] else { continue }
      require(
        tensors[name]?.shape == gradient.shape,
        "State.add: \(name) has shape \(gradient.shape) among the gradients, the state has \(tensors[name].map { "shape \($0.shape)" } ?? "no such tensor")"
      )
      guard var tensor = take(name) else { continue }
      tensor.add(gradient.detached(), scaledBy: factor)
      tensors[name] = tensor
    }
  }
}

extension State: CustomStringConvertible {
  /// How many tensors and scalars it has, with the first names and shapes.
  public var description: String { summary("State") }
}
