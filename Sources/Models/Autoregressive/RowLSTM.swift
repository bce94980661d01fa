import LatentSystem
import Layers
import Tensor

/// Long short-term memory that goes over an image from the top to the bottom, a row a step: `[N, H, W, in]` →
/// `[N, H, W, features]`.
///
/// The gates of a pixel come of its input and that of its left neighbour, and of the outputs at the three pixels above it:
/// a triangle of the pixels above and to the left.
///
/// Reference: van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel recurrent neural networks", arXiv:1601.06759, section 3.1.
public final class RowLSTM: PixelRecurrence {
  /// 1×2, whose last column is the pixel's own.
  let input: Conv2D
  /// 3 wide, along the row above.
  let transition: Conv1D
  let first: FirstMemory

  /// From `inputChannels` to `features`.
  public init(from inputChannels: Int, to features: Int) {
    input = Conv2D(
      from: inputChannels, to: 4 * features, kernelSize: Tensor.Size2D(height: 1, width: 2),
      padding: Tensor.Padding2D(top: 0, bottom: 0, left: 1, right: 0))
    transition = Conv1D(from: features, to: 4 * features, kernelSize: 3, padding: 1, hasBias: false)
    first = FirstMemory(features)
  }

  public func callAsFunction(_ images: Tensor, in context: Context) -> Tensor {
    let (count, height, width) = (images.shape[0], images.shape[1], images.shape[2])
    // One split: its pieces' gradients are joined once.
    let rows = input(images, in: context).split(into: height, axis: 1)
    var memory = first(count: count, length: width, in: context)
    var outputs: [Tensor] = []
    for row in rows {
      memory = memory.next(row.squeezed(axis: 1) + transition(memory.output, in: context))
      outputs.append(memory.output)
    }
    return .stacked(outputs, axis: 1)
  }

  public func scan(_ size: Tensor.Size2D, count: Int, in context: Context) -> any PixelRecurrenceScan {
    Scan(
      layer: self, width: size.width, before: first(count: count, length: size.width, in: context),
      zero: .zeros([count, 1, 1, input.weight.shape[3]]))
  }

  private struct Scan: PixelRecurrenceScan {
    let layer: RowLSTM
    let width: Int
    /// The memory after the row above, `[N, W, features]`.
    var before: LSTMMemory
    let zero: Tensor
    /// What the row above gives to the gates of each pixel, `[N, 1, 4 · features]`.
    var fromAbove: [Tensor] = []
    /// The memory at each pixel of the row that was seen, `[N, 1, features]`.
    var row: [LSTMMemory] = []
    var left: Tensor?

    mutating func beginRow(in context: Context) {
      if !row.isEmpty { before = .concatenated(row, axis: 1) }
      fromAbove = layer.transition(before.output, in: context).split(into: width, axis: 1)
      (row, left) = ([], zero)
    }

    mutating func step(_ pixel: Tensor, in context: Context) -> Tensor {
      // The convolution of the whole image, of which only the last column sees both pixels.
      let columns = layer.input(.concatenated([left ?? zero, pixel], axis: 2), in: context)
      let gates = columns[.all, 0, 1...] + fromAbove[row.count]
      let memory = before.place(row.count, axis: 1).next(gates)
      row.append(memory)
      left = pixel
      return memory.output.expanded(axis: 1)
    }
  }
}
