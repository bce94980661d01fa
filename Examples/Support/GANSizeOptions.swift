import Latent

/// The options for the sizes of a GAN of images, with an encoder or without, and for its moving average.
public struct GANSizeOptions {
  private let latentSize: Option<Int?>
  private let generatorFeatures: Option<Int?>
  private let discriminatorFeatures: Option<Int?>
  private let averageDecay: Option<Float>

  /// Declares the options.
  /// - Parameter usual: what holds where nothing is given.
  public init(_ options: inout Options, usual: some ImageGANConfiguration) {
    let hasEncoder = usual is any EncodingGANConfiguration
    latentSize = options.integer(
      "latent-size", range: 1...4096, placeholder: "N",
      help: "latent variables; \(usual.latentSize) if not given, \(Self.sizeForBuiltInDigits) for the built-in digits, "
        + "which differ in fewer ways")
    generatorFeatures = options.integer(
      "generator-features", range: 1...4096, placeholder: "N",
      help: "the generator's channels at half the image size; where it is smaller there are twice as many; "
        + "\(usual.generatorFeatures) if not given")
    discriminatorFeatures = options.integer(
      "features", range: 1...4096, placeholder: "N",
      help: "the same of \(hasEncoder ? "encoder and" : "the") discriminator; \(usual.discriminatorFeatures) if not "
        + "given")
    averageDecay = options.number(
      "average-decay", default: usual.averageDecay ?? 0, range: 0..<1, placeholder: "X",
      help: "of the moving average of \(hasEncoder ? "encoder and" : "the") generator, for generate --ema; 0 for none")
    options.settings(["discriminatorFeatures": "features"])
  }

  /// Puts what the user chose, and what suits the samples, into a configuration.
  ///
  /// - Parameter isNew: whether what nobody chose is to suit the samples; else it stays.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>,
    to configuration: inout some ImageGANConfiguration, _ samples: any SampleSource, isNew: Bool
  ) {
    let shape = samples.sampleShape
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    if isNew, program.usesBuiltInDigits(arguments) { configuration.latentSize = Self.sizeForBuiltInDigits }
    arguments.set(&configuration.latentSize, to: latentSize)
    arguments.set(&configuration.generatorFeatures, to: generatorFeatures)
    arguments.set(&configuration.discriminatorFeatures, to: discriminatorFeatures)
    if arguments.contains(averageDecay) {
      configuration.averageDecay = arguments[averageDecay] > 0 ? arguments[averageDecay] : nil
    }
  }

  private static let sizeForBuiltInDigits = 10
}
