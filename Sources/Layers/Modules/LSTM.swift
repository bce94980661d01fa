import Tensor

/// Long short-term memory along sequences: `[N, L, inputSize]` → `[N, L, size]`; see ``LSTMCell``.
public typealias LSTM = Recurrent<LSTMCell>

extension Recurrent where Cell == LSTMCell {
  /// An LSTM along sequences.
  ///
  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - size: the number of features out.
  ///   - isReversed: whether the sequences are gone through from their end. Outputs keep their places.
  ///   - hasBias: whether biases are added.
  ///   - initializer: of all parameters; uniform in ±1/√size, as PyTorch has it, if nil.
  public convenience init(
    from inputSize: Int, to size: Int, isReversed: Bool = false, hasBias: Bool = true, initializer: Initializer? = nil
  ) {
    self.init(
      LSTMCell(from: inputSize, to: size, hasBias: hasBias, initializer: initializer), isReversed: isReversed)
  }
}

/// One step of long short-term memory. With `a = x · inputWeight + inputBias + h · stateWeight + stateBias`, cut into the
/// gates `i, f, g, o`:
///
/// `c' = σ(f) · c + σ(i) · tanh(g)`, `h' = σ(o) · tanh(c')`.
///
/// The formulas and the order of the gates are PyTorch's: `weight_ih` and `weight_hh`, transposed, are ``inputWeight`` and
/// ``stateWeight``; `bias_ih` and `bias_hh` are ``inputBias`` and ``stateBias``.
///
/// Reference: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); with forget gates: Gers,
/// Schmidhuber and Cummins, "Learning to forget", 2000.
public final class LSTMCell: RecurrentCell {
  /// `[inputSize, 4 · size]`.
  public let inputWeight: Parameter
  /// `[size, 4 · size]`.
  public let stateWeight: Parameter
  /// `[4 · size]`.
  public let inputBias: Parameter?
  /// `[4 · size]`.
  public let stateBias: Parameter?

  /// What goes from step to step.
  public struct Memory: Sendable {
    /// The output of the step before, `h`: `[N, size]`.
    public var output: Tensor
    /// The cell's state, `c`: `[N, size]`.
    public var state: Tensor

    /// An output and a state.
    public init(output: Tensor, state: Tensor) {
      self.output = output
      self.state = state
    }
  }

  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - size: the number of features out.
  ///   - hasBias: whether biases are added.
  ///   - initializer: of all parameters; uniform in ±1/√size, as PyTorch has it, if nil.
  public init(from inputSize: Int, to size: Int, hasBias: Bool = true, initializer: Initializer? = nil) {
    let parts = RecurrentParts("LSTMCell", from: inputSize, to: size, gates: 4, hasBias: hasBias, initializer)
    (inputWeight, stateWeight) = (parts.inputWeight, parts.stateWeight)
    (inputBias, stateBias) = (parts.inputBias, parts.stateBias)
  }

  public var inputSize: Int { inputWeight.shape[0] }
  public var outputSize: Int { stateWeight.shape[0] }

  public func projected(_ input: Tensor, in context: Context) -> Tensor {
    let product = context.adding(inputBias, to: input.matmul(context[inputWeight]))
    return context.adding(stateBias, to: product)
  }

  /// Zeros.
  public func initialMemory(count: Int) -> Memory {
    Memory(output: .zeros([count, outputSize]), state: .zeros([count, outputSize]))
  }

  public func step(_ projected: Tensor, from memory: Memory, in context: Context) -> (output: Tensor, memory: Memory) {
    let (output, state) = (projected + memory.output.matmul(context[stateWeight])).lstmStep(from: memory.state)
    return (output, Memory(output: output, state: state))
  }
}
