import LatentSystem

extension Tensor {
  /// A size, a step or a count along the height and the width of an image. A whole number stands for both:
  /// `stride: 2`.
  public struct Size2D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Along the height.
    public var height: Int
    /// Along the width.
    public var width: Int

    /// Different along the two axes.
    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }

    /// The same along both axes.
    public init(_ both: Int) { self.init(height: both, width: both) }

    public init(integerLiteral both: Int) { self.init(both) }

    public var description: String { "[\(height), \(width)]" }

    /// Whether `condition` holds along both axes.
    func both(_ condition: (Int) -> Bool) -> Bool { condition(height) && condition(width) }
  }

  /// Rows and columns of zeros around an image. A whole number stands for all four sides: `padding: 1`.
  public struct Padding2D: Hashable, Sendable, Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// Rows above the image.
    public var top: Int
    /// Rows below the image.
    public var bottom: Int
    /// Columns to the left of the image.
    public var left: Int
    /// Columns to the right of the image.
    public var right: Int

    /// Each side its own.
    public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
      self.top = top
      self.bottom = bottom
      self.left = left
      self.right = right
    }

    /// The same above and below, and the same left and right.
    public init(height: Int, width: Int) { self.init(top: height, bottom: height, left: width, right: width) }

    /// The same on all sides.
    public init(_ all: Int) { self.init(height: all, width: all) }

    public init(integerLiteral all: Int) { self.init(all) }

    /// The padding with which a convolution of stride 1 keeps the size of the image. If a kernel's extent is even, the
    /// additional row is below and the additional column to the right.
    ///
    /// - Parameters:
    ///   - kernelSize: height and width of the kernel, at least 1.
    ///   - dilation: distance between neighbours in the kernel, at least 1.
    public static func same(kernelSize: Size2D, dilation: Size2D = 1) -> Padding2D {
      let height = dilation.height * (kernelSize.height - 1)
      let width = dilation.width * (kernelSize.width - 1)
      return Padding2D(top: height / 2, bottom: height - height / 2, left: width / 2, right: width - width / 2)
    }

    public var description: String { "[top \(top), bottom \(bottom), left \(left), right \(right)]" }
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

    /// The size of the convolution's output for an image of size `input`:
    /// `(size + paddings - dilation * (kernel - 1) - 1) / stride + 1` along each axis, rounded down. Zero or negative
    /// where the kernel does not fit into the padded image.
    public func outputSize(for input: Size2D) -> Size2D {
      func size(_ input: Int, _ paddings: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
        let room = input + paddings - dilation * (kernel - 1) - 1
        return room < 0 ? 0 : room / stride + 1
      }
      return Size2D(
        height: size(input.height, padding.top + padding.bottom, kernel.height, stride.height, dilation.height),
        width: size(input.width, padding.left + padding.right, kernel.width, stride.width, dilation.width))
    }

    /// The size of the transposed convolution's output for an image of size `input`:
    /// `(size - 1) * stride - paddings + dilation * (kernel - 1) + 1 + outputPadding` along each axis. Zero or negative
    /// where the paddings leave nothing.
    ///
    /// - Parameter outputPadding: chooses among the sizes that a forward convolution with a stride maps to `input`.
    public func transposedOutputSize(for input: Size2D, outputPadding: Size2D = 0) -> Size2D {
      let height = (input.height - 1) * stride.height - padding.top - padding.bottom
      let width = (input.width - 1) * stride.width - padding.left - padding.right
      return Size2D(
        height: height + dilation.height * (kernel.height - 1) + 1 + outputPadding.height,
        width: width + dilation.width * (kernel.width - 1) + 1 + outputPadding.width)
    }

    /// Stops the program if a part is out of its range.
    func check(_ operation: StaticString) {
      require(kernel.both { $0 >= 1 }, "\(operation): the kernel's size is \(kernel); the least is 1")
      require(stride.both { $0 >= 1 }, "\(operation): the stride is \(stride); the least is 1")
      require(dilation.both { $0 >= 1 }, "\(operation): the dilation is \(dilation); the least is 1")
      require(
        padding.top >= 0 && padding.bottom >= 0 && padding.left >= 0 && padding.right >= 0,
        "\(operation): the padding is \(padding); none may be negative")
    }
  }
}
