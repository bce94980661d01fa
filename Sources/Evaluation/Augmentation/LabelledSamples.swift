import Datasets
import LatentSystem
import Tensor
import Training

/// Images of a model with a class for each, as a set of labelled images is enlarged by.
///
/// ```swift
/// let samples = try LabelledSamples(perClass: 500, of: trained, classCount: 10, seed: 1)
/// let enlarged = ImageSet.concatenated([images, samples.images])
/// ```
///
/// A model that is told classes makes images of each. Those of any other model take a judge, who names the class of each
/// image; images that the judge is not sure of are left out. With a model that is told classes, a judge leaves out those
/// images that do not look to it like what they were made for.
public struct LabelledSamples: Sendable {
  /// The images with their labels, the classes one after the other: 0, 1, …, 9, 0, …; nil if there are none.
  public let images: ImageSet?
  /// How many images there are of each class: as many as were asked for, or fewer where the judge was not sure of more.
  public let counts: [Int]
  /// How many images the model has made for that.
  public let drawnCount: Int

  /// Who names classes, and how sure it has to be.
  public struct Labelling: Sendable {
    /// A judge that knows classes.
    public let judge: Judge
    /// The least probability that it gives to the class of an image.
    public let confidence: Double
    /// How many images are made at most for each that is asked for.
    public let mostTries: Int

    /// - Precondition: `confidence` in 0...1; `mostTries >= 1`.
    public init(by judge: Judge, confidence: Double = 0.9, mostTries: Int = 20) {
      require(
        confidence >= 0 && confidence <= 1 && mostTries >= 1,
        "LabelledSamples: a confidence of \(confidence), \(mostTries) tries; 0 to 1, and at least 1 are needed")
      (self.judge, self.confidence, self.mostTries) = (judge, confidence, mostTries)
    }
  }

  /// New images of a model.
  ///
  /// - Parameters:
  ///   - count: how many of each class, 1 or more.
  ///   - model: one of images; if it is told classes, of `classCount` or more.
  ///   - classCount: the number of classes of the images that these are to be like.
  ///   - labelling: who names or checks the classes; nil where the model is told them.
  ///   - seed: decides which images.
  ///   - onBatch: is told how many more images were made.
  /// - Throws: ``CapabilityError`` if the model makes no images, if nobody can say what they are, or if model or judge
  ///   know fewer classes.
  public init(
    perClass count: Int, of model: TrainedModel, classCount: Int, labelling: Labelling? = nil, seed: UInt64 = 0,
    onBatch: (Int) throws -> Void = { _ in }
  ) throws {
    require(
      count >= 1 && classCount >= 1,
      "LabelledSamples: \(count) images of \(classCount) classes; at least 1 of each is needed")
    let isTold = try Self.check(model, classCount, labelling)
    let asked = Self.mostDrawn(perClass: count, classCount: classCount, labelling: labelling)
    func classes(_ places: Range<Int>) -> [Int] { places.map { $0 % classCount } }
    var (kept, made) = (Kept(most: count, classCount: classCount), 0)
    do {
      let conditions = { (places: Range<Int>) in isTold ? Condition.labels(classes(places)) : .none }
      try model.forEachBatch(of: asked, conditions: conditions, seed: seed) { batch in
        let places = made..<made + batch.shape[0]
        made = places.upperBound
        let wanted = isTold ? classes(places) : nil
        try kept.add(ImageSet(batch), labelling.map { try $0.labels(batch, wanted) } ?? classes(places))
        try onBatch(batch.shape[0])
        if kept.isFull { throw Enough() }
      }
    } catch is Enough {}
    (images, counts, drawnCount) = (try kept.images(), kept.counts, made)
  }

  /// How many images are made at most, for ``init(perClass:of:classCount:labelling:seed:onBatch:)``.
  public static func mostDrawn(perClass count: Int, classCount: Int, labelling: Labelling?) -> Int {
    count * classCount * (labelling?.mostTries ?? 1)
  }

  /// - Returns: whether the model is told classes.
  private static func check(_ model: TrainedModel, _ classCount: Int, _ labelling: Labelling?) throws -> Bool {
    guard let sampler = model.model as? any Sampling, sampler.sampleShape.rank == 3 else {
      throw CapabilityError("\(model.kind) cannot enlarge a set of images: it makes none")
    }
    if let judge = labelling?.judge {
      guard let known = judge.classCount else {
        throw CapabilityError("\(judge.trained.kind) cannot name the classes of images: it knows none")
      }
      guard known >= classCount else {
        throw CapabilityError(
          "\(judge.trained.kind) cannot name the classes of these images: it knows \(known) of \(classCount)")
      }
    }
    switch sampler.sampleConditions {
    case .classes(let known):
      guard known >= classCount else {
        throw CapabilityError("\(model.kind) cannot make images of \(classCount) classes: it was told \(known)")
      }
      return true
    case .none:
      guard labelling != nil else {
        throw CapabilityError("\(model.kind) makes images of no class: a classifier has to name theirs")
      }
      return false
    case .tokens, .tensor:
      throw CapabilityError("\(model.kind) cannot enlarge a set of images: it has to be told more than their classes")
    }
  }

  /// Ends the sampling when all classes are full.
  private struct Enough: Error {}
}

extension LabelledSamples.Labelling {
  /// The class of each image `[N, H, W, C]`; nil where the judge is not sure enough, or sees another one than `wanted`.
  fileprivate func labels(_ images: Tensor, _ wanted: [Int]?) throws -> [Int?] {
    let probabilities = try judge.trained.classProbabilities(of: images)
    let best = probabilities.max(axes: [1]).scalars
    return probabilities.argmax(axis: 1).enumerated().map { index, label in
      Double(best[index]) >= confidence && (wanted.map { $0[index] == label } ?? true) ? label : nil
    }
  }
}

/// The images that were kept so far, by class.
private struct Kept {
  let most: Int
  private var pixels: [[UInt8]]
  private var like: ImageSet?
  private(set) var counts: [Int]

  init(most: Int, classCount: Int) {
    self.most = most
    pixels = [[UInt8]](repeating: [], count: classCount)
    counts = [Int](repeating: 0, count: classCount)
  }

  var isFull: Bool { counts.allSatisfy { $0 == most } }

  mutating func add(_ images: ImageSet, _ labels: [Int?]) {
    like = images
    for (index, label) in labels.enumerated() {
      guard let label, counts.indices.contains(label), counts[label] < most else { continue }
      pixels[label] += images[index]
      counts[label] += 1
    }
  }

  /// All of them, the classes one after the other as far as each goes.
  func images() throws -> ImageSet? {
    guard let like, counts.contains(where: { $0 > 0 }) else { return nil }
    var (all, labels) = ([UInt8](), [Int]())
    for place in 0..<most {
      for label in counts.indices where place < counts[label] {
        all += pixels[label][place * like.imageSize..<(place + 1) * like.imageSize]
        labels.append(label)
      }
    }
    var images = try ImageSet(
      pixels: all, height: like.height, width: like.width, channels: like.channels, labels: labels, path: "samples")
    images.classCount = counts.count
    return images
  }
}
