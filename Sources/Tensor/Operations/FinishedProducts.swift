import LatentSystem

// Products and convolutions with what is done with their channels afterwards, in one pass. The results, and their
// first derivatives, have the bits of the separate operations; those of higher order may differ by rounding.

extension Tensor {
  /// The matrix product with `weight`, finished.
  ///
  /// - Parameters:
  ///   - weight: `[k, n]`.
  ///   - finish: of n columns.
  /// - Returns: `[…, n]`.
  /// - Precondition: this tensor is `[…, k]`; where something is recorded, nothing is normalized.
  package func matmul(_ weight: Tensor, finish: ChannelFinish) -> Tensor {
    require(
      rank >= 1 && weight.rank == 2 && shape[-1] == weight.shape[0] && weight.shape[1] == finish.columns,
      "matmul: shapes \(shape) and \(weight.shape), finished by \(finish.columns) columns")
    let (k, n) = (weight.shape[0], weight.shape[1])
    if rank != 2 {
      let rows = shape.sizes.dropLast()
      return reshaped(to: [rows.reduce(1, *), k]).matmul(weight, finish: finish).reshaped(to: Shape(rows + [n]))
    }
    let product = Tensor([shape[0], n], for: "matmul") { output in
      GEMMProblem(
        m: shape[0], n: n, k: k, a: pointer, aRowStride: k, aColumnStride: 1, b: weight.pointer, bRowStride: n,
        bColumnStride: 1, c: output, cRowStride: n, accumulate: false, kernels: .current, finish: finish
      ).run(parallel: true)
    }
    return Tensor.recordProduct("matmul", product, from: self, weight, finish) { u, a, b, isWanted in
      [
        isWanted[0] ? u.matmul(b, transposingOther: true) : nil,
        isWanted[1] ? a.matmul(u, transposingSelf: true) : nil,
      ]
    }
  }

  /// The convolution ``conv2d(_:stride:padding:dilation:groups:)``, finished.
  package func conv2d(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, padding: Padding2D, groups: Int, finish: ChannelFinish
  ) -> Tensor {
    ConvolutionPlan(
      "conv2d", self, weight, geometry.stride.sizes, padding.axes, geometry.dilation.sizes, groups
    ).run(self, weight, finish)
  }

  /// The transposed convolution ``convTranspose2d(_:stride:padding:outputPadding:dilation:groups:)``, finished.
  package func convTranspose2d(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, outputPadding: Size2D, groups: Int, finish: ChannelFinish
  ) -> Tensor {
    ConvolutionPlan(
      "convTranspose2d", self, weight, geometry.stride.sizes, geometry.padding.axes, geometry.dilation.sizes, groups,
      outputPadding: outputPadding.sizes
    ).run(self, weight, finish)
  }
}

/// From the cotangent of a product, and its two factors, the cotangents of these; nil where one is not wanted.
typealias ProductPullback =
  @Sendable (
    _ cotangent: Tensor, _ a: Tensor, _ b: Tensor, _ isWanted: Few<Bool>
  ) -> [Tensor?]

extension Tensor {
  /// `result`, a product of `a` and `b` that is finished already, connected to the graph if something of it is recorded.
  ///
  /// - Parameter pullback: of the product alone.
  static func recordProduct(
    _ operation: StaticString, _ result: Tensor, from a: Tensor, _ b: Tensor, _ finish: ChannelFinish?,
    pullback: @escaping ProductPullback
  ) -> Tensor {
    require(
      finish?.isDifferentiable ?? true || !a.isRecorded && !b.isRecorded && finish?.bias?.isRecorded != true,
      "\(operation): a normalization with given statistics is recorded by itself")
    guard let finish, finish.bias != nil || finish.function != nil else {
      return record(operation, result, from: a, b, saving: [.input(0), .input(1)]) {
        pullback($0.cotangent, $0.saved[0], $0.saved[1], $0.isWanted)
      }
    }
    let (hasBias, function) = (finish.bias != nil, finish.function)
    let inputs = finish.bias.map { [a, b, $0] } ?? [a, b]
    guard inputs.contains(where: \.isRecorded) else { return result }
    let saved: [Saved] = [.input(0), .input(1)] + (function == nil ? [] : [.output(0)])
    return record(operation, result, from: inputs, saving: saved) { arguments in
      var u = arguments.cotangent
      if let function { u = u.timesSlope(of: function, at: arguments.saved[2]) }
      let factors = pullback(u, arguments.saved[0], arguments.saved[1], arguments.isWanted)
      return hasBias ? factors + [arguments.isWanted[2] ? u : nil] : factors
    }
  }
}
