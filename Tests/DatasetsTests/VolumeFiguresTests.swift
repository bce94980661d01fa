import Tensor
import Testing

@testable import Datasets

@Suite struct VolumeFiguresTests {
  @Test func overlaps() {
    let first = Tensor([[1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0.4, 0.4, 0.4, 0]])
    let second = Tensor([[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 0]])
    #expect(VolumeFigures.intersectionsOverUnions(of: first, and: second) == [1.0 / 3, 1, 0, 0])
    #expect(VolumeFigures.intersectionsOverUnions(of: first, and: second, threshold: 0.3).last == 1)
    let best = VolumeFigures.bestThreshold(of: first, and: second)
    #expect(best.threshold < 0.4 && best.mean == (1.0 / 3 + 1 + 0 + 1) / 4)
  }

  @Test func shares() {
    #expect(VolumeFigures.filledShares(of: Tensor([[1, 0, 0.6, 0.4], [0, 0, 0, 0]])) == [0.5, 0])
    #expect(VolumeFigures.distance(of: [3, 1, 2], to: [2, 1, 3]) == 0)
    #expect(VolumeFigures.distance(of: [0, 1], to: [2, 2]) == 1.5)
    #expect(VolumeFigures.distance(of: [], to: [1]) == 0)
    let many = (0..<1000).map { Double($0) / 1000 }
    #expect(VolumeFigures.distance(of: many, to: (0..<100).map { Double($0) / 100 + 0.005 }) < 0.001)
  }

  @Test func pieces() {
    var volume = Tensor.zeros([3, 4, 5])
    #expect(VolumeComponents(of: volume).sizes.isEmpty)
    volume[0, 0..<4, 4] = Tensor(1)
    volume[1, 0, 0] = Tensor(1)
    // Beside the end of a row, in the next one: no neighbour. Beside an edge only: none either.
    volume[0, 1, 0] = Tensor(1)
    volume[2, 3, 4] = Tensor(1)
    #expect(VolumeComponents(of: volume).sizes == [4, 1, 1, 1])
    volume[1, 3, 4] = Tensor(1)
    #expect(VolumeComponents(of: volume).sizes == [6, 1, 1])
    #expect(VolumeComponents(of: .ones([3, 4, 5, 1])).sizes == [60])
    let volumes = Tensor.stacked([volume, .zeros([3, 4, 5]), .ones([3, 4, 5])])
    #expect(VolumeFigures.shareConnected(of: volumes) == 1.0 / 3)
    #expect(VolumeFigures.shareConnected(of: volumes, least: 0.7) == 2.0 / 3)
  }

  @Test func misuseStops() async {
    await #expect(processExitsWith: .failure) {
      _ = VolumeFigures.intersectionsOverUnions(of: .ones([2, 3]), and: .ones([2, 4]))
    }
    await #expect(processExitsWith: .failure) { _ = VolumeComponents(of: .ones([2, 3])) }
  }
}
