import LatentSystem

// What convolutions of sequences, images and volumes, forward and transposed, have in common: the checks, the groups,
// and how each is made of the two-dimensional maps.

/// One convolution as it was asked for: `[N, sizes…, C]` with one, two or three axes in the middle.
///
/// A sequence is an image of one row. A volume is a batch of planes: the taps of the kernel along the depth become
/// channels of the planes, so that one two-dimensional map does all of them at once. Everything around the maps is
/// linear and recorded, so derivatives of all orders follow.
struct ConvolutionPlan {
  private let operation: StaticString
  private let axes: [Tensor.ConvolutionAxis]
  private let groups: Int
  private let isTransposed: Bool
  /// The sizes of the result along the axes.
  private var sizes: [Int] = []

  /// Checks what was asked for.
  ///
  /// - Parameters:
  ///   - input: `[N, sizes…, inChannels]`.
  ///   - weight: `[outChannels, kernel…, inChannels / groups]`.
  ///   - outputPadding: of a transposed convolution; nil for a forward one.
  init(
    _ operation: StaticString, _ input: Tensor, _ weight: Tensor, _ stride: [Int], _ padding: [Tensor.Padding1D],
    _ dilation: [Int], _ groups: Int, outputPadding: [Int]? = nil
  ) {
    let rank = stride.count
    require(
      input.rank == rank + 2 && weight.rank == rank + 2,
      "\(operation): input \(input.shape) and weight \(weight.shape); both need \(Self.ranks[rank])")
    axes = (0..<rank).map {
      Tensor.ConvolutionAxis(
        kernel: weight.shape[$0 + 1], stride: stride[$0], padding: padding[$0], dilation: dilation[$0])
    }
    (self.operation, self.groups) = (operation, groups)
    isTransposed = outputPadding != nil
    checkGeometry()
    let inputSizes = Array(input.shape.sizes[1...rank])
    if let outputPadding {
      sizes = zip(zip(axes, inputSizes), outputPadding).map {
        $0.0.transposedOutputSize(for: $0.1, outputPadding: $1)
      }
    } else {
      sizes = zip(axes, inputSizes).map { $0.outputSize(for: $1) }
    }
    checkChannels(input.shape, weight.shape)
    if let outputPadding { checkOutputPadding(outputPadding) }
    checkSizes(input.shape, weight.shape, inputSizes)
  }

  /// The finished result of an image, `[N, H, W, outChannels]`.
  func run(_ input: Tensor, _ weight: Tensor, _ finish: ChannelFinish) -> Tensor {
    require(
      weight.shape[0] == finish.columns, "\(operation): weight \(weight.shape), finished by \(finish.columns) channels")
    if groups == 1 { return planar(input, weight, false, axes, sizes, finish) }
    var result = run(input, weight)
    if result.isRecorded || finish.bias?.isRecorded == true { return finish.applied(to: result) }
    let rows = result.scalarCount / max(1, finish.columns)
    result.withMutableScalars { scalars in
      if let start = scalars.baseAddress { finish.run(start, rows: rows, .current) }
    }
    return result
  }

  /// The result, `[N, sizes…, outChannels]`.
  func run(_ input: Tensor, _ weight: Tensor) -> Tensor {
    if groups == 1 { return applied(input, weight, isDepthwise: false) }
    if weight.shape[-1] == 1 {
      // One channel in for each group; several out of it are as many copies of it, each with a kernel of its own.
      let copies = input.repeatedChannels(weight.shape[0] / groups)
      return applied(copies, weight, isDepthwise: true)
    }
    let parts = zip(input.split(into: groups, axis: -1), weight.split(into: groups, axis: 0))
    return .concatenated(parts.map { applied($0, $1, isDepthwise: false) }, axis: -1)
  }
}

// MARK: - By number of axes

extension ConvolutionPlan {
  private func applied(_ x: Tensor, _ w: Tensor, isDepthwise: Bool) -> Tensor {
    switch axes.count {
    case 1:
      let row = planar(
        x.expanded(axis: 1), w.expanded(axis: 1), isDepthwise, [.init(kernel: 1), axes[0]], [1, sizes[0]])
      return row.squeezed(axis: 1)
    case 2: return planar(x, w, isDepthwise, axes, sizes)
    default: return isTransposed ? volumeTransposed(x, w, isDepthwise) : volume(x, w, isDepthwise)
    }
  }

  /// One of the two-dimensional maps: `[N, H, W, C]` → `[N] + sizes + [outChannels]`.
  private func planar(
    _ x: Tensor, _ w: Tensor, _ isDepthwise: Bool, _ axes: [Tensor.ConvolutionAxis], _ sizes: [Int],
    _ finish: ChannelFinish? = nil
  ) -> Tensor {
    let geometry = Tensor.ConvolutionGeometry(height: axes[0], width: axes[1])
    let own = Tensor.Size2D(height: x.shape[1], width: x.shape[2])
    let result = Tensor.Size2D(height: sizes[0], width: sizes[1])
    let maps = ConvolutionMaps(
      geometry: geometry, count: x.shape[0], inputSize: isTransposed ? result : own,
      inputChannels: isTransposed ? w.shape[0] : x.shape[3], outputSize: isTransposed ? own : result,
      outputChannels: isTransposed ? x.shape[3] : w.shape[0],
      weightOrder: isTransposed ? .inputFirst : .outputFirst, isDepthwise: isDepthwise)
    let block = w.isRecorded ? nil : w.storage
    return isTransposed
      ? maps.inputGradient(x, w, keeping: block, finish: finish) : maps.forward(x, w, keeping: block, finish: finish)
  }

  /// A convolution of volumes: for each plane of the output, the planes that it depends on are joined as channels.
  private func volume(_ x: Tensor, _ w: Tensor, _ isDepthwise: Bool) -> Tensor {
    let (count, height, width, channels) = (x.shape[0], x.shape[2], x.shape[3], x.shape[4])
    let (taps, depth) = (axes[0].kernel, sizes[0])
    let planes = x.combined(along: 1, by: .windows(axes[0], from: x.shape[1], count: depth))
      .reshaped(to: [count * depth, taps, height * width, channels] as Tensor.Shape).permuted([0, 2, 1, 3])
      .reshaped(to: [count * depth, height, width, taps * channels] as Tensor.Shape)
    let (outputs, kernel) = (w.shape[0], w.shape.sizes[2...3])
    let (plane, planeSizes) = (Array(axes[1...]), Array(sizes[1...]))
    let result: Tensor
    if isDepthwise {
      let weight = w.permuted([1, 0, 2, 3, 4]).reshaped(to: Tensor.Shape([taps * channels] + kernel + [1]))
      result = planar(planes, weight, true, plane, planeSizes)
        .reshaped(to: Tensor.Shape([count * depth] + planeSizes + [taps, channels])).sum(axes: [3])
    } else {
      let weight = w.permuted([0, 2, 3, 1, 4]).reshaped(to: Tensor.Shape([outputs] + kernel + [taps * channels]))
      result = planar(planes, weight, false, plane, planeSizes)
    }
    return result.reshaped(to: Tensor.Shape([count] + sizes + [outputs]))
  }

  /// The transpose of that: each plane gives one plane for each tap along the depth, and these are added where they
  /// belong.
  private func volumeTransposed(_ x: Tensor, _ w: Tensor, _ isDepthwise: Bool) -> Tensor {
    let (count, depth, channels) = (x.shape[0], x.shape[1], x.shape[4])
    let (taps, outputs) = (axes[0].kernel, w.shape[0])
    let weight = w.permuted([1, 0, 2, 3, 4])
      .reshaped(to: Tensor.Shape([taps * outputs] + w.shape.sizes[2...3] + [w.shape[4]]))
    var planes = x.reshaped(to: Tensor.Shape([count * depth] + x.shape.sizes[2...]))
    if isDepthwise {
      let shape = Array(planes.shape.sizes.dropLast())
      planes = planes.reshaped(to: Tensor.Shape(shape + [1, channels]))
        .broadcast(to: Tensor.Shape(shape + [taps, channels]))
        .reshaped(to: Tensor.Shape(shape + [taps * channels]))
    }
    return planar(planes, weight, isDepthwise, Array(axes[1...]), Array(sizes[1...]))
      .reshaped(to: [count * depth, sizes[1] * sizes[2], taps, outputs] as Tensor.Shape).permuted([0, 2, 1, 3])
      .reshaped(to: Tensor.Shape([count, depth * taps] + sizes[1...] + [outputs]))
      .combined(along: 1, by: AxisMap.windows(axes[0], from: sizes[0], count: depth).transposed)
  }
}

extension Tensor {
  /// Each channel `copies` times, one after the other: channel `c` becomes `c * copies ..< (c + 1) * copies`.
  fileprivate func repeatedChannels(_ copies: Int) -> Tensor {
    if copies == 1 { return self }
    let sizes = shape.sizes
    return expanded(axis: -1).broadcast(to: Shape(sizes + [copies]))
      .reshaped(to: Shape(sizes.dropLast() + [sizes[rank - 1] * copies]))
  }
}

// MARK: - Checks

extension ConvolutionPlan {
  /// What is wanted where the rank is wrong, by the number of axes.
  private static let ranks = [
    "", "three axes, [N, L, C] and [outChannels, kernel, inChannels]",
    "four axes, [N, H, W, C] and [outChannels, kernelHeight, kernelWidth, inChannels]",
    "five axes, [N, D, H, W, C] and [outChannels, kernelDepth, kernelHeight, kernelWidth, inChannels]",
  ]

  private func checkGeometry() {
    require(
      axes.allSatisfy { $0.kernel >= 1 }, "\(operation): the kernel's size is \(axes.map(\.kernel)); the least is 1")
    require(axes.allSatisfy { $0.stride >= 1 }, "\(operation): the stride is \(axes.map(\.stride)); the least is 1")
    require(
      axes.allSatisfy { $0.dilation >= 1 }, "\(operation): the dilation is \(axes.map(\.dilation)); the least is 1")
    require(
      axes.allSatisfy { $0.padding.before >= 0 && $0.padding.after >= 0 },
      "\(operation): the padding is \(paddingText); none may be negative")
  }

  private func checkChannels(_ input: Tensor.Shape, _ weight: Tensor.Shape) {
    require(
      groups >= 1 && weight[0] % groups == 0,
      "\(operation): \(groups) groups; weight \(weight) has \(weight[0]) channels out, which do not form as many groups of equal size"
    )
    require(
      input[-1] == weight[-1] * groups,
      "\(operation): input \(input) has \(input[-1]) channels, weight \(weight) expects \(weight[-1])\(groups == 1 ? "" : " in each of \(groups) groups")"
    )
  }

  private func checkOutputPadding(_ outputPadding: [Int]) {
    require(
      zip(axes, outputPadding).allSatisfy { $1 >= 0 && $1 < max($0.stride, $0.dilation) },
      "\(operation): outputPadding \(outputPadding) must be at least 0 and less than stride \(axes.map(\.stride)) or dilation \(axes.map(\.dilation))"
    )
  }

  private func checkSizes(_ input: Tensor.Shape, _ weight: Tensor.Shape, _ inputSizes: [Int]) {
    if isTransposed {
      require(
        inputSizes.allSatisfy { $0 >= 1 } && sizes.allSatisfy { $0 >= 1 },
        "\(operation): input \(input) and weight \(weight) with padding \(paddingText) give size \(sizes); the least is 1"
      )
    } else {
      require(
        sizes.allSatisfy { $0 >= 1 },
        "\(operation): weight \(weight) with dilation \(axes.map(\.dilation)) does not fit into input \(input) with padding \(paddingText)"
      )
    }
  }

  private var paddingText: String { Tensor.ConvolutionAxis.paddingText(axes) }
}
