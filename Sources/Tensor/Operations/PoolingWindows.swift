import LatentSystem

// Pooling over windows along one, two or three axes: by kernels, or composed of movements and reductions.

/// One pooling as it was asked for: `[N, sizes…, C]` with one, two or three axes in the middle.
struct Pooling {
  private let operation: StaticString
  private let axes: [Tensor.ConvolutionAxis]
  /// How many windows there are along each axis.
  private let counts: [Int]

  /// Checks what was asked for.
  ///
  /// - Parameters:
  ///   - input: `[N, sizes…, C]`.
  ///   - stride: nil for windows that lie side by side.
  init(
    _ operation: StaticString, _ input: Tensor, _ size: [Int], _ stride: [Int]?, _ padding: [Tensor.Padding1D]
  ) {
    let (rank, shape) = (size.count, input.shape)
    require(shape.rank == rank + 2, "\(operation): shape \(shape); \(Self.ranks[rank])")
    let stride = stride ?? size
    require(size.allSatisfy { $0 >= 1 }, "\(operation): the window's size is \(Self.text(size)); the least is 1")
    require(stride.allSatisfy { $0 >= 1 }, "\(operation): the stride is \(Self.text(stride)); the least is 1")
    axes = (0..<rank).map { Tensor.ConvolutionAxis(kernel: size[$0], stride: stride[$0], padding: padding[$0]) }
    require(
      axes.allSatisfy { (0..<$0.kernel).contains($0.padding.before) && (0..<$0.kernel).contains($0.padding.after) },
      "\(operation): the padding is \(Tensor.ConvolutionAxis.paddingText(axes)); each side must be at least 0 and less than the window \(Self.text(size))"
    )
    let sizes = shape.sizes[1...rank]
    counts = zip(axes, sizes).map { $0.outputSize(for: $1) }
    require(
      sizes.allSatisfy { $0 >= 1 } && counts.allSatisfy { $0 >= 1 },
      "\(operation): window \(Self.text(size)) does not fit into shape \(shape) with padding \(Tensor.ConvolutionAxis.paddingText(axes))"
    )
    self.operation = operation
  }

  /// What is wanted where the rank is wrong, by the number of axes.
  private static let ranks = [
    "", "sequences have three axes, [N, L, C]", "images have four axes, [N, H, W, C]",
    "volumes have five axes, [N, D, H, W, C]",
  ]

  private static func text(_ sizes: [Int]) -> String { sizes.count == 1 ? "\(sizes[0])" : "\(sizes)" }

  // MARK: Results

  /// The largest value of each window.
  func max(_ input: Tensor) -> Tensor {
    if input.shape[-1] >= Self.leastChannels {
      return WindowMaximum(input.shape, axes, counts: counts).values(input)
    }
    // Copies of the image with the first values of all windows, the second values and so on: their rows are long.
    let order = [0] + windowAxes + windowAxes.map { $0 - 1 } + [-1]
    return windows(of: input, paddedWith: -.infinity).permuted(order).max(axes: Array(1...axes.count))
  }

  /// The mean of each window.
  func mean(_ input: Tensor, countsPadding: Bool) -> Tensor {
    let means = paddedMean(input)
    if countsPadding || axes.allSatisfy({ $0.padding == 0 }) { return means }
    // The mean over the padded window of 1 within the image and 0 around it is the share of the image in the window.
    let image = Tensor.ones(Tensor.Shape([1] + input.shape.sizes.dropFirst().dropLast() + [1]))
    return means / windows(of: image, paddedWith: 0).mean(axes: windowAxes)
  }

  /// The mean of each window with the zeros of the padding.
  private func paddedMean(_ input: Tensor) -> Tensor {
    guard input.shape[-1] >= Self.leastChannels else {
      return windows(of: input, paddedWith: 0).mean(axes: windowAxes)
    }
    // Halves and quarters are exact, so these divisions can be had on the way.
    func divides(_ kernel: Int) -> Bool { kernel & (kernel - 1) != 0 }
    let sums = input.combined(
      by: axes.indices.reversed().map { index in
        let (axis, size) = (axes[index], input.shape[index + 1])
        let weight = divides(axis.kernel) ? 1 : 1 / Float(axis.kernel)
        return (index + 1, .sums(of: axis, from: size, count: counts[index], weight: weight))
      })
    let rest = axes.reduce(1) { $0 * (divides($1.kernel) ? $1.kernel : 1) }
    return rest == 1 ? sums : sums / Float(rest)
  }

  /// With fewer channels the vectors of the kernels would be too short to be worth it.
  private static let leastChannels = 8

  /// The axes of ``windows(of:paddedWith:)`` that are those of a window.
  private var windowAxes: [Int] { axes.indices.map { 2 * $0 + 2 } }

  /// The windows: for each axis the windows along it, then the positions in each, as `[N, H', height, W', width, C]` for
  /// images.
  private func windows(of input: Tensor, paddedWith value: Float) -> Tensor {
    var image = input
    if axes.contains(where: { $0.padding != 0 }) {
      image = image.padded(
        before: [0] + axes.map(\.padding.before) + [0], after: [0] + axes.map(\.padding.after) + [0], with: value)
    }
    if axes.allSatisfy({ $0.stride == $0.kernel }) {
      let whole = zip(axes, counts).map { $0.kernel * $1 }
      if Array(image.shape.sizes.dropFirst().dropLast()) != whole {
        image = image.sliced([0..<image.shape[0]] + whole.map { 0..<$0 })
      }
    } else {
      for (index, axis) in axes.enumerated() {
        let positions = (0..<counts[index]).flatMap { window in (0..<axis.kernel).map { window * axis.stride + $0 } }
        image = image.gathered(at: positions, axis: index + 1)
      }
    }
    let sizes = zip(axes, counts).flatMap { [$1, $0.kernel] }
    return image.reshaped(to: Tensor.Shape([image.shape[0]] + sizes + [image.shape[-1]]))
  }
}
