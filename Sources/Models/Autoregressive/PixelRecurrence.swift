import Layers
import Tensor

/// A recurrent layer over images, in which a pixel sees itself and those before it: ``RowLSTM``, ``DiagonalBiLSTM``.
public protocol PixelRecurrence: Layer {
  /// What goes over images a pixel after the other, with the bits of a pass over the whole.
  func scan(_ size: Tensor.Size2D, count: Int, in context: Context) -> any PixelRecurrenceScan
}

/// A ``PixelRecurrence`` on its way over images, row by row.
public protocol PixelRecurrenceScan {
  /// Begins the next row, all pixels of those before which it has seen.
  mutating func beginRow(in context: Context)

  /// The output at the next pixel of the row, `[N, 1, 1, channels]` → `[N, 1, 1, features]`.
  mutating func step(_ pixel: Tensor, in context: Context) -> Tensor
}

/// What goes from step to step of long short-term memory.
struct LSTMMemory {
  /// `h`, `[N, …, features]`.
  var output: Tensor
  /// `c`, of the same shape.
  var state: Tensor

  /// The memory after a step with these gates.
  func next(_ gates: Tensor) -> LSTMMemory {
    let (output, state) = gates.lstmStep(from: state)
    return LSTMMemory(output: output, state: state)
  }

  /// That of one place of an axis.
  func place(_ index: Int, axis: Int) -> LSTMMemory {
    func taken(_ tensor: Tensor) -> Tensor {
      tensor.sliced((0..<axis).map { 0..<tensor.shape[$0] } + [index..<index + 1])
    }
    return LSTMMemory(output: taken(output), state: taken(state))
  }

  static func concatenated(_ memories: [LSTMMemory], axis: Int) -> LSTMMemory {
    LSTMMemory(
      output: .concatenated(memories.map(\.output), axis: axis), state: .concatenated(memories.map(\.state), axis: axis)
    )
  }
}

/// The first memory of a recurrence, which is learned: the same at every place.
final class FirstMemory: Module {
  /// `[features]`.
  let output: Parameter
  /// `[features]`.
  let state: Parameter

  init(_ features: Int) {
    output = Parameter([features], .zeros)
    state = Parameter([features], .zeros)
  }

  /// At `length` places of `count` images, `[count, length, features]`.
  func callAsFunction(count: Int, length: Int, in context: Context) -> LSTMMemory {
    let shape: Tensor.Shape = [count, length, output.shape[0]]
    return LSTMMemory(output: context[output].broadcast(to: shape), state: context[state].broadcast(to: shape))
  }
}
