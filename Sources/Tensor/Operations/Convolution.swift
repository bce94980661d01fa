// Convolution of images. Sequences and volumes are in files of their own, what all have in common in ConvolutionPlan.

extension Tensor {
  /// The 2-D convolution (without flipping the kernel, as everywhere in deep learning) of a batch of images.
  ///
  /// `y[n, i, j, o] = Σ x[n, i * stride - top + a * dilation, j * stride - left + b * dilation, c] * weight[o, a, b, c]`,
  /// where positions outside of the image count as zeros. A bias is added with `+`.
  ///
  /// ```swift
  /// let images = Tensor.ones([128, 28, 28, 1])
  /// images.conv2d(weight, stride: 2, padding: 1)   // [128, 14, 14, 64] for a weight [64, 4, 4, 1]
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernelHeight, kernelWidth, inChannels / groups]`.
  ///   - stride: distance between neighbouring positions of the kernel; `2` or `Tensor.Size2D(height: 2, width: 1)`.
  ///   - padding: zeros around the image; `1` or `Tensor.Padding2D(top: 0, bottom: 1, left: 0, right: 1)`.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups of neighbours the channels in and out are cut; each group of the output is made of
  ///     the same group of the input alone. With one group a channel, the convolution is depthwise.
  /// - Returns: `[N, H', W', outChannels]`; for the sizes see ``ConvolutionGeometry/outputSize(for:)``.
  /// - Precondition: this tensor is `[N, H, W, inChannels]`, the kernel fits into the padded image, and `groups` divides
  ///   the channels in and out.
  /// - Complexity: O(N · H' · W' · kernelHeight · kernelWidth · inChannels · outChannels / groups).
  public func conv2d(
    _ weight: Tensor, stride: Size2D = 1, padding: Padding2D = 0, dilation: Size2D = 1, groups: Int = 1
  ) -> Tensor {
    ConvolutionPlan("conv2d", self, weight, stride.sizes, padding.axes, dilation.sizes, groups).run(self, weight)
  }

  /// The 2-D transposed convolution of a batch of images: the transpose of ``conv2d(_:stride:padding:dilation:groups:)`` with
  /// the same stride, padding and dilation. It spreads each position over a kernel's extent, and so enlarges images.
  ///
  /// The output's height is `(H - 1) * stride - top - bottom + dilation * (kernelHeight - 1) + 1 + outputPadding`, and
  /// the width likewise. A bias is added with `+`.
  ///
  /// ```swift
  /// let features = Tensor.ones([128, 7, 7, 256])
  /// features.convTranspose2d(weight, stride: 2, padding: 1)   // [128, 14, 14, 64] for a weight [64, 4, 4, 256]
  /// ```
  ///
  /// - Parameters:
  ///   - weight: `[outChannels, kernelHeight, kernelWidth, inChannels / groups]`, channels of this operation's own output
  ///     and input.
  ///   - stride: distance between the places that neighbouring positions are spread to.
  ///   - padding: rows and columns that are cut off at the sides of the output.
  ///   - outputPadding: additional rows at the bottom and columns at the right: with a stride, a convolution maps images
  ///     of several sizes to one size; this chooses among them.
  ///   - dilation: distance between neighbours within the kernel.
  ///   - groups: into how many groups of neighbours the channels in and out are cut; each group of the output is made of
  ///     the same group of the input alone.
  /// - Returns: `[N, H', W', outChannels]`.
  /// - Precondition: this tensor is `[N, H, W, inChannels]`, `0 <= outputPadding < max(stride, dilation)`, the output has
  ///   a row and a column, and `groups` divides the channels in and out.
  /// - Complexity: O(N · H · W · kernelHeight · kernelWidth · inChannels · outChannels / groups).
  public func convTranspose2d(
    _ weight: Tensor, stride: Size2D = 1, padding: Padding2D = 0, outputPadding: Size2D = 0, dilation: Size2D = 1,
    groups: Int = 1
  ) -> Tensor {
    ConvolutionPlan(
      "convTranspose2d", self, weight, stride.sizes, padding.axes, dilation.sizes, groups,
      outputPadding: outputPadding.sizes
    ).run(self, weight)
  }
}
