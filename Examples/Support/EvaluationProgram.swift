import Latent
import LatentSystem

/// What `evaluate` does.
public struct EvaluationProgram {
  /// The paths of checkpoints.
  public var models: [String] = []
  /// The path of images to look at as samples are.
  public var against: String?
  /// What samples should be like.
  public var data = ComparisonSource(nil)
  /// The path of the judge's checkpoint.
  public var judge = ""
  /// How many samples of each are looked at.
  public var count = 10_000
  /// From how many latents of an image its likelihood is estimated.
  public var draws = 1
  /// How many updates a classifier gets that learns from samples, for ``SampleClassification/trainedOnSamples``; nil for none.
  public var classifierUpdates: Int?
  /// Decides the samples.
  public var seed: UInt64 = 0
  /// Whether models are used with the moving average of their generator.
  public var isAveraged = false
  /// How samples are made by models that map their latents.
  public var style: (TrainedModel) throws -> TrainedModel = { $0 }
  /// Where the figures are written to.
  public var out: String?
  /// Where the picture is drawn.
  public var picture = "evaluation.png"
  /// Whether to say nothing but the table.
  public var isQuiet = false

  /// An evaluation of nothing yet.
  public init() {}

  /// One column of the table.
  struct Column: Encodable {
    let name: String
    let samples: SampleReport?
    let likelihood: LikelihoodReport?
    var classification: Classification?
    /// The share of the test images that a classifier names right.
    let accuracy: Double?
    /// How a code that was learned without labels agrees with them.
    var codes: CodeAgreement?
    /// How a codebook is used.
    var codebook: CodebookUse?
    /// Some of the samples, for the picture.
    let images: ImageSet?

    /// The accuracy of a classifier that learns from samples, and of one that learns from as many training images.
    struct Classification {
      let samples: ClassificationAccuracy
      let floor: ClassificationAccuracy?
    }

    private enum CodingKeys: CodingKey {
      case name, accuracy, ganTest, ganTrain, ganTrainFloor, codeAgreement, codebook
    }

    /// All figures beside each other.
    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try values.encodeIfPresent(accuracy, forKey: .accuracy)
      try likelihood?.encode(to: encoder)
      try samples?.encode(to: encoder)
      // Images that were there are no samples of a model.
      if samples?.seed != nil { try values.encodeIfPresent(samples?.labelAccuracy, forKey: .ganTest) }
      try values.encodeIfPresent(classification?.samples.share, forKey: .ganTrain)
      try values.encodeIfPresent(classification?.floor?.share, forKey: .ganTrainFloor)
      try values.encodeIfPresent(codes, forKey: .codeAgreement)
      try values.encodeIfPresent(codebook, forKey: .codebook)
    }
  }

  /// Prints the table and writes the files.
  public func run() throws {
    guard picture.hasSuffix(".png") else {
      throw UsageError("--picture: expected a name that ends in .png, found \"\(picture)\"")
    }
    guard out?.hasSuffix(".json") ?? true else {
      throw UsageError("--out: expected a name that ends in .json, found \"\(out ?? "")\"")
    }
    guard !models.isEmpty || against != nil else {
      throw UsageError("--model: expected the path of a checkpoint, or --against the path of images")
    }
    for path in [out, picture].compactMap(\.self) { try checkTarget(path) }
    let opened = try models.map { ($0, try style(openModel($0, isAveraged: isAveraged))) }
    guard classifierUpdates == nil || opened.contains(where: { isTold($0.1) }) else {
      throw UsageError("--gan-train: expected a model that makes images of a class, found none")
    }
    let judge = try openJudge(judge)
    for (name, trained) in opened { try check(trained, name, judge) }
    let data = try ComparisonData(data, like: judge.trained.model.inputs.first?.sampleShape)
    let reference = try reference(data, judge)
    var columns: [Column] = []
    let floor = try classificationFloor(reference)
    for (name, trained) in opened {
      var column = try column(name, trained, data, reference)
      column.classification = try classification(trained, reference, floor)
      columns.append(column)
    }
    if let against {
      let images = try ImageSet.load(against, preparation: data.preparation)
      say(
        "\(against): \(counted(images.count, "image"))\(ComparisonData.remark(images)), of a folder the training images"
      )
      let some = images.prefix(Self.pictured)
      columns.append(
        Column(
          name: against, samples: try reference.report(on: images, limit: count), likelihood: nil, accuracy: nil,
          images: some))
    }
    tell(table: table(columns))
    for column in columns { if let codes = column.codes { tell(table: CodeTable.text(codes, of: column.name)) } }
    try writePicture(columns, data)
    if let out { try writeFigures(columns, to: out) }
  }

  /// Checks that there is something to look at and that the judge can, before the data are there.
  private func check(_ trained: TrainedModel, _ name: String, _ judge: Judge) throws {
    let model = trained.model
    if let shape = (model as? any Sampling)?.sampleShape {
      try judge.check(shape, of: name)
    } else if !(model is any LikelihoodEstimating || model is any Classifying) {
      throw CapabilityError("\(name): a \(trained.kind) has neither samples nor a likelihood to look at")
    }
  }

  private func reference(_ data: ComparisonData, _ judge: Judge) throws -> SampleReference {
    say("\(data.description); the judge is \(judge.trained) with the checksum \(judge.checksum)")
    if judge.classCount == nil { say("it knows no classes: images are compared by the features of an autoencoder") }
    let smallest = min(data.test.count, data.training?.count ?? .max, count)
    if smallest <= judge.featureCount {
      warn("\(counted(smallest, "image")): few for \(judge.featureCount) features; distances are too large")
    }
    let reference = try SampleReference(test: data.test, training: data.training, judge: judge, limit: count)
    if let accuracy = reference.accuracy {
      let share = DecimalText.significant(accuracy * 100, digits: 4)
      let some =
        reference.test.features.shape[0] < data.test.count ? "the first \(reference.test.features.shape[0])" : ""
      say("it names \(share)% of \(some.isEmpty ? "these images" : some) right")
      if accuracy < 0.9 {
        warn(
          "a judge that names \(share)% right sees little in the images: figures tell next to nothing; a longer "
            + "train-classifier with the same --data makes a better one")
      }
    }
    return reference
  }

  private func column(
    _ name: String, _ trained: TrainedModel, _ data: ComparisonData, _ reference: SampleReference
  ) throws -> Column {
    var report: SampleReport?
    var pixels: [Tensor] = []
    if trained.model is any Sampling {
      var progress = CountProgress(total: count, unit: "samples", isQuiet: isQuiet)
      defer { progress.finish() }
      var made = 0
      report = try reference.report(on: trained, count: count, seed: seed) { batch in
        guard batch.isAllFinite else {
          throw CapabilityError("\(name): the samples of this \(trained.kind) hold an infinity or NaN")
        }
        if made < Self.pictured { pixels.append(batch[0..<min(batch.shape[0], Self.pictured - made)]) }
        made += batch.shape[0]
        progress.add(batch.shape[0])
      }
    }
    let likelihood = try likelihood(name, trained, data, reference.judge.trained)
    let accuracy = trained.model is any Classifying ? try Judge(trained).view(of: data.test).labelAccuracy : nil
    if report == nil, likelihood == nil, accuracy == nil {
      throw CapabilityError("\(name): a \(trained.kind) has neither samples nor a likelihood to look at")
    }
    let images = try pixels.isEmpty ? nil : ImageSet(Tensor.concatenated(pixels))
    return Column(
      name: name, samples: report, likelihood: likelihood, accuracy: accuracy,
      codes: try CodeAgreement(on: trained, data.test, limit: count),
      codebook: try CodebookUse(on: trained, data.test, limit: count), images: images)
  }

  /// Nil, and a word about it, if the model cannot take the images.
  private func likelihood(
    _ name: String, _ trained: TrainedModel, _ data: ComparisonData, _ judge: TrainedModel
  ) throws -> LikelihoodReport? {
    var progress = CountProgress(total: 1000, unit: "‰ of likelihoods", isQuiet: isQuiet)
    defer { progress.finish() }
    var done = 0
    do {
      return try LikelihoodReport(on: trained, data.test, draws: draws, limit: count, seed: seed, judge: judge) {
        progress.add(Int($0 * 1000) - done)
        done = Int($0 * 1000)
      }
    } catch let error as CapabilityError {
      SystemFile.writeError("evaluate: \(name): no likelihood and no reconstruction: \(error)\n")
      return nil
    }
  }

  /// Whether a model makes images of classes.
  private func isTold(_ trained: TrainedModel) -> Bool {
    (trained.model as? any Sampling)?.sampleClassCount != nil
  }

  /// What samples are worth to a classifier, if that is to be told and the model makes some of a class.
  private func classification(
    _ trained: TrainedModel, _ reference: SampleReference, _ floor: ClassificationAccuracy?
  ) throws -> Column.Classification? {
    guard let updates = classifierUpdates, isTold(trained) else { return nil }
    let samples = try countingUpdates {
      try reference.accuracy(learningFromSamples: count, of: trained, updates: updates, seed: seed, onStep: $0)
    }
    return Column.Classification(samples: samples, floor: floor)
  }

  /// What as many training images are worth to a classifier, if that is to be told.
  private func classificationFloor(_ reference: SampleReference) throws -> ClassificationAccuracy? {
    guard let updates = classifierUpdates else { return nil }
    return try countingUpdates {
      try reference.classificationFloor(count, updates: updates, seed: seed, onStep: $0)
    }
  }

  /// What `body` gives, which calls what it is given after every update of a classifier.
  private func countingUpdates<Value>(_ body: (_ onStep: () -> Void) throws -> Value) rethrows -> Value {
    var progress = CountProgress(total: classifierUpdates ?? 0, unit: "updates", isQuiet: isQuiet)
    defer { progress.finish() }
    return try body { progress.add(1) }
  }

  private func say(_ text: String) {
    if !isQuiet { tell(text) }
  }

  /// Whoever wants to read the table only has to know that it is worth little.
  private func warn(_ text: String) { tell("warning: \(text)") }

  /// Samples of a model in the picture.
  private static let pictured = 64
}

// MARK: - What comes out

extension EvaluationProgram {
  private func table(_ columns: [Column]) -> String {
    var table = Table(columns: columns.map(\.name))
    func add(_ name: String, _ figure: (SampleReport) -> Double?) {
      table.add(name, columns.map { $0.samples.flatMap(figure) })
    }
    func addLikelihood(_ name: String, _ figure: (LikelihoodReport) -> Double?) {
      table.add(name, columns.map { $0.likelihood.flatMap(figure) })
    }
    table.add("test images named right", columns.map(\.accuracy))
    add("Fréchet distance") { $0.frechetDistance }
    add("  of training images") { $0.frechetFloor }
    table.add(
      "kernel distance",
      columns.map { column in
        column.samples.map {
          DecimalText.significant($0.kernelDistance, digits: 4) + " ± "
            + DecimalText.significant($0.kernelDeviation, digits: 2)
        }
      })
    add("  of training images") { $0.kernelFloor }
    add("precision") { $0.precision }
    add("  of training images") { $0.precisionFloor }
    add("recall") { $0.recall }
    add("  of training images") { $0.recallFloor }
    add("density") { $0.density }
    add("  of training images") { $0.densityFloor }
    add("coverage") { $0.coverage }
    add("  of training images") { $0.coverageFloor }
    add("classifier score") { $0.classifierScore }
    add("  of training images") { $0.classifierScoreFloor }
    table.add("classes that occur", columns.map { $0.samples?.classesHit.map(String.init) })
    add("rarest class") { $0.classShares?.min() }
    add("divergence of classes, nats") { $0.classDivergence }
    add("of the class asked for") { $0.labelAccuracy }
    table.add("right after learning from samples", columns.map { $0.classification?.samples.share })
    table.add("  from training images", columns.map { $0.classification?.floor?.share })
    table.add("code stands for the class", columns.map { $0.codes?.share })
    add("nearer to training images") { $0.nearerToTraining }
    add("path length") { $0.pathLength }
    add("  of mapped latents") { $0.mappedPathLength }
    addLikelihood("negative log-likelihood, nats") { $0.negativeLogLikelihood }
    addLikelihood("  standard error") { $0.standardError }
    table.add("  which is", columns.map { $0.likelihood.flatMap(Self.kind) })
    addLikelihood("  of the baseline") { $0.baseline }
    addLikelihood("negative ELBO, nats") { $0.negativeElbo }
    table.add(
      "active units",
      columns.map { column in
        guard let report = column.likelihood, let active = report.activeUnits, let size = report.latentSize else {
          return nil
        }
        return "\(active) of \(size)"
      })
    table.add("codes used", columns.map { $0.codebook.map { "\($0.used) of \($0.count)" } })
    table.add("  perplexity", columns.map { $0.codebook?.perplexity })
    addLikelihood("reconstruction, dB") { $0.psnr }
    addLikelihood("reconstruction, SSIM") { $0.ssim }
    addLikelihood("  named as the original") { $0.namesKept }
    addLikelihood("  distance in features") { $0.featureError }
    return table.text
  }

  /// What a likelihood is, in words.
  private static func kind(_ report: LikelihoodReport) -> String? {
    guard let kind = report.likelihoodKind else { return nil }
    let draws = report.likelihoodDraws.map { ", \($0) \($0 == 1 ? "draw" : "draws")" } ?? ""
    let binary = report.binarization.flatMap { $0 == "none" ? nil : "\($0) binary" }
    let pixels = [report.likelihoodSubject, binary].compactMap(\.self).joined(separator: ", ")
    let subject = pixels.isEmpty && report.binarization != nil ? "grey" : pixels
    let given = report.likelihoodCondition.map { ", given \($0)" } ?? ""
    switch LikelihoodKind(rawValue: kind) {
    case .exact: return "exact, \(subject)\(given)"
    case .lowerBound: return "a bound\(draws), \(subject)\(given)"
    case .crossEntropyBound, nil: return "a cross-entropy bound\(draws), \(subject)\(given)"
    }
  }

  private func writeFigures(_ columns: [Column], to path: String) throws {
    try JSONFile.write(oneOrMore: columns, to: path)
    say("wrote \(path)")
  }

  private func writePicture(_ columns: [Column], _ data: ComparisonData) throws {
    let real = data.test.prefix(Self.pictured)
    let blocks = [real] + columns.compactMap(\.images)
    guard blocks.count > 1 else { return say("no \(picture): there are no samples to draw") }
    try ImageBlocks.write(blocks, to: picture)
    let others = columns.filter { $0.images == nil }.map(\.name)
    let remark = others.isEmpty ? "" : ", without samples of \(others.joined(separator: ", ")): there are none"
    say("wrote \(picture)\(remark)")
  }
}
