import Datasets
import LatentSystem
import Layers
import Tensor

/// The network of a gated PixelCNN: a vertical stack of layers sees the rows above a pixel, a horizontal one the pixels to
/// its left and the vertical one, so that together they see all pixels before it and no other.
///
/// Each layer's halves are multiplied as `tanh(a) · sigmoid(b)`. No weight is masked: kernels reach upwards and to the
/// left only, and the first layer's input is shifted. The horizontal stack has residual connections but for its first
/// layer, and each layer adds to the sum that two 1×1 convolutions after rectifiers make the logits of. A class is a bias
/// in each layer.
///
/// Reference: van den Oord et al., "Conditional image generation with PixelCNN decoders", arXiv:1606.05328.
public final class GatedPixelNetwork: Module, PixelNetwork {
  /// The layers, the first to be applied first.
  let layers: [GatedPixelLayer]
  /// From the sum of what the layers say to features.
  let head: Conv2D
  /// From those to logits.
  let output: Conv2D

  /// - Parameters:
  ///   - inputChannels: of the network's input.
  ///   - features: of each stack.
  ///   - kernelSizes: of the layers, one for each, odd; 7, 3, 3, … as a rule.
  ///   - headFeatures: between the two convolutions at the end.
  ///   - logitCount: numbers for each pixel.
  ///   - classCount: how many classes it is told, if any.
  public init(
    from inputChannels: Int, features: Int, kernelSizes: [Int], headFeatures: Int, to logitCount: Int,
    classCount: Int? = nil
  ) {
    require(
      !kernelSizes.isEmpty && kernelSizes.allSatisfy { $0 > 0 && $0 % 2 == 1 },
      "GatedPixelNetwork: kernels of sizes \(kernelSizes); at least one is needed, and all must be odd")
    layers = kernelSizes.enumerated().map { index, size in
      GatedPixelLayer(
        from: index == 0 ? inputChannels : features, to: features, kernelSize: size, isFirst: index == 0,
        isLast: index == kernelSizes.count - 1, classCount: classCount)
    }
    head = Conv2D(from: features, to: headFeatures, kernelSize: 1)
    output = Conv2D(from: headFeatures, to: logitCount, kernelSize: 1)
  }

  public func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor {
    var (vertical, horizontal) = (input.shifted(by: 1, axis: 1), input.shifted(by: 1, axis: 2))
    var sum: Tensor?
    for layer in layers {
      let result = layer(vertical: vertical, horizontal: horizontal, given: condition, in: context)
      (vertical, horizontal) = (result.vertical ?? vertical, result.horizontal ?? horizontal)
      sum = sum.map { $0 + result.skip } ?? result.skip
    }
    return logits(of: sum ?? input, in: context)
  }

  /// The logits that the sum of what the layers say gives.
  func logits(of sum: Tensor, in context: Context) -> Tensor {
    output(head(sum.relu(), in: context).relu(), in: context)
  }

  public func scan(
    _ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context
  ) -> any PixelScan {
    GatedPixelScan(self, size, count: count, given: condition, in: context)
  }
}

/// A layer of both stacks of a ``GatedPixelNetwork``.
final class GatedPixelLayer: Module {
  /// `(k + 1) / 2` rows, the lowest of which is the pixel's own, and `k` columns.
  let vertical: Conv2D
  /// `(k + 1) / 2` columns, the last of which is the pixel's own.
  let horizontal: Conv2D
  /// From the vertical stack to the horizontal one.
  let link: Conv2D
  /// Nil in the last layer, after which nobody asks for it.
  let residual: Conv2D?
  let skip: Conv2D
  let verticalClass: Embedding?
  let horizontalClass: Embedding?
  let isFirst: Bool

  init(
    from inputChannels: Int, to features: Int, kernelSize: Int, isFirst: Bool, isLast: Bool, classCount: Int?
  ) {
    let reach = kernelSize / 2
    vertical = Conv2D(
      from: inputChannels, to: 2 * features, kernelSize: Tensor.Size2D(height: reach + 1, width: kernelSize),
      padding: Tensor.Padding2D(top: reach, bottom: 0, left: reach, right: reach), initializer: .gateUniform)
    horizontal = Conv2D(
      from: inputChannels, to: 2 * features, kernelSize: Tensor.Size2D(height: 1, width: reach + 1),
      padding: Tensor.Padding2D(top: 0, bottom: 0, left: reach, right: 0), initializer: .gateUniform)
    link = Conv2D(from: 2 * features, to: 2 * features, kernelSize: 1)
    residual = isLast ? nil : Conv2D(from: features, to: features, kernelSize: 1)
    skip = Conv2D(from: features, to: features, kernelSize: 1)
    func embedding() -> Embedding? {
      classCount.map { Embedding(count: $0, size: 2 * features, initializer: .normal(standardDeviation: 0.1)) }
    }
    (verticalClass, horizontalClass) = (embedding(), embedding())
    self.isFirst = isFirst
  }

  /// How far a kernel reaches upwards and to the left.
  var reach: Int { horizontal.geometry.kernel.width - 1 }

  /// What the layer makes of both stacks, `[N, H, W, channels]`: the next layer's, nil where there is none, and what it
  /// adds to the sum.
  func callAsFunction(
    vertical: Tensor, horizontal: Tensor, given condition: Condition, in context: Context
  ) -> (vertical: Tensor?, horizontal: Tensor?, skip: Tensor) {
    let rows = raw(self.vertical, vertical, in: context) + verticalBias(given: condition, in: context)
    let gated = gated(
      columns: raw(self.horizontal, horizontal, in: context), link: raw(link, rows, in: context),
      bias: horizontalBias(given: condition, in: context))
    let next = next(gated, after: horizontal, in: context)
    return (residual == nil ? nil : rows.tanhGate(), next, skip(gated, in: context))
  }

  /// A convolution without its bias.
  func raw(_ layer: Conv2D, _ input: Tensor, padding: Tensor.Padding2D? = nil, in context: Context) -> Tensor {
    input.conv2d(context[layer.weight], padding: padding ?? layer.geometry.padding)
  }

  /// What is added to the vertical stack: `[2 · features]`, or with classes `[N, 1, 1, 2 · features]`.
  func verticalBias(given condition: Condition, in context: Context) -> Tensor {
    bias([vertical], verticalClass, condition, context)
  }

  /// What is added to the sum of the horizontal stack and the link, which have one bias together.
  func horizontalBias(given condition: Condition, in context: Context) -> Tensor {
    bias([horizontal, link], horizontalClass, condition, context)
  }

  private func bias(
    _ layers: [Conv2D], _ table: Embedding?, _ condition: Condition, _ context: Context
  ) -> Tensor {
    let own = layers.compactMap { $0.bias.map { context[$0] } }.reduce(Tensor(0), +)
    guard let table else { return own }
    let labels = condition.labels ?? []
    return table(labels, in: context).reshaped(to: [labels.count, 1, 1, own.shape[0]]) + own
  }

  func gated(columns: Tensor, link: Tensor, bias: Tensor) -> Tensor { (columns + link + bias).tanhGate() }

  /// The horizontal stack's input of the next layer.
  func next(_ gated: Tensor, after horizontal: Tensor, in context: Context) -> Tensor? {
    guard let residual else { return nil }
    let result = residual(gated, in: context)
    return isFirst ? result : horizontal + result
  }
}

extension Tensor {
  /// Moved by `distance` towards higher places along `axis`; what comes in is 0.
  func shifted(by distance: Int, axis: Int) -> Tensor {
    let size = shape[axis]
    var (before, bounds) = (Array(repeating: 0, count: rank), shape.sizes.map { 0..<$0 })
    before[axis] = Swift.min(distance, size)
    bounds[axis] = 0..<size - before[axis]
    return sliced(bounds).padded(before: before, after: Array(repeating: 0, count: rank))
  }
}
