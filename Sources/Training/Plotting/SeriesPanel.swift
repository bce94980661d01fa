import Datasets
import LatentSystem

/// Curves over the same times in one panel of a picture: a series and its reconstruction, or its scores.
public struct SeriesPanel: Sendable {
  /// A line through a number for each time.
  public struct Curve: Sendable {
    /// What it is called, written in its colour.
    public let name: String
    /// A number for each time.
    public let values: [Float]

    /// A curve.
    public init(_ name: String, _ values: [Float]) { (self.name, self.values) = (name, values) }
  }

  /// What stands above the panel.
  public let name: String
  /// The curves, the first to be drawn first.
  public let curves: [Curve]
  /// Whether each time is marked, by a coloured ground; none if nil.
  public let marks: [Bool]?
  /// The time of the first number.
  public let firstTime: Int

  /// A panel of the given curves.
  public init(name: String, curves: [Curve], marks: [Bool]? = nil, firstTime: Int = 0) {
    (self.name, self.curves, self.marks, self.firstTime) = (name, curves, marks, firstTime)
  }

  /// Panels below each other, each with its own scale, as RGB pixels, row by row.
  ///
  /// Numbers that are not finite are left out and interrupt a line. Where a pixel column holds many times, the line covers
  /// their whole range.
  ///
  /// - Parameters:
  ///   - panels: one or more.
  ///   - width: of the picture in pixels. Panels of less than about 80 × 60 pixels stay empty.
  ///   - height: of the picture in pixels.
  /// - Returns: `height` rows from the top, each of `width` pixels, each of three bytes.
  public static func render(
    _ panels: [SeriesPanel], width: Int, height: Int
  ) -> (pixels: [UInt8], width: Int, height: Int) {
    require(
      !panels.isEmpty && width >= 1 && height >= 1,
      "SeriesPanel.render: \(panels.count) panels in \(width)×\(height) pixels; the least is 1 of each")
    var raster = Raster(width: width, height: height)
    let areas = panels.indices.map { index in
      let (top, bottom) = (height * index / panels.count, height * (index + 1) / panels.count)
      return CurvePlot.Area(left: 0, top: top, width: width, height: bottom - top)
    }
    // The same for all, so that a time is at one place in each.
    let margin = zip(panels, areas).map { $0.numberWidth(in: $1) }.max() ?? 0
    for (panel, area) in zip(panels, areas) { panel.draw(in: area, margin: margin, &raster) }
    return (raster.pixels, width, height)
  }

  private static func scale(of area: CurvePlot.Area) -> Int { max(1, min(area.width / 480, area.height / 120)) }

  /// The place for the curves in an area, as far as the numbers beside them leave it open; nil if there is none.
  private static func plot(in area: CurvePlot.Area) -> CurvePlot.Area? {
    let scale = scale(of: area)
    let (lineHeight, gap) = (BitmapFont.capHeight * scale, 4 * scale)
    var plot = CurvePlot.Area(
      left: area.left + 2 * gap, top: area.top + 4 * gap + lineHeight, width: area.width, height: 0)
    plot.height = area.bottom - 3 * gap - lineHeight - plot.top
    return plot.height < 3 * lineHeight || area.width < 12 * BitmapFont.advance * scale ? nil : plot
  }

  /// The scale of the curves; nil if they have no numbers.
  private func vertical(_ plot: CurvePlot.Area, _ scale: Int) -> CurveAxis? {
    let shown = curves.flatMap { $0.values.filter { abs(Double($0)) <= CurveAxis.largestMagnitude } }.map(Double.init)
    guard !shown.isEmpty else { return nil }
    return CurveAxis(
      covering: shown, tickCount: min(6, plot.height / (2 * BitmapFont.capHeight * scale)), padding: 0.04)
  }

  /// How wide the numbers of the scale are.
  private func numberWidth(in area: CurvePlot.Area) -> Int {
    let scale = Self.scale(of: area)
    guard let vertical = Self.plot(in: area).flatMap({ vertical($0, scale) }) else { return 0 }
    return (vertical.ticks.map { BitmapFont.width(of: $0.label) }.max() ?? 0) * scale
  }

  private func draw(in area: CurvePlot.Area, margin: Int, _ raster: inout Raster) {
    let scale = Self.scale(of: area)
    let gap = 4 * scale
    guard var plot = Self.plot(in: area), let vertical = vertical(plot, scale) else { return }
    plot.left += margin + gap
    plot.width = area.right - 3 * gap - plot.left
    guard plot.width >= 8 * gap else { return }
    let last = curves.map(\.values.count).max() ?? 0
    let horizontal = CurveAxis(
      covering: [Double(firstTime), Double(firstTime + max(1, last - 1))],
      tickCount: max(1, min(12, plot.width / (14 * BitmapFont.advance * scale))), digits: 9)
    drawMarks(horizontal, plot, &raster)
    drawTitle(area, gap, scale, &raster)
    CurvePlot.drawAxes(horizontal, vertical, plot, gap, scale, &raster)
    for (index, curve) in curves.enumerated() {
      let points = curve.values.enumerated().map { (x: Double(firstTime + $0), y: Double($1)) }
      raster.draw(
        CurvePlot.pixelLines(points, horizontal, vertical, plot), thickness: 0.7 + 0.6 * Double(scale), color(index))
    }
  }

  /// A ground behind the marked times, half a time further on both sides.
  private func drawMarks(_ horizontal: CurveAxis, _ plot: CurvePlot.Area, _ raster: inout Raster) {
    for (time, isMarked) in (marks ?? []).enumerated() where isMarked {
      let ends = [-0.5, 0.5].map { half in
        let position = horizontal.position(of: Double(firstTime + time) + half)
        return plot.left + Int((min(1, max(0, position)) * Double(plot.width - 1)).rounded())
      }
      raster.fill(x: ends[0], y: plot.top, width: ends[1] - ends[0] + 1, height: plot.height, Self.markColor)
    }
  }

  /// The name, and beside it those of the curves in their colours, as far as there is room.
  private func drawTitle(_ area: CurvePlot.Area, _ gap: Int, _ scale: Int, _ raster: inout Raster) {
    var left = area.left + 2 * gap
    for (text, color) in [(name, CurvePlot.textColor)] + curves.enumerated().map({ ($1.name, color($0)) }) {
      let room = (area.right - 2 * gap - left) / (BitmapFont.advance * scale)
      let shown = String(text.prefix(max(0, room)))
      raster.draw(shown, x: left, y: area.top + 2 * gap, scale: scale, color)
      left += BitmapFont.width(of: shown) * scale + 3 * gap
    }
  }

  private func color(_ index: Int) -> Raster.Color { CurvePlot.colors[index % CurvePlot.colors.count] }

  private static let markColor: Raster.Color = [255, 224, 196]
}

extension PNG {
  /// Draws panels of curves below each other, each 150 pixels high.
  ///
  /// - Parameters:
  ///   - panels: one or more.
  ///   - path: where to write a picture of 1000 pixels' width.
  /// - Throws: ``FileError`` if the file cannot be written.
  public static func writeSeriesPlot(_ panels: [SeriesPanel], to path: String) throws {
    let (pixels, width, height) = SeriesPanel.render(panels, width: 1000, height: 150 * panels.count)
    try write(pixels, height: height, width: width, channels: 3, to: path)
  }
}
