import LatentSystem

extension Tensor {
  /// `tanh(a) · sigmoid(b)`, where `a` is the first half of the last axis and `b` the second: `[…, 2 · C]` → `[…, C]`.
  ///
  /// - Precondition: the last axis has an even size.
  ///
  /// Reference: van den Oord et al., "Conditional image generation with PixelCNN decoders", arXiv:1606.05328, equation 2.
  public func tanhGate() -> Tensor {
    let rows = gateRows("tanhGate")
    let result = Tensor(shape.replacing(rank - 1, with: rows.columns)) { output in
      rows.forEachChunk { range in
        kernels.fused.gateRows(
          pointer + 2 * range.lowerBound * rows.columns, output + range.lowerBound * rows.columns, range.count,
          rows.columns)
      }
    }
    return recordUnary("tanhGate", result, saving: [.input(0)]) { u, saved in u.throughTanhGate(at: saved[0]) }
  }

  /// The gradient of the gate at `x`, `[…, 2 · C]`, for this upstream gradient, `[…, C]`.
  private func throughTanhGate(at x: Tensor) -> Tensor {
    let rows = x.gateRows("tanhGate")
    let result = Tensor(x.shape) { output in
      rows.forEachChunk { range in
        let start = range.lowerBound * rows.columns
        kernels.fused.gateRowsGradient(
          pointer + start, x.pointer + 2 * start, output + 2 * start, range.count, rows.columns)
      }
    }
    return Tensor.record("tanhGate's derivative", result, from: self, x, saving: [.input(0), .input(1)]) {
      let (u, x) = ($0.saved[0], $0.saved[1])
      let (v, halves) = ($0.cotangent.split(into: 2, axis: -1), x.split(into: 2, axis: -1))
      let (t, s) = (halves[0].tanh(), halves[1].sigmoid())
      // The gate's derivatives at its halves; each of these times the other way's cotangent is a second derivative.
      let (atTanh, atSigmoid) = ((1 - t * t) * s, t * s * (1 - s))
      let mixed = (1 - t * t) * s * (1 - s)
      let second: () -> Tensor = {
        .concatenated(
          [u * (v[1] * mixed - v[0] * t * atTanh * 2), u * (v[0] * mixed + v[1] * atSigmoid * (1 - s * 2))], axis: -1)
      }
      return [$0.isWanted[0] ? v[0] * atTanh + v[1] * atSigmoid : nil, $0.isWanted[1] ? second() : nil]
    }
  }

  private func gateRows(_ operation: StaticString) -> GateRows {
    require(
      rank >= 1 && shape[-1] % 2 == 0, "\(operation): shape \(shape); the last axis must have two halves of equal size")
    return GateRows(scalarCount / 2, columns: shape[-1] / 2)
  }
}

// MARK: - Long short-term memory

extension Tensor {
  /// A step of long short-term memory for these gates `i, f, g, o`, quarters of the last axis:
  /// `c' = σ(f) · c + σ(i) · tanh(g)`, `h' = σ(o) · tanh(c')`.
  ///
  /// - Parameter state: `c`, `[…, C]`, where this tensor is `[…, 4 · C]`.
  /// - Returns: `h'` and `c'`, of the state's shape.
  ///
  /// Reference: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9 (1997); Gers, Schmidhuber and
  /// Cummins, "Learning to forget", 2000.
  public func lstmStep(from state: Tensor) -> (output: Tensor, state: Tensor) {
    require(
      rank >= 1 && state.rank == rank && shape == state.shape.replacing(rank - 1, with: 4 * state.shape[-1]),
      "lstmStep: gates of shape \(shape) and a state of shape \(state.shape); the gates need four times the last axis")
    let rows = GateRows(state.scalarCount, columns: state.shape[-1])
    var next = Tensor(uninitialized: state.shape)
    let output = Tensor(state.shape) { output in
      next.withMutableScalars { next in
        guard let next = next.baseAddress else { return }
        nonisolated(unsafe) let (output, target) = (output, next)
        rows.forEachChunk { range in
          let start = range.lowerBound * rows.columns
          kernels.fused.lstmRows(
            pointer + 4 * start, state.pointer + start, output + start, target + start, range.count, rows.columns)
        }
      }
    }
    let results = Tensor.record("lstmStep", [output, next], from: [self, state], saving: [.input(0), .input(1)]) {
      let (x, c) = ($0.saved[0], $0.saved[1])
      let (u, v) = ($0.cotangents[0] ?? .zeros(c.shape), $0.cotangents[1] ?? .zeros(c.shape))
      return x.lstmGradients(c, u, v)
    }
    return (results[0], results[1])
  }

  /// The gradients of a step at the gates and at the state `c`, for the upstream gradients `u` of its output and `v` of its
  /// state.
  private func lstmGradients(_ c: Tensor, _ u: Tensor, _ v: Tensor) -> [Tensor] {
    let rows = GateRows(c.scalarCount, columns: c.shape[-1])
    var atState = Tensor(uninitialized: c.shape)
    let atGates = Tensor(shape) { atGates in
      atState.withMutableScalars { atState in
        guard let atState = atState.baseAddress else { return }
        nonisolated(unsafe) let (gates, target) = (atGates, atState)
        rows.forEachChunk { range in
          let start = range.lowerBound * rows.columns
          kernels.fused.lstmRowsGradient(
            u.pointer + start, v.pointer + start, pointer + 4 * start, c.pointer + start, gates + 4 * start,
            target + start, range.count, rows.columns)
        }
      }
    }
    let saved: [Saved] = [.input(0), .input(1), .input(2), .input(3)]
    return Tensor.record("lstmStep's derivative", [atGates, atState], from: [self, c, u, v], saving: saved) {
      arguments in
      // Derivatives of the second order and beyond come of the formulas.
      let (gates, state) = (
        arguments.cotangents[0] ?? .zeros(arguments.saved[0].shape),
        arguments.cotangents[1] ?? .zeros(arguments.saved[1].shape)
      )
      let (_, pullback) = Tensor.vjp(at: (0..<4).map { arguments.saved[$0] }) {
        .concatenated($0[0].lstmGradientFormulas($0[1], $0[2], $0[3]), axis: -1)
      }
      return pullback(.concatenated([gates, state], axis: -1))
    }
  }

  /// The same as operations that are recorded.
  private func lstmGradientFormulas(_ c: Tensor, _ u: Tensor, _ v: Tensor) -> [Tensor] {
    let gates = split(into: 4, axis: -1)
    let (i, f, g, o) = (gates[0].sigmoid(), gates[1].sigmoid(), gates[2].tanh(), gates[3].sigmoid())
    let squashed = (f * c + i * g).tanh()
    let atState = v + u * o * (1 - squashed * squashed)
    let atGates = [
      atState * g * i * (1 - i), atState * c * f * (1 - f), atState * i * (1 - g * g), u * squashed * o * (1 - o),
    ]
    return [.concatenated(atGates, axis: -1), atState * f]
  }
}

/// The rows of a gate's result.
private struct GateRows {
  let rows: Int
  let columns: Int

  /// Rows of so many scalars in all.
  init(_ scalarCount: Int, columns: Int) {
    rows = columns == 0 ? 0 : scalarCount / columns
    self.columns = columns
  }

  /// Calls `body` with ranges that cover the rows, from several threads if there is enough to do.
  func forEachChunk(_ body: (Range<Int>) -> Void) {
    // A scalar takes as long as several of a simple operation.
    Elementwise.forEachChunk(rows, size: Swift.max(1, Elementwise.chunk / 4 / Swift.max(1, columns)), body)
  }
}
