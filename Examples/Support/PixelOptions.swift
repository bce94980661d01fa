import Latent

/// The options that programs which train models of pixels have in common: what pixels are, and classes.
public struct PixelOptions {
  private let levels: Option<Int?>
  private let binarization: Option<Binarization>
  private let isConditional: Option<Bool>

  /// Declares the options.
  public init(_ options: inout Options) {
    levels = options.integer(
      "levels", range: 2...256, placeholder: "N", help: "learn N levels of grey instead of black and white pixels")
    binarization = options.choice(
      "binarize", default: .dynamic, placeholder: "NAME",
      help: "whether grey pixels are drawn as black or white once, static, or anew at each use; without --levels")
    isConditional = options.flag(
      "conditional", help: "tell the model the class of an image, for generate --label; takes images with labels")
    options.settings(["values": "levels", "binarization": "binarize", "classCount": "conditional"])
  }

  /// Makes a configuration one for the images that are learned; what the options leave open stays as it is.
  /// - Throws: ``UsageError`` if the options contradict each other, or if the images are none of this kind.
  public func apply(
    _ arguments: Arguments, _ program: TrainingProgram<TrainingImages>, _ samples: any SampleSource,
    to configuration: inout some PixelConfiguration
  ) throws {
    let shape = samples.sampleShape
    guard shape[2] == 1 else {
      guard arguments[program.common.subject.stacked] == nil else {
        throw UsageError("--stacked: makes images of \(shape[2]) channels, and this model learns grey ones")
      }
      throw UsageError("--data: expected grey images, found \(shape[2]) channels; --channels grey makes them")
    }
    (configuration.height, configuration.width) = (shape[0], shape[1])
    if let levels = arguments[levels] { configuration.values = .grey(levels: levels) }
    try arguments.check(binarization, hasMeaning: configuration.values == .binary, "without --levels")
    if configuration.values == .binary {
      arguments.set(&configuration.binarization, to: binarization)
      guard configuration.binarization != .none else {
        throw UsageError("--binarize: expected static or dynamic, found \"none\"; --levels learns grey pixels")
      }
    } else {
      configuration.binarization = .none
    }
    if arguments[isConditional] { configuration.classCount = try program.classCount(of: samples) }
  }
}
