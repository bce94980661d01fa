import Latent

/// The options that all programs which train a GAN with an encoder have in common.
public struct EncodingGANOptions {
  private let latentSize: Option<Int?>
  private let generatorFeatures: Option<Int?>
  private let discriminatorFeatures: Option<Int?>
  private let averageDecay: Option<Double?>

  /// Declares the options.
  public init(_ options: inout Options) {
    latentSize = options.integer(
      "latent-size", range: 1...4096, placeholder: "N",
      help: "latent variables; 64 if not given, 10 for the built-in digits, which differ in fewer ways")
    generatorFeatures = options.integer(
      "generator-features", range: 1...4096, placeholder: "N",
      help: "the generator's channels at half the image size; where it is smaller there are twice as many; 64 if not "
        + "given")
    discriminatorFeatures = options.integer(
      "features", range: 1...4096, placeholder: "N", help: "the same of encoder and discriminator; 64 if not given")
    averageDecay = options.number(
      "average-decay", range: 0..<1.0, placeholder: "X",
      help: "of the moving average of encoder and generator, for generate --ema; 0 for none, 0.999 if not given")
    options.settings(["discriminatorFeatures": "features"])
  }

  /// Puts what the user chose, and what suits the samples, into a configuration.
  ///
  /// - Parameter isNew: whether what nobody chose is to suit the samples; else it stays.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>,
    to configuration: inout some EncodingGANConfiguration,
    _ samples: any SampleSource, isNew: Bool
  ) {
    let shape = samples.sampleShape
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    if isNew, program.usesBuiltInDigits(arguments) { configuration.latentSize = 10 }
    arguments.set(&configuration.latentSize, to: latentSize)
    arguments.set(&configuration.generatorFeatures, to: generatorFeatures)
    arguments.set(&configuration.discriminatorFeatures, to: discriminatorFeatures)
    if let decay = arguments[averageDecay] { configuration.averageDecay = decay > 0 ? Float(decay) : nil }
  }
}
