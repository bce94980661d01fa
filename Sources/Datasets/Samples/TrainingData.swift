import LatentSystem
import Tensor

/// What a training learns from: one source of samples, or several under names, as two sets of images that a model
/// translates between.
///
/// ```swift
/// let data = TrainingData(images)
/// let horsesAndZebras = TrainingData(streams: ["a": horses, "b": zebras])
/// ```
public struct TrainingData: Sendable {
  /// The name of the stream of a training that has but one.
  public static let mainStream = "data"

  /// The sources by name.
  public let streams: [String: any SampleSource]

  /// One source, as the stream ``mainStream``.
  public init(_ source: any SampleSource) { streams = [Self.mainStream: source] }

  /// Several sources by name.
  public init(streams: [String: any SampleSource]) { self.streams = streams }

  /// The source of the stream called `name`.
  public subscript(name: String) -> (any SampleSource)? { streams[name] }

  /// The source of the stream ``mainStream``; nil if there is none.
  public var main: (any SampleSource)? { streams[Self.mainStream] }

  /// The names in alphabetical order.
  public var names: [String] { streams.keys.sorted() }

  /// Why samples of some stream cannot be read; nil if they can. See ``DelayedSource/failure``.
  public var failure: (any Error)? {
    for name in names {
      for source in streams[name]?.delayed ?? [] { if let failure = source.failure { return failure } }
    }
    return nil
  }
}

/// The batches of a training, stream by stream. A value: what comes next depends on the seed and on how many batches
/// were taken of the same stream.
public struct BatchFeed: Sendable {
  /// The number of samples in each batch.
  public let batchSize: Int
  private var streams: [String: BatchStream]

  /// The batches of all streams of `data`.
  ///
  /// - Parameters:
  ///   - batchSize: how many samples there are in a batch, of every stream.
  ///   - generator: decides the orders; it is not moved on.
  ///   - positions: how many batches to skip, by stream.
  /// - Precondition: every stream has a batch of samples or more.
  public init(_ data: TrainingData, batchSize: Int, generator: RandomGenerator, positions: [String: Int] = [:]) {
    self.batchSize = batchSize
    streams = Dictionary(
      uniqueKeysWithValues: data.streams.map { name, source in
        // Each stream has an order of its own, which other streams do not change.
        let own =
          name == TrainingData.mainStream
          ? generator : generator.split(at: Int(truncatingIfNeeded: CRC32.checksum(Array(name.utf8))))
        return (
          name,
          BatchStream(source, batchSize: batchSize, generator: own, batchesTaken: positions[name] ?? 0)
        )
      })
  }

  /// The next batch of the stream called `name`.
  /// - Precondition: there is one.
  public mutating func next(_ name: String = TrainingData.mainStream) -> Batch {
    let known = streams.keys.sorted().joined(separator: ", ")
    return requireSome(streams[name]?.next(), "BatchFeed: there is no stream called \(name), but \(known)")
  }

  /// Has sources that are read from a disk or the like begin with the batches that come next.
  ///
  /// - Parameters:
  ///   - count: how many batches of each stream.
  ///   - skipped: how many before them are there already.
  public mutating func prepare(_ count: Int, after skipped: Int = 0) {
    for name in streams.keys.sorted() {
      guard let sources = streams[name]?.source.delayed, !sources.isEmpty else { continue }
      let indices = (skipped..<skipped + count).flatMap { streams[name]?.upcoming($0) ?? [] }
      for source in sources { source.prepare(indices) }
    }
  }

  /// How many batches were taken, by stream.
  public var positions: [String: Int] { streams.mapValues(\.batchesTaken) }

  /// The number of whole passes over the stream called `name`.
  /// - Precondition: there is one.
  public func epoch(of name: String = TrainingData.mainStream) -> Int {
    requireSome(streams[name], "BatchFeed: there is no stream called \(name)").epoch
  }
}
