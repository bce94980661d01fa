import LatentSystem

/// Draws the curves of a training: one panel for each series, each with its own scale.
package enum CurvePlot {
  /// Renders line charts into an RGB picture.
  ///
  /// A vertical axis is logarithmic if all its values are positive and span a factor of more than 1000. Points that are
  /// not finite (or beyond ±1e250) are left out and interrupt the line. Where a pixel column holds many points, the line
  /// covers their whole range.
  ///
  /// - Parameters:
  ///   - series: The curves, in the order of their panels. `points` are connected in the order given.
  ///   - width: Pixels of a row, at least 1. Panels smaller than about 80 × 60 pixels stay empty.
  ///   - height: Number of rows, at least 1.
  /// - Returns: `pixels` as `height` rows from the top, each of `width` pixels, each of three bytes (RGB).
  package static func render(
    series: [(name: String, points: [(x: Double, y: Double)])], width: Int, height: Int
  ) -> (pixels: [UInt8], width: Int, height: Int) {
    guard width > 0, height > 0 else {
      fatalError("CurvePlot.render: the picture is \(width) x \(height) pixels; both must be at least 1")
    }
    var raster = Raster(width: width, height: height)
    let columns = columnCount(panels: series.count, width: width, height: height)
    let rows = (series.count + columns - 1) / columns
    for (index, curve) in series.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let (left, right) = (width * column / columns, width * (column + 1) / columns)
      let (top, bottom) = (height * row / rows, height * (row + 1) / rows)
      let area = Area(left: left, top: top, width: right - left, height: bottom - top)
      drawPanel(curve.name, curve.points, color: colors[index % colors.count], area, &raster)
    }
    return (raster.pixels, width, height)
  }

  /// A rectangle of pixels.
  struct Area {
    var left: Int
    var top: Int
    var width: Int
    var height: Int
    var right: Int { left + width }
    var bottom: Int { top + height }
  }

  static let colors: [Raster.Color] = [
    [37, 99, 173], [199, 84, 30], [40, 130, 84], [124, 82, 196], [176, 46, 118], [138, 104, 24],
  ]
  static let textColor: Raster.Color = [40, 40, 44]
  private static let numberColor: Raster.Color = [96, 96, 104]
  private static let frameColor: Raster.Color = [150, 150, 158]
  private static let gridColor: Raster.Color = [232, 232, 236]

  /// How many panels stand side by side: the number that brings them nearest to twice as wide as high.
  private static func columnCount(panels: Int, width: Int, height: Int) -> Int {
    func distance(_ columns: Int) -> Double {
      let rows = (panels + columns - 1) / columns
      let ratio = Double(width * rows) / Double(height * columns)
      return max(ratio / 2, 2 / ratio)
    }
    return (1...max(1, panels)).min { distance($0) < distance($1) } ?? 1
  }

  private static func drawPanel(
    _ name: String, _ points: [(x: Double, y: Double)], color: Raster.Color, _ area: Area, _ raster: inout Raster
  ) {
    let scale = max(1, min(area.width / 240, area.height / 120))
    let lineHeight = BitmapFont.capHeight * scale
    let gap = 4 * scale
    var plot = Area(left: area.left + 2 * gap, top: area.top + 4 * gap + lineHeight, width: 0, height: 0)
    plot.height = area.bottom - 2 * gap - lineHeight - gap - plot.top
    guard plot.height >= 3 * lineHeight, area.width >= 12 * BitmapFont.advance * scale else { return }

    let shown = points.filter(isShown)
    guard let last = shown.last else {
      drawTitle(name, value: "no data", color, area, gap, scale, &raster)
      return
    }
    let vertical = CurveAxis(
      covering: shown.map(\.y), tickCount: min(6, plot.height / (2 * lineHeight)), padding: 0.04, allowsLogarithm: true)
    let numberWidth = (vertical.ticks.map { BitmapFont.width(of: $0.label) }.max() ?? 0) * scale
    plot.left += numberWidth + gap
    plot.width = area.right - 3 * gap - plot.left
    guard plot.width >= 8 * gap else { return }
    let widest = 7 * BitmapFont.advance * scale
    let horizontal = CurveAxis(covering: shown.map(\.x), tickCount: max(1, min(8, plot.width / (2 * widest))))

    drawTitle(
      name, value: DecimalText.significant(last.y, digits: 4), color, area, gap, scale, &raster)
    drawAxes(horizontal, vertical, plot, gap, scale, &raster)
    let lines = pixelLines(points, horizontal, vertical, plot)
    raster.draw(lines, thickness: 0.7 + 0.6 * Double(scale), color)
  }

  private static func isShown(_ point: (x: Double, y: Double)) -> Bool {
    // NaN fails the comparison.
    abs(point.x) <= CurveAxis.largestMagnitude && abs(point.y) <= CurveAxis.largestMagnitude
  }

  /// The name on the left, as far as there is room, and the latest value on the right in the curve's color.
  private static func drawTitle(
    _ name: String, value: String, _ color: Raster.Color, _ area: Area, _ gap: Int, _ scale: Int, _ raster: inout Raster
  ) {
    let valueLeft = area.right - 3 * gap - BitmapFont.width(of: value) * scale
    let room = (valueLeft - gap - area.left - 2 * gap) / (BitmapFont.advance * scale)
    raster.draw(
      String(name.prefix(max(0, room))), x: area.left + 2 * gap, y: area.top + 2 * gap, scale: scale, textColor)
    raster.draw(value, x: valueLeft, y: area.top + 2 * gap, scale: scale, color)
  }

  /// Grid lines and numbers on the left, tick marks and numbers below, and the two axis lines over them.
  static func drawAxes(
    _ horizontal: CurveAxis, _ vertical: CurveAxis, _ plot: Area, _ gap: Int, _ scale: Int, _ raster: inout Raster
  ) {
    let mark = gap / 2 + 1
    for (value, label) in vertical.ticks {
      let y = plot.bottom - 1 - Int((vertical.position(of: value) * Double(plot.height - 1)).rounded())
      raster.fill(x: plot.left, y: y, width: plot.width, height: 1, gridColor)
      raster.fill(x: plot.left - mark, y: y, width: mark, height: 1, frameColor)
      let x = plot.left - gap - BitmapFont.width(of: label) * scale
      raster.draw(label, x: x, y: y - BitmapFont.capHeight * scale / 2, scale: scale, numberColor)
    }
    for (value, label) in horizontal.ticks {
      let x = plot.left + Int((horizontal.position(of: value) * Double(plot.width - 1)).rounded())
      raster.fill(x: x, y: plot.bottom, width: 1, height: mark, frameColor)
      let width = BitmapFont.width(of: label) * scale
      // The last number would otherwise reach out of the panel.
      let left = min(x - width / 2, plot.right + 2 * gap - width)
      raster.draw(label, x: left, y: plot.bottom + gap + 1, scale: scale, numberColor)
    }
    raster.fill(x: plot.left - 1, y: plot.top, width: 1, height: plot.height + 1, frameColor)
    raster.fill(x: plot.left - 1, y: plot.bottom, width: plot.width + 1, height: 1, frameColor)
  }

  /// The curve in pixel coordinates, in pieces between points that are left out.
  static func pixelLines(
    _ points: [(x: Double, y: Double)], _ horizontal: CurveAxis, _ vertical: CurveAxis, _ plot: Area
  ) -> [[SIMD2<Double>]] {
    points.split { !isShown($0) }.map { piece in
      let pixels = piece.map { point in
        SIMD2(
          Double(plot.left) + 0.5 + horizontal.position(of: point.x) * Double(plot.width - 1),
          Double(plot.bottom) - 0.5 - vertical.position(of: point.y) * Double(plot.height - 1))
      }
      return thinned(pixels)
    }
  }

  /// At most four points of each run of neighbours in one pixel column: the first, the lowest, the highest, the last.
  static func thinned(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    var result: [SIMD2<Double>] = []
    var rest = points[...]
    while let first = rest.first {
      let run = rest.prefix { $0.x.rounded(.down) == first.x.rounded(.down) }
      rest = rest.dropFirst(run.count)
      guard run.count > 4 else {
        result += run
        continue
      }
      let extremes = [run.min { $0.y < $1.y }, run.max { $0.y < $1.y }].compactMap(\.self)
      result += [first] + extremes + run.suffix(1)
    }
    return result
  }
}
