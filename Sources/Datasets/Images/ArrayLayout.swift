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

  /// The layouts that an array of `shape` can have, the usual one first: more than one where the channels may be another
  /// axis, as they may if its size is 1 to 4. Of several that give the same images there is one.
  static func readings(of shape: [Int]) -> [ArrayLayout] {
    func isChannels(_ size: Int) -> Bool { (1...4).contains(size) }
    let readings: [ArrayLayout]
    switch shape.count {
    case 3: readings = [.nhw] + (isChannels(shape[2]) ? [.hwc] : []) + (isChannels(shape[0]) ? [.chw] : [])
    case 4: readings = [.nhwc] + (isChannels(shape[1]) ? [.nchw] : [])
    default: readings = []
    }
    return readings.reduce(into: []) { kept, reading in
      if !kept.contains(where: { $0.isSame(as: reading, shape) }) { kept.append(reading) }
    }
  }

  /// Whether the images of an array of `shape` are the same with both layouts: those of one channel are, if their sizes
  /// are.
  private func isSame(as other: ArrayLayout, _ shape: [Int]) -> Bool {
    guard let own = sizes(shape), let others = other.sizes(shape) else { return false }
    return own == others && own.channels == 1
  }

  /// How an array of `shape` is read with this layout, in words.
  func words(_ shape: [Int]) -> String {
    guard let sizes = sizes(shape) else { return rawValue }
    let channels = sizes.channels == 1 ? "" : "×\(sizes.channels)"
    return "\(rawValue): \(counted(sizes.count, "image")) of \(sizes.height)×\(sizes.width)\(channels)"
  }
}
