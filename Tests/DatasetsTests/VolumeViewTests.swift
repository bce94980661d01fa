import Tensor
import Testing

@testable import Datasets

@Suite struct VolumeViewTests {
  private func picture(_ volume: Tensor, azimuth: Double = 0, elevation: Double = 0, size: Int = 32) throws -> [UInt8] {
    var view = VolumeView(size: size)
    (view.azimuth, view.elevation) = (azimuth, elevation)
    return try view.pictures(of: volume.expanded(axis: 0)).pixels
  }

  /// A sphere is a disc as large as it should be, brighter above than below.
  @Test func sphere() throws {
    let sphere = Tensor(VoxelShape(.sphere).occupancies(side: 32), shape: [32, 32, 32])
    let pixels = try picture(sphere, size: 64)
    let area = Double(pixels.filter { $0 > 40 }.count)
    #expect(abs(area - Double.pi * 19.2 * 19.2) < 40, "\(area)")
    func mean(_ rows: Range<Int>) -> Int {
      rows.reduce(0) { sum, row in sum + (24..<40).reduce(0) { $0 + Int(pixels[row * 64 + $1]) } }
    }
    #expect(mean(16..<24) > mean(40..<48))
    #expect(pixels[0] == 15)
  }

  /// What each direction sees of a block at one place: a row up to the top, a column to the side.
  @Test(arguments: [
    [0, 0, 0, 24],  // from the front: upper right
    [90, 0, 0, 0],  // from the right: the front is at the left
    [180, 0, 0, 0],  // from behind
    [0, 90, 24, 24],  // from above: the front is below
  ])
  func directions(_ numbers: [Int]) throws {
    let (rows, columns) = (numbers[2]..<numbers[2] + 8, numbers[3]..<numbers[3] + 8)
    var volume = Tensor.zeros([8, 8, 8])
    // At the top, in front, to the right.
    volume[6..<8, 0..<2, 6..<8] = Tensor(1)
    let pixels = try picture(volume, azimuth: Double(numbers[0]), elevation: Double(numbers[1]))
    for (index, pixel) in pixels.enumerated() where pixel > 40 {
      #expect(rows.contains(index / 32) && columns.contains(index % 32), "\(index / 32), \(index % 32)")
    }
    #expect(pixels.filter { $0 > 40 }.count > 30)
  }

  @Test("What is in front hides what is behind")
  func hidden() throws {
    var volume = Tensor.zeros([8, 8, 8])
    volume[1..<7, 1..<2, 1..<7] = Tensor(1)
    let plate = try picture(volume)
    volume[3..<5, 5..<7, 3..<5] = Tensor(1)
    #expect(try picture(volume) == plate)
    #expect(try picture(volume, azimuth: 180) != picture(volume))
  }

  @Test func sizesAndEmptyVolumes() throws {
    let view = VolumeView(size: 5)
    let images = try view.pictures(of: .zeros([3, 4, 8, 2, 1]))
    #expect(images.count == 3 && images.sampleShape == [5, 5, 1])
    #expect(Set(images.pixels) == [15])
    #expect(throws: (any Error).self) { try view.pictures(of: .zeros([0, 4, 4, 4])) }
  }
}
