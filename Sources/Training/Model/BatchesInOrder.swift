import Datasets

/// The samples of a source from the first on, a batch at a time. A batch is made when it is asked for.
public struct BatchesInOrder: Sequence, IteratorProtocol {
  /// How many samples all batches have.
  public let sampleCount: Int
  private let source: any SampleSource
  private let batchSize: Int
  private var start = 0

  fileprivate init(_ source: any SampleSource, sampleCount: Int, batchSize: Int) {
    (self.source, self.sampleCount, self.batchSize) = (source, sampleCount, batchSize)
  }

  public mutating func next() -> Batch? {
    guard start < sampleCount else { return nil }
    let end = Swift.min(sampleCount, start + batchSize)
    defer { start = end }
    return source.batch(at: Array(start..<end))
  }
}

extension SampleSource {
  /// The samples from the first on, as a model looks at them outside of a training.
  ///
  /// - Parameters:
  ///   - limit: how many of them; all if nil.
  ///   - batchSize: how many at a time; as ``InferenceBatch`` says if nil.
  public func batchesInOrder(limit: Int? = nil, batchSize: Int? = nil) -> BatchesInOrder {
    BatchesInOrder(
      self, sampleCount: min(limit ?? count, count), batchSize: batchSize ?? InferenceBatch.size(sampleShape))
  }
}
