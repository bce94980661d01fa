import LatentSystem

// Products and convolutions with what is done with their channels afterwards, in one pass, for networks that are used and
// not trained. The results are constants, and have the bits of the separate operations.

extension Tensor {
  /// The matrix product with `weight`, finished.
  ///
  /// - Parameters:
  ///   - weight: `[k, n]`.
  ///   - finish: of n columns.
  /// - Returns: `[…, n]`.
  /// - Precondition: this tensor is `[…, k]`.
  package func matmul(_ weight: Tensor, finish: ChannelFinish) -> Tensor {
    require(
      rank >= 1 && weight.rank == 2 && shape[-1] == weight.shape[0] && weight.shape[1] == finish.columns,
      "matmul: shapes \(shape) and \(weight.shape), finished by \(finish.columns) columns")
    let (k, n) = (weight.shape[0], weight.shape[1])
    let rows = shape.sizes.dropLast()
    return Tensor(Shape(rows + [n]), for: "matmul") { output in
      GEMMProblem(
        m: rows.reduce(1, *), n: n, k: k, a: pointer, aRowStride: k, aColumnStride: 1, b: weight.pointer,
        bRowStride: n, bColumnStride: 1, c: output, cRowStride: n, accumulate: false, kernels: .current, finish: finish
      ).run(parallel: true)
    }
  }

  /// The convolution ``conv2d(_:stride:padding:dilation:groups:)``, finished. The weight is kept as the kernels want it.
  package func conv2d(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, padding: Padding2D, groups: Int, finish: ChannelFinish
  ) -> Tensor {
    ConvolutionPlan(
      "conv2d", self, weight, geometry.stride.sizes, padding.axes, geometry.dilation.sizes, groups
    ).run(self, weight, finish)
  }

  /// The transposed convolution ``convTranspose2d(_:stride:padding:outputPadding:dilation:groups:)``, finished. The weight
  /// is kept as the kernels want it.
  package func convTranspose2d(
    _ weight: Tensor, _ geometry: ConvolutionGeometry, outputPadding: Size2D, groups: Int, finish: ChannelFinish
  ) -> Tensor {
    ConvolutionPlan(
      "convTranspose2d", self, weight, geometry.stride.sizes, geometry.padding.axes, geometry.dilation.sizes, groups,
      outputPadding: outputPadding.sizes
    ).run(self, weight, finish)
  }
}
