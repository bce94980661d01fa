import Latent
import LatentSystem

/// Images, the usual subject of a training.
public struct TrainingImages: TrainingSubject {
  public static let noun = "image"
  public static let builtIn = "built-in digits"
  public static let builtInCount = 30_000
  public static let dataHelp =
    "a folder with train-images-idx3-ubyte[.gz], CIFAR's .bin or .png or .jpg files, or an IDX, .npy or .npz file; built-in digits if not given"

  let classes: Option<String?>
  let stacked: Option<Int?>
  private let memory: Option<Int?>
  private let augmentation: Option<String?>
  private let preparation: PreparationOptions
  /// What else than images themselves `--augment` can change, by name.
  private let otherAugmentations: [String]

  public init(_ options: inout Options) { self.init(&options, otherAugmentations: []) }

  /// - Parameter otherAugmentations: what else `--augment` can name, which the program sees to.
  init(_ options: inout Options, otherAugmentations: [(name: String, help: String)]) {
    self.otherAugmentations = otherAugmentations.map(\.name)
    memory = options.integer(
      "memory", range: 1...1 << 24, placeholder: "MB",
      help: "stream the images from the disk if they take more; a quarter of the machine's memory if not given")
    augmentation = options.string(
      "augment", placeholder: "LIST",
      help: (["change images at random at each use: mirror, shift, separated by commas, or none"]
        + otherAugmentations.map { "\($0.name): \($0.help)" }).joined(separator: "; "))
    options.settings(["augmentation": "augment"])
    classes = options.string(
      "classes", placeholder: "LIST", help: "use the images of these classes only, as 3 or 0,1,2; takes labels")
    preparation = PreparationOptions(&options)
    stacked = options.integer(
      "stacked", range: 1...1_000_000_000, placeholder: "N",
      help:
        "learn N images in colour, whose channels are three of the grey ones each: Stacked MNIST, if those are digits"
    )
    options.remember(classes.name, stacked.name)
  }

  public func samples(_ request: TrainingRequest) throws -> TrainingSamples {
    let arguments = request.arguments
    let augmentation =
      arguments.contains(augmentation) ? try imageAugmentation(arguments) : request.before?.settings.augmentation
    let (sets, readCount) = try loadSets(request)
    let (train, heldOut) = try parts(sets, request)
    let found = try arguments[stacked].map { try stacks($0, of: train, heldOut) } ?? (train, heldOut)
    return TrainingSamples(
      train: found.train, heldOut: found.heldOut, augmentation: augmentation, poverty: train.poverty,
      loadedCount: sets.train.count,
      remarks: Self.remarks(on: train, readCount: readCount, memory: memory(arguments)))
  }

  /// Images whose channels are three grey images each.
  private func stacks(
    _ count: Int, of train: any ImageCollection, _ heldOut: (any ImageCollection)?
  ) throws -> (train: any SampleSource, heldOut: (any SampleSource)?) {
    guard train.channels == 1 else {
      throw UsageError(
        "--stacked: expected grey images, found images of \(train.sampleShape); --channels grey makes them")
    }
    return (
      StackedImages(try Self.inMemory(train, "--stacked"), count: count),
      try heldOut.map { StackedImages(try Self.inMemory($0, "--stacked"), count: $0.count) }
    )
  }
}

// MARK: - Choices

extension TrainingImages {
  /// The changes of images that `--augment` names; nil if it is not there or names none.
  /// - Throws: ``UsageError`` for names that are none.
  func imageAugmentation(_ arguments: Arguments) throws -> ImageAugmentation? {
    let names = try augmentations(arguments) ?? []
    let chosen = ImageAugmentation(isMirrored: names.contains("mirror"), isShifted: names.contains("shift"))
    return chosen == ImageAugmentation() ? nil : chosen
  }

  /// The names in `--augment`; nil if it is not there.
  func augmentations(_ arguments: Arguments) throws -> [String]? {
    guard let list = arguments[augmentation] else { return nil }
    if list == "none" { return [] }
    let known = ["mirror", "shift"] + otherAugmentations
    let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for name in names where !known.contains(name) {
      let hint = closest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw UsageError(
        "--augment: expected some of \(known.joined(separator: ", ")), separated by commas, or none, "
          + "found \(name.debugDescription)\(hint)")
    }
    return names
  }

  /// Whether images are brought to a size.
  func isSized(_ arguments: Arguments) -> Bool { preparation.isSized(arguments) }

  /// The numbers of the classes that the options ask for; nil for all.
  func chosenClasses(_ arguments: Arguments) throws -> Set<Int>? {
    try arguments[classes].map { Set(try wholeNumbers($0, option: "classes")) }
  }

  /// How many bytes the images may take.
  func memory(_ arguments: Arguments) -> Int {
    arguments[memory].map { $0 << 20 } ?? ImageSet.usualMemory
  }
}

// MARK: - Loading

extension TrainingImages {
  /// The digits that the library draws, as images are wanted.
  func drawnDigits(_ split: ImageSet.Split, limit: Int?, _ arguments: Arguments) throws -> ImageSet {
    DrawnDigits.images(split, limit: limit, try preparation.preparation(arguments))
  }

  /// Images at `path`, streamed if they are too large for memory.
  func open(
    _ path: String, _ split: ImageSet.Split, limit: Int? = nil, _ arguments: Arguments, isQuiet: Bool
  ) throws -> any ImageCollection {
    var progress: CountProgress?
    defer { progress?.finish() }
    var done = 0
    return try ImageSet.open(
      path, split: split, limit: limit, preparation: preparation.preparation(arguments), memory: memory(arguments)
    ) { count, total in
      if progress == nil { progress = CountProgress(total: total, unit: "images", isQuiet: isQuiet) }
      progress?.add(count - done)
      done = count
    }
  }

  private typealias Sets = (train: any ImageCollection, heldOut: (any ImageCollection)?)

  /// Holds images out, if that is asked for.
  private func parts(_ sets: Sets, _ request: TrainingRequest) throws -> Sets {
    guard let share = request.heldOutShare else { return sets }
    guard sets.heldOut == nil else {
      throw UsageError("--hold-out: means something only for images without a part of test images")
    }
    guard sets.train.count > 1 else {
      throw UsageError("--hold-out: expected at least 2 images, found 1")
    }
    var generator = request.heldOutGenerator
    return split(sets.train, share, &generator)
  }

  private func split(_ images: some ImageCollection, _ share: Double, _ generator: inout RandomGenerator) -> Sets {
    let parts = images.split(heldOut: share, using: &generator)
    return (parts.train, parts.heldOut)
  }

  /// The images that the options ask for, and how many were read for that.
  private func loadSets(_ request: TrainingRequest) throws -> (sets: Sets, readCount: Int) {
    try preparation.checkLayout(request.arguments, of: request.path)
    let classes = try chosenClasses(request.arguments)
    let images = try loadAllImages(request, limit: classes == nil ? request.limit : nil)
    guard let classes else { return (images, images.train.count) }
    try Self.check(classes, of: images.train)
    guard let train = chosen(classes, of: images.train) else {
      let found = images.train.missingConditions ?? "images without labels"
      throw UsageError("--classes: expected classes of labelled images, found \(found)")
    }
    let limited: any ImageCollection = request.limit.map { train.prefix($0) } ?? train
    return ((limited, images.heldOut.flatMap { chosen(classes, of: $0) }), images.train.count)
  }

  /// Checks that images, if they have labels, have some of each of the classes that are asked for.
  private static func check(_ classes: Set<Int>, of images: any ImageCollection) throws {
    guard let labels = images.labels, let count = images.classCount else { return }
    if let strange = classes.filter({ $0 >= count }).min() {
      throw UsageError("--classes: expected classes from 0 to \(count - 1), found \(strange)")
    }
    if let empty = classes.subtracting(labels).min() {
      throw UsageError("--classes: expected classes that there are images of, found \(empty), of which there are none")
    }
  }

  /// The images of some classes; nil if there are none.
  private func chosen(_ classes: Set<Int>, of images: any ImageCollection) -> (any ImageCollection)? {
    guard let labels = images.labels else { return nil }
    let places = labels.indices.filter { classes.contains(labels[$0]) }
    return places.isEmpty ? nil : images.subset(places)
  }

  private func loadAllImages(_ request: TrainingRequest, limit: Int?) throws -> Sets {
    let (arguments, isQuiet) = (request.arguments, request.isQuiet)
    guard let path = request.path else {
      let preparation = try preparation.preparation(arguments)
      return (DrawnDigits.images(.train, limit: limit, preparation), DrawnDigits.images(.test, preparation))
    }
    return (
      try open(path, .train, limit: limit, arguments, isQuiet: isQuiet),
      ImageSet.exists(at: path, split: .test) ? try open(path, .test, arguments, isQuiet: isQuiet) : nil
    )
  }
}

// MARK: - What is said of images

extension TrainingImages {
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
      remarks.append(
        "\(files) left out: GIF, BMP, TIFF, WebP and others are not read, nor folders beside images or in classes")
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
