import Datasets
import Tensor
import Testing
import Training

@Suite struct BatchesInOrderTests {
  /// Every sample once, from the first on, in batches of which only the last may be smaller.
  @Test(
    arguments: [
      (nil, nil, [10]), (nil, 4, [4, 4, 2]), (7, 3, [3, 3, 1]), (6, 3, [3, 3]), (0, 3, []), (99, 64, [10]),
    ] as [(Int?, Int?, [Int])])
  func all(limit: Int?, batchSize: Int?, sizes: [Int]) {
    let source = TensorSet(Tensor((0..<10).map { Float($0) }, shape: [10, 1, 1, 1]))
    let batches = source.batchesInOrder(limit: limit, batchSize: batchSize)
    #expect(batches.sampleCount == min(limit ?? 10, 10))
    #expect(batches.map { $0.samples.shape[0] } == sizes)
    #expect(batches.flatMap { $0.samples.scalars } == (0..<batches.sampleCount).map { Float($0) })
  }
}
