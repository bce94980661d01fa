import Datasets
import LatentSystem
import Layers
import Tensor

/// The network of a PixelRNN: a masked convolution that sees the pixels before each one, recurrent layers with residual
/// connections, and two 1×1 convolutions after rectifiers. A class is a bias of the first convolution.
///
/// Diagonals go over images with one more column, whose logits nobody asks for: it stands between the last pixel of a row
/// and the first of the next, which would not see it otherwise.
///
/// Reference: van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks", arXiv:1601.06759.
public final class PixelRecurrentNetwork: Module, PixelNetwork {
  /// From the input to the map that the layers add to.
  let first: Conv2D
  let classes: Embedding?
  let layers: [PixelRecurrentLayer]
  let head: Conv2D
  let output: Conv2D
  /// How many columns are added at the right.
  let margin: Int

  /// - Parameters:
  ///   - kind: of the recurrent layers.
  ///   - inputChannels: of the network's input.
  ///   - features: of each recurrent layer.
  ///   - mapChannels: of the map that each layer sees and adds to; twice the features as a rule.
  ///   - layerCount: how many layers.
  ///   - hasSkips: whether what every layer leaves goes to the end, not that of the last one only.
  ///   - kernelSize: of the first convolution, odd.
  ///   - headFeatures: between the two convolutions at the end.
  ///   - logitCount: numbers for each pixel.
  ///   - classCount: how many classes it is told, if any.
  public init(
    _ kind: PixelRNN.Recurrence, from inputChannels: Int, features: Int, mapChannels: Int, layerCount: Int,
    hasSkips: Bool, kernelSize: Int, headFeatures: Int, to logitCount: Int, classCount: Int? = nil
  ) {
    first = Conv2D(
      from: inputChannels, to: mapChannels, kernelSize: Tensor.Size2D(height: kernelSize, width: kernelSize),
      padding: Tensor.Padding2D(
        top: kernelSize / 2, bottom: kernelSize / 2, left: kernelSize / 2, right: kernelSize / 2),
      transforms: [.pixelMask(includesOwn: false)])
    classes = classCount.map { Embedding(count: $0, size: mapChannels, initializer: .normal(standardDeviation: 0.1)) }
    layers = (0..<layerCount).map { _ in
      PixelRecurrentLayer(kind, from: mapChannels, features: features, hasSkip: hasSkips, to: headFeatures)
    }
    head = Conv2D(from: hasSkips ? headFeatures : mapChannels, to: headFeatures, kernelSize: 1)
    output = Conv2D(from: headFeatures, to: logitCount, kernelSize: 1)
    margin = kind == .diagonal ? 1 : 0
  }

  public func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let width = input.shape[2]
    let wide = margin == 0 ? input : input.padded(before: [0, 0, 0, 0], after: [0, 0, margin, 0])
    var map = first(wide, in: context) + classBias(given: condition, in: context)
    var sum: Tensor?
    for layer in layers {
      map = layer.added(layer.recurrence(map, in: context), to: map, in: context)
      sum = layer.summed(sum, map, in: context)
    }
    let last = sum ?? map
    return logits(of: margin == 0 ? last : last[.all, .all, 0..<width], in: context)
  }

  /// What a class adds to the map: `[N, 1, 1, mapChannels]`, or 0.
  func classBias(given condition: Condition, in context: Context) -> Tensor {
    guard let classes else { return Tensor(0) }
    let labels = condition.labels ?? []
    return classes(labels, in: context).reshaped(to: [labels.count, 1, 1, first.weight.shape[0]])
  }

  func logits(of map: Tensor, in context: Context) -> Tensor {
    output(head(map.relu(), in: context).relu(), in: context)
  }

  public func scan(
    _ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context
  ) -> any PixelScan {
    PixelRecurrentScan(self, size, count: count, given: condition, in: context)
  }
}

/// A recurrent layer and what it adds to the map.
final class PixelRecurrentLayer: Module {
  let recurrence: any PixelRecurrence
  /// Nil where the map has as many channels as the layer.
  let projection: Conv2D?
  let skip: Conv2D?

  init(_ kind: PixelRNN.Recurrence, from mapChannels: Int, features: Int, hasSkip: Bool, to headFeatures: Int) {
    recurrence =
      kind == .row ? RowLSTM(from: mapChannels, to: features) : DiagonalBiLSTM(from: mapChannels, to: features)
    projection = mapChannels == features ? nil : Conv2D(from: features, to: mapChannels, kernelSize: 1)
    skip = hasSkip ? Conv2D(from: mapChannels, to: headFeatures, kernelSize: 1) : nil
  }

  /// The map after the layer.
  func added(_ output: Tensor, to map: Tensor, in context: Context) -> Tensor {
    map + (projection.map { $0(output, in: context) } ?? output)
  }

  /// What goes to the end after the layer.
  func summed(_ sum: Tensor?, _ map: Tensor, in context: Context) -> Tensor? {
    guard let skip else { return map }
    let own = skip(map, in: context)
    return sum.map { $0 + own } ?? own
  }
}

/// Images that a PixelRNN makes: every layer keeps what its next pixel depends on.
struct PixelRecurrentScan: PixelScan {
  private let network: PixelRecurrentNetwork
  private let size: Tensor.Size2D
  private let context: Context
  private var scans: [any PixelRecurrenceScan]
  private let weight: Tensor
  private let bias: Tensor
  private let classBias: Tensor
  /// The images so far, with the margin and zeros around them: `[N, H + k - 1, W + margin + k - 1, channels]`.
  private var images: Tensor
  let order: [Int]

  init(
    _ network: PixelRecurrentNetwork, _ size: Tensor.Size2D, count: Int, given condition: Condition,
    in context: Context
  ) {
    self.network = network
    self.size = size
    self.context = context
    let wide = Tensor.Size2D(height: size.height, width: size.width + network.margin)
    scans = network.layers.map { $0.recurrence.scan(wide, count: count, in: context) }
    weight = context[network.first.weight, through: network.first.transforms]
    bias = network.first.bias.map { context[$0] } ?? Tensor(0)
    classBias = network.classBias(given: condition, in: context)
    let (kernel, channels) = (network.first.weight.shape[1], network.first.weight.shape[3])
    images = .zeros([count, wide.height + kernel - 1, wide.width + kernel - 1, channels])
    order = Array(0..<size.height * size.width)
  }

  mutating func logits(at place: Int) -> Tensor {
    let (row, column) = (place / size.width, place % size.width)
    if column == 0 {
      // The margin of the row above comes first.
      if row > 0 { for added in 0..<network.margin { _ = step(row - 1, size.width + added) } }
      for index in scans.indices { scans[index].beginRow(in: context) }
    }
    let logits = network.logits(of: step(row, column), in: context)
    return logits.reshaped(to: [logits.shape[0], logits.shape[3]])
  }

  /// Takes all layers to a pixel.
  /// - Returns: what the logits are made of.
  private mutating func step(_ row: Int, _ column: Int) -> Tensor {
    var map = firstMap(row, column)
    var sum: Tensor?
    for (index, layer) in network.layers.enumerated() {
      map = layer.added(scans[index].step(map, in: context), to: map, in: context)
      sum = layer.summed(sum, map, in: context)
    }
    return sum ?? map
  }

  /// The first convolution at a place: that of the window around it, with a column of padding as the whole image has
  /// padding, so that its sums are made in the same order.
  private func firstMap(_ row: Int, _ column: Int) -> Tensor {
    let kernel = weight.shape[1]
    let window = images[.all, row..<row + kernel, column..<column + kernel]
    let both = window.conv2d(weight, padding: Tensor.Padding2D(top: 0, bottom: 0, left: 1, right: 0))
    return both[.all, .all, 1...] + bias + classBias
  }

  mutating func fill(_ place: Int, with input: Tensor) {
    let reach = weight.shape[1] / 2
    images[.all, place / size.width + reach, place % size.width + reach] = input
  }
}
