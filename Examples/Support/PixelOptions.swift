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
  }

  /// What the options say of the images that are learned; what they leave open is as `before`.
  /// - Throws: ``UsageError`` if the options contradict each other, or if the images are none of this kind.
  public func images(
    _ arguments: Arguments, _ program: TrainingProgram, _ samples: any SampleSource,
    before: (values: PixelValues, binarization: Binarization, classCount: Int?)?
  ) throws -> (height: Int, width: Int, values: PixelValues, binarization: Binarization, classCount: Int?) {
    let shape = samples.sampleShape
    guard shape[2] == 1 else {
      throw UsageError("--data: expected grey images, found \(shape[2]) channels")
    }
    var (values, binary, classes) = before ?? (.binary, .dynamic, nil)
    if let levels = arguments[levels] { values = .grey(levels: levels) }
    try arguments.check(binarization, hasMeaning: values == .binary, "without --levels")
    if values == .binary {
      arguments.set(&binary, to: binarization)
      guard binary != .none else {
        throw UsageError("--binarize: expected static or dynamic, found \"none\"; --levels learns grey pixels")
      }
    } else {
      binary = .none
    }
    if arguments[isConditional] { classes = try program.classCount(of: samples) }
    return (shape[0], shape[1], values, binary, classes)
  }
}
