import Datasets
import Layers
import Tensor

/// A network that tells the distribution of every pixel of an image from the pixels before it, in some order.
public protocol PixelNetwork: Sendable {
  /// The logits of all pixels: `[N, H, W, channels]` → `[N, H, W, logits]`. Those of a pixel depend on the pixels before
  /// it alone.
  func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor

  /// What makes images a pixel after the other, and recomputes only what a new pixel changes.
  ///
  /// - Parameters:
  ///   - size: of an image.
  ///   - count: how many images are made at once.
  ///   - condition: what each is.
  ///   - context: for inference.
  func scan(_ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context) -> any PixelScan
}

/// Images that a ``PixelNetwork`` makes a pixel after the other, with what it has computed so far.
///
/// For each place of ``order``, the logits are asked for, then the pixel is filled in.
public protocol PixelScan {
  /// The places of all pixels, `row * width + column`, in the order in which they are made.
  var order: [Int] { get }

  /// The logits of the next pixel, to the last bit those of a pass over the whole images: `[N, logits]`.
  /// - Precondition: `place` is the next one of ``order``, and those before it are filled.
  mutating func logits(at place: Int) -> Tensor

  /// Fills the pixel with what the network sees of it, `[N, channels]`.
  mutating func fill(_ place: Int, with input: Tensor)
}
