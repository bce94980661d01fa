extension Tensor {
  /// How a kernel moves along one axis. Sequences have one such axis, images two, volumes three.
  ///
  /// It always describes the forward convolution: output position `o` meets input positions
  /// `o * stride - padding.before + k * dilation` for `k` in `0..<kernel`.
  ///
  /// Reference: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
  public struct ConvolutionAxis: Hashable, Sendable, Codable {
    /// Size of the kernel, at least 1.
    public var kernel: Int
    /// Distance between neighbouring positions of the kernel, at least 1.
    public var stride: Int
    /// Positions before the first and after the last, none negative.
    public var padding: Padding1D
    /// Distance between neighbours within the kernel, at least 1.
    public var dilation: Int

    /// One axis; the parts are checked where it is used.
    public init(kernel: Int, stride: Int = 1, padding: Padding1D = 0, dilation: Int = 1) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
    }

    /// The size of the convolution's output for one of `input`:
    /// `(input + paddings - dilation * (kernel - 1) - 1) / stride + 1`, rounded down. Zero where the kernel does not fit
    /// into the padded axis.
    public func outputSize(for input: Int) -> Int {
      let room = input + padding.before + padding.after - dilation * (kernel - 1) - 1
      return room < 0 ? 0 : room / stride + 1
    }

    /// The size of the transposed convolution's output for one of `input`:
    /// `(input - 1) * stride - paddings + dilation * (kernel - 1) + 1 + outputPadding`. Zero or negative where the
    /// paddings leave nothing.
    ///
    /// - Parameter outputPadding: chooses among the sizes that a forward convolution with a stride maps to `input`.
    public func transposedOutputSize(for input: Int, outputPadding: Int = 0) -> Int {
      (input - 1) * stride - padding.before - padding.after + dilation * (kernel - 1) + 1 + outputPadding
    }

    /// The padding of one to three axes with the names of the sides, for messages.
    static func paddingText(_ axes: [ConvolutionAxis]) -> String {
      let names = ["before", "after", "front", "back", "top", "bottom", "left", "right"]
      let values = axes.flatMap { [$0.padding.before, $0.padding.after] }
      let named = zip(axes.count == 1 ? names[..<2] : names.suffix(values.count), values)
      return "[" + named.map { "\($0) \($1)" }.joined(separator: ", ") + "]"
    }
  }

  /// How a kernel moves over an image: what the three maps of a convolution (forward, input gradient, filter gradient)
  /// and the transposed convolution have in common, apart from the sizes of the image.
  ///
  /// It always describes the forward convolution: output position `o` meets input positions
  /// `o * stride - padding + k * dilation` for `k` in `0..<kernel`.
  ///
  /// Reference: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
  public struct ConvolutionGeometry: Hashable, Sendable, Codable {
    /// Height and width of the kernel, at least 1.
    public var kernel: Size2D
    /// Distance between neighbouring positions of the kernel, at least 1.
    public var stride: Size2D
    /// Zeros around the image, none negative. They may be more than the kernel covers.
    public var padding: Padding2D
    /// Distance between neighbours within the kernel, at least 1.
    public var dilation: Size2D

    /// A geometry; the parts are checked where it is used.
    public init(kernel: Size2D, stride: Size2D = 1, padding: Padding2D = 0, dilation: Size2D = 1) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
    }

    /// The geometry of an image from those of its axes.
    public init(height: ConvolutionAxis, width: ConvolutionAxis) {
      self.init(
        kernel: Size2D(height: height.kernel, width: width.kernel),
        stride: Size2D(height: height.stride, width: width.stride),
        padding: Padding2D(
          top: height.padding.before, bottom: height.padding.after, left: width.padding.before,
          right: width.padding.after),
        dilation: Size2D(height: height.dilation, width: width.dilation))
    }

    /// How the kernel moves along the height.
    public var height: ConvolutionAxis {
      ConvolutionAxis(
        kernel: kernel.height, stride: stride.height, padding: Padding1D(before: padding.top, after: padding.bottom),
        dilation: dilation.height)
    }

    /// How the kernel moves along the width.
    public var width: ConvolutionAxis {
      ConvolutionAxis(
        kernel: kernel.width, stride: stride.width, padding: Padding1D(before: padding.left, after: padding.right),
        dilation: dilation.width)
    }

    /// The size of the convolution's output for an image of size `input`, along each axis
    /// ``ConvolutionAxis/outputSize(for:)``.
    public func outputSize(for input: Size2D) -> Size2D {
      Size2D(height: height.outputSize(for: input.height), width: width.outputSize(for: input.width))
    }

    /// The size of the transposed convolution's output for an image of size `input`, along each axis
    /// ``ConvolutionAxis/transposedOutputSize(for:outputPadding:)``.
    ///
    /// - Parameter outputPadding: chooses among the sizes that a forward convolution with a stride maps to `input`.
    public func transposedOutputSize(for input: Size2D, outputPadding: Size2D = 0) -> Size2D {
      Size2D(
        height: height.transposedOutputSize(for: input.height, outputPadding: outputPadding.height),
        width: width.transposedOutputSize(for: input.width, outputPadding: outputPadding.width))
    }
  }
}
