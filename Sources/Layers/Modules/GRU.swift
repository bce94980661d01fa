import Tensor

/// Gated recurrent units along sequences: `[N, L, inputSize]` → `[N, L, size]`; see ``GRUCell``.
public typealias GRU = Recurrent<GRUCell>

extension Recurrent where Cell == GRUCell {
  /// Gated recurrent units along sequences.
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
    self.init(GRUCell(from: inputSize, to: size, hasBias: hasBias, initializer: initializer), isReversed: isReversed)
  }
}

/// One step of gated recurrent units. With `a = x · inputWeight + inputBias` and `b = h · stateWeight + stateBias`, each
/// cut into three parts for `r, z, n`:
///
/// `r = σ(aᵣ + bᵣ)`, `z = σ(a_z + b_z)`, `n = tanh(aₙ + r · bₙ)`, `h' = (1 - z) · n + z · h`.
///
/// The formulas and the order of the gates are PyTorch's: `weight_ih` and `weight_hh`, transposed, are ``inputWeight`` and
/// ``stateWeight``; `bias_ih` and `bias_hh` are ``inputBias`` and ``stateBias``. The reset gate `r` acts after the product
/// with `h`, not before it as in the paper.
///
/// Reference: Cho et al., "Learning phrase representations using RNN encoder–decoder for statistical machine
/// translation", arXiv:1406.1078.
public final class GRUCell: RecurrentCell {
  /// `[inputSize, 3 · size]`.
  public let inputWeight: Parameter
  /// `[size, 3 · size]`.
  public let stateWeight: Parameter
  /// `[3 · size]`.
  public let inputBias: Parameter?
  /// `[3 · size]`.
  public let stateBias: Parameter?

  /// - Parameters:
  ///   - inputSize: the number of features in.
  ///   - size: the number of features out.
  ///   - hasBias: whether biases are added.
  ///   - initializer: of all parameters; uniform in ±1/√size, as PyTorch has it, if nil.
  public init(from inputSize: Int, to size: Int, hasBias: Bool = true, initializer: Initializer? = nil) {
    let parts = RecurrentParts("GRUCell", from: inputSize, to: size, gates: 3, hasBias: hasBias, initializer)
    (inputWeight, stateWeight) = (parts.inputWeight, parts.stateWeight)
    (inputBias, stateBias) = (parts.inputBias, parts.stateBias)
  }

  public var inputSize: Int { inputWeight.shape[0] }
  public var outputSize: Int { stateWeight.shape[0] }

  public func projected(_ input: Tensor, in context: Context) -> Tensor {
    context.adding(inputBias, to: input.matmul(context[inputWeight]))
  }

  /// Zeros: the memory is the output of the step before, `[N, size]`.
  public func initialMemory(count: Int) -> Tensor { .zeros([count, outputSize]) }

  public func step(_ projected: Tensor, from memory: Tensor, in context: Context) -> (output: Tensor, memory: Tensor) {
    let ofInput = projected.split(into: 3, axis: 1)
    let ofState = context.adding(stateBias, to: memory.matmul(context[stateWeight])).split(into: 3, axis: 1)
    let reset = (ofInput[0] + ofState[0]).sigmoid()
    let update = (ofInput[1] + ofState[1]).sigmoid()
    let new = (ofInput[2] + reset * ofState[2]).tanh()
    let output = new + update * (memory - new)
    return (output, output)
  }
}
