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
    if train.transparentCount > 0 {
      remarks.append("\(train.transparentCount) of them transparent in parts; --background says what is seen there")
    }
    if train.leftOutCount > 0 {
      let files = train.leftOutCount == 1 ? "1 picture" : "\(train.leftOutCount) pictures"
      remarks.append("\(files) left out: GIF, BMP, TIFF, WebP and others are not read, nor folders beside images")
    }
    if let names = train.classNames {
      let some = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
      remarks.append("\(names.count == 1 ? "1 class" : "\(names.count) classes"): \(some)")
    }
    if train.isNearlyBlack {
      remarks.append(
        "warning: no pixel is brighter than 1 of 255; 0 and 1 are black and white in arrays of floats or booleans")
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
    (arguments[common.data] ?? common.subject.builtIn) + (arguments[common.limit].map { " (--limit \($0))" } ?? "")
  }

  /// The images that the options ask for. What is held out of them is as before in a training that goes on.
  func loadImages(_ arguments: Arguments, before: TrainingSettings?) throws -> TrainingImages {
    if let options = common.volumes { return try loadVolumes(arguments, options, before: before) }
    let (train, heldOut) = try parts(loadSets(arguments), arguments, before)
    return try TrainingImages(train, heldOut: heldOut, stackCount: arguments[common.stacked])
  }

  /// Which share of the images is held out.
  func heldOutShare(_ arguments: Arguments, before: TrainingSettings?) -> Double? {
    arguments[common.heldOutShare] ?? before?.heldOutShare
  }

  /// Holds images out, if that is asked for.
  private func parts(_ sets: Sets, _ arguments: Arguments, _ before: TrainingSettings?) throws -> Sets {
    guard let share = heldOutShare(arguments, before: before) else { return sets }
    guard sets.heldOut == nil else {
      throw UsageError("--hold-out: means something only for images without a part of test images")
    }
    var generator = heldOutGenerator(arguments, before: before)
    return sets.train.split(heldOut: share, using: &generator)
  }

  /// What draws the samples that are held out.
  func heldOutGenerator(_ arguments: Arguments, before: TrainingSettings?) -> RandomGenerator {
    let seed = arguments.contains(common.seed) ? UInt64(arguments[common.seed]) : before?.seed ?? 0
    return RandomGenerator(seed: seed, stream: RandomStream.heldOut)
  }

  /// Further images at `path`, prepared and limited as those of `--data`.
  ///
  /// - Parameter isHeldOut: whether the test images are wanted.
  /// - Returns: nil if there are no test images.
  func furtherImages(at path: String, _ arguments: Arguments, isHeldOut: Bool) throws -> ImageSet? {
    guard !arguments.contains(common.heldOutShare) else {
      throw UsageError("--hold-out: images beside those of --data have to come with a part of test images of their own")
    }
    let preparation = try common.preparation.preparation(arguments)
    guard isHeldOut else {
      return try ImageSet.load(path, split: .train, limit: arguments[common.limit], preparation: preparation)
    }
    return ImageSet.exists(at: path, split: .test)
      ? try ImageSet.load(path, split: .test, preparation: preparation) : nil
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
