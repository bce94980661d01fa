import Layers
import Tensor

/// What one of several networks that learn from one recording is to be moved by.
public struct PlayerMove: Sendable {
  /// The name of the optimizer that moves it.
  public let name: String
  /// What its loss is called if it is not finite.
  public let lossName: String
  /// Its loss, the mean over this training's samples.
  public let loss: Tensor
  /// The gradients of that, or whatever it is to follow.
  public let gradients: Gradients

  /// A move of the network that the optimizer called `name` moves.
  /// - Parameters:
  ///   - loss: a scalar.
  ///   - lossName: what it is called in an error; the optimizer's name and `_loss` if nil.
  ///   - gradients: of all parameters that move.
  public init(_ name: String, loss: Tensor, named lossName: String? = nil, _ gradients: Gradients) {
    self.name = name
    self.lossName = lossName ?? "\(name)_loss"
    self.loss = loss.detached()
    self.gradients = gradients
  }
}

extension TrainingState {
  /// The means over the whole batch of numbers that are means over this training's samples: the same in all that hold a
  /// part of the batch, so that all decide alike what depends on them.
  public func wholeBatchMeans(_ means: [Tensor]) -> [Double] {
    let means = weight == 1 ? means : means.map { $0 * weight }
    return means.map { Double(reduction.sum($0.detached()).scalar) }
  }

  /// The rows of all that hold a part of the batch, in the order of the samples: the same in all of them.
  /// - Parameter rows: those of this training's samples, `[N, …]`.
  public func wholeBatch(_ rows: Tensor) -> Tensor {
    guard let samples else { return rows.detached() }
    let others = [Int](repeating: 0, count: rows.rank - 1)
    let placed = rows.detached().padded(
      before: [samples.offset] + others, after: [samples.globalCount - samples.range.upperBound] + others)
    return reduction.sum(placed).detached()
  }

  /// One update of several networks, whose gradients are all known before the first of them moves: their order changes
  /// nothing.
  ///
  /// - Parameters:
  ///   - moves: of different networks; one whose turn it is not is left out.
  ///   - bufferUpdates: new values of buffers, taken over afterwards.
  /// - Returns: what each update was like, in the order of `moves`.
  /// - Throws: ``TrainingError/notFinite(_:step:)`` if a loss or a gradient is not finite; nothing has moved then.
  /// - Precondition: there are optimizers of these names.
  @discardableResult
  public mutating func descend(_ moves: [PlayerMove], merging bufferUpdates: State = State()) throws -> [Descent] {
    let losses = wholeBatchMeans(moves.map(\.loss))
    var found: [(descent: Descent, gradients: Gradients)] = []
    for (move, loss) in zip(moves, losses) {
      let gradients = wholeBatchGradients(move.gradients)
      let norm = gradients.norm
      guard loss.isFinite, norm.isFinite || gradients.firstNonFinite == nil else {
        let gradient = loss.isFinite ? gradients.firstNonFinite.map { "the gradient of \($0)" } : nil
        throw TrainingError.notFinite(state.firstNonFinite ?? gradient ?? move.lossName, step: step + 1)
      }
      found.append((Descent(loss: loss, gradientNorm: norm), gradients))
    }
    for (move, own) in zip(moves, found) { update(move.name, with: own.gradients) }
    state.merge(bufferUpdates)
    return found.map(\.descent)
  }

  /// The sums over all that hold a part of the batch, in the order of the names.
  private func wholeBatchGradients(_ own: Gradients) -> Gradients {
    var gradients = weight == 1 ? own : own * weight
    if reduction is WholeBatch { return gradients }
    for name in gradients.names { gradients[name] = gradients[name].map { reduction.sum($0) } }
    return gradients
  }
}
