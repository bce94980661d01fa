import LatentSystem
import Tensor

extension SurfaceMesh {
  /// Writes meshes as objects of one Wavefront OBJ file, which most programs for three dimensions read, side by side in
  /// rows. In the file the second axis points upwards, as is usual there.
  ///
  /// - Parameters:
  ///   - meshes: the objects `0`, `1`, ….
  ///   - columns: how many there are in a row.
  ///   - spacing: from one to the next, in voxels.
  /// - Throws: ``FileError`` if the file cannot be written.
  /// - Precondition: `columns >= 1`.
  public static func writeOBJ(_ meshes: [SurfaceMesh], columns: Int = 8, spacing: Float = 0, to path: String) throws {
    try AtomicFile.write(Array(obj(meshes, columns: columns, spacing: spacing).utf8), to: path)
  }

  /// The text of such a file.
  static func obj(_ meshes: [SurfaceMesh], columns: Int, spacing: Float) -> String {
    require(columns >= 1, "SurfaceMesh.writeOBJ: \(columns) columns; the least is 1")
    var (text, before) = ("", 0)
    for (index, mesh) in meshes.enumerated() {
      text += "o \(index)\n"
      let place = SIMD3(Float(index % columns), -Float(index / columns), 0) * spacing
      for vertex in mesh.vertices {
        let moved = vertex + place
        text += "v \(number(moved.x)) \(number(moved.z)) \(number(-moved.y))\n"
      }
      for triangle in mesh.triangles {
        // Vertices are counted from 1 through the file.
        text += "f \(Int(triangle.x) + before + 1) \(Int(triangle.y) + before + 1) \(Int(triangle.z) + before + 1)\n"
      }
      before += mesh.vertices.count
    }
    return text
  }

  private static func number(_ value: Float) -> String { DecimalText.fixed(Double(value), decimals: 4) }
}
