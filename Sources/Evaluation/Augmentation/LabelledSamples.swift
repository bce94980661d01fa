import Datasets
import LatentSystem
import Tensor
import Training

/// Images of a model with a class for each, as a set of labelled images is enlarged by.
///
/// ```swift
/// let samples = try LabelledSamples(perClass: 500, of: trained, classCount: 10, seed: 1)
/// let enlarged = ImageSet.concatenated([images, samples.images].compactMap(\.self))
/// ```
///
/// A model that is told classes makes images of each. Those of any other model take a judge, who names the class of each
/// image; images that the judge is not sure of are left out. With a model that is told classes, a judge leaves out those
/// images that do not look to it like what they were made for.
public struct LabelledSamples: Sendable {
  /// The images with their labels, the classes that were asked for one after the other: 0, 1, …, 9, 0, …; nil if there are
  /// none.
  public let images: ImageSet?
  /// How many images there are of each class: as many as were asked for, or fewer where the judge was not sure of more, and
  /// 0 of classes that were not asked for.
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

    /// Names by `judge`, where it is sure.
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
  ///   - model: one of images; if it is told classes, all of those that are asked for.
  ///   - classCount: the number of classes of the images that these are to be like.
  ///   - classes: those that are asked for, each once; all if nil. A set of images need not have one of each.
  ///   - labelling: who names or checks the classes; nil where the model is told them.
  ///   - seed: decides which images.
  ///   - onBatch: is told how many more images were made.
  /// - Throws: ``CapabilityError`` if the model makes no images, if nobody can say what they are, if model or judge know
  ///   fewer classes, or if the images would take more than ``mostBytes``.
  /// - Precondition: `classes` lie in `0..<classCount`.
  public init(
    perClass count: Int, of model: TrainedModel, classCount: Int, classes: [Int]? = nil,
    labelling: Labelling? = nil, seed: UInt64 = 0, onBatch: (Int) throws -> Void = { _ in }
  ) throws {
    let classes = classes ?? Array(0..<max(0, classCount))
    require(
      count >= 1 && classCount >= 1 && !classes.isEmpty,
      "LabelledSamples: \(count) images of \(classes.count) of \(classCount) classes; at least 1 of each is needed")
    require(
      Set(classes).count == classes.count && classes.allSatisfy { $0 >= 0 && $0 < classCount },
      "LabelledSamples: the classes \(classes.prefix(8)); each must be there once, and be one of \(classCount)")
    let isTold = try Self.check(model, (classes.max() ?? 0) + 1, labelling)
    let imageSize = (model.model as? any Sampling)?.sampleShape.scalarCount ?? 1
    guard let asked = Self.size(perClass: count, classes: classes.count, imageSize: imageSize, labelling) else {
      throw CapabilityError(
        "\(count) images of each of \(classes.count) classes are too many: more than \(Self.mostBytes >> 30) GiB")
    }
    var (kept, made, wanted) = (Kept(most: count, classes: classes, classCount: classCount), 0, [Int]())
    func conditions(_ places: Range<Int>) -> Condition {
      // Nobody asks for more of a class that is full.
      let open = labelling == nil ? classes : kept.openClasses
      wanted = places.map { open[$0 % open.count] }
      return isTold ? .labels(wanted) : .none
    }
    do {
      try model.forEachBatch(of: asked, conditions: conditions, seed: seed) { batch in
        made += batch.shape[0]
        try kept.add(ImageSet(batch), labelling.map { try $0.labels(batch, isTold ? wanted : nil) } ?? wanted)
        try onBatch(batch.shape[0])
        if kept.openClasses.isEmpty { throw Enough() }
      }
    } catch is Enough {}
    (images, counts, drawnCount) = (try kept.images(), kept.counts, made)
  }

  /// How many images are made at most, for
  /// ``init(perClass:of:classCount:classes:labelling:seed:onBatch:)`` with `classCount` classes that are asked for.
  public static func mostDrawn(perClass count: Int, classCount: Int, labelling: Labelling?) -> Int {
    let (images, overflows) = count.multipliedReportingOverflow(by: classCount)
    let (drawn, isTooMuch) = images.multipliedReportingOverflow(by: labelling?.mostTries ?? 1)
    return overflows || isTooMuch ? .max : drawn
  }

  /// The most bytes that the pixels of samples may take.
  public static let mostBytes = 1 << 36

  /// Whether so many images of each class are no more than ``mostBytes``.
  /// - Parameter imageSize: the number of bytes of an image.
  public static func fits(perClass count: Int, classCount: Int, imageSize: Int) -> Bool {
    size(perClass: count, classes: classCount, imageSize: imageSize, nil) != nil
  }

  /// How many images are made at most; nil if those that are kept would be too many.
  private static func size(perClass count: Int, classes: Int, imageSize: Int, _ labelling: Labelling?) -> Int? {
    let (images, overflows) = count.multipliedReportingOverflow(by: classes)
    guard !overflows, images <= mostBytes / max(1, imageSize) else { return nil }
    let (drawn, isTooMuch) = images.multipliedReportingOverflow(by: labelling?.mostTries ?? 1)
    return isTooMuch ? .max : drawn
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

/// The images that were kept so far, each at its place among all.
private struct Kept {
  let most: Int
  private let classes: [Int]
  private var pixels: [UInt8] = []
  private var like: ImageSet?
  private(set) var counts: [Int]
  /// The classes of which more images are asked for.
  private(set) var openClasses: [Int]
  /// Where each class stands among ``classes``.
  private let columns: [Int: Int]

  init(most: Int, classes: [Int], classCount: Int) {
    (self.most, self.classes, openClasses) = (most, classes, classes)
    counts = [Int](repeating: 0, count: classCount)
    columns = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
  }

  mutating func add(_ images: ImageSet, _ labels: [Int?]) {
    let size = images.imageSize
    if like == nil {
      like = images
      pixels = [UInt8](repeating: 0, count: most * classes.count * size)
    }
    for (index, label) in labels.enumerated() {
      guard let label, let column = columns[label], counts[label] < most else { continue }
      let start = (counts[label] * classes.count + column) * size
      pixels.replaceSubrange(start..<start + size, with: images[index])
      counts[label] += 1
      if counts[label] == most { openClasses.removeAll { $0 == label } }
    }
  }

  /// All of them, the classes one after the other as far as each goes; nothing is kept.
  mutating func images() throws -> ImageSet? {
    guard let like, counts.contains(where: { $0 > 0 }) else { return nil }
    var (end, labels) = (0, [Int]())
    for place in 0..<most {
      for (column, label) in classes.enumerated() where place < counts[label] {
        let start = (place * classes.count + column) * like.imageSize
        if start > end { for offset in 0..<like.imageSize { pixels[end + offset] = pixels[start + offset] } }
        end += like.imageSize
        labels.append(label)
      }
    }
    pixels.removeLast(pixels.count - end)
    var images = try ImageSet(
      pixels: pixels, height: like.height, width: like.width, channels: like.channels, labels: labels, path: "samples")
    pixels = []
    images.classCount = counts.count
    return images
  }
}
