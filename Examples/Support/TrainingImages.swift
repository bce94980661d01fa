import Latent

/// What a training program learns from, and what it is looked at with in between.
struct TrainingImages {
  let train: any SampleSource
  let heldOut: (any SampleSource)?
  /// Why there is nothing to learn from them, if so.
  let poverty: String?
  /// How many images they are made of.
  let loadedCount: Int
  /// What was found about them, in words.
  let remarks: [String]

  /// - Parameter stackCount: of how many images with three of these as channels the training is; nil for these themselves.
  init(_ train: ImageSet, heldOut: ImageSet?, stackCount: Int?) throws {
    (poverty, loadedCount) = (train.poverty, train.count)
    var remarks: [String] = []
    if train.preparedCount > 0 {
      remarks.append("\(train.preparedCount) of them brought to \(train.sampleShape)")
    }
    if let names = train.classNames {
      let some = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
      remarks.append("\(names.count == 1 ? "1 class" : "\(names.count) classes"), a folder each: \(some)")
    }
    self.remarks = remarks
    guard let stackCount else {
      (self.train, self.heldOut) = (train, heldOut)
      return
    }
    guard train.channels == 1 else {
      throw UsageError("--stacked: expected grey images, found images of \(train.sampleShape)")
    }
    self.train = StackedImages(train, count: stackCount)
    self.heldOut = heldOut.map { StackedImages($0, count: $0.count) }
  }
}

// MARK: - Loading

extension TrainingProgram {
  /// Where the images come from, for messages.
  func source(_ arguments: Arguments) -> String {
    (arguments[common.data] ?? "built-in digits") + (arguments[common.limit].map { " (--limit \($0))" } ?? "")
  }

  /// The images that the options ask for.
  func loadImages(_ arguments: Arguments) throws -> TrainingImages {
    let (train, heldOut) = try loadSets(arguments)
    return try TrainingImages(train, heldOut: heldOut, stackCount: arguments[common.stacked])
  }

  private typealias Sets = (train: ImageSet, heldOut: ImageSet?)

  private func loadSets(_ arguments: Arguments) throws -> Sets {
    let classes = try arguments[common.classes].map { Set(try wholeNumbers($0, option: "classes")) }
    let images = try loadAllImages(arguments, limit: classes == nil ? arguments[common.limit] : nil)
    guard let classes else { return images }
    guard let train = chosen(classes, of: images.train) else {
      let found =
        images.train.labels == nil ? images.train.missingConditions ?? "images without labels" : "none of these"
      throw UsageError("--classes: expected classes of labelled images, found \(found)")
    }
    return (
      arguments[common.limit].map { train.prefix($0) } ?? train, images.heldOut.flatMap { chosen(classes, of: $0) }
    )
  }

  /// The images of some classes; nil if there are none.
  private func chosen(_ classes: Set<Int>, of images: ImageSet) -> ImageSet? {
    guard let labels = images.labels else { return nil }
    let places = labels.indices.filter { classes.contains(labels[$0]) }
    return places.isEmpty ? nil : images.subset(places)
  }

  private func loadAllImages(_ arguments: Arguments, limit: Int?) throws -> Sets {
    let preparation = try common.preparation.preparation(arguments)
    guard let path = arguments[common.data] else {
      let count = min(limit ?? Self.builtInCount, Self.builtInCount)
      return (
        preparation(BuiltInDigits.make(count: count, seed: 0)),
        preparation(BuiltInDigits.make(count: Self.builtInCount / 10, seed: 1))
      )
    }
    return (
      try ImageSet.load(path, split: .train, limit: limit, preparation: preparation),
      ImageSet.exists(at: path, split: .test)
        ? try ImageSet.load(path, split: .test, preparation: preparation) : nil
    )
  }

  private static let builtInCount = 30_000
}
