import Datasets
import Layers
import Tensor

/// Images that a gated PixelCNN makes: of the vertical stack a row is computed when those above it are there, of the
/// horizontal one a pixel at a time. Each layer keeps what the kernels of the next reach.
///
/// Every convolution is that of the whole image on a part of it, with its sums in the same order; so the logits have the
/// same bits.
struct GatedPixelScan: PixelScan {
  private let network: GatedPixelNetwork
  private let size: Tensor.Size2D
  private let context: Context
  private var layers: [LayerScan]
  /// The pixels of the row at hand that are filled, and a zero before them: what the first layer sees.
  private var shiftedRow: [Tensor]
  private let zero: Tensor
  let order: [Int]

  init(
    _ network: GatedPixelNetwork, _ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context
  ) {
    self.network = network
    self.size = size
    self.context = context
    layers = network.layers.map {
      LayerScan($0, count: count, width: size.width, given: condition, in: context)
    }
    zero = .zeros([count, 1, 1, network.layers[0].vertical.weight.shape[3]])
    shiftedRow = []
    order = Array(0..<size.height * size.width)
  }

  mutating func logits(at place: Int) -> Tensor {
    if place % size.width == 0 { beginRow() }
    var horizontal = shiftedRow[place % size.width]
    var sum: Tensor?
    for index in layers.indices {
      let result = layers[index].step(horizontal, in: context)
      horizontal = result.next ?? horizontal
      sum = sum.map { $0 + result.skip } ?? result.skip
    }
    let logits = network.logits(of: sum ?? zero, in: context)
    return logits.reshaped(to: [logits.shape[0], logits.shape[3]])
  }

  mutating func fill(_ place: Int, with input: Tensor) {
    shiftedRow.append(input.reshaped(to: zero.shape))
  }

  /// Takes the vertical stack to the next row. Its first layer sees the row above.
  private mutating func beginRow() {
    let above = shiftedRow.isEmpty ? Array(repeating: zero, count: size.width) : Array(shiftedRow.dropFirst())
    var vertical: Tensor? = .concatenated(above, axis: 2)
    for index in layers.indices { vertical = vertical.flatMap { layers[index].beginRow($0, in: context) } }
    shiftedRow = [zero]
  }
}

/// What one layer keeps while images are made.
private struct LayerScan {
  private let layer: GatedPixelLayer
  private let verticalBias: Tensor
  private let horizontalBias: Tensor
  /// The rows of the vertical stack's input that the kernel reaches from the next one: `[N, 1, W, channels]` each.
  private var rows: [Tensor]
  /// The pixels of the horizontal stack's input that it reaches: `[N, 1, 1, channels]` each.
  private var columns: [Tensor] = []
  /// What the vertical stack says to each pixel of the row: `[N, 1, 1, 2 · features]`.
  private var links: [Tensor] = []
  private var column = 0
  private let zero: Tensor

  init(_ layer: GatedPixelLayer, count: Int, width: Int, given condition: Condition, in context: Context) {
    self.layer = layer
    verticalBias = layer.verticalBias(given: condition, in: context)
    horizontalBias = layer.horizontalBias(given: condition, in: context)
    let channels = layer.vertical.weight.shape[3]
    rows = Array(repeating: .zeros([count, 1, width, channels]), count: layer.reach)
    zero = .zeros([count, 1, 1, channels])
  }

  /// Takes the vertical stack to the next row, `[N, 1, W, channels]`.
  /// - Returns: the next layer's; nil if there is none.
  mutating func beginRow(_ row: Tensor, in context: Context) -> Tensor? {
    rows.append(row)
    var padding = layer.vertical.geometry.padding
    padding.top = 0
    let own = layer.raw(layer.vertical, .concatenated(rows, axis: 1), padding: padding, in: context) + verticalBias
    rows.removeFirst()
    links = layer.raw(layer.link, own, in: context).split(into: row.shape[2], axis: 2)
    columns = Array(repeating: zero, count: layer.reach)
    column = 0
    return layer.residual == nil ? nil : own.tanhGate()
  }

  /// Takes the horizontal stack to the next pixel, `[N, 1, 1, channels]`.
  mutating func step(_ pixel: Tensor, in context: Context) -> (next: Tensor?, skip: Tensor) {
    columns.append(pixel)
    // The convolution of the whole image, of which only the last column sees all of these.
    let all = layer.raw(layer.horizontal, .concatenated(columns, axis: 2), in: context)
    columns.removeFirst()
    let gated = layer.gated(
      columns: layer.reach == 0 ? all : all[.all, .all, layer.reach...], link: links[column], bias: horizontalBias)
    column += 1
    return (layer.next(gated, after: pixel, in: context), layer.skip(gated, in: context))
  }
}
