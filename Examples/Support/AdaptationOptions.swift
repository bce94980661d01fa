import Latent

/// Labelled images of two kinds, for classifiers of the one that are asked about the other.
public struct AdaptationImages: Sendable {
  /// The kind whose labels are learned.
  let source: ImageSet
  /// The other kind, with labels that only a classifier to compare with may learn.
  let target: ImageSet
  /// Images of the other kind that nothing learns from.
  let test: ImageSet
}

/// The options that say which images of two kinds there are, as `train-dann` has them.
public struct AdaptationOptions {
  private let data: Option<String?>
  private let target: Option<String?>
  private let drawing: Option<TranslationOptions.Drawing>
  private let limit: Option<Int?>
  private let preparation: PreparationOptions

  /// Declares the options.
  public init(_ options: inout Options) {
    data = options.string(
      "data", placeholder: "PATH",
      help: "labelled images of the one kind, as the training programs take them; built-in digits if not given")
    target = options.string(
      TranslationOptions.name, placeholder: "PATH",
      help:
        "images of the other kind with labels and test images: MNIST-like files, or a folder that holds folders train and "
        + "test, each with a folder a class; or \(DrawnDigits.help); if not given, what is drawn of the second half of the "
        + "images, and of their test images")
    drawing = options.choice(
      "drawn", default: TranslationOptions.Drawing.edges, placeholder: "NAME",
      help: "what is drawn of the images without --to: their edges, or the images themselves on coloured textures")
    limit = options.integer(
      "limit", range: 1..., placeholder: "N", help: "use only the first N images to learn from of each path")
    preparation = PreparationOptions(&options)
    options.usualOption = data.name
  }

  /// What is read; nil for what the library draws.
  public func paths(_ arguments: Arguments) -> (data: String?, target: String?) {
    (arguments[data], arguments[target].flatMap { $0 == DrawnDigits.name ? nil : $0 })
  }

  /// What is drawn; nil if nothing is.
  public func drawing(_ arguments: Arguments) -> String? {
    arguments[target] == nil ? arguments[drawing].rawValue : nil
  }

  /// The images that the options ask for, all of one shape and with the same classes.
  /// - Throws: ``UsageError``, ``FileError``.
  public func images(_ arguments: Arguments) throws -> AdaptationImages {
    try preparation.checkLayout(arguments, of: arguments[data])
    if arguments[data] == nil, arguments[target] == DrawnDigits.name { throw DrawnDigits.twice }
    let images = try labelled(.train, of: data, at: paths(arguments).data, arguments)
    if arguments[target] != nil { try arguments.check(drawing, hasMeaning: false, "without --to") }
    let found = try arguments[target] == nil ? drawn(of: images, arguments) : others(as: images, arguments)
    for other in [found.target, found.test] where other.sampleShape != found.source.sampleShape {
      let isDrawn = arguments[target] == nil
      throw UsageError(
        "--\(isDrawn ? drawing.name : target.name): expected images of \(found.source.sampleShape) as those of --data, "
          + "found \(other.sampleShape); "
          + (isDrawn ? "--channels colour makes all alike" : "--channels and --size bring both to the same"))
    }
    return found
  }

  /// Images of two kinds out of files.
  private func others(as images: ImageSet, _ arguments: Arguments) throws -> AdaptationImages {
    func matched(_ split: ImageSet.Split) throws -> ImageSet {
      let others = try labelled(split, of: target, at: paths(arguments).target, arguments)
      guard let matched = others.numberingClasses(as: images) else {
        throw UsageError("--to: expected images of the classes of --data, found some of another")
      }
      return matched
    }
    return AdaptationImages(source: images, target: try matched(.train), test: try matched(.test))
  }

  /// One half of the images, and what is drawn of the other half and of the test images.
  private func drawn(of images: ImageSet, _ arguments: Arguments) throws -> AdaptationImages {
    guard images.count >= 2 else {
      throw UsageError("--to: expected images of another kind, as one image has no second half to draw them of")
    }
    let test = try labelled(.test, of: data, at: paths(arguments).data, arguments)
    let (half, kind) = (images.count / 2, arguments[drawing])
    return AdaptationImages(
      source: images.prefix(half), target: try kind.drawn(of: images.subset(half..<images.count), isHeldOut: false),
      test: try kind.drawn(of: test, isHeldOut: true))
  }

  /// One part of the images at a path that an option gave, or of the built-in digits if that is nil.
  private func part(
    _ split: ImageSet.Split, of option: Option<String?>, at path: String?, _ arguments: Arguments
  ) throws -> ImageSet {
    let (preparation, most) = (try preparation.preparation(arguments), split == .train ? arguments[limit] : nil)
    guard let path else {
      return DrawnDigits.images(split, limit: most, preparation)
    }
    guard split == .train || ImageSet.exists(at: path, split: split) else {
      throw UsageError(
        "--\(option.name): expected images with test images beside them, as in a folder that holds folders train and test, "
          + "found none of these")
    }
    return try ImageSet.load(path, split: split, limit: most, preparation: preparation)
  }

  /// The same, with labels.
  private func labelled(
    _ split: ImageSet.Split, of option: Option<String?>, at path: String?, _ arguments: Arguments
  ) throws -> ImageSet {
    let images = try part(split, of: option, at: path, arguments)
    guard images.labels != nil else {
      throw UsageError(
        "--\(option.name): expected images with labels, found none: \(images.missingConditions ?? "the images have none")"
      )
    }
    return images
  }
}
