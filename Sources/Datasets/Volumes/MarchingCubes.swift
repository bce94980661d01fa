/// What the surface is like in a cube between eight voxel centres, for each of the 256 ways in which those can be inside or
/// outside.
///
/// The table is worked out, not written down: on each face of a cube the surface is cut by lines that part the corners
/// inside from those outside; where two opposite corners of a face are inside, each is cut off by itself. The lines of a
/// cube make closed polygons. Neighbouring cubes agree on the lines of the face between them, so surfaces have no holes.
///
/// Reference: Lorensen and Cline, "Marching cubes: a high resolution 3D surface construction algorithm", SIGGRAPH 1987.
struct MarchingCubes {
  /// A polygon across a cube, as the numbers of the edges that its corners lie on, counterclockwise from outside.
  typealias Polygon = [Int]

  /// The corners of a cube that an edge joins, the lower one first. Bit 0 of a corner's number is x, bit 1 y, bit 2 z.
  static let edges: [(from: Int, to: Int, axis: Int)] = (0..<3).flatMap { axis in
    (0..<8).filter { $0 & 1 << axis == 0 }.map { ($0, $0 | 1 << axis, axis) }
  }

  /// The polygons for each set of corners inside, whose bits are the corners' numbers.
  static let polygons: [[Polygon]] = (0..<256).map(polygons(inside:))

  /// The corners of each face, counterclockwise from outside.
  private static let faces = [
    [1, 3, 7, 5], [0, 4, 6, 2], [2, 6, 7, 3], [0, 1, 5, 4], [4, 5, 7, 6], [0, 2, 3, 1],
  ]

  private static func polygons(inside corners: Int) -> [Polygon] {
    func isInside(_ corner: Int) -> Bool { corners >> corner & 1 == 1 }
    // From the edge where a walk around a face comes in to that where it goes out again.
    var next: [Int: Int] = [:]
    for face in faces {
      for place in 0..<4 where isInside(face[place]) && !isInside(face[(place + 1) % 4]) {
        var first = place
        while isInside(face[(first + 3) % 4]) { first = (first + 3) % 4 }
        next[edge(face[(first + 3) % 4], face[first])] = edge(face[place], face[(place + 1) % 4])
      }
    }
    var result: [Polygon] = []
    while let start = next.keys.min() {
      var (polygon, place) = ([Int](), start)
      while let following = next.removeValue(forKey: place) {
        polygon.append(place)
        place = following
      }
      result.append(polygon)
    }
    return result
  }

  /// The number of the edge between two corners.
  private static func edge(_ a: Int, _ b: Int) -> Int {
    edges.firstIndex { $0.from == min(a, b) && $0.to == max(a, b) } ?? 0
  }
}
