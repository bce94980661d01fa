import LatentSystem
import Tensor

/// The surface of what is in a volume, as triangles.
///
/// ```swift
/// let mesh = SurfaceMesh(of: volumes[0])
/// print(mesh.volume, mesh.area, mesh.eulerCharacteristic)
/// try SurfaceMesh.writeOBJ([mesh], to: "shape.obj")
/// ```
///
/// It is closed, also where the object touches the volume's border: beyond that there is nothing. Every edge belongs to
/// two triangles, which go along it in opposite directions.
public struct SurfaceMesh: Sendable, Equatable {
  /// Places `(x, y, z)` in voxels, from 0 to the volume's width, height and depth; z points upwards.
  public let vertices: [SIMD3<Float>]
  /// The numbers of the vertices of each triangle, counterclockwise from outside.
  public let triangles: [SIMD3<Int32>]

  /// A surface of the given triangles.
  init(vertices: [SIMD3<Float>], triangles: [SIMD3<Int32>]) { (self.vertices, self.triangles) = (vertices, triangles) }

  /// The surface between the voxels above a threshold and the others, by marching cubes.
  ///
  /// - Parameters:
  ///   - volume: `[D, H, W]` or `[D, H, W, 1]`.
  ///   - threshold: above 0. Between voxel centres, volumes count as linear.
  public init(of volume: Tensor, threshold: Float = 0.5) {
    require(
      volume.rank == 3 || volume.rank == 4 && volume.shape[3] == 1,
      "SurfaceMesh: a volume of shape \(volume.shape); expected [D, H, W] or [D, H, W, 1]")
    require(threshold > 0, "SurfaceMesh: a threshold of \(threshold); it has to be above 0")
    var builder = SurfaceBuilder(volume, threshold: threshold)
    builder.build()
    self.init(vertices: builder.vertices, triangles: builder.triangles)
  }

  /// The corners of a triangle.
  func corners(_ triangle: SIMD3<Int32>) -> (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>) {
    (vertices[Int(triangle.x)], vertices[Int(triangle.y)], vertices[Int(triangle.z)])
  }

  /// What the surface holds, in voxels.
  public var volume: Double {
    triangles.reduce(0) { sum, triangle in
      let (a, b, c) = corners(triangle)
      let product = a * Self.cross(b, c)
      return sum + Double(product.x + product.y + product.z) / 6
    }
  }

  /// The area of the surface, in faces of a voxel.
  public var area: Double {
    triangles.reduce(0) { sum, triangle in
      let (a, b, c) = corners(triangle)
      let normal = Self.cross(b - a, c - a)
      return sum + Double((normal * normal).sum().squareRoot()) / 2
    }
  }

  /// Vertices - edges + triangles: 2 for each surface like a sphere's, 0 for one like a torus's, 2 less for each hole
  /// more.
  public var eulerCharacteristic: Int {
    vertices.count - Set(edges.map { Edge(min($0.from, $0.to), max($0.from, $0.to)) }).count + triangles.count
  }

  /// Whether each edge belongs to two triangles, which go along it in opposite directions, and no vertex is left over.
  public var isClosed: Bool {
    var counts: [Edge: Int] = [:]
    for edge in edges { counts[edge, default: 0] += 1 }
    return Set(edges.map(\.from)).count == vertices.count
      && counts.allSatisfy { $0.value == 1 && counts[Edge($0.key.to, $0.key.from)] == 1 }
  }

  /// The directions of unit length that the surface looks in at its vertices.
  public var normals: [SIMD3<Float>] {
    var sums = [SIMD3<Float>](repeating: .zero, count: vertices.count)
    for triangle in triangles {
      let (a, b, c) = corners(triangle)
      let normal = Self.cross(b - a, c - a)
      for index in 0..<3 { sums[Int(triangle[index])] += normal }
    }
    return sums.map { sum in
      let square = (sum * sum).sum()
      return square > 0 ? sum / square.squareRoot() : SIMD3(0, 0, 1)
    }
  }

  private struct Edge: Hashable {
    let from, to: Int32
    init(_ from: Int32, _ to: Int32) { (self.from, self.to) = (from, to) }
  }

  /// The sides of all triangles.
  private var edges: [Edge] {
    triangles.flatMap { [Edge($0.x, $0.y), Edge($0.y, $0.z), Edge($0.z, $0.x)] }
  }

  static func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}

/// Goes through the cubes between the voxel centres of a volume, with a border of nothing around it.
private struct SurfaceBuilder {
  private(set) var vertices: [SIMD3<Float>] = []
  private(set) var triangles: [SIMD3<Int32>] = []
  /// With the border.
  private let depth, height, width: Int
  private let values: [Float]
  private let threshold: Float
  /// For each voxel and axis the vertex between it and the next one; -1 for none.
  private var vertexOfEdge: [Int32]

  init(_ volume: Tensor, threshold: Float) {
    (depth, height, width) = (volume.shape[0] + 2, volume.shape[1] + 2, volume.shape[2] + 2)
    self.threshold = threshold
    values = Self.bordered(volume, height: height, width: width)
    vertexOfEdge = [Int32](repeating: -1, count: 3 * values.count)
  }

  /// The scalars of a volume with zeros around it, which make it so high and wide.
  private static func bordered(_ volume: Tensor, height: Int, width: Int) -> [Float] {
    let (rows, columns) = (height - 2, width - 2)
    var values = [Float](repeating: 0, count: (volume.shape[0] + 2) * height * width)
    volume.withScalars { source in
      for row in 0..<source.count / max(1, columns) {
        let target = ((row / rows + 1) * height + row % rows + 1) * width + 1
        for column in 0..<columns { values[target + column] = source[row * columns + column] }
      }
    }
    return values
  }

  mutating func build() {
    let steps = [1, width, width * height]
    let offsets = (0..<8).map { corner in (0..<3).reduce(0) { $0 + (corner >> $1 & 1) * steps[$1] } }
    for z in 0..<depth - 1 {
      for y in 0..<height - 1 {
        for x in 0..<width - 1 {
          let place = (z * height + y) * width + x
          var corners = 0
          for (corner, offset) in offsets.enumerated() where values[place + offset] > threshold {
            corners |= 1 << corner
          }
          if corners == 0 || corners == 255 { continue }
          for polygon in MarchingCubes.polygons[corners] {
            add(polygon.map { vertex(on: MarchingCubes.edges[$0], place, offsets, steps) })
          }
        }
      }
    }
  }

  /// The triangles of a polygon. Larger ones get a vertex in the middle: a line between two corners might run in a face
  /// of the cube, where that of the neighbour may run too.
  private mutating func add(_ polygon: [Int32]) {
    if polygon.count <= 4 {
      for index in 2..<polygon.count { triangles.append(SIMD3(polygon[0], polygon[index - 1], polygon[index])) }
      return
    }
    let sum = polygon.reduce(SIMD3<Float>.zero) { $0 + vertices[Int($1)] }
    let middle = Int32(vertices.count)
    vertices.append(sum / Float(polygon.count))
    for index in polygon.indices {
      triangles.append(SIMD3(middle, polygon[index], polygon[(index + 1) % polygon.count]))
    }
  }

  /// The vertex on an edge of the cube at `place`.
  private mutating func vertex(
    on edge: (from: Int, to: Int, axis: Int), _ place: Int, _ offsets: [Int], _ steps: [Int]
  ) -> Int32 {
    let start = place + offsets[edge.from]
    let key = 3 * start + edge.axis
    if vertexOfEdge[key] >= 0 { return vertexOfEdge[key] }
    let (first, second) = (values[start], values[start + steps[edge.axis]])
    let share = (threshold - first) / (second - first)
    // The centre of voxel 0 is at 1/2, and the border comes before it.
    var point = SIMD3(
      Float(start % width) - 0.5, Float(start / width % height) - 0.5, Float(start / width / height) - 0.5)
    // Not quite at a voxel's centre, where the vertices of several edges would meet; not-a-number is in the middle.
    point[edge.axis] += share.isFinite ? min(1 - Self.margin, max(Self.margin, share)) : 0.5
    vertexOfEdge[key] = Int32(vertices.count)
    vertices.append(point)
    return vertexOfEdge[key]
  }

  private static let margin: Float = 1 / 64
}
