import Latent
import LatentSystem

/// What `augment` does.
public struct AugmentationProgram {
  /// The path of labelled images; the built-in digits if nil.
  public var data: String?
  /// How files of several meanings are read.
  public var reading = ImagePreparation()
  /// The path of a model's checkpoint; if nil, one is trained on the images that are to be enlarged.
  public var model: String?
  /// Whether the model is used with the moving average of its generator.
  public var isAveraged = false
  /// The path of a judge's checkpoint, who names or checks the classes of samples.
  public var judge: String?
  /// How probable a class has to be to the judge.
  public var confidence = 0.9
  /// Samples of each class; as many as there are images if nil.
  public var count: Int?
  /// Updates of a model that is trained on the images.
  public var generatorUpdates = 1000
  /// Decides all randomness.
  public var seed: UInt64 = 0
  /// Whether to say nothing but figures.
  public var isQuiet = false

  /// A program with nothing said.
  public init() {}

  /// Where samples come from, and what that has seen.
  struct Generator {
    /// The model; nil if one is trained on the images that there are.
    let trained: TrainedModel?
    let labelling: LabelledSamples.Labelling?
    let record: Record

    /// What is told of it in files.
    struct Record: Encodable {
      /// The kind of model.
      let kind: String
      /// Its checkpoint; nil if it is trained on the images that there are.
      var checkpoint: String?
      /// How many images the checkpoint's training had; nil if it does not say.
      var trainingCount: Int?
      /// Whether it has seen the labels of these.
      let isToldClasses: Bool
      /// Whether it has seen no labels but those that the classifier has.
      let seesSameLabelsOnly: Bool
      /// The checkpoint of the judge; nil if there is none.
      var judge: String?
      /// How many labelled images the judge's training had; nil if it does not say.
      var judgeTrainingCount: Int?
    }
  }

  /// Writes the images and the samples into a folder that `--data` of every program takes, with the test images there are.
  ///
  /// - Parameter labelsPerClass: how many images of each class are used; all if nil. One number.
  public func write(to folder: String, labelsPerClass: [Int]? = nil) throws {
    if let labelsPerClass, labelsPerClass.count != 1 || labelsPerClass[0] < 1 {
      throw UsageError(
        "--labels-per-class: expected one whole number of 1 or more without --measure, found "
          + "\(labelsPerClass.map(String.init).joined(separator: ","))")
    }
    let isOwn = try checkPlace(folder)
    let (all, test) = try labelledImages()
    let generator = try generator(like: all)
    let images = try labelsPerClass.map { try AugmentationExperiment.labelled($0[0], of: all, seed: seed) } ?? all
    try checkSize(count(for: images), of: images)
    say(sentences(of: generator.record))
    var progress = CountProgress(
      total: generator.trained == nil ? generatorUpdates : drawn(count(for: images), images, generator),
      unit: generator.trained == nil ? "updates" : "images", isQuiet: isQuiet)
    defer { progress.finish() }
    let samples = try samples(
      generator, images, count: count(for: images), seed: seed, onUpdate: { progress.add(1) },
      onBatch: { if generator.trained != nil { progress.add($0) } })
    guard let added = samples.images else { throw CapabilityError("no sample looks to the judge like any class") }
    progress.finish()
    // Test images that the folder has from before would be taken for those of these images, labels for theirs.
    if isOwn, test?.labels == nil {
      for path in ImageSet.savedFiles(in: folder, split: .test) { try SystemFile.remove(path) }
    }
    try test?.save(to: folder, split: .test)
    try ImageSet.concatenated([images, added]).save(to: folder)
    try JSONFile.write(
      Record(
        data: data, imageCount: images.count, sampleCount: added.count, samplesPerClass: samples.counts, seed: seed,
        generator: generator.record), to: folder + "/" + Self.recordName)
    let least = classes(of: images).map { samples.counts[$0] }.min() ?? 0
    if least < count(for: images) {
      say(["warning: of some classes the judge was sure of \(least) samples only: \(samples.counts)"])
    }
    let tests = test.map { ", and \($0.count) test images" } ?? ""
    say(["wrote \(folder): \(images.count) images, \(added.count) samples after them\(tests)"])
  }

  /// What stands beside the images.
  private struct Record: Encodable {
    let data: String?
    let imageCount: Int
    let sampleCount: Int
    let samplesPerClass: [Int]
    let seed: UInt64
    let generator: Generator.Record
  }

  private static let recordName = "augmentation.json"

  /// Somebody's images are not written over.
  /// - Returns: whether `augment` wrote the folder before.
  private func checkPlace(_ folder: String) throws -> Bool {
    if let data, isSameFolder(data, folder) {
      throw UsageError("--out: expected another folder than that of the images, found \"\(folder)\"")
    }
    let isOwn = try isOwnFolder(folder, record: Self.recordName, program: "augment")
    let own = ImageSet.Split.allCases.flatMap { ImageSet.savedFiles(in: folder, split: $0) }
    let files = ImageSet.Split.allCases.flatMap { ImageSet.files(in: folder, split: $0) }
    if let other = files.first(where: { !own.contains($0) }) {
      throw UsageError("--out: expected a folder without images but those that augment wrote, found \"\(other)\"")
    }
    return isOwn
  }

  func say(_ lines: [String]) {
    guard !isQuiet else { return }
    for line in lines { tell(line) }
  }
}

// MARK: - Images and samples

extension AugmentationProgram {
  /// The images to enlarge, and the test images beside them if there are any.
  func labelledImages() throws -> (images: ImageSet, test: ImageSet?) {
    var source = ComparisonSource(data)
    (source.background, source.layout) = (reading.background, reading.layout)
    let data = try ComparisonData(source, like: nil)
    let (images, test) = data.training.map { ($0, data.test) } ?? (data.test, nil)
    guard images.labels != nil else {
      throw UsageError("--data: expected images with labels, found none: \(images.missingConditions ?? "")")
    }
    return (images, test)
  }

  /// How many samples of each class are added to some images.
  func count(for images: ImageSet) -> Int {
    count ?? max(1, images.count / max(1, classes(of: images).count))
  }

  /// The classes that occur: there may be numbers without images.
  private func classes(of images: ImageSet) -> [Int] {
    (images.classCounts ?? []).enumerated().compactMap { $0.element > 0 ? $0.offset : nil }
  }

  /// Tells of too many samples before anything is trained or made.
  func checkSize(_ count: Int, of images: ImageSet) throws {
    let classCount = classes(of: images).count
    guard LabelledSamples.fits(perClass: count, classCount: classCount, imageSize: images.imageSize) else {
      throw UsageError(
        "--count: expected samples of at most \(LabelledSamples.mostBytes >> 30) GiB, found \(count) of "
          + "\(images.imageSize) bytes for each of \(classCount) classes")
    }
  }

  /// Opens what makes samples, and checks that it makes such images.
  func generator(like images: ImageSet) throws -> Generator {
    let judge = try judge.map { try Judge(ModelRegistry.standard.load($0)) }
    let labelling = judge.map { LabelledSamples.Labelling(by: $0, confidence: confidence) }
    guard let model else {
      let record = Generator.Record(
        kind: VAE.kind, isToldClasses: true, seesSameLabelsOnly: judge == nil, judge: self.judge,
        judgeTrainingCount: self.judge.flatMap(trainingCount))
      return Generator(trained: nil, labelling: labelling, record: record)
    }
    let trained = try openModel(model, isAveraged: isAveraged)
    let sampler = trained.model as? any Sampling
    if let shape = sampler?.sampleShape, shape != images.sampleShape {
      throw UsageError("--model: expected a model of images \(images.sampleShape), found one of \(shape)")
    }
    let isTold = sampler?.sampleClassCount != nil
    if !isTold, sampler?.sampleConditions == ConditionSpace.none, judge == nil {
      throw UsageError(
        "--model: the \(trained.kind) of \(model) makes images of no class; --judge FILE can name a classifier that says "
          + "what they are")
    }
    return Generator(
      trained: trained, labelling: labelling,
      record: Generator.Record(
        kind: trained.kind, checkpoint: model, trainingCount: trainingCount(model), isToldClasses: isTold,
        seesSameLabelsOnly: false, judge: self.judge, judgeTrainingCount: self.judge.flatMap(trainingCount)))
  }

  /// How many samples the training of a checkpoint had, if that is one of a training.
  private func trainingCount(_ path: String) -> Int? {
    guard let checkpoint = try? TrainingCheckpoint.load(path) else { return nil }
    return checkpoint.settings.streams[checkpoint.model.inputs.first?.stream ?? TrainingData.mainStream]?.count
  }

  /// How many images are made at most.
  private func drawn(_ count: Int, _ images: ImageSet, _ generator: Generator) -> Int {
    LabelledSamples.mostDrawn(perClass: count, classCount: classes(of: images).count, labelling: generator.labelling)
  }

  /// New samples for some images, which the generator learns from first if it has not learned yet.
  func samples(
    _ generator: Generator, _ images: ImageSet, count: Int, seed: UInt64, onUpdate: () -> Void,
    onBatch: (Int) -> Void = { _ in }
  ) throws -> LabelledSamples {
    let trained = try generator.trained ?? autoencoder(of: images, seed: seed, onUpdate)
    return try LabelledSamples(
      perClass: count, of: trained, classCount: images.classCount ?? 1, classes: classes(of: images),
      labelling: generator.labelling, seed: seed, onBatch: onBatch)
  }

  /// A model that has seen these images and their labels, and nothing else.
  private func autoencoder(of images: ImageSet, seed: UInt64, _ onUpdate: () -> Void) throws -> TrainedModel {
    let vae = try VAE(
      VAE.Configuration(
        height: images.height, width: images.width, channels: images.channels, latentSize: 4,
        classCount: max(2, images.classCount ?? 2)))
    return try Trainer(
      vae, length: .steps(generatorUpdates), batchSize: min(64, images.count), seed: seed,
      schedule: .cosine(steps: generatorUpdates)
    ).train(on: images) { _ in onUpdate() }
  }

  /// What has seen which labels, in words.
  func sentences(of record: Generator.Record) -> [String] {
    func seen(_ count: Int?, _ what: String) -> String { "\(count.map(String.init) ?? "an unknown number of") \(what)" }
    var lines: [String] = []
    if let checkpoint = record.checkpoint {
      let what = record.isToldClasses ? "labelled images" : "images without their labels"
      lines.append("samples of the \(record.kind) of \(checkpoint), which has seen \(seen(record.trainingCount, what))")
    } else {
      lines.append("samples of a \(record.kind) that is trained on the same labelled images and has seen no others")
    }
    if let judge = record.judge {
      let task = record.isToldClasses ? "checked" : "named"
      lines.append(
        "their classes are \(task) by \(judge), which has seen \(seen(record.judgeTrainingCount, "labelled images"))")
    }
    return lines
  }
}
