/// Draws thick soft lines on a small grey image, like a pen photographed and scaled down.
struct DigitPen {
  /// A point of a stroke, in pixels, and the radius of the pen there.
  struct Point {
    var x: Double
    var y: Double
    var radius: Double
  }

  /// Rows and columns of the image.
  static let size = 28

  /// How many pixels the edge takes from black to white.
  var softness: Double

  /// How much of each pixel is covered, `[size * size]`, 0…1.
  private(set) var coverage = [Double](repeating: 0, count: size * size)

  init(softness: Double) { self.softness = softness }

  /// Draws a line between two points, with round ends.
  mutating func draw(from start: Point, to end: Point) {
    let radius = 0.5 * (start.radius + end.radius)
    let outer = radius + 0.5 * softness
    let reach = outer * outer
    let scale = 1 / softness
    let (deltaX, deltaY) = (end.x - start.x, end.y - start.y)
    let inverse = 1 / (deltaX * deltaX + deltaY * deltaY + 1e-12)
    let columns = Self.pixels(min(start.x, end.x) - outer, max(start.x, end.x) + outer)
    let rows = Self.pixels(min(start.y, end.y) - outer, max(start.y, end.y) + outer)
    coverage.withUnsafeMutableBufferPointer { coverage in
      for row in rows {
        let y = Double(row) - start.y
        for column in columns {
          let x = Double(column) - start.x
          // The nearest point of the line.
          let along = max(0, min(1, (x * deltaX + y * deltaY) * inverse))
          let (awayX, awayY) = (x - along * deltaX, y - along * deltaY)
          let square = awayX * awayX + awayY * awayY
          if square >= reach { continue }
          let value = min(1, (outer - square.squareRoot()) * scale)
          let index = row &* Self.size &+ column
          if value > coverage[index] { coverage[index] = value }
        }
      }
    }
  }

  /// The pixels whose centres lie between `low` and `high`; the first one's centre is 0.
  private static func pixels(_ low: Double, _ high: Double) -> Range<Int> {
    let first = max(0, Int(max(-1, low)) + (low > 0 ? 1 : 0))
    let end = min(size, Int(max(-1, min(high, 1000))) + 1)
    return first..<max(first, end)
  }
}
