import Latent
import LatentSystem

/// What a training program learns from, and what it is looked at with in between.
struct TrainingImages {
  let train: any SampleSource
  let heldOut: (any SampleSource)?
  /// Why there is nothing to learn from them, if so.
  let poverty: String?
  /// How many images there were to learn from, with those that are held out.
  let loadedCount: Int
  /// What was found about them, in words.
  let remarks: [String]

  /// - Parameters:
  ///   - train: the images to learn from.
  ///   - heldOut: those to look at it with.
  ///   - loadedCount: how many images there were to learn from, with those that are held out.
  ///   - readCount: how many were read, with those of other classes.
  ///   - stackCount: of how many images with three of these as channels the training is; nil for these themselves.
  ///   - memory: how many bytes they may take.
  init(
    _ train: any ImageCollection, heldOut: (any ImageCollection)?, loadedCount: Int, readCount: Int, stackCount: Int?,
    memory: Int
  ) throws {
    (poverty, self.loadedCount) = (train.poverty, loadedCount)
    remarks = Self.remarks(on: train, readCount: readCount, memory: memory)
    guard let stackCount else {
      (self.train, self.heldOut) = (train, heldOut)
      return
    }
    guard train.channels == 1 else {
      throw UsageError(
        "--stacked: expected grey images, found images of \(train.sampleShape); --channels grey makes them")
    }
    self.train = StackedImages(try Self.inMemory(train, "--stacked"), count: stackCount)
    self.heldOut = try heldOut.map { StackedImages(try Self.inMemory($0, "--stacked"), count: $0.count) }
  }

  /// Images that something cannot be done with unless they are in memory.
  /// - Throws: ``UsageError`` if they are streamed.
  static func inMemory(_ images: any ImageCollection, _ option: String) throws -> ImageSet {
    if let images = images as? ImageSet { return images }
    let size = (images as? StreamedImages).flatMap { try? $0.memoryWhenLoaded } ?? 0
    throw UsageError(
      "\(option): expected images in memory, found some that are streamed; --memory \((size >> 20) + 1) has room for them, "
        + "or --limit takes fewer")
  }

  /// The memory that images take, rounded up.
  private static func megabytes(_ images: any ImageCollection) -> Int {
    (images.count * images.sampleShape.scalarCount + (1 << 20) - 1) >> 20
  }

  /// What was found about images as they were read, in words.
  ///
  /// - Parameters:
  ///   - images: these, or some of them.
  ///   - readCount: how many were read.
  ///   - memory: how many bytes they may take.
  static func remarks(on images: any ImageCollection, readCount: Int, memory: Int) -> [String] {
    var remarks: [String] = []
    if images is StreamedImages {
      remarks.append(
        "streamed from the disk: \(Self.megabytes(images)) MB of pixels, as --memory allows \(memory >> 20) MB")
    }
    let them = readCount == images.count ? "them" : "the \(readCount) that were read"
    if images.preparedCount > 0 {
      remarks.append("\(images.preparedCount) of \(them) brought to \(images.sampleShape)")
    }
    if images.transparentCount > 0 {
      remarks.append("\(images.transparentCount) of \(them) transparent in parts; --background says what is seen there")
    }
    if images.leftOutCount > 0 {
      let files = images.leftOutCount == 1 ? "1 picture" : "\(images.leftOutCount) pictures"
      remarks.append("\(files) left out: GIF, BMP, TIFF, WebP and others are not read, nor folders beside images")
    }
    if let names = images.classNames {
      let some = names.prefix(10).map(quoted).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
      remarks.append("\(names.count == 1 ? "1 class" : "\(names.count) classes"): \(some)")
    }
    if images.isNearlyBlack {
      remarks.append(
        "warning: no pixel is brighter than 1 of 255; 0 and 1 are black and white in arrays of floats or booleans")
    }
    return remarks
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
    let (sets, readCount) = try loadSets(arguments)
    let (train, heldOut) = try parts(sets, arguments, before)
    return try TrainingImages(
      train, heldOut: heldOut, loadedCount: sets.train.count, readCount: readCount,
      stackCount: arguments[common.stacked], memory: memory(arguments))
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
    guard sets.train.count > 1 else {
      throw UsageError("--hold-out: expected at least 2 images, found 1")
    }
    var generator = heldOutGenerator(arguments, before: before)
    return split(sets.train, share, &generator)
  }

  private func split(_ images: some ImageCollection, _ share: Double, _ generator: inout RandomGenerator) -> Sets {
    let parts = images.split(heldOut: share, using: &generator)
    return (parts.train, parts.heldOut)
  }

  /// How many bytes the images may take.
  func memory(_ arguments: Arguments) -> Int {
    arguments[common.memory].map { $0 << 20 } ?? ImageSet.usualMemory
  }

  /// Images at `path`, streamed if they are too large for memory.
  func open(
    _ path: String, _ split: ImageSet.Split, limit: Int? = nil, _ arguments: Arguments
  ) throws -> any ImageCollection {
    var progress: CountProgress?
    defer { progress?.finish() }
    var done = 0
    return try ImageSet.open(
      path, split: split, limit: limit, preparation: common.preparation.preparation(arguments),
      memory: memory(arguments)
    ) { count, total in
      if progress == nil { progress = CountProgress(total: total, unit: "images", isQuiet: arguments[common.isQuiet]) }
      progress?.add(count - done)
      done = count
    }
  }

  /// What draws the samples that are held out.
  func heldOutGenerator(_ arguments: Arguments, before: TrainingSettings?) -> RandomGenerator {
    let seed = arguments.contains(common.seed) ? UInt64(arguments[common.seed]) : before?.seed ?? 0
    return RandomGenerator(seed: seed, stream: RandomStream.heldOut)
  }

  private typealias Sets = (train: any ImageCollection, heldOut: (any ImageCollection)?)

  /// The images that the options ask for, and how many were read for that.
  private func loadSets(_ arguments: Arguments) throws -> (sets: Sets, readCount: Int) {
    try common.preparation.checkLayout(arguments, of: arguments[common.data])
    let classes = try chosenClasses(arguments)
    let images = try loadAllImages(arguments, limit: classes == nil ? arguments[common.limit] : nil)
    guard let classes else { return (images, images.train.count) }
    guard let train = chosen(classes, of: images.train) else {
      let found =
        images.train.labels == nil ? images.train.missingConditions ?? "images without labels" : "none of these"
      throw UsageError("--classes: expected classes of labelled images, found \(found)")
    }
    let limited: any ImageCollection = arguments[common.limit].map { train.prefix($0) } ?? train
    return ((limited, images.heldOut.flatMap { chosen(classes, of: $0) }), images.train.count)
  }

  /// The numbers of the classes that the options ask for; nil for all.
  func chosenClasses(_ arguments: Arguments) throws -> Set<Int>? {
    try arguments[common.classes].map { Set(try wholeNumbers($0, option: "classes")) }
  }

  /// The images of some classes; nil if there are none.
  private func chosen(_ classes: Set<Int>, of images: any ImageCollection) -> (any ImageCollection)? {
    guard let labels = images.labels else { return nil }
    let places = labels.indices.filter { classes.contains(labels[$0]) }
    return places.isEmpty ? nil : images.subset(places)
  }

  private func loadAllImages(_ arguments: Arguments, limit: Int?) throws -> Sets {
    guard let path = arguments[common.data] else {
      let preparation = try common.preparation.preparation(arguments)
      let count = min(limit ?? Self.builtInCount, Self.builtInCount)
      return (
        preparation(BuiltInDigits.make(count: count, seed: 0)),
        preparation(BuiltInDigits.make(count: Self.builtInCount / 10, seed: 1))
      )
    }
    return (
      try open(path, .train, limit: limit, arguments),
      ImageSet.exists(at: path, split: .test) ? try open(path, .test, arguments) : nil
    )
  }

  private static let builtInCount = usualCount
}
