import LatentSystem

/// How an image gets another size: what a new pixel is made of.
///
/// Where an image becomes smaller, each filter is as wide as what the new pixel covers, so that nothing is skipped. Pixels
/// are those of Pillow's `resize`.
public enum ResamplingFilter: String, Sendable, CaseIterable, Codable {
  /// The mean over the area of the new pixel.
  case area
  /// A triangle around its centre.
  case bilinear
  /// Keys' cubic with a = −½. Reference: Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP
  /// 29 (1981).
  case bicubic

  /// How far from its centre it reaches, in old pixels, where the size stays.
  fileprivate var support: Double {
    switch self {
    case .area: 0.5
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  fileprivate func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .area: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear: return max(0, 1 - x)
    case .bicubic:
      if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }
  }
}

/// What the new pixels along one axis are made of.
struct ResamplingWeights {
  /// The first old pixel of each new one.
  private(set) var starts: [Int] = []
  /// The weights of the old pixels from there on, with ``bits`` after the point; as many for each, the last may be 0.
  private(set) var weights: [Int32] = []
  /// How many weights a new pixel has.
  let reach: Int

  static let bits: Int32 = 22

  init(from old: Int, to new: Int, _ filter: ResamplingFilter) {
    let scale = Double(old) / Double(new)
    // Where the image grows, the filter keeps its width.
    let width = max(1, scale)
    let support = filter.support * width
    reach = Int(support.rounded(.up)) * 2 + 1
    for place in 0..<new {
      let centre = (Double(place) + 0.5) * scale
      let start = max(0, Int(centre - support + 0.5))
      let end = min(old, Int(centre + support + 0.5))
      var row = (start..<max(start, end)).map { filter.weight((Double($0) - centre + 0.5) / width) }
      let sum = row.reduce(0, +)
      if sum != 0 { row = row.map { $0 / sum } }
      starts.append(start)
      weights += (0..<reach).map { index in
        index < row.count ? Int32((row[index] * Double(1 << Self.bits)).rounded(.toNearestOrAwayFromZero)) : 0
      }
    }
  }
}

extension ImageSet {
  /// These images at another size.
  ///
  /// - Parameters:
  ///   - height: of the new images, 1 or more.
  ///   - width: of the new images, 1 or more.
  ///   - filter: what a new pixel is made of.
  /// - Precondition: both sizes are 1 or more.
  public func resized(height: Int, width: Int, filter: ResamplingFilter = .bicubic) -> ImageSet {
    require(height >= 1 && width >= 1, "ImageSet.resized: to \(height)×\(width); both must be 1 or more")
    if height == self.height, width == self.width { return self }
    var result: [UInt8] = []
    result.reserveCapacity(count * height * width * channels)
    let across = ResamplingWeights(from: self.width, to: width, filter)
    let down = ResamplingWeights(from: self.height, to: height, filter)
    for index in 0..<count {
      let image = Array(self[index])
      // Rows first, to bytes, then columns.
      let wide =
        width == self.width
        ? image
        : Self.resampled(image, lines: self.height, from: self.width, to: width, step: channels, across)
      result +=
        height == self.height
        ? wide
        : Self.resampled(wide, lines: 1, from: self.height, to: height, step: width * channels, down)
    }
    return derived(result, count, height, width, channels, labels)
  }

  /// An axis resampled: `[lines, old, step]` → `[lines, new, step]`.
  private static func resampled(
    _ pixels: [UInt8], lines: Int, from old: Int, to new: Int, step: Int, _ weights: ResamplingWeights
  ) -> [UInt8] {
    let half: Int32 = 1 << (ResamplingWeights.bits - 1)
    return [UInt8](unsafeUninitializedCapacity: lines * new * step) { target, size in
      size = lines * new * step
      pixels.withUnsafeBufferPointer { pixels in
        for line in 0..<lines {
          for place in 0..<new {
            let start = weights.starts[place]
            let reach = min(weights.reach, old - start)
            for offset in 0..<step {
              var sum = half
              for index in 0..<reach {
                sum &+=
                  weights.weights[place * weights.reach + index]
                  &* Int32(pixels[(line * old + start + index) * step + offset])
              }
              target[(line * new + place) * step + offset] =
                UInt8(truncatingIfNeeded: min(max(sum >> ResamplingWeights.bits, 0), 255))
            }
          }
        }
      }
    }
  }

  /// A part of each image.
  /// - Precondition: the part lies within the images and is not empty.
  public func cropped(top: Int, left: Int, height: Int, width: Int) -> ImageSet {
    require(
      top >= 0 && left >= 0 && height >= 1 && width >= 1 && top + height <= self.height && left + width <= self.width,
      "ImageSet.cropped: \(height)×\(width) from (\(top), \(left)) of \(self.height)×\(self.width)")
    if height == self.height, width == self.width { return self }
    var result: [UInt8] = []
    result.reserveCapacity(count * height * width * channels)
    for index in 0..<count {
      for row in top..<top + height {
        let start = index * imageSize + (row * self.width + left) * channels
        result += pixels[start..<start + width * channels]
      }
    }
    return derived(result, count, height, width, channels, labels)
  }
}
