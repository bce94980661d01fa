import Datasets
import LatentSystem
import Tensor
import Training

/// A trained model by whose features sets of samples are compared: a classifier, or an autoencoder where there are no
/// labels.
///
/// ```swift
/// let judge = try Judge(ModelRegistry.standard.load("runs/train-classifier/model.safetensors"))
/// let (real, fake) = (try judge.view(of: testImages), try judge.view(of: samples))
/// print(NeighbourhoodScores(of: fake.features, against: real.features).precision)
/// ```
///
/// Figures of different judges cannot be compared, so a judge has a ``checksum`` that belongs beside each. It takes samples
/// as they are, real and generated ones alike: an autoencoder of binary pixels is given grey ones too.
public struct Judge: Sendable {
  /// The model.
  public let trained: TrainedModel
  /// CRC-32 of the model's numbers and their names, eight hexadecimal digits.
  public let checksum: String
  private let extractor: any FeatureExtracting

  /// A judge of the given model.
  /// - Throws: ``CapabilityError`` if it has no features, or has to be told classes to have them.
  public init(_ trained: TrainedModel) throws {
    extractor = try trained.featureExtractor("judge samples")
    self.trained = trained
    checksum = CheckpointChecksum.text(trained.state.tensors)
  }

  /// The number of features of a sample.
  public var featureCount: Int { extractor.featureCount }

  /// The number of classes that it tells apart; nil if it tells none.
  public var classCount: Int? { (extractor as? any Classifying)?.classCount }

  /// Checks that it takes samples of a shape, before there are any.
  /// - Parameter name: whose samples these are, for the message; nothing is said of that if nil.
  /// - Throws: ``CapabilityError`` if they have another shape than those that it learned from.
  public func check(_ shape: Tensor.Shape, of name: String? = nil) throws {
    guard let own = extractor.inputs.first?.sampleShape, own != shape else { return }
    let whose = name.map { "\($0): " } ?? ""
    throw CapabilityError("\(whose)\(trained.kind) cannot judge samples of shape \(shape): it learned from \(own)")
  }

  /// What a judge sees of some samples.
  public struct View: Sendable {
    /// `[N, features]`.
    public let features: Tensor
    /// The probability of each class, `[N, classes]`; nil if the judge tells none.
    public let probabilities: Tensor?

    /// The class that each sample has, or was made for; nil if that is not known.
    public let labels: [Int]?

    /// The likeliest class of each sample; nil if the judge tells none.
    public var classes: [Int]? { probabilities?.argmax(axis: 1) }

    /// The share of the samples whose class the judge tells right, if both are known.
    public var labelAccuracy: Double? {
      guard let classes, let labels else { return nil }
      return Double(zip(classes, labels).count { $0 == $1 }) / Double(labels.count)
    }
  }

  /// What it sees of the samples of a source, or of the first `limit` of them.
  /// - Throws: ``CapabilityError`` if they have another shape than those that it learned from.
  /// - Precondition: there is a sample to look at.
  public func view(of source: any SampleSource, limit: Int? = nil) throws -> View {
    var views: [View] = []
    let count = min(source.count, limit ?? source.count)
    require(count >= 1, "Judge: a view of \(limit ?? 0) of \(source.count) samples; at least 1 is needed")
    for batch in source.batchesInOrder(limit: count) {
      views.append(try view(of: batch.samples, labels: batch.labels))
    }
    return Self.joined(views)
  }

  /// What it sees of `count` samples that are made a batch at a time: if the model takes classes, one after the other.
  ///
  /// - Parameters:
  ///   - model: makes the samples.
  ///   - seed: decides which.
  ///   - body: is given each batch `[n, …]` as well.
  public func view(
    ofSamples count: Int, from model: TrainedModel, seed: UInt64 = 0, _ body: (Tensor) throws -> Void = { _ in }
  ) throws -> View {
    let classes = (model.model as? any Sampling)?.sampleClassCount
    var views: [View] = []
    var made = 0
    try model.forEachBatch(of: count, seed: seed) { batch in
      let places = made..<made + batch.shape[0]
      views.append(try view(of: batch, labels: classes.map { classes in places.map { $0 % classes } }))
      made = places.upperBound
      try body(batch)
    }
    return Self.joined(views)
  }

  /// What it sees of a batch `[N, …]`.
  func view(of samples: Tensor, labels: [Int]? = nil) throws -> View {
    try check(Tensor.Shape(Array(samples.shape.sizes.dropFirst())))
    let features = extractor.features(of: samples, with: trained.state)
    let classifier = extractor as? any Classifying
    return View(
      features: features,
      probabilities: classifier?.logits(ofFeatures: features, with: trained.state).softmax(axis: 1), labels: labels)
  }

  private static func joined(_ views: [View]) -> View {
    let (probabilities, labels) = (views.compactMap(\.probabilities), views.compactMap(\.labels))
    return View(
      features: .concatenated(views.map(\.features)),
      probabilities: probabilities.isEmpty ? nil : .concatenated(probabilities),
      labels: labels.isEmpty ? nil : Array(labels.joined()))
  }
}
