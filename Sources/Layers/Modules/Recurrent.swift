import LatentSystem
import Tensor

/// One step of a recurrent layer: from the input of a time and what is remembered, to an output and what is remembered
/// then.
///
/// What does not depend on the memory is computed for all times at once, by ``projected(_:in:)``.
public protocol RecurrentCell: Module {
  /// What goes from step to step.
  associatedtype Memory

  /// The number of features in.
  var inputSize: Int { get }
  /// The number of features out.
  var outputSize: Int { get }

  /// The part of a step that depends on the input alone: `[…, inputSize]` → `[…, P]`, for any `P`.
  func projected(_ input: Tensor, in context: Context) -> Tensor

  /// What is remembered before the first step of `count` sequences.
  func initialMemory(count: Int) -> Memory

  /// The rest of a step.
  ///
  /// - Parameters:
  ///   - projected: `[N, P]`, what ``projected(_:in:)`` made of the input.
  ///   - memory: of the step before.
  ///   - context: of the call.
  /// - Returns: the output, `[N, outputSize]`, and what is remembered.
  func step(_ projected: Tensor, from memory: Memory, in context: Context) -> (output: Tensor, memory: Memory)
}

extension RecurrentCell {
  /// One step: `[N, inputSize]` → `[N, outputSize]`.
  public func callAsFunction(
    _ input: Tensor, from memory: Memory, in context: Context
  ) -> (output: Tensor, memory: Memory) {
    require(
      input.rank == 2 && input.shape[1] == inputSize,
      "\(type(of: self)): the input has shape \(input.shape); [N, \(inputSize)] is needed")
    return step(projected(input, in: context), from: memory, in: context)
  }
}

/// A cell applied along sequences: an ``LSTM``, a ``GRU``, or with a cell of one's own.
///
/// ```swift
/// let model = Sequential(LSTM(from: 28, to: 64), LSTM(from: 64, to: 64), Dense(from: 64, to: 10))
/// let logits = model(sequences, in: context)   // [N, L, 28] → [N, L, 10]
/// ```
public final class Recurrent<Cell: RecurrentCell>: Layer {
  /// What makes each step.
  public let cell: Cell
  /// Whether the sequences are gone through from their end.
  public let isReversed: Bool

  /// - Parameters:
  ///   - cell: what makes each step.
  ///   - isReversed: whether the sequences are gone through from their end. Outputs keep their places.
  public init(_ cell: Cell, isReversed: Bool = false) {
    self.cell = cell
    self.isReversed = isReversed
  }

  /// `[N, L, inputSize]` → `[N, L, outputSize]`.
  public func callAsFunction(_ input: Tensor, in context: Context) -> Tensor {
    self(input, from: nil, in: context).outputs
  }

  /// The outputs of all steps, and what is remembered after the last.
  ///
  /// - Parameters:
  ///   - input: `[N, L, inputSize]`, with one step or more.
  ///   - memory: where to start; the cell's own if nil.
  ///   - context: of the call.
  /// - Returns: the outputs `[N, L, outputSize]`, and the memory.
  public func callAsFunction(
    _ input: Tensor, from memory: Cell.Memory?, in context: Context
  ) -> (outputs: Tensor, memory: Cell.Memory) {
    require(
      input.rank == 3 && input.shape[2] == cell.inputSize && input.shape[1] >= 1,
      "\(Cell.self): the input has shape \(input.shape); [N, L, \(cell.inputSize)] with a step or more is needed")
    let (count, length) = (input.shape[0], input.shape[1])
    // Times first, so that each step's part is in one piece.
    let projected = cell.projected(input.permuted([1, 0, 2]), in: context)
    let steps = projected.split(into: length).map { $0.reshaped(to: [count, projected.shape[2]] as Tensor.Shape) }
    var (outputs, memory) = ([Tensor](), memory ?? cell.initialMemory(count: count))
    for step in isReversed ? steps.reversed() : steps {
      let (output, next) = cell.step(step, from: memory, in: context)
      outputs.append(output)
      memory = next
    }
    return (.stacked(isReversed ? outputs.reversed() : outputs, axis: 1), memory)
  }
}

/// The parameters of a cell whose gates are sums of a product with the input and one with its last output.
struct RecurrentParts {
  let inputWeight: Parameter
  let stateWeight: Parameter
  let inputBias: Parameter?
  let stateBias: Parameter?

  /// - Parameters:
  ///   - cell: the cell's name, for messages.
  ///   - gates: how many vectors of `size` features a step computes.
  ///   - initializer: of all parameters; uniform in ±1/√size if nil.
  init(
    _ cell: StaticString, from inputSize: Int, to size: Int, gates: Int, hasBias: Bool, _ initializer: Initializer?
  ) {
    require(inputSize > 0 && size > 0, "\(cell): from \(inputSize) to \(size); both must be positive")
    let initializer = initializer ?? .uniform(bound: 1 / Float(size).squareRoot())
    func parameter(_ shape: Tensor.Shape, from fanIn: Int) -> Parameter {
      Parameter(shape, initializer, fan: Fan(in: fanIn, out: size))
    }
    inputWeight = parameter([inputSize, gates * size], from: inputSize)
    stateWeight = parameter([size, gates * size], from: size)
    inputBias = hasBias ? parameter([gates * size], from: inputSize) : nil
    stateBias = hasBias ? parameter([gates * size], from: size) : nil
  }
}
