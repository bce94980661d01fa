import Latent

/// The images that a model learns to translate: those of `--data`, and those of `--to`.
public struct TranslationOptions: Sendable {
  static let name = "to"

  private let target: Option<String?>
  private let drawing: Option<Drawing>

  /// What is drawn of images if there are none of another kind.
  public enum Drawing: String, CaseIterable, Sendable {
    /// The edges of each.
    case edges
    /// Each on a coloured texture.
    case textures

    /// What is drawn of images. Those that are held out have other textures.
    func drawn(of images: ImageSet, isHeldOut: Bool) throws -> ImageSet {
      guard self == .textures else { return images.edges() }
      guard [1, 3].contains(images.channels) else {
        throw UsageError("--drawn: expected grey or coloured images for textures, found \(images.channels) channels")
      }
      return images.onTextures(seed: isHeldOut ? 1 : 0)
    }
  }

  /// Declares the options.
  /// - Parameter help: what the images of `--to` are, and what takes their place if there are none.
  public init(_ options: inout Options, help: String) {
    target = options.string(Self.name, placeholder: "PATH", help: help)
    drawing = options.choice(
      "drawn", default: Drawing.edges, placeholder: "NAME",
      help: "what is drawn of the images without --to: their edges, or the images themselves on coloured textures")
    options.remember(drawing.name)
    options.rememberPath(target.name, or: DrawnDigits.name)
  }

  /// The option that decides what the images of the other kind are like.
  public func deciding(_ arguments: Arguments) -> String {
    "--\(arguments[target] == nil ? drawing.name : target.name)"
  }

  /// Images of two kinds that have nothing to do with each other: the streams of a ``CycleGAN``. Without `--to`, the first
  /// half of the images, and what is drawn of the other half.
  ///
  /// Of held-out images there may be those of one kind only.
  public func unpaired(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, _ samples: any SampleSource, isHeldOut: Bool
  ) throws -> LearningData {
    let all = try plain(samples)
    guard let path = arguments[target] else {
      let images = try TrainingImages.inMemory(all, "--data without --to")
      guard !isHeldOut else {
        return LearningData(streams(images, try arguments[drawing].drawn(of: images, isHeldOut: true)))
      }
      guard images.count >= 2 else {
        throw UsageError("--to: expected images to translate to, as one image has no second half to draw them of")
      }
      let half = images.count / 2
      let others = try arguments[drawing].drawn(of: images.subset(half..<images.count), isHeldOut: false)
      return LearningData(streams(images.prefix(half), others))
    }
    try arguments.check(drawing, hasMeaning: false, "without --to")
    let targets = try program.furtherImages(
      at: path, arguments, beside: all, arePartners: false, isHeldOut: isHeldOut)
    if let targets { try checkSize(all, targets.images) }
    let source = path == DrawnDigits.name ? TrainingImages.builtIn : path
    return LearningData(
      streams(all, targets?.images), remarks: targets?.remarks ?? [], sources: [CycleGAN.streamB: source])
  }

  /// Images each with the one that it is made of: what a ``Pix2Pix`` learns from. Without `--to`, the images themselves of
  /// what is drawn of them.
  ///
  /// Of held-out images there may be none.
  public func paired(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, _ samples: any SampleSource, isHeldOut: Bool
  ) throws -> LearningData {
    let images = try plain(samples)
    guard let path = arguments[target] else {
      let images = try TrainingImages.inMemory(images, "--data without --to")
      let drawn = try arguments[drawing].drawn(of: images, isHeldOut: isHeldOut)
      return LearningData(TrainingData(PairedSource(images, given: drawn)))
    }
    try arguments.check(drawing, hasMeaning: false, "without --to")
    guard path != DrawnDigits.name else {
      throw UsageError(
        "--to: expected what each of the images of --data should become, found \(path), digits that belong to none of "
          + "them; a folder of that name is ./\(path)")
    }
    guard
      let targets = try program.furtherImages(
        at: path, arguments, beside: images, arePartners: true, isHeldOut: isHeldOut)
    else { return LearningData(TrainingData(streams: [:])) }
    try checkSize(images, targets.images)
    return LearningData(
      TrainingData(PairedSource(targets.images, given: images)), remarks: targets.remarks)
  }

  private func streams(_ a: any ImageCollection, _ b: (any ImageCollection)?) -> TrainingData {
    var streams: [String: any SampleSource] = [CycleGAN.streamA: a]
    streams[CycleGAN.streamB] = b
    return TrainingData(streams: streams)
  }

  private func plain(_ samples: any SampleSource) throws -> any ImageCollection {
    guard let images = samples as? any ImageCollection else {
      throw UsageError("--stacked: expected images as they are, which are translated")
    }
    return images
  }

  private func checkSize(_ images: any ImageCollection, _ targets: any ImageCollection) throws {
    guard images.height != targets.height || images.width != targets.width else { return }
    throw UsageError(
      "--to: expected images of \(images.height)×\(images.width) pixels as those of --data, found "
        + "\(targets.height)×\(targets.width); --size brings both to one")
  }
}
