import Latent

/// The images that a model learns to translate: those of `--data`, and those of `--to`.
public struct TranslationOptions: Sendable {
  static let name = "to"

  private let target: Option<String?>

  /// Declares the options.
  /// - Parameter help: what the images of `--to` are, and what takes their place if there are none.
  public init(_ options: inout Options, help: String) {
    target = options.string(Self.name, placeholder: "PATH", help: help)
  }

  /// Images of two kinds that have nothing to do with each other: the streams of a ``CycleGAN``. Without `--to`, the first
  /// half of the images, and the edges of the other half.
  ///
  /// Of held-out images there may be those of one kind only.
  public func unpaired(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, _ samples: any SampleSource, isHeldOut: Bool
  ) throws -> LearningData {
    let all = try plain(samples)
    guard let path = arguments[target] else {
      let images = try TrainingImages.inMemory(all, "--data without --to")
      guard !isHeldOut else { return LearningData(streams(images, images.edges())) }
      guard images.count >= 2 else {
        throw UsageError("--to: expected images to translate to, as one image has no second half whose edges could be")
      }
      let half = images.count / 2
      return LearningData(streams(images.prefix(half), images.subset(half..<images.count).edges()))
    }
    let targets = try program.furtherImages(
      at: path, arguments, beside: all, arePartners: false, isHeldOut: isHeldOut)
    if let targets { try checkSize(all, targets.images) }
    return LearningData(
      streams(all, targets?.images), remarks: targets?.remarks ?? [], sources: [CycleGAN.streamB: path])
  }

  /// Images each with the one that it is made of: what a ``Pix2Pix`` learns from. Without `--to`, the images themselves of
  /// their edges.
  ///
  /// Of held-out images there may be none.
  public func paired(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, _ samples: any SampleSource, isHeldOut: Bool
  ) throws -> LearningData {
    let images = try plain(samples)
    guard let path = arguments[target] else {
      let images = try TrainingImages.inMemory(images, "--data without --to")
      return LearningData(TrainingData(PairedSource(images, given: images.edges())))
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
