import Tensor
import Testing

@testable import Datasets

@Suite struct BatchStreamTests {
  /// Images of one pixel, whose byte is the place of the image.
  private func images(_ count: Int) throws -> ImageSet {
    try ImageSet(pixels: (0..<count).map { UInt8($0) }, height: 1, width: 1, labels: (0..<count).map { $0 + 1000 })
  }

  private func stream(
    _ count: Int, _ batchSize: Int, seed: UInt64 = 1, batchesTaken: Int = 0
  ) throws -> BatchStream {
    try BatchStream(
      images(count), batchSize: batchSize, generator: RandomGenerator(seed: seed), batchesTaken: batchesTaken)
  }

  @Test func everyImageOncePerEpoch() throws {
    var stream = try stream(12, 4)
    #expect(stream.batchesPerEpoch == 3)
    var orders: [[Int]] = []
    for epoch in 0..<20 {
      #expect(stream.epoch == epoch)
      orders.append((0..<3).flatMap { _ in stream.next().indices })
      #expect(orders[epoch].sorted() == Array(0..<12))
    }
    #expect(Set(orders).count == 20)
  }

  @Test func incompleteBatchesAreDropped() throws {
    var stream = try stream(11, 4)
    #expect(stream.batchesPerEpoch == 2)
    // What is left out changes from epoch to epoch.
    let leftOut = (0..<30).map { _ in
      let seen = stream.next().indices + stream.next().indices
      #expect(Set(seen).count == 8)
      return Set(0..<11).subtracting(seen)
    }
    #expect(leftOut.reduce(Set()) { $0.union($1) } == Set(0..<11))
  }

  @Test func sameSeedSameOrder() throws {
    func indices(_ seed: UInt64) throws -> [[Int]] {
      var stream = try stream(40, 7, seed: seed)
      return (0..<12).map { _ in stream.next().indices }
    }
    #expect(try indices(1) == indices(1))
    #expect(try indices(1) != indices(2))
  }

  /// From the beginning, the middle and the end of an epoch.
  @Test(arguments: [0, 1, 2, 3, 7]) func goesOnWhereAnotherStopped(taken: Int) throws {
    var first = try stream(10, 3)
    for _ in 0..<taken { _ = first.next() }
    var second = try stream(10, 3, batchesTaken: taken)
    for _ in 0..<5 { #expect(first.next().indices == second.next().indices) }
    #expect(first.batchesTaken == second.batchesTaken)
  }

  @Test func copiesAreIndependent() throws {
    var first = try stream(10, 3)
    _ = first.next()
    var second = first
    let indices = first.next().indices
    _ = first.next()
    #expect(second.next().indices == indices)
  }

  @Test func imagesAndLabelsBelongTogether() throws {
    var stream = try stream(9, 9)
    let batch = stream.next()
    #expect(batch.samples.shape == [9, 1, 1, 1])
    #expect(batch.labels == batch.indices.map { $0 + 1000 })
    #expect(batch.samples.bytes.map { Int($0) } == batch.indices)
  }

  /// The check value of CRC-32, as in every catalog of checksums.
  @Test func checksumOfThePixels() throws {
    let images = try ImageSet(pixels: Array("123456789".utf8), height: 3, width: 3)
    #expect(images.fingerprint(withConditions: false) == 0xCBF4_3926)
  }
}
