import LatentSystem
import Tensor

/// A texture that the library draws, the same all over a picture: a style to try models of styles with, with nothing to
/// download.
///
/// ```swift
/// let picture = DrawnPattern.waves.picture(height: 128, width: 128, channels: 3)
/// ```
///
/// Patterns are some pixels wide, so that an image of 28×28 pixels shows several periods of any, and they differ from one
/// another wherever that image is, in grey too.
public enum DrawnPattern: String, CaseIterable, Sendable {
  /// Slanting bands with hard edges.
  case stripes
  /// Lines that swing up and down, soft in grey.
  case waves
  /// A board of squares.
  case checks
  /// Discs in rows, each between two of the row above it.
  case dots
  /// Walls of bricks with thin joints.
  case bricks
  /// Two sets of thin lines that cross.
  case hatching
  /// Circles around points of a grid.
  case rings
  /// Random brightness without edges.
  case clouds

  /// A picture of the pattern; a larger one has the same corner.
  ///
  /// It depends on its size, the channels and the seed alone, on every platform to the last bit.
  /// - Parameters:
  ///   - height: pixels from top to bottom.
  ///   - width: pixels from left to right.
  ///   - channels: 1 for black and white, 3 for the two colours that the pattern has.
  ///   - seed: another one moves the pattern by whole pixels, and gives other clouds.
  /// - Returns: one image.
  /// - Precondition: height and width are 1 or more, and there are 1 or 3 channels.
  public func picture(height: Int, width: Int, channels: Int, seed: UInt64 = 0) -> ImageSet {
    require(
      height >= 1 && width >= 1 && (channels == 1 || channels == 3),
      "DrawnPattern: a picture of \(height)×\(width) pixels of \(channels) channels; expected 1 or more pixels, grey or "
        + "coloured")
    let drawing = Drawing(self, seed: seed)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(height * width * channels)
    for row in 0..<height {
      for column in 0..<width {
        let level = drawing.level(row, column)
        let colour = channels == 1 ? SIMD3(repeating: level * 255) : self.colour(level)
        for channel in 0..<channels { pixels.append(UInt8(colour[channel].rounded())) }
      }
    }
    return ImageSet(unchecked: pixels, 1, height, width, channels, nil)
  }

  private func colour(_ level: Float) -> SIMD3<Float> {
    let (dark, light) = colours
    return dark + (light - dark) * level
  }

  /// What is black in grey, and what is white.
  private var colours: (SIMD3<Float>, SIMD3<Float>) {
    switch self {
    case .stripes: ([20, 40, 120], [245, 235, 205])
    case .waves: ([10, 60, 90], [180, 235, 240])
    case .checks: ([150, 20, 35], [250, 240, 230])
    case .dots: ([225, 55, 60], [250, 220, 90])
    case .bricks: ([225, 215, 200], [165, 60, 40])
    case .hatching: ([30, 30, 60], [235, 220, 180])
    case .rings: ([20, 90, 60], [235, 200, 60])
    case .clouds: ([60, 120, 205], [255, 255, 255])
    }
  }
}

/// A pattern at the place that a seed gives it.
private struct Drawing {
  private let pattern: DrawnPattern
  /// Whole pixels, so that edges fall on the same parts of pixels wherever the pattern is.
  private let shift: SIMD2<Float>
  private let cloud: Cloud

  private static let stream: UInt64 = 0x9A77
  /// The samples of a pixel along each axis.
  private static let samples = 4

  init(_ pattern: DrawnPattern, seed: UInt64) {
    var random = RandomGenerator(seed: seed, stream: Self.stream)
    self.pattern = pattern
    shift = SIMD2(
      Float(Int.random(in: 0..<64, using: &random)), Float(Int.random(in: 0..<64, using: &random)))
    cloud = Cloud(cell: 6, key: random.next())
  }

  /// How light a pixel is, in 0...1: the mean of places in it.
  func level(_ row: Int, _ column: Int) -> Float {
    var sum: Float = 0
    for down in 0..<Self.samples {
      for right in 0..<Self.samples {
        let part = (SIMD2(Float(down), Float(right)) + 0.5) / Float(Self.samples)
        sum += level(SIMD2(Float(row), Float(column)) + shift + part)
      }
    }
    return sum / Float(Self.samples * Self.samples)
  }

  private func level(_ place: SIMD2<Float>) -> Float {
    let (row, column) = (place.x, place.y)
    // A direction of length 1.
    let (down, right) = (0.6 * row, 0.8 * column)
    switch pattern {
    case .stripes: return triangleWave((right + down) / 6) > 0.5 ? 1 : 0
    case .waves: return Self.smooth(triangleWave((row + 4 * Self.smooth(triangleWave(column / 16))) / 7))
    case .checks: return Self.isOdd((row / 3).rounded(.down) + (column / 3).rounded(.down)) ? 1 : 0
    case .dots: return Self.distance(row, column, in: SIMD2(6, 7), isShifted: true) < 1.8 ? 0 : 1
    case .bricks: return Self.isJoint(row, column) ? 0 : 1
    case .hatching: return min(triangleWave((right + down) / 7), triangleWave((right - down) / 7)) < 0.2 ? 0 : 1
    case .rings: return triangleWave(Self.distance(row, column, in: SIMD2(16, 16)) / 5) < 0.5 ? 0 : 1
    case .clouds: return min(max(0.5 + (cloud.value(place) - 0.5) * 1.5, 0), 1)
    }
  }

  /// The distance to the middle of a place's cell.
  /// - Parameter isShifted: whether the cells of every second row begin in the middle of those above.
  private static func distance(
    _ row: Float, _ column: Float, in cell: SIMD2<Float>, isShifted: Bool = false
  ) -> Float {
    let line = (row / cell.x).rounded(.down)
    let along = (column + (isShifted && isOdd(line) ? cell.y / 2 : 0)) / cell.y
    let offset = (SIMD2(row / cell.x - line, along - along.rounded(.down)) - 0.5) * cell
    return (offset * offset).sum().squareRoot()
  }

  /// Whether a place is between bricks of 4×9 pixels.
  private static func isJoint(_ row: Float, _ column: Float) -> Bool {
    let line = (row / 5).rounded(.down)
    let along = column + (isOdd(line) ? 5 : 0)
    return row - 5 * line < 1 || along - 10 * (along / 10).rounded(.down) < 1
  }

  private static func isOdd(_ whole: Float) -> Bool { Int(whole) % 2 != 0 }

  private static func smooth(_ share: Float) -> Float { share * share * (3 - 2 * share) }
}
