/// A grey picture of a digit whose strokes are made thinner or thicker before it is drawn at another size.
///
/// All is done in whole numbers, so that the same digit gives the same bytes on every platform.
struct DigitGlyph {
  /// `[height, width]`, its brightest pixel 255.
  private(set) var pixels: [UInt8]
  private(set) var height: Int
  private(set) var width: Int

  /// The part of the image `index` of `images` that holds something, at 20 pixels on its longer side.
  init(_ images: ImageSet, at index: Int) {
    self.init(images.subset([index]), longerSide: Self.canonicalSide)
  }

  private init(_ image: ImageSet, longerSide: Int) {
    let (rows, columns) = Self.bounds(image.pixels, height: image.height, width: image.width)
    let (tall, wide) = (rows.count, columns.count)
    let longest = max(tall, wide)
    height = max(1, (tall * longerSide + longest / 2) / longest)
    width = max(1, (wide * longerSide + longest / 2) / longest)
    pixels =
      image.cropped(top: rows.lowerBound, left: columns.lowerBound, height: tall, width: wide)
      .resized(height: height, width: width, filter: .area).pixels
    brighten()
  }

  /// The digit with strokes of the given kind, of so many pixels on its longer side.
  func drawn(_ stroke: DigitScene.Stroke, longerSide: Int) -> DigitGlyph {
    var glyph = padded(by: Self.margin)
    switch stroke {
    case .thin: glyph.makeThin()
    case .thick: glyph.makeThick()
    }
    return DigitGlyph(
      ImageSet(unchecked: glyph.pixels, 1, glyph.height, glyph.width, 1, nil), longerSide: longerSide)
  }

  /// How wide its strokes are in pixels: twice the area by the perimeter, of grey pixels as of parts of black and white
  /// ones; 4/π makes up for a perimeter that goes along rows and columns.
  var strokeWidth: Double {
    var (area, perimeter) = (0, 0)
    for row in -1..<height {
      for column in -1..<width {
        let here = Int(self[row, column])
        area += here
        perimeter += abs(here - Int(self[row + 1, column])) + abs(here - Int(self[row, column + 1]))
      }
    }
    return perimeter == 0 ? 0 : 8 * Double(area) / (3.141592653589793 * Double(perimeter))
  }

  private static let canonicalSide = 20
  private static let margin = 4
  /// What thin strokes are at most, and thick ones at least, of a digit of 20 pixels.
  private static let (thinWidth, thickWidth) = (2.5, 4.2)
  private static let mostSteps = 6
  private static let leastBrightness: UInt8 = 51
  /// How many rows or columns a digit may lose with a pixel of its strokes.
  private static let mostLost = 2
}

// MARK: - Strokes

extension DigitGlyph {
  /// A pixel off from each stroke again and again, as long as the digit does not fall apart, nor lose a faint part of it.
  private mutating func makeThin() {
    for step in 0..<Self.mostSteps where strokeWidth > Self.thinWidth {
      let eroded = changed(step: step, min)
      let (rows, columns) = (bounds.rows.count, bounds.columns.count)
      guard eroded.partCount == partCount, eroded.bounds.rows.count >= rows - Self.mostLost,
        eroded.bounds.columns.count >= columns - Self.mostLost
      else { return }
      self = eroded
    }
  }

  private mutating func makeThick() {
    for step in 0..<Self.mostSteps where strokeWidth < Self.thickWidth { self = changed(step: step, max) }
  }

  /// Each pixel becomes the least or most of four in a square, which lies before it and behind it in turn, so that the
  /// digit stays where it is.
  private func changed(step: Int, _ choose: (UInt8, UInt8) -> UInt8) -> DigitGlyph {
    var result = self
    let offset = step % 2 == 0 ? -1 : 1
    for row in 0..<height {
      for column in 0..<width {
        result.pixels[row * width + column] = choose(
          choose(self[row, column], self[row + offset, column]),
          choose(self[row, column + offset], self[row + offset, column + offset]))
      }
    }
    return result
  }

  private var bounds: (rows: Range<Int>, columns: Range<Int>) { Self.bounds(pixels, height: height, width: width) }

  /// How many parts it has that do not touch, not even at corners.
  var partCount: Int { Self.partCount(of: pixels.map { $0 > Self.leastBrightness }, height: height, width: width) }

  /// How many parts of the true pixels of `[height, width]` do not touch, not even at corners.
  static func partCount(of mask: [Bool], height: Int, width: Int) -> Int {
    var (rest, parts, waiting) = (mask, 0, [Int]())
    for start in rest.indices where rest[start] {
      parts += 1
      rest[start] = false
      waiting.append(start)
      while let place = waiting.popLast() {
        let (row, column) = (place / width, place % width)
        for near in max(0, row - 1)...min(height - 1, row + 1) {
          for side in max(0, column - 1)...min(width - 1, column + 1) where rest[near * width + side] {
            rest[near * width + side] = false
            waiting.append(near * width + side)
          }
        }
      }
    }
    return parts
  }
}

// MARK: - Pixels

extension DigitGlyph {
  /// 0 beyond the edges.
  private subscript(row: Int, column: Int) -> UInt8 {
    row >= 0 && row < height && column >= 0 && column < width ? pixels[row * width + column] : 0
  }

  private func padded(by margin: Int) -> DigitGlyph {
    var result = self
    (result.height, result.width) = (height + 2 * margin, width + 2 * margin)
    result.pixels = [UInt8](repeating: 0, count: result.height * result.width)
    for row in 0..<height {
      for column in 0..<width {
        result.pixels[(row + margin) * result.width + column + margin] = pixels[row * width + column]
      }
    }
    return result
  }

  private mutating func brighten() {
    let most = Int(pixels.max() ?? 0)
    guard most > 0, most < 255 else { return }
    pixels = pixels.map { UInt8((Int($0) * 255 + most / 2) / most) }
  }

  /// The rows and columns that hold something; all, if none does.
  private static func bounds(
    _ pixels: [UInt8], height: Int, width: Int
  ) -> (rows: Range<Int>, columns: Range<Int>) {
    var (top, bottom, left, right) = (height, -1, width, -1)
    for place in pixels.indices where pixels[place] > leastBrightness {
      (top, bottom) = (min(top, place / width), max(bottom, place / width))
      (left, right) = (min(left, place % width), max(right, place % width))
    }
    return bottom < 0 ? (0..<height, 0..<width) : (top..<bottom + 1, left..<right + 1)
  }
}
