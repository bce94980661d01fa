import Latent

/// The options that all programs which train a GAN have in common.
public struct GANOptions {
  private let latentSize: Option<Int?>
  private let averageDecay: Option<Float>

  /// Declares the options.
  public init(_ options: inout Options) {
    latentSize = options.integer(
      "latent-size", range: 1...4096, placeholder: "N",
      help: "latent variables; 100 if not given, 10 for the built-in digits, which differ in fewer ways")
    averageDecay = options.number(
      "average-decay", default: 0.999 as Float, range: 0..<1, placeholder: "X",
      help: "of the moving average of the generator, for generate --ema; 0 for none")
  }

  /// Puts what the user chose, and what suits the images, into a configuration.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram, imageShape: Tensor.Shape,
    to configuration: inout GANConfiguration
  ) {
    (configuration.height, configuration.width, configuration.channels) = (imageShape[0], imageShape[1], imageShape[2])
    configuration.latentSize = arguments[latentSize] ?? (program.usesBuiltInDigits(arguments) ? 10 : 100)
    configuration.averageDecay = arguments[averageDecay] > 0 ? arguments[averageDecay] : nil
  }
}
