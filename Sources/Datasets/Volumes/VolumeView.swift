import LatentSystem
import Tensor

/// Pictures of what is in volumes: its surface, lit from above, as seen from far away.
///
/// ```swift
/// try PNG.writeGrid(VolumeView().pictures(of: volumes), columns: 8, to: "volumes.png")
/// ```
public struct VolumeView: Sendable, Equatable {
  /// The height and width of a picture in pixels, 1 or more.
  public var size = 64
  /// How far the viewer goes around the object, in degrees: at 0 they stand in front of it, at 90 at its right.
  public var azimuth = 30.0
  /// How high they stand, in degrees: at 90 they look down from above.
  public var elevation = 25.0
  /// How much of a voxel has to be full, above 0.
  public var threshold: Float = 0.5

  /// A view of the given size from the front, a little from the right and from above.
  public init(size: Int = 64, threshold: Float = 0.5) { (self.size, self.threshold) = (size, threshold) }

  /// A grey picture of each volume: `[N, D, H, W]` or `[N, D, H, W, 1]` → N pictures.
  /// - Throws: ``FileError`` if there are no volumes.
  public func pictures(of volumes: Tensor) throws -> ImageSet {
    require(
      volumes.rank == 4 || volumes.rank == 5 && volumes.shape[4] == 1,
      "VolumeView: volumes of shape \(volumes.shape); expected [N, D, H, W] or [N, D, H, W, 1]")
    let extent = SIMD3(Float(volumes.shape[3]), Float(volumes.shape[2]), Float(volumes.shape[1]))
    var pixels: [UInt8] = []
    for index in 0..<volumes.shape[0] {
      pixels += picture(of: SurfaceMesh(of: volumes[index], threshold: threshold), extent: extent)
    }
    return try ImageSet(pixels: pixels, height: size, width: size)
  }

  /// The grey pixels `[size, size]` of a surface.
  /// - Parameter extent: width, height and depth of the volume that it is in, which fits into the picture.
  public func picture(of mesh: SurfaceMesh, extent: SIMD3<Float>) -> [UInt8] {
    require(size >= 1, "VolumeView: pictures of \(size) pixels; the least is 1")
    let camera = Camera(self, extent: extent)
    var canvas = Canvas(side: size * Self.samples)
    let points = mesh.vertices.map { camera.place($0) * Float(Self.samples) }
    let lights = mesh.normals.map(camera.brightness)
    for triangle in mesh.triangles {
      let (a, b, c) = (Int(triangle.x), Int(triangle.y), Int(triangle.z))
      canvas.fill(points[a], points[b], points[c], SIMD3(lights[a], lights[b], lights[c]))
    }
    return canvas.shrunk(by: Self.samples)
  }

  /// In each direction for a pixel, so that edges are smooth.
  private static let samples = 2
}

/// Where the viewer and the light are.
private struct Camera {
  private let right, up, towards, light, centre: SIMD3<Float>
  private let scale: Float
  private let middle: Float

  init(_ view: VolumeView, extent: SIMD3<Float>) {
    let (turn, rise) = (view.azimuth * .pi / 180, view.elevation * .pi / 180)
    let (cosine, sine, low, high) = (Float(cos(turn)), Float(sin(turn)), Float(cos(rise)), Float(sin(rise)))
    right = SIMD3(cosine, sine, 0)
    towards = SIMD3(sine * low, -cosine * low, high)
    up = SIMD3(-sine * high, cosine * high, low)
    let direction = towards * 0.7 + up * 0.6 - right * 0.5
    light = direction / (direction * direction).sum().squareRoot()
    centre = extent / 2
    middle = Float(view.size) / 2
    scale = middle / max(1e-6, Self.reach(of: centre, right), Self.reach(of: centre, up))
  }

  /// How far a box around the origin with a corner at `corner` reaches along an axis.
  private static func reach(of corner: SIMD3<Float>, _ axis: SIMD3<Float>) -> Float {
    let products = corner * axis
    return abs(products.x) + abs(products.y) + abs(products.z)
  }

  /// Column, row, and how near it is.
  func place(_ vertex: SIMD3<Float>) -> SIMD3<Float> {
    let point = vertex - centre
    return SIMD3(
      middle + (point * right).sum() * scale, middle - (point * up).sum() * scale, (point * towards).sum() * scale)
  }

  /// Of a surface that looks in a direction.
  func brightness(_ normal: SIMD3<Float>) -> Float { 0.2 + 0.8 * max(0, (normal * light).sum()) }
}

/// A square of pixels, each with how near what is seen there is.
private struct Canvas {
  private let side: Int
  private var nearest: [Float]
  private var brightness: [Float]

  init(side: Int) {
    self.side = side
    nearest = [Float](repeating: -.infinity, count: side * side)
    brightness = [Float](repeating: Self.background, count: side * side)
  }

  private static let background: Float = 0.06

  /// Draws a triangle where nothing is in front of it.
  mutating func fill(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ c: SIMD3<Float>, _ lights: SIMD3<Float>) {
    let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    // Rows count downwards, so what looks at the viewer goes round the other way.
    guard area < 0 else { return }
    let rows = places(min(a.y, b.y, c.y), max(a.y, b.y, c.y))
    let columns = places(min(a.x, b.x, c.x), max(a.x, b.x, c.x))
    for row in rows {
      for column in columns {
        let (x, y) = (Float(column) + 0.5, Float(row) + 0.5)
        let ofB = ((x - a.x) * (c.y - a.y) - (y - a.y) * (c.x - a.x)) / area
        let ofC = ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) / area
        let shares = SIMD3(1 - ofB - ofC, ofB, ofC)
        guard shares.min() >= 0 else { continue }
        let near = (shares * SIMD3(a.z, b.z, c.z)).sum()
        guard near > nearest[row * side + column] else { continue }
        nearest[row * side + column] = near
        brightness[row * side + column] = (shares * lights).sum()
      }
    }
  }

  /// The pixels whose middle may lie between two bounds.
  private func places(_ low: Float, _ high: Float) -> Range<Int> {
    let first = max(0, min(Float(side), low - 0.5)).rounded(.up)
    let end = max(first, min(Float(side), (high + 0.5).rounded(.down)))
    return Int(first)..<Int(end)
  }

  /// Bytes for the means of blocks.
  func shrunk(by factor: Int) -> [UInt8] {
    let small = side / factor
    return (0..<small * small).map { index in
      var sum: Float = 0
      for row in 0..<factor {
        for column in 0..<factor {
          sum += brightness[(index / small * factor + row) * side + index % small * factor + column]
        }
      }
      return UInt8(min(255, sum / Float(factor * factor) * 255 + 0.5))
    }
  }
}
