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

  /// Removes and returns the tensor called `name`, so that whoever takes it may be its only holder.
  mutating func take(_ name: String) -> Tensor? { tensors.removeValue(forKey: name) }
}
