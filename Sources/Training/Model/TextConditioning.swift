import Datasets
import LatentSystem
import Layers
import Tensor

/// A model that is told in words what to make.
///
/// ```swift
/// let captions = try trained.captions(["three thin fours", "a large seven"])
/// let images = try trained.sample(2, given: captions)
/// ```
public protocol TextConditioned: Sampling {
  /// The words that it knows. Their tokens are its ``Sampling/sampleConditions``.
  var vocabulary: CaptionVocabulary { get }
}

extension TrainedModel {
  /// Texts as the condition of a model that is told what to make in words: one for each.
  /// - Throws: ``CapabilityError`` if the model is not told anything in words; ``CaptionError`` for a word that it does not
  ///   know, and for too many words or none.
  public func captions(_ texts: [String]) throws -> Condition {
    let model = try ability("follow a text", "it was not trained on captions") { $0 as? any TextConditioned }
    return .tokens(try texts.map { try model.vocabulary.tokens(of: $0) })
  }
}

extension TextConditioned {
  /// A row of samples for each of the first captions of `data` that differ, up to so many; nil if it has none.
  public func previewOfCaptions(
    with state: State, from data: TrainingData, rows: Int = 10, columns: Int = 10, progress: (Double) throws -> Void
  ) throws -> Preview? {
    guard sampleShape.rank == 3, let stream = inputs.first?.stream, let source = data[stream] else { return nil }
    var captions: [[Int]] = []
    let size = InferenceBatch.size(source.sampleShape)
    for start in stride(from: 0, to: min(source.count, Self.mostCaptions), by: size) where captions.count < rows {
      let batch = source.batch(at: Array(start..<min(source.count, start + size)))
      for caption in batch.condition.tokens ?? [] where captions.count < rows && !captions.contains(caption) {
        captions.append(caption)
      }
    }
    guard !captions.isEmpty else { return nil }
    let condition = Condition.tokens(captions.flatMap { Array(repeating: $0, count: columns) })
    let count = captions.count * columns
    let samples = try Tensor.joined(batches(count), count: count) { places in
      try sample(places, given: condition.rows(places), with: state, RandomGenerator(seed: 0)) {
        try progress(places.share($0, of: count))
      }
    }
    return Preview(try ImageSet(samples), columns: columns, titles: captions.map(vocabulary.text))
  }

  /// How many samples are looked at for captions.
  private static var mostCaptions: Int { 1000 }
}
