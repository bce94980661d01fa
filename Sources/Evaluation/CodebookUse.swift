import Datasets
import Layers
import Tensor
import Training

/// How a model uses its codebook on samples that it did not learn from: one whose codes are few of many has a larger
/// codebook than it knows what to do with.
public struct CodebookUse: Sendable, Equatable, Codable {
  /// How many codes occur at all.
  public let used: Int
  /// How many there are.
  public let count: Int
  /// How many codes, all equally frequent, would be as hard to foresee as these one by one: 1 to the number of codes.
  public let perplexity: Double

  /// Looks at some samples, as the model takes them: black and white if it learned such ones.
  ///
  /// - Parameters:
  ///   - trained: any model.
  ///   - source: what it did not learn from.
  ///   - limit: how many of them are looked at.
  /// - Returns: nil if the model has no codebook, or the samples are none that it takes.
  public init?(on trained: TrainedModel, _ source: any SampleSource, limit: Int = 10_000) throws {
    guard let model = trained.model as? any Quantizing, model.inputs.first?.sampleShape == source.sampleShape else {
      return nil
    }
    var uses = [Int](repeating: 0, count: model.codeCount)
    for batch in model.prepared(source).batchesInOrder(limit: limit) {
      for code in try trained.codePictures(of: batch.samples).scalars { uses[Int(code)] += 1 }
    }
    self.init(uses: uses)
  }

  /// The use of codes that occur so often.
  public init(uses: [Int]) {
    used = uses.filter { $0 > 0 }.count
    count = uses.count
    perplexity = VectorQuantizer.perplexity(ofCounts: uses)
  }
}
