import Datasets
import Layers
import Tensor

/// The plain way: a pass over the whole images for each pixel.
///
/// It takes a thousand times as long, needs nothing but the network and is what other scans are compared with.
public struct WholeImageScan: PixelScan {
  private let network: any PixelNetwork
  private let condition: Condition
  private let context: Context
  private var input: Tensor
  public let order: [Int]

  /// - Parameters:
  ///   - network: gives the logits.
  ///   - size: of an image.
  ///   - count: how many images.
  ///   - channels: of the network's input.
  ///   - order: of the pixels; row by row if nil.
  ///   - condition: what each image is.
  ///   - context: for inference.
  public init(
    _ network: any PixelNetwork, _ size: Tensor.Size2D, count: Int, channels: Int, order: [Int]? = nil,
    given condition: Condition, in context: Context
  ) {
    self.network = network
    self.condition = condition
    self.context = context
    input = .zeros([count, size.height, size.width, channels])
    self.order = order ?? Array(0..<size.height * size.width)
  }

  public mutating func logits(at place: Int) -> Tensor {
    let logits = network(input, given: condition, in: context)
    return logits[.all, place / input.shape[2], place % input.shape[2]]
  }

  public mutating func fill(_ place: Int, with input: Tensor) {
    self.input[.all, place / self.input.shape[2], place % self.input.shape[2]] = input
  }
}
