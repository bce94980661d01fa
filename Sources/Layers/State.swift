import Tensor

/// The numbers of a network: tensors by name.
///
/// A state is a value. A snapshot, a moving average, a checkpoint or a copy for another task is just another state.
public struct State: Sendable, Equatable {
  /// The tensors by name.
  public private(set) var tensors: [String: Tensor]

  /// A state with the given tensors. They are constants in it, whatever they were recorded from.
  public init(_ tensors: [String: Tensor] = [:]) { self.tensors = tensors.mapValues { $0.detached() } }

  /// The names in alphabetical order.
  public var names: [String] { tensors.keys.sorted() }

  /// The tensor called `name`; setting nil removes it.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set { tensors[name] = newValue?.detached() }
  }

  /// Replaces the tensors that `other` has too and adds those that are new.
  public mutating func merge(_ other: State) { tensors.merge(other.tensors) { $1 } }

  /// The tensors whose names are in `names`.
  public func selecting(_ names: Set<String>) -> State { State(tensors.filter { names.contains($0.key) }) }

  /// The name of a tensor that holds an infinity or NaN, the first in alphabetical order, if there is one.
  public var firstNonFinite: String? { names.first { tensors[$0]?.isAllFinite == false } }

  /// Moves every tensor a part of the way towards that of the same name in `other`: one step of a moving average.
  ///
  /// - Parameter share: 0 stays, 1 arrives.
  /// - Precondition: `other` has a tensor of each name, of the same shape.
  public mutating func move(towards other: State, by share: Float) {
    for name in names {
      guard var tensor = take(name), let target = other[name], target.shape == tensor.shape else {
        fatalError("State.move: tensor \(name) is missing in the other state, or has another shape there")
      }
      tensor *= 1 - share
      tensor.add(target, scaledBy: share)
      tensors[name] = tensor
    }
  }

  /// Removes and returns the tensor called `name`, so that whoever takes it may be its only holder.
  mutating func take(_ name: String) -> Tensor? { tensors.removeValue(forKey: name) }
}
