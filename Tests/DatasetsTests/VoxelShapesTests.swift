import Tensor
import Testing

@testable import Datasets

@Suite struct VoxelShapesTests {
  private let shapes = VoxelShapes(count: 64, side: 16)

  @Test func familiesFollowEachOther() {
    let batch = shapes.batch(at: [0, 9, 63, 5])
    #expect(batch.samples.shape == [4, 16, 16, 16, 1])
    #expect(batch.labels == [0, 1, 7, 5] && shapes.conditions == .classes(8))
    #expect(batch.samples.min().scalar == 0 && batch.samples.max().scalar == 1)
  }

  /// The same index has the same shape in any batch and in a larger set; other seeds, other shapes.
  @Test func indexAndSeedDecide() {
    let all = shapes.batch(at: Array(0..<64)).samples
    #expect(all[17] == shapes.batch(at: [17]).samples[0])
    #expect(all[17] == VoxelShapes(count: 1000, side: 16).batch(at: [17]).samples[0])
    let other = VoxelShapes(count: 64, side: 16, seed: 1)
    #expect((0..<64).allSatisfy { other.shape(at: $0) != shapes.shape(at: $0) })
    #expect((0..<56).allSatisfy { shapes.shape(at: $0) != shapes.shape(at: $0 + 8) })
    let prints = [shapes, other, VoxelShapes(count: 64, side: 32), VoxelShapes(count: 65, side: 16)]
      .map { $0.fingerprint(withConditions: true) }
    #expect(Set(prints).count == 4)
    #expect(prints[0] == VoxelShapes(count: 64, side: 16).fingerprint(withConditions: true))
  }

  /// All are in one piece, and a small part of the volume is full.
  @Test func eachIsOneObject() {
    for side in [16, 32] {
      let volumes = VoxelShapes(count: 160, side: side).batch(at: Array(0..<160)).samples
      #expect(VolumeFigures.shareConnected(of: volumes) == 1)
      let shares = VolumeFigures.filledShares(of: volumes)
      #expect(shares.allSatisfy { $0 > 0.02 && $0 < 0.35 }, "\(shares.min() ?? 0) to \(shares.max() ?? 0)")
      // Nothing is cut off by the border.
      let solid = volumes .> 0.5
      #expect(solid.sum() == solid[.all, 1..<side - 1, 1..<side - 1, 1..<side - 1].sum())
    }
  }

  /// The volume of each solid of radius 0.6, extents 0.5 and 0.6, and boards of 0.15.
  static let solids: [(VoxelFamily, Double)] = {
    let pi = Double.pi
    return [
      (.sphere, pi * 0.288), (.box, 1.2), (.cylinder, pi * 0.3), (.cone, pi * 0.144), (.torus, pi * pi * 0.0324),
      (.cross, 0.27), (.table, 0.3 + 0.36 * 0.75), (.chair, 0.3 + 0.36 * 0.45 + 0.3 * 0.65),
    ]
  }()

  @Test(arguments: solids)
  func volumes(family: VoxelFamily, expected: Double) {
    let sum = VoxelShape(family).occupancies(side: 64).reduce(0.0) { $0 + Double($1) } / 32_768
    #expect(abs(sum - expected) < 0.02 * expected, "\(family): \(sum), expected \(expected)")
  }

  @Test func turnsAreOfUnitLengthAndOfAllAngles() {
    let turns = (0..<400).map { VoxelShapes(count: 400, side: 8).shape(at: $0).turn }
    #expect(turns.allSatisfy { abs(($0 * $0).sum() - 1) < 1e-12 })
    let mean = turns.reduce(SIMD2<Double>.zero, +) / 400
    #expect(abs(mean.x) < 0.15 && abs(mean.y) < 0.15)
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) { _ = VoxelShapes(count: 0) }
    await #expect(processExitsWith: .failure) { _ = VoxelShapes(count: 3).shape(at: 3) }
  }
}
