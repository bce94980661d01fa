extension Tensor {
  /// The 3-D convolution (without flipping the kernel) of a batch of volumes.
  ///
  /// As ``conv2d(_:stride:padding:dilation:groups:)``, with a depth before the height. A bias is added with `+`.
  ///
  /// ```swift
  /// let voxels = Tensor.ones([16, 32, 32, 32, 1])
  /// voxels.conv3d(weight, stride: 2, padding: 1)   // [16, 16, 16, 16, 64] for a weight [64, 4, 4, 4, 1]
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernelDepth, kernelHeight, kernelWidth, inChannels / groups]`.
  ///   - stride: distance between neighbouring positions of the kernel; `2` or
  ///     `Tensor.Size3D(depth: 1, height: 2, width: 2)`.
  ///   - padding: zeros around the volume; `1` or `Tensor.Padding3D(front: 0, back: 1)`.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups of neighbours the channels in and out are cut; each group of the output is made of
  ///     the same group of the input alone.
  /// - Returns: `[N, D', H', W', outChannels]`; for the sizes see ``ConvolutionAxis/outputSize(for:)``.
  /// - Precondition: this tensor is `[N, D, H, W, inChannels]`, the kernel fits into the padded volume, and `groups`
  ///   divides the channels in and out.
  /// - Complexity: O(N · D' · H' · W' · kernelDepth · kernelHeight · kernelWidth · inChannels · outChannels / groups), and
  ///   memory for `kernelDepth / stride.depth` copies of the input.
  public func conv3d(
    _ weight: Tensor, stride: Size3D = 1, padding: Padding3D = 0, dilation: Size3D = 1, groups: Int = 1
  ) -> Tensor {
    ConvolutionPlan("conv3d", self, weight, stride.sizes, padding.axes, dilation.sizes, groups).run(self, weight)
  }

  /// The 3-D transposed convolution of a batch of volumes: the transpose of
  /// ``conv3d(_:stride:padding:dilation:groups:)`` with the same stride, padding and dilation.
  ///
  /// The output's depth is `(D - 1) * stride - front - back + dilation * (kernelDepth - 1) + 1 + outputPadding`; height
  /// and width likewise. A bias is added with `+`.
  ///
  /// ```swift
  /// let features = Tensor.ones([16, 4, 4, 4, 256])
  /// features.convTranspose3d(weight, stride: 2, padding: 1)   // [16, 8, 8, 8, 128] for a weight [128, 4, 4, 4, 256]
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernelDepth, kernelHeight, kernelWidth, inChannels / groups]`, channels of this
  ///     operation's own output and input.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: planes, rows and columns that are cut off at the sides of the output.
  ///   - outputPadding: additional planes, rows and columns at the end; with a stride, it chooses among the sizes that a
  ///     convolution maps to this one.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups of neighbours the channels in and out are cut.
  /// - Returns: `[N, D', H', W', outChannels]`.
  /// - Precondition: this tensor is `[N, D, H, W, inChannels]`, `0 <= outputPadding < max(stride, dilation)`, the output
  ///   is not empty, and `groups` divides the channels in and out.
  /// - Complexity: O(N · D · H · W · kernelDepth · kernelHeight · kernelWidth · inChannels · outChannels / groups), and
  ///   memory for `kernelDepth / stride.depth` copies of the output.
  public func convTranspose3d(
    _ weight: Tensor, stride: Size3D = 1, padding: Padding3D = 0, outputPadding: Size3D = 0, dilation: Size3D = 1,
    groups: Int = 1
  ) -> Tensor {
    ConvolutionPlan(
      "convTranspose3d", self, weight, stride.sizes, padding.axes, dilation.sizes, groups,
      outputPadding: outputPadding.sizes
    ).run(self, weight)
  }
}
