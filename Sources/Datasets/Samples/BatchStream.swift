import LatentSystem
import Tensor

/// An endless sequence of shuffled mini-batches.
///
/// A value: which samples come next depends on the seed and on how many batches have been taken, on nothing else. Every
/// epoch has an order of its own; an incomplete last batch is dropped.
public struct BatchStream: Sendable {
  /// Where the samples come from.
  public let source: any SampleSource
  /// The number of samples in each batch.
  public let batchSize: Int
  /// The number of batches taken so far.
  public private(set) var batchesTaken: Int
  private let generator: RandomGenerator
  private let count: Int
  /// Orders of epochs: of the present one, and of the next once it is looked at.
  private var orders: [Int: [Int]] = [:]

  /// - Parameters:
  ///   - generator: decides the order; it is not moved on.
  ///   - batchesTaken: how many batches to skip.
  /// - Precondition: `1 <= batchSize <= source.count`.
  public init(
    _ source: any SampleSource, batchSize: Int, generator: RandomGenerator, batchesTaken: Int = 0
  ) {
    count = source.count
    require(
      batchSize >= 1 && batchSize <= count, "BatchStream: batches of \(batchSize) from \(counted(count, "sample"))")
    self.source = source
    self.batchSize = batchSize
    self.generator = generator
    self.batchesTaken = batchesTaken
  }

  /// The number of whole batches in one pass over the samples.
  public var batchesPerEpoch: Int { count / batchSize }

  /// The number of whole passes taken so far.
  public var epoch: Int { batchesTaken / batchesPerEpoch }

  /// The next batch.
  public mutating func next() -> Batch {
    let indices = indices(of: batchesTaken)
    // Epochs have the numbers from 0 on, so what is drawn for batches has those below.
    var drawing = generator.split(at: -1 - batchesTaken)
    batchesTaken += 1
    return source.batch(at: indices, using: &drawing)
  }

  /// The places of the samples of a batch that comes: of the next one, or of one after it.
  mutating func upcoming(_ number: Int) -> [Int] { indices(of: batchesTaken + number) }

  private mutating func indices(of batch: Int) -> [Int] {
    let (epoch, place) = batch.quotientAndRemainder(dividingBy: batchesPerEpoch)
    if orders[epoch] == nil {
      orders = orders.filter { $0.key >= self.epoch }
      var own = generator.split(at: epoch)
      orders[epoch] = own.permutation(count)
    }
    return Array((orders[epoch] ?? [])[place * batchSize..<(place + 1) * batchSize])
  }
}
