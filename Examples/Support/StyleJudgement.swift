import Latent

/// What is told of a model that gives images a style: how near to it they come, and what judges take them for.
public struct StyleJudgement {
  private let trained: TrainedModel
  private let model: StyleTransfer
  private let data: ComparisonData
  private let names: NamesKeptRow
  private let judge: StyleJudge
  private let isQuiet: Bool

  /// Opens the images, and has a judge of textures learn.
  ///
  /// - Parameters:
  ///   - trained: gives images a style.
  ///   - style: says which picture that style is of.
  ///   - source: the images.
  ///   - path: the file of a classifier that names what images show; nil for none.
  ///   - steps: updates of the judge.
  /// - Throws: ``UsageError`` if the model has the style of another picture, or there is nothing to judge it by;
  ///   ``CapabilityError`` if it has none, ``FileError``.
  public init(
    of trained: TrainedModel, _ style: StylePictureOptions, _ arguments: Arguments, on source: ComparisonSource,
    names path: String?, steps: Int, isQuiet: Bool
  ) throws {
    guard let model = trained.model as? StyleTransfer else {
      throw CapabilityError("\(trained.kind) cannot stylize: train-style makes a model that can")
    }
    let channels = model.configuration.channels
    guard channels == 1 || channels == 3 else {
      throw UsageError("--model: expected one of grey or coloured images, found one of \(channels) channels")
    }
    let pictures = try style.pictures(arguments, channels: channels)
    try style.check(pictures, arguments, of: model, trained.state, owner: "that the model learned its style from")
    (self.trained, self.model, self.isQuiet) = (trained, model, isQuiet)
    data = try ComparisonData(source, like: model.inputs.first?.sampleShape)
    names = try NamesKeptRow(path, columnCount: 1, like: data.test.sampleShape)
    if !isQuiet {
      if let remark = data.preparationRemark { tell(remark) }
      if data.training == nil {
        tell(
          "\(source.path ?? "") has no test images: the judge of textures learns what images are from those that are "
            + "stylized")
      }
    }
    var progress = CountProgress(total: steps, unit: "steps of the judge of textures", isQuiet: isQuiet)
    defer { progress.finish() }
    judge = StyleJudge(
      style: try ImageSet(pictures), drawnAs: style.pattern(arguments), images: data.training ?? data.test,
      learningIn: steps
    ) { _ in progress.add(1) }
  }

  /// The figures.
  public struct Report: JudgementReport {
    /// Of some images.
    struct Part: Encodable {
      /// The number of images.
      let images: Int
      /// Their mean distance to the style.
      let styleError: Double
      /// The share that the judge of textures takes for the style.
      let namedAsStyle: Double
      /// The share that it takes for images as they are.
      let namedAsImages: Double
      /// How many it takes for each class.
      let names: [String: Int]
    }

    /// The share of crops that the judge of textures tells right, of others than it learned from.
    let judgeAccuracy: Double
    /// Of images as they are.
    let images: Part
    /// Of the same images in the style.
    let stylized: Part
    /// The share of the images that a classifier names as before, if there is one.
    let namedAsOriginals: Double?

    /// The figures in rows.
    public var table: String {
      let parts = [images, stylized]
      var table = Table(columns: ["images", "stylized"])
      table.add("distance to the style", parts.map(\.styleError))
      table.add("lower by, %", [nil, (1 - stylized.styleError / images.styleError) * 100])
      table.add("named as the style, %", parts.map { $0.namedAsStyle * 100 })
      table.add("named as they are, %", parts.map { $0.namedAsImages * 100 })
      table.add(NamesKeptRow.name, [nil, namedAsOriginals.map { $0 * 100 }])
      table.add("crops not learned from named right, %", [judgeAccuracy * 100, nil])
      table.add("of", parts.map { "\($0.images)" })
      return table.text
    }
  }

  /// Of some images, batch by batch.
  private struct Sums {
    var errors = 0.0
    var classes: [Int] = []

    func part(_ judge: StyleJudge) -> Report.Part {
      func count(_ number: Int) -> Int { classes.count { $0 == number } }
      func share(_ number: Int) -> Double { Double(count(number)) / Double(classes.count) }
      return Report.Part(
        images: classes.count, styleError: errors / Double(classes.count), namedAsStyle: share(judge.styleClass),
        namedAsImages: share(judge.imagesClass),
        names: Dictionary(uniqueKeysWithValues: judge.classNames.enumerated().map { ($1, count($0)) }))
    }
  }

  /// What is found in the first `count` images, and in what the model makes of them.
  public func report(count: Int) throws -> Report {
    let images = data.test.prefix(count)
    var (before, after, names) = (Sums(), Sums(), names)
    var progress = CountProgress(total: images.count, unit: "images", isQuiet: isQuiet)
    defer { progress.finish() }
    for batch in images.batchesInOrder() {
      let stylized = try trained.stylize(batch.samples)
      add(batch.samples, to: &before)
      add(stylized, to: &after)
      try names.add([stylized], like: batch.samples)
      progress.add(batch.samples.shape[0])
    }
    return Report(
      judgeAccuracy: judge.accuracy(onCrops: Self.cropCount, images: data.test), images: before.part(judge),
      stylized: after.part(judge), namedAsOriginals: names.shares.first)
  }

  private func add(_ images: Tensor, to sums: inout Sums) {
    sums.errors += Double(model.styleErrors(of: images, with: trained.state).sum().scalar)
    sums.classes += judge.classes(of: images)
  }

  private static let cropCount = 1000
}
