import LatentSystem
import Layers
import Tensor

/// Long short-term memory that goes over an image along its diagonals, from the upper left corner to the lower right one:
/// `[N, H, W, in]` → `[N, H, W, features]`.
///
/// Rows are moved, each by one column more than that above it; then a step is a column. The gates of a pixel come of its
/// input and of the outputs to its left and above it. What lies outside of the image is computed like the rest.
final class DiagonalLSTM: Module {
  /// 1×1. Its bias is added where there is no pixel too.
  let input: Conv2D
  /// Two high: the pixel above, and the one to the left.
  let transition: Conv1D
  let first: FirstMemory

  init(from inputChannels: Int, to features: Int) {
    input = Conv2D(from: inputChannels, to: 4 * features, kernelSize: 1)
    transition = Conv1D(
      from: features, to: 4 * features, kernelSize: 2, padding: Tensor.Padding1D(before: 1, after: 0), hasBias: false)
    first = FirstMemory(features)
  }

  func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    let height = images.shape[1]
    let skewed = gates(of: images, in: context).skewed() + bias(in: context)
    let columns = skewed.split(into: skewed.shape[2], axis: 2)
    var memory = first(count: images.shape[0], length: height, in: context)
    var outputs: [Tensor] = []
    for column in columns {
      memory = memory.next(column.squeezed(axis: 2) + transition(memory.output, in: context))
      outputs.append(memory.output)
    }
    return Tensor.stacked(outputs, axis: 2).unskewed()
  }

  /// What the input gives to the gates, without the bias.
  func gates(of images: Tensor, in context: Context) -> Tensor { images.conv2d(context[input.weight]) }

  func bias(in context: Context) -> Tensor { input.bias.map { context[$0] } ?? Tensor(0) }

  /// The memory to the left of the first pixel of each row: what the columns outside of the image come to, which no pixel
  /// reaches. `[1, 1, features]` each.
  func memoriesOutside(_ height: Int, in context: Context) -> [LSTMMemory] {
    var memory = first(count: 1, length: height, in: context)
    var result = [memory.place(0, axis: 1)]
    let gates = Tensor.zeros([1, height, input.weight.shape[0]]) + bias(in: context)
    for row in 1..<max(1, height) {
      memory = memory.next(gates + transition(memory.output, in: context))
      result.append(memory.place(row, axis: 1))
    }
    return result
  }
}

/// One direction on its way over images, row by row.
struct DiagonalScan {
  private let layer: DiagonalLSTM
  private let outside: [LSTMMemory]
  private let bias: Tensor
  private let count: Int
  /// The outputs of the row above, `[N, 1, features]` each; none above the first row.
  private var above: [Tensor] = []
  private var row: [Tensor] = []
  private var left: LSTMMemory?
  private var rowIndex = -1
  private let zero: Tensor

  init(_ layer: DiagonalLSTM, _ size: Tensor.Size2D, count: Int, in context: Context) {
    self.layer = layer
    self.count = count
    outside = layer.memoriesOutside(size.height, in: context)
    bias = layer.bias(in: context)
    zero = .zeros([count, 1, layer.first.output.shape[0]])
  }

  mutating func beginRow() {
    rowIndex += 1
    (above, row) = (row, [])
    let start = outside[rowIndex]
    left = LSTMMemory(output: start.output.broadcast(to: zero.shape), state: start.state.broadcast(to: zero.shape))
  }

  /// The output at the next pixel, `[N, 1, 1, in]` → `[N, 1, features]`.
  mutating func step(_ pixel: Tensor, in context: Context) -> Tensor {
    let left = left ?? LSTMMemory(output: zero, state: zero)
    let both = Tensor.concatenated([above.isEmpty ? zero : above[row.count], left.output], axis: 1)
    // The convolution of the whole column, of which only the last place sees both pixels.
    let transition = layer.transition(both, in: context)[.all, 1...]
    let gates = (layer.gates(of: pixel, in: context) + bias).squeezed(axis: 1) + transition
    let memory = left.next(gates)
    self.left = memory
    row.append(memory.output)
    return memory.output
  }
}

/// Two ``DiagonalLSTM``s, from the upper left and from the upper right corner, so that a pixel sees all of those before it:
/// `[N, H, W, in]` → `[N, H, W, features]`.
///
/// The second one's output is moved down by a row before both are added, since it sees pixels to the right.
///
/// Reference: van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks", arXiv:1601.06759, section 3.2.
public final class DiagonalBiLSTM: PixelRecurrence {
  let left: DiagonalLSTM
  let right: DiagonalLSTM

  /// From `inputChannels` to `features`.
  public init(from inputChannels: Int, to features: Int) {
    left = DiagonalLSTM(from: inputChannels, to: features)
    right = DiagonalLSTM(from: inputChannels, to: features)
  }

  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    let fromRight = right(images.flipped(axis: 2), in: context).flipped(axis: 2)
    return left(images, in: context) + fromRight.shifted(by: 1, axis: 1)
  }

  public func scan(_ size: Tensor.Size2D, count: Int, in context: Context) -> any PixelRecurrenceScan {
    Scan(
      left: DiagonalScan(left, size, count: count, in: context),
      right: DiagonalScan(right, size, count: count, in: context),
      zero: .zeros([count, 1, left.first.output.shape[0]]))
  }

  private struct Scan: PixelRecurrenceScan {
    var left: DiagonalScan
    var right: DiagonalScan
    let zero: Tensor
    /// The pixels of the row that were seen.
    var row: [Tensor] = []
    /// What comes from the right to each pixel of the row.
    var fromRight: [Tensor] = []

    mutating func beginRow(in context: Context) {
      if !row.isEmpty {
        // The row above is complete, so it can be gone over from the right.
        right.beginRow()
        fromRight = row.reversed().map { right.step($0, in: context) }.reversed()
      }
      row = []
      left.beginRow()
    }

    mutating func step(_ pixel: Tensor, in context: Context) -> Tensor {
      let own = left.step(pixel, in: context) + (fromRight.isEmpty ? zero : fromRight[row.count])
      row.append(pixel)
      return own.expanded(axis: 1)
    }
  }
}

extension Tensor {
  /// Row `i` moved by `i` columns, with zeros beside it: `[N, H, W, C]` → `[N, H, W + H - 1, C]`. A diagonal of the image
  /// becomes a column.
  /// - Precondition: `H >= 1`.
  public func skewed() -> Tensor {
    require(rank == 4 && shape[1] >= 1, "skewed: shape \(shape); images [N, H, W, C] with a row are needed")
    let (count, height, width, channels) = (shape[0], shape[1], shape[2], shape[3])
    // Rows of W + H scalars, read as rows of one less, begin one later each.
    let flat = padded(before: [0, 0, 0, 0], after: [0, 0, height, 0])
      .reshaped(to: [count, height * (width + height), channels])
    return flat.sliced([0..<count, 0..<height * (width + height - 1)])
      .reshaped(to: [count, height, width + height - 1, channels])
  }

  /// What ``skewed()`` was made of: `[N, H, W + H - 1, C]` → `[N, H, W, C]`.
  /// - Precondition: `H >= 1`; there are H columns or more.
  public func unskewed() -> Tensor {
    require(
      rank == 4 && shape[1] >= 1 && shape[2] >= shape[1],
      "unskewed: shape \(shape); images [N, H, W + H - 1, C] with a row and a column are needed")
    let (count, height, skewedWidth, channels) = (shape[0], shape[1], shape[2], shape[3])
    let width = skewedWidth - height + 1
    return reshaped(to: [count, height * skewedWidth, channels])
      .padded(before: [0, 0, 0], after: [0, height, 0])
      .reshaped(to: [count, height, width + height, channels])
      .sliced([0..<count, 0..<height, 0..<width])
  }
}
