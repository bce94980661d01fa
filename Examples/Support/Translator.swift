import Latent
import LatentSystem

/// A model that translates images in one direction, and what can be said of its translations.
public struct Translator {
  private let trained: TrainedModel
  /// The direction that it translates in.
  public let direction: String
  /// The shape of one image that it takes.
  public let sampleShape: Tensor.Shape
  /// The shape of one translation.
  public let translationShape: Tensor.Shape

  /// - Parameter direction: the first that the model knows if nil.
  /// - Throws: ``CapabilityError`` if the model does not translate, ``UsageError`` if not in this direction.
  public init(_ trained: TrainedModel, direction: String?) throws {
    guard let model = trained.model as? any Translating, let first = model.directions.first else {
      throw CapabilityError("\(trained.kind) cannot translate: it was not trained to")
    }
    guard model.directions.contains(direction ?? first) else {
      throw UsageError(
        "--direction: expected one of \(model.directions.joined(separator: ", ")), found \"\(direction ?? "")\"")
    }
    (self.trained, self.direction) = (trained, direction ?? first)
    sampleShape = model.sampleShape(of: direction ?? first)
    let made = try trained.translate(.zeros(sampleShape.prepending(1)), direction: self.direction)
    translationShape = Tensor.Shape(Array(made.shape.sizes.dropFirst()))
  }

  /// Checks that translations can be compared with what they are made of the edges of.
  /// - Throws: ``UsageError`` if they have other channels.
  public func checkKeepsChannels() throws {
    guard sampleShape[-1] != translationShape[-1] else { return }
    throw UsageError(
      "--edges: expected a model whose translations have the colours of the images, found one of \(sampleShape) to "
        + "\(translationShape); --truth takes what the translations should be")
  }

  /// The translation of each image, with its label.
  public func translations(of images: ImageSet, isQuiet: Bool) throws -> ImageSet {
    var progress = CountProgress(total: images.count, unit: "images", isQuiet: isQuiet)
    defer { progress.finish() }
    var (pixels, shape) = ([UInt8](), [Int]())
    let size = InferenceBatch.size(images.sampleShape)
    for start in stride(from: 0, to: images.count, by: size) {
      let places = Array(start..<min(images.count, start + size))
      let made = try trained.translate(images.batch(at: places).samples, direction: direction)
      pixels += made.bytes
      shape = made.shape.sizes
      progress.add(places.count)
    }
    return try ImageSet(
      pixels: pixels, height: shape[1], width: shape[2], channels: shape[3], labels: images.labels)
  }

  /// What the translations of some images should be, out of a file or a folder, brought to their shape.
  ///
  /// - Parameters:
  ///   - source: where, and how it is read.
  ///   - images: all that are there to be translated, whose names those of the files should be.
  /// - Throws: ``FileError`` if it cannot be read, ``UsageError`` if there are not as many, or files go by other names.
  public func truth(_ source: ComparisonSource, for images: ImageSet, isTraining: Bool) throws -> ImageSet {
    let path = source.path ?? ""
    let truth = try ImageSet.load(
      path, split: isTraining || !ImageSet.exists(at: path, split: .test) ? .train : .test,
      preparation: source.preparation(like: translationShape))
    guard truth.count == images.count, truth.sampleShape == translationShape else {
      throw UsageError(
        "--truth: expected \(counted(images.count, "image")) of \(translationShape), found \(truth.count) of "
          + "\(truth.sampleShape)")
    }
    for (name, other) in zip(images.fileNames ?? [], truth.fileNames ?? []) where stem(name) != stem(other) {
      throw UsageError("--truth: expected files of the names of those of --data, found \(other) beside \(name)")
    }
    return truth
  }

  /// How near translations come to what they should be, as a table.
  public func figures(of translations: ImageSet, expected: ImageSet) -> String {
    var (ratios, similarities) = ([Double](), [Double]())
    let size = InferenceBatch.size(translations.sampleShape)
    let isLarge = min(translations.height, translations.width) >= StructuralSimilarity.window
    for start in stride(from: 0, to: translations.count, by: size) {
      let places = Array(start..<min(translations.count, start + size))
      let (made, wanted) = (translations.batch(at: places).samples, expected.batch(at: places).samples)
      ratios += PeakSignalToNoise(of: made, to: wanted).limitedValues
      if isLarge { similarities += StructuralSimilarity(of: made, to: wanted).values }
    }
    func mean(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    var table = Table(columns: ["translations"])
    table.add("to what they should be, dB", [mean(ratios)])
    table.add("structural similarity", [mean(similarities)])
    return table.text
  }

  /// The classifier of a checkpoint, as an option `--judge` names it. It is asked about a black image in place of a
  /// translation, so that one that cannot judge is refused before there are any.
  ///
  /// - Parameter images: what translations will be made of.
  /// - Throws: ``UsageError`` or ``FileError`` if there is no such checkpoint; ``CapabilityError`` as
  ///   ``agreement(of:by:)``.
  public func judge(_ path: String, of images: ImageSet) throws -> TrainedModel {
    let judge = try openClassifier(path)
    let shape = translationShape
    let black = try ImageSet(
      pixels: [UInt8](repeating: 0, count: shape.scalarCount), height: shape[0], width: shape[1], channels: shape[2],
      labels: images.prefix(1).labels)
    _ = try agreement(of: black, by: judge)
    return judge
  }

  /// Which classes a classifier sees in the translations of each class, as a table.
  /// - Throws: ``CapabilityError`` if it tells no classes, or takes other images, or there are no labels.
  public func agreement(of translations: ImageSet, by judge: TrainedModel) throws -> String {
    let accuracy = try ClassificationAccuracy(of: judge, on: translations)
    var table = Table(columns: accuracy.confusion.indices.map { "as \($0)" })
    for (label, row) in accuracy.confusion.enumerated() { table.add("\(label)", row.map { "\($0)" }) }
    let share = DecimalText.significant(accuracy.share * 100, digits: 3)
    return "\(table.text)\nof the class that they were made of: \(share)%"
  }
}
