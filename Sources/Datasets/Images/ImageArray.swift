import LatentFormats
import LatentSystem

/// An array in a file that holds images: bytes, or floats in 0…1, which become bytes.
struct ImageArray {
  let shape: [Int]
  let elements: NumPyArray.Elements
  /// Names the file in errors.
  let path: String
  /// The place of the first image among all, for errors.
  var firstImage = 0

  /// The array of a file whose axes are images first and channels last.
  init(_ array: IDXArray, path: String) {
    (shape, self.path) = (array.shape, path)
    if let pixels = array.pixels() {
      elements = .bytes(pixels)
    } else {
      elements = array.integers().map { .integers($0) } ?? .floats(array.floats())
    }
  }

  init(_ array: NumPyArray, path: String) { (shape, elements, self.path) = (array.shape, array.elements, path) }

  /// The images.
  ///
  /// - Parameters:
  ///   - layout: what the axes are; nil for `[N, H, W]` or `[N, H, W, C]`.
  ///   - isCertain: whether the axes are these, as the format of the file has it.
  ///   - count: how many images there should be, as their labels say; nil if unknown.
  /// - Throws: ``FileError`` for other shapes, those that have two readings, and values that are no pixels.
  func images(_ layout: ArrayLayout?, isCertain: Bool, count: Int? = nil) throws -> ImageSet {
    let layout = try layout ?? usualLayout(isCertain: isCertain, count)
    guard let sizes = layout.sizes(shape), sizes.channels > 0 else { throw unsuitable(layout) }
    guard sizes.count > 0 else { throw FileError(path: path, expected: "at least one image", found: "none") }
    guard sizes.height > 0, sizes.width > 0 else {
      throw FileError(
        path: path, expected: "images of at least 1×1 pixels", found: "\(sizes.height)×\(sizes.width)")
    }
    // No axis is empty now, so that no product is larger than the array.
    var pixels = try bytes(imageSize: sizes.height * sizes.width * sizes.channels)
    if layout == .nchw || layout == .chw {
      pixels = Self.channelsLast(pixels, area: sizes.height * sizes.width, channels: sizes.channels)
    }
    return try ImageSet(
      pixels: pixels, height: sizes.height, width: sizes.width, channels: sizes.channels, path: path)
  }

  private func usualLayout(isCertain: Bool, _ count: Int?) throws -> ArrayLayout {
    var readings = ArrayLayout.readings(of: shape)
    guard let usual = readings.first else { throw unsuitable(nil) }
    let fitting = readings.filter { $0.sizes(shape)?.count == count }
    if !fitting.isEmpty { readings = fitting }
    if isCertain {
      try Self.checkChannels(of: shape, path)
      return usual
    }
    try Self.check(readings, of: shape, path)
    return readings[0]
  }

  /// Throws if an array of `shape` can be read in several ways.
  static func checkReadings(of shape: [Int], _ path: String) throws {
    try check(ArrayLayout.readings(of: shape), of: shape, path)
  }

  /// Throws if an array of `shape`, which should have its channels last, seems to have them before the rows.
  static func checkChannels(of shape: [Int], _ path: String) throws {
    guard shape.count == 4, !(1...4).contains(shape[3]) else { return }
    try checkReadings(of: shape, path)
  }

  private static func check(_ readings: [ArrayLayout], of shape: [Int], _ path: String) throws {
    guard readings.count > 1, !shape.contains(0) else { return }
    throw FileError(
      path: path, expected: "an array that can be read in one way only, or its layout (--layout)",
      found: "the shape \(shape), which can be " + readings.map { $0.words(shape) }.joined(separator: ", or "))
  }

  private func unsuitable(_ layout: ArrayLayout?) -> FileError {
    let found = shape.count > 8 ? "\(shape.count) axes" : "the shape \(shape)"
    let axes = layout.map { "[\($0.rawValue.uppercased().map(String.init).joined(separator: ", "))]" }
    return FileError(path: path, expected: "images \(axes ?? "[N, H, W] or [N, H, W, C]")", found: found)
  }

  /// The same images with the channels of each pixel side by side.
  static func channelsLast(_ pixels: [UInt8], area: Int, channels: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: pixels.count)
    for start in stride(from: 0, to: pixels.count, by: area * channels) {
      for channel in 0..<channels {
        for place in 0..<area { result[start + place * channels + channel] = pixels[start + channel * area + place] }
      }
    }
    return result
  }
}

// MARK: - Values

extension ImageArray {
  private func bytes(imageSize: Int) throws -> [UInt8] {
    switch elements {
    case .bytes(let bytes): return bytes
    case .floats(let values):
      return try values.enumerated().map { index, value in
        // Not-a-number fails too.
        guard value >= 0, value <= 1 else {
          throw outside("0…1", "\(value)", index, imageSize, Self.remedy(for: values))
        }
        return UInt8(value * 255 + 0.5)
      }
    case .integers(let values):
      let index = values.firstIndex { !(0...255).contains($0) } ?? 0
      throw outside("0…255", "\(values[index])", index, imageSize, Self.remedy(for: values.map { Float($0) }))
    }
  }

  private func outside(
    _ range: String, _ value: String, _ index: Int, _ imageSize: Int, _ remedy: String?
  ) -> FileError {
    FileError(
      path: path, expected: "pixels in \(range)",
      found: "\(value) in image \(firstImage + index / imageSize), element \(index % imageSize)"
        + (remedy.map { "; \($0)" } ?? ""))
  }

  /// What brings values to 0…1, as their range suggests; nil if some are not finite, or if nothing does.
  private static func remedy(for values: [Float]) -> String? {
    guard let least = values.min(), let most = values.max(), values.allSatisfy(\.isFinite) else { return nil }
    if least == most, least < -1 { return nil }
    let areWhole = values.allSatisfy { $0 == $0.rounded() }
    let formula =
      if least < 0 {
        // A little too little and too much is what resizing leaves.
        least > -0.1 && most < 1.1
          ? "numpy.clip(x, 0, 1)"
          : least >= -1 && most <= 1 ? "(x + 1) / 2" : "(x - x.min()) / (x.max() - x.min())"
      } else if most < 2 && !areWhole {
        "numpy.clip(x, 0, 1)"
      } else if let full = [16, 255, 4095, 65535].first(where: { most <= Float($0) && ($0 > 16 || areWhole) }) {
        "x / \(full)"
      } else {
        "x / x.max()"
      }
    return "\(formula) brings \(least)…\(most) to 0…1"
  }
}
