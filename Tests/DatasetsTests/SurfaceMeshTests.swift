import Tensor
import Testing

@testable import Datasets

@Suite struct SurfaceMeshTests {
  private func mesh(_ family: VoxelFamily, side: Int = 40) -> SurfaceMesh {
    SurfaceMesh(of: Tensor(VoxelShape(family).occupancies(side: side), shape: [side, side, side]))
  }

  /// A solid with Euler's characteristic, volume and area of its surface, in voxels.
  struct Solid: Sendable, CustomTestStringConvertible {
    let family: VoxelFamily
    let euler: Int
    let volume: Double
    let area: Double
    var testDescription: String { "\(family)" }
  }

  /// Those of 40 voxels: the radius is 12, that of cylinder and circle 10, of the tube 3.6. Sharp edges are cut off at half
  /// a voxel to both sides.
  static let solids: [Solid] = {
    let (pi, lost) = (Double.pi, 1 - 0.5.squareRoot())
    return [
      Solid(family: .sphere, euler: 2, volume: pi * 2304, area: pi * 576),
      Solid(family: .torus, euler: 0, volume: pi * pi * 259.2, area: pi * pi * 144),
      Solid(family: .cylinder, euler: 2, volume: pi * 2400, area: pi * 680 - pi * 40 * lost),
      Solid(family: .box, euler: 2, volume: 9600, area: 2720 - 256 * lost),
    ]
  }()

  @Test(arguments: solids)
  func knownSolids(_ solid: Solid) {
    let mesh = mesh(solid.family)
    #expect(mesh.isClosed)
    #expect(mesh.eulerCharacteristic == solid.euler)
    #expect(abs(mesh.volume - solid.volume) < 0.02 * solid.volume, "\(mesh.volume), expected \(solid.volume)")
    #expect(abs(mesh.area - solid.area) < 0.005 * solid.area, "\(mesh.area), expected \(solid.area)")
  }

  /// A sphere's vertices lie on it, and its normals point away from its middle.
  @Test func sphere() {
    let mesh = mesh(.sphere)
    for (vertex, normal) in zip(mesh.vertices, mesh.normals) {
      let offset = vertex - 20
      let distance = (offset * offset).sum().squareRoot()
      #expect(abs(distance - 12) < 0.1)
      #expect((offset * normal).sum() > 0.98 * distance)
    }
  }

  @Test func holesAndPieces() {
    // Two spheres' characteristics add up; a hollow has a surface too.
    var volume = Tensor.zeros([5, 5, 9])
    volume[1..<4, 1..<4, 1..<4] = Tensor(1)
    volume[1..<4, 1..<4, 5..<8] = Tensor(1)
    #expect(SurfaceMesh(of: volume).eulerCharacteristic == 4)
    volume[2, 2, 2] = Tensor(0)
    let hollow = SurfaceMesh(of: volume)
    #expect(hollow.eulerCharacteristic == 6 && hollow.isClosed)
    #expect(SurfaceMesh(of: .zeros([3, 3, 3])).triangles.isEmpty)
    #expect(SurfaceMesh(of: .zeros([3, 3, 3])).isClosed)
  }

  /// One voxel is an octahedron from half to half; what fills all of a volume is closed at its border.
  @Test func borders() {
    let one = SurfaceMesh(of: .ones([1, 1, 1, 1]))
    #expect(one.vertices.count == 6 && one.triangles.count == 8 && one.isClosed)
    #expect(abs(one.volume - 1.0 / 6) < 1e-6)
    #expect(one.vertices.allSatisfy { $0.min() >= 0 && $0.max() <= 1 })
    let full = SurfaceMesh(of: .ones([4, 5, 6]))
    #expect(full.isClosed && full.eulerCharacteristic == 2)
    #expect(full.vertices.map(\.x).max() == 6 && full.vertices.map(\.y).max() == 5)
    #expect(full.vertices.map(\.z).max() == 4 && full.vertices.map(\.z).min() == 0)
    #expect(full.volume > 100 && full.volume < 120)
  }

  /// Noise has every way in which eight corners can be inside or outside, with all their ambiguities.
  @Test("Whatever is in a volume, its surface is closed", arguments: 1...12)
  func noise(seed: UInt64) {
    var random = RandomGenerator(seed: seed)
    let volume = Tensor.uniform([9, 8, 7], using: &random)
    for threshold in [Float(0.2), 0.5, 0.8] {
      let mesh = SurfaceMesh(of: volume, threshold: threshold)
      #expect(mesh.isClosed && mesh.volume > 0)
      let binary = SurfaceMesh(of: volume .> threshold)
      #expect(binary.isClosed && binary.eulerCharacteristic == mesh.eulerCharacteristic)
      #expect(binary.triangles == mesh.triangles)
    }
    // Values that are the threshold, or no numbers.
    let coarse = Tensor(volume.scalars.map { ($0 * 4).rounded() / 4 }, shape: volume.shape)
    #expect(SurfaceMesh(of: coarse).isClosed)
    let odd = Tensor(volume.scalars.map { $0 > 0.9 ? .infinity : $0 < 0.1 ? .nan : $0 }, shape: volume.shape)
    let mesh = SurfaceMesh(of: odd)
    #expect(mesh.isClosed && mesh.vertices.allSatisfy { $0.x.isFinite && $0.y.isFinite && $0.z.isFinite })
  }

  @Test func table() {
    #expect(MarchingCubes.polygons.count == 256)
    #expect(MarchingCubes.polygons[0].isEmpty && MarchingCubes.polygons[255].isEmpty)
    for (corners, polygons) in MarchingCubes.polygons.enumerated() {
      // Every edge between inside and outside has one vertex.
      let crossed = MarchingCubes.edges.indices.filter { index in
        let edge = MarchingCubes.edges[index]
        return corners >> edge.from & 1 != corners >> edge.to & 1
      }
      #expect(polygons.flatMap { $0 }.sorted() == crossed)
      #expect(polygons.allSatisfy { (3...12).contains($0.count) })
    }
  }

  @Test func files() {
    let one = SurfaceMesh(of: .ones([1, 1, 1]))
    let lines = SurfaceMesh.obj([one, one], columns: 1, spacing: 2).split(separator: "\n").map(String.init)
    #expect(lines.count == 2 * (1 + 6 + 8))
    #expect(lines[0] == "o 0" && lines[15] == "o 1")
    func numbers(_ line: String) -> [Float] { line.split(separator: " ").dropFirst().compactMap { Float($0) } }
    let points = lines.filter { $0.hasPrefix("v ") }.map(numbers)
    // The third axis of a mesh becomes the second, and the second one runs towards the viewer.
    for (point, vertex) in zip(points, one.vertices) { #expect(point == [vertex.x, vertex.z, -vertex.y]) }
    for (point, vertex) in zip(points.dropFirst(6), one.vertices) {
      #expect(point == [vertex.x, vertex.z, 2 - vertex.y])
    }
    let faces = lines.filter { $0.hasPrefix("f ") }.map(numbers)
    #expect(Set(faces.prefix(8).joined()) == Set((1...6).map { Float($0) }))
    #expect(Set(faces.suffix(8).joined()) == Set((7...12).map { Float($0) }))
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) { _ = SurfaceMesh(of: .ones([2, 2])) }
    await #expect(processExitsWith: .failure) { _ = SurfaceMesh(of: .ones([2, 2, 2]), threshold: 0) }
  }
}
