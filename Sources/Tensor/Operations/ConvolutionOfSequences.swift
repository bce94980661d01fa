extension Tensor {
  /// The 1-D convolution (without flipping the kernel) of a batch of sequences.
  ///
  /// `y[n, i, o] = Σ x[n, i * stride - before + a * dilation, c] * weight[o, a, c]`, where positions outside of the
  /// sequence count as zeros. A bias is added with `+`.
  ///
  /// ```swift
  /// let signals = Tensor.ones([32, 1000, 1])
  /// signals.conv1d(weight, stride: 4, padding: 4)   // [32, 250, 16] for a weight [16, 9, 1]
  /// signals.conv1d(weight, padding: .init(before: 8))   // causal: an output sees no later input
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernel, inChannels / groups]`.
  ///   - stride: distance between neighbouring positions of the kernel.
  ///   - padding: zeros before and after the sequence; `1` or `Tensor.Padding1D(before: 2, after: 0)`.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups of neighbours the channels in and out are cut; each group of the output is made of
  ///     the same group of the input alone.
  /// - Returns: `[N, L', outChannels]`; for the size see ``ConvolutionAxis/outputSize(for:)``.
  /// - Precondition: this tensor is `[N, L, inChannels]`, the kernel fits into the padded sequence, and `groups` divides
  ///   the channels in and out.
  /// - Complexity: O(N · L' · kernel · inChannels · outChannels / groups).
  public func conv1d(
    _ weight: Tensor, stride: Int = 1, padding: Padding1D = 0, dilation: Int = 1, groups: Int = 1
  ) -> Tensor {
    ConvolutionPlan("conv1d", self, weight, [stride], [padding], [dilation], groups).run(self, weight)
  }

  /// The 1-D transposed convolution of a batch of sequences: the transpose of
  /// ``conv1d(_:stride:padding:dilation:groups:)`` with the same stride, padding and dilation.
  ///
  /// The output's length is `(L - 1) * stride - before - after + dilation * (kernel - 1) + 1 + outputPadding`. A bias is
  /// added with `+`.
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernel, inChannels / groups]`, channels of this operation's own output and input.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: positions that are cut off at the ends of the output.
  ///   - outputPadding: additional positions at the end; with a stride, it chooses among the lengths that a convolution
  ///     maps to `L`.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups of neighbours the channels in and out are cut.
  /// - Returns: `[N, L', outChannels]`.
  /// - Precondition: this tensor is `[N, L, inChannels]`, `0 <= outputPadding < max(stride, dilation)`, the output is not
  ///   empty, and `groups` divides the channels in and out.
  /// - Complexity: O(N · L · kernel · inChannels · outChannels / groups).
  public func convTranspose1d(
    _ weight: Tensor, stride: Int = 1, padding: Padding1D = 0, outputPadding: Int = 0, dilation: Int = 1,
    groups: Int = 1
  ) -> Tensor {
    ConvolutionPlan(
      "convTranspose1d", self, weight, [stride], [padding], [dilation], groups, outputPadding: [outputPadding]
    ).run(self, weight)
  }
}
