import Datasets
import LatentSystem

/// Draws points in the plane, coloured by class, with a legend.
package enum ScatterPlot {
  /// Renders a picture.
  ///
  /// - Parameters:
  ///   - points: places of any scale; both axes get the same one. Those that are not finite are left out.
  ///   - labels: the class of each point; all are of one colour if nil.
  ///   - width: pixels of a row, at least 1.
  ///   - height: number of rows, at least 1.
  /// - Returns: `pixels` as `height` rows from the top, each of `width` pixels, each of three bytes (RGB).
  package static func render(
    _ points: [SIMD2<Double>], labels: [Int]?, width: Int, height: Int
  ) -> (pixels: [UInt8], width: Int, height: Int) {
    guard width > 0, height > 0, labels.map({ $0.count == points.count }) ?? true else {
      fatalError(
        "ScatterPlot.render: \(points.count) points, \(labels?.count ?? 0) labels, \(width) x \(height) pixels")
    }
    var raster = Raster(width: width, height: height)
    let scale = max(1, min(width, height) / 300)
    let classes = labels.map { Array(Set($0)).sorted() } ?? []
    let legendWidth = classes.isEmpty ? 0 : Self.legendWidth(classes, scale)
    let shown = points.indices.filter { points[$0].x.isFinite && points[$0].y.isFinite }
    let view = View(
      shown.map { points[$0] }, width: Double(width - legendWidth), height: Double(height), margin: Double(8 * scale))
    for index in shown {
      let place = view.pixel(points[index])
      let own = labels.map { color(classes.firstIndex(of: $0[index]) ?? 0) } ?? colors[0]
      dot(place, radius: 1.2 * Double(scale), own, coverage: 0.7, &raster)
    }
    drawLegend(classes, left: width - legendWidth, scale, &raster)
    return (raster.pixels, width, height)
  }

  /// From places to pixels.
  private struct View {
    private let centre: SIMD2<Double>
    private let middle: SIMD2<Double>
    private let factor: Double

    init(_ points: [SIMD2<Double>], width: Double, height: Double, margin: Double) {
      let low = points.reduce(points.first ?? .zero, pointwiseMin)
      let high = points.reduce(points.first ?? .zero, pointwiseMax)
      centre = (low + high) / 2
      middle = SIMD2(width, height) / 2
      let extent = high - low
      let factors = [(width - 2 * margin) / extent.x, (height - 2 * margin) / extent.y]
      factor = factors.filter { $0.isFinite && $0 > 0 }.min() ?? 1
    }

    /// The second axis points upwards.
    func pixel(_ point: SIMD2<Double>) -> SIMD2<Double> { middle + (point - centre) * SIMD2(factor, -factor) }
  }

  /// A disc with a soft edge.
  private static func dot(
    _ centre: SIMD2<Double>, radius: Double, _ color: Raster.Color, coverage: Double, _ raster: inout Raster
  ) {
    for y in Int((centre.y - radius - 1).rounded(.down))...Int((centre.y + radius + 1).rounded(.up)) {
      for x in Int((centre.x - radius - 1).rounded(.down))...Int((centre.x + radius + 1).rounded(.up)) {
        let offset = SIMD2(Double(x) + 0.5, Double(y) + 0.5) - centre
        let amount = min(1, radius + 0.5 - (offset * offset).sum().squareRoot())
        if amount > 0 { raster.blend(color, x: x, y: y, coverage: amount * coverage) }
      }
    }
  }

  private static func legendWidth(_ classes: [Int], _ scale: Int) -> Int {
    let widest = classes.map { BitmapFont.width(of: "\($0)") }.max() ?? 0
    return (widest + 3 * BitmapFont.advance) * scale
  }

  private static func drawLegend(_ classes: [Int], left: Int, _ scale: Int, _ raster: inout Raster) {
    let lineHeight = (BitmapFont.capHeight + 5) * scale
    for (index, label) in classes.enumerated() {
      let top = 8 * scale + index * lineHeight
      let middle = SIMD2(Double(left + BitmapFont.advance * scale), Double(top) + 3.5 * Double(scale))
      dot(middle, radius: 2.5 * Double(scale), color(index), coverage: 1, &raster)
      raster.draw("\(label)", x: left + 2 * BitmapFont.advance * scale, y: top, scale: scale, [40, 40, 44])
    }
  }

  /// After the last colour they begin again, paler.
  private static func color(_ index: Int) -> Raster.Color {
    let color = colors[index % colors.count]
    guard index / colors.count % 2 == 1 else { return color }
    return Raster.Color(truncatingIfNeeded: (SIMD3<Int>(truncatingIfNeeded: color) &+ 255) / 2)
  }

  /// Ten that are told apart.
  private static let colors: [Raster.Color] = [
    [31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189], [140, 86, 75], [227, 119, 194],
    [90, 90, 90], [180, 180, 20], [23, 190, 207],
  ]
}

extension PNG {
  /// Draws points in the plane, coloured by their classes, with a legend.
  ///
  /// - Parameters:
  ///   - points: places of any scale; both axes get the same one. Those that are not finite are left out.
  ///   - labels: the class of each point; all are of one colour if nil.
  ///   - path: where to write a picture of 800 × 720 pixels.
  /// - Throws: ``FileError`` if the file cannot be written.
  public static func writeScatterPlot(_ points: [SIMD2<Double>], labels: [Int]?, to path: String) throws {
    let plot = ScatterPlot.render(points, labels: labels, width: 800, height: 720)
    try write(plot.pixels, height: plot.height, width: plot.width, channels: 3, to: path)
  }
}
