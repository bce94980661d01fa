import Latent
import LatentSystem

/// What a domain-adversarial classifier gains: it beside one of the one kind of images alone and one that learns the labels
/// of the other kind, all asked about the other kind. If that is wanted, beside one that learns translated images, too.
public struct AdaptationComparison {
  /// Updates of each classifier; nil for as many as `train-dann` makes.
  public var steps: Int?
  /// Images of each kind in a batch.
  public var batchSize = 64
  /// Trainings of each classifier, of the seeds from 1 on.
  public var seedCount = 3
  /// In place of the model's own learning rate.
  public var learningRate: Float?
  /// How strongly features are kept from telling the kinds apart, in the training that adapts.
  public var reversal: Float = 1
  /// Numbers that describe an image.
  public var featureCount = 128
  /// The share of features left out in training.
  public var dropout: Float = 0.3
  /// By how many pixels images are moved at most.
  public var shift = 0
  /// Whether images of the one kind get two colours at random, in the training without the other kind as well.
  public var isRecoloured = false
  /// The weight of the classes that the classifier that adapts is itself sure of, of images of the other kind.
  public var selfTraining: Float = 0
  /// Updates of the model that translates images of the one kind to the other for a classifier that learns these; 0 for no
  /// such classifier. Their colours are those of the other kind: it gets no others at random.
  public var translationSteps = 0
  /// Whether nothing but the table is said.
  public var isQuiet = false

  /// A comparison with the usual numbers.
  public init() {}

  /// What a classifier may learn from.
  private enum Kind: String {
    case sourceOnly = "source only"
    case adapted
    case targetOnly = "target only"
    /// Images of the one kind, with their labels, as a model translates them to the other.
    case translated
  }

  /// Trains all classifiers, and says which are done.
  ///
  /// - Parameter path: where the figures are written after each seed, as the next may take an hour; nil for nowhere.
  public func run(on images: AdaptationImages, writingTo path: String?) throws -> Report {
    let steps = steps ?? usualSteps(images.source.count)
    // Before any work: whether there can be one.
    let translation = try translationSteps > 0 ? AdaptingTranslation(of: images, steps: translationSteps) : nil
    var report = Report(
      sourceCount: images.source.count, targetCount: images.target.count, testCount: images.test.count, steps: steps,
      batchSize: batchSize, reversal: reversal, isRecoloured: isRecoloured,
      selfTraining: selfTraining, translationSteps: translation?.steps)
    let classifierCount = translation == nil ? 3 : 4
    let updates = classifierCount * steps + (translation?.steps ?? 0)
    var course = Course(updates: seedCount * updates, isQuiet: isQuiet)
    defer { course.progress.finish() }
    course.say(
      "for \(seedCount == 1 ? "1 seed" : "each of \(seedCount) seeds") \(classifierCount) classifiers of "
        + counted(steps, "update") + (translation.map { ", and translations of \(counted($0.steps, "update"))" } ?? ""))
    for seed in 1...seedCount {
      report.rows.append(try row(seed, images, translation, steps: steps, &course))
      report.mean = Row(meanOf: report.rows)
      if let path { try JSONFile.write(report, to: path) }
    }
    return report
  }

  /// What a person is told on the way: where there is no terminal, lines alone tell how far it is.
  private struct Course {
    var progress: CountProgress
    let isQuiet: Bool

    init(updates: Int, isQuiet: Bool) {
      progress = CountProgress(total: updates, unit: "updates", isQuiet: isQuiet)
      self.isQuiet = isQuiet
    }

    mutating func say(_ line: String) {
      progress.finish()
      if !isQuiet { tell(line) }
    }
  }

  /// What the classifiers of a seed are worth.
  private func row(
    _ seed: Int, _ images: AdaptationImages, _ translation: AdaptingTranslation?, steps: Int, _ course: inout Course
  ) throws -> Row {
    func share(_ kind: Kind, _ images: AdaptationImages) throws -> Double {
      let share = try self.share(kind, images, steps: steps, seed: seed) { course.progress.add(1) }
      course.say("seed \(seed), \(kind.rawValue): \(DecimalText.fixed(100 * share, decimals: 1))%")
      return share
    }
    func translated(by translation: AdaptingTranslation) throws -> AdaptationImages {
      let translated = try translation.translated(seed: seed) { course.progress.add(1) }
      course.say("seed \(seed): \(counted(images.source.count, "image")) translated")
      return translated
    }
    return Row(
      seed: seed, sourceOnly: try share(.sourceOnly, images), adapted: try share(.adapted, images),
      targetOnly: try share(.targetOnly, images),
      translated: try translation.map { try share(.translated, translated(by: $0)) })
  }

  /// The share of test images that a classifier names right once it is trained.
  private func share(
    _ kind: Kind, _ images: AdaptationImages, steps: Int, seed: Int, _ onUpdate: () -> Void
  ) throws -> Double {
    let shape = images.source.sampleShape
    var configuration = DomainAdversarialClassifier.Configuration(classCount: max(2, images.source.classCount ?? 0))
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    (configuration.featureCount, configuration.dropout, configuration.shift) = (featureCount, dropout, shift)
    (configuration.reversal, configuration.rampSteps) = (kind == .adapted ? reversal : 0, steps)
    configuration.isRecoloured = isRecoloured && (kind == .sourceOnly || kind == .adapted)
    configuration.selfTraining = kind == .adapted ? selfTraining : 0
    // Without a reversed gradient and self-training, the images without labels teach the features nothing.
    let (a, b) = kind == .targetOnly ? (images.target, images.source) : (images.source, images.target)
    let data = TrainingData(
      streams: [DomainAdversarialClassifier.streamA: a, DomainAdversarialClassifier.streamB: b])
    let trainer = Trainer(
      try DomainAdversarialClassifier(configuration), length: .steps(steps), batchSize: batchSize, seed: UInt64(seed),
      learningRate: learningRate)
    let trained = try trainer.train(on: data) { _ in onUpdate() }
    return try ClassificationAccuracy(of: trained, on: images.test).share
  }

  /// Eight epochs, and of few images as many steps as of the built-in digits.
  private func usualSteps(_ count: Int) -> Int {
    max(Self.usualEpochs * (count / batchSize), Self.usualEpochs * (TrainingImages.builtInCount / 2 / 64))
  }

  private static let usualEpochs = 8
}
