import LatentFormats
import LatentSystem

/// What the axes of an array of images are, in their order: images (n), rows (h), columns (w), channels (c).
public enum ArrayLayout: String, Sendable, CaseIterable {
  /// Grey images `[N, H, W]`.
  case nhw
  /// Images `[N, H, W, C]`, the usual one of TensorFlow and of picture files.
  case nhwc
  /// Images `[N, C, H, W]`, the usual one of PyTorch.
  case nchw
  /// One grey image `[H, W]`.
  case hw
  /// One image `[H, W, C]`.
  case hwc
  /// One image `[C, H, W]`.
  case chw

  /// The number of images, rows, columns and channels of an array of `shape`; nil if it has another number of axes.
  func sizes(_ shape: [Int]) -> (count: Int, height: Int, width: Int, channels: Int)? {
    guard shape.count == rawValue.count else { return nil }
    func size(_ letter: Character) -> Int { zip(rawValue, shape).first { $0.0 == letter }?.1 ?? 1 }
    return (size("n"), size("h"), size("w"), size("c"))
  }

  /// The layouts that an array of `shape` can have: more than one where the channels may be an axis of 1 or 3.
  static func readings(of shape: [Int]) -> [ArrayLayout] {
    func isColours(_ size: Int) -> Bool { size == 1 || size == 3 }
    switch shape.count {
    // One grey image has the same pixels whichever of them it is.
    case 3 where shape[0] == 1 && !isColours(shape[2]): return [.nhw]
    case 3: return [.nhw] + (isColours(shape[2]) ? [.hwc] : []) + (shape[0] == 3 ? [.chw] : [])
    case 4: return [.nhwc] + (isColours(shape[1]) && !isColours(shape[3]) ? [.nchw] : [])
    default: return []
    }
  }

  /// How an array of `shape` is read with this layout, in words.
  func words(_ shape: [Int]) -> String {
    guard let sizes = sizes(shape) else { return rawValue }
    let channels = sizes.channels == 1 ? "" : "×\(sizes.channels)"
    return "\(rawValue): \(counted(sizes.count, "image")) of \(sizes.height)×\(sizes.width)\(channels)"
  }
}
