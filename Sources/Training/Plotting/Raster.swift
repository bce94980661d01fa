/// An RGB picture that is drawn on. Whatever falls outside of it is left out.
struct Raster {
  /// Red, green and blue, from 0 to 255.
  typealias Color = SIMD3<UInt8>

  let width: Int
  let height: Int

  /// `height` rows from the top, each of `width` pixels, each of three bytes.
  private(set) var pixels: [UInt8]

  /// A white picture.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    pixels = [UInt8](repeating: 255, count: width * height * 3)
  }

  /// Mixes `color` into a pixel; a coverage of 1 replaces it.
  mutating func blend(_ color: Color, x: Int, y: Int, coverage: Double = 1) {
    guard x >= 0, x < width, y >= 0, y < height else { return }
    let start = (y * width + x) * 3
    for channel in 0..<3 {
      let old = Double(pixels[start + channel])
      pixels[start + channel] = UInt8((old + (Double(color[channel]) - old) * coverage).rounded())
    }
  }

  /// Fills the pixels from (`x`, `y`) to the right and down.
  mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    for row in y..<y + max(0, height) {
      for column in x..<x + max(0, width) { blend(color, x: column, y: row) }
    }
  }

  /// Draws text whose capital letters have their top left corner at (`x`, `y`).
  mutating func draw(_ text: String, x: Int, y: Int, scale: Int, _ color: Color) {
    for (position, character) in text.enumerated() {
      let left = x + position * BitmapFont.advance * scale
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for (column, bit) in bits.enumerated() where bit {
          fill(x: left + column * scale, y: y + row * scale, width: scale, height: scale, color)
        }
      }
    }
  }

  /// Draws connected lines with soft edges; a single point becomes a dot.
  ///
  /// The coverage of all lines is collected before it is mixed in, so that joints are no darker than the rest.
  mutating func draw(_ lines: [[SIMD2<Double>]], thickness: Double, _ color: Color) {
    var coverage = [Double](repeating: 0, count: width * height)
    for line in lines {
      if line.count == 1 { addSegment(from: line[0], to: line[0], thickness: thickness * 2, &coverage) }
      for (start, end) in zip(line, line.dropFirst()) {
        addSegment(from: start, to: end, thickness: thickness, &coverage)
      }
    }
    for (index, amount) in coverage.enumerated() where amount > 0 {
      blend(color, x: index % width, y: index / width, coverage: amount)
    }
  }

  /// A pixel is covered as far as its centre is nearer to the segment than half the thickness.
  private func addSegment(
    from start: SIMD2<Double>, to end: SIMD2<Double>, thickness: Double, _ coverage: inout [Double]
  ) {
    let reach = thickness / 2 + 0.5
    let direction = end - start
    let squaredLength = (direction * direction).sum()
    let low = pointwiseMin(start, end) - reach
    let high = pointwiseMax(start, end) + reach
    let columns = max(0, Int(low.x))..<max(max(0, Int(low.x)), min(width, Int(high.x) + 1))
    let rows = max(0, Int(low.y))..<max(max(0, Int(low.y)), min(height, Int(high.y) + 1))
    for y in rows {
      for x in columns {
        let offset = SIMD2(Double(x) + 0.5, Double(y) + 0.5) - start
        let along = squaredLength > 0 ? min(1, max(0, (offset * direction).sum() / squaredLength)) : 0
        let difference = offset - direction * along
        let amount = min(1, reach - (difference * difference).sum().squareRoot())
        if amount > coverage[y * width + x] { coverage[y * width + x] = amount }
      }
    }
  }
}
