import Latent

/// The options that all programs which train a GAN have in common.
public struct GANOptions {
  private let latentSize: Option<Int?>
  private let generatorFeatures: Option<Int?>
  private let discriminatorFeatures: Option<Int?>
  private let averageDecay: Option<Float>
  private let conditional: Option<Conditional>
  private let generatorRate: Option<Double?>
  private let discriminatorRate: Option<Double?>

  /// How the networks learn of classes.
  enum Conditional: String, CaseIterable {
    case none
    case projection
    case auxiliary
  }

  /// Declares the options.
  public init(_ options: inout Options) {
    latentSize = options.integer(
      "latent-size", range: 1...4096, placeholder: "N",
      help: "latent variables; 100 if not given, 10 for the built-in digits, which differ in fewer ways")
    generatorFeatures = options.integer(
      "generator-features", range: 1...4096, placeholder: "N",
      help: "the generator's channels at half the image size; where it is smaller there are twice as many; 128 if not "
        + "given")
    discriminatorFeatures = options.integer(
      "features", range: 1...4096, placeholder: "N", help: "the same of the discriminator; 64 if not given")
    averageDecay = options.number(
      "average-decay", default: GANConfiguration().averageDecay ?? 0, range: 0..<1, placeholder: "X",
      help: "of the moving average of the generator, for generate --ema; 0 for none")
    conditional = options.choice(
      "conditional", default: Conditional.none, placeholder: "NAME",
      help: "make images of a class, for generate --label: the discriminator judges an image as one of its class, or "
        + "names the class")
    generatorRate = options.number(
      "generator-rate", range: above(0.0), placeholder: "X", help: "the generator's learning rate")
    discriminatorRate = options.number(
      "discriminator-rate", range: above(0.0), placeholder: "X", help: "the discriminator's learning rate")
    options.settings([
      "discriminatorFeatures": "features", "learningRate": "generator-rate",
      "discriminatorLearningRate": "discriminator-rate", "conditioning": "conditional",
    ])
  }

  /// Puts what the user chose, and what suits the samples, into a configuration.
  ///
  /// - Parameter isNew: whether what nobody chose is to suit the samples; else it stays.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, to configuration: inout GANConfiguration,
    _ samples: any SampleSource, isNew: Bool
  ) throws {
    let shape = samples.sampleShape
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    if isNew { configuration.latentSize = program.usesBuiltInDigits(arguments) ? 10 : 100 }
    arguments.set(&configuration.latentSize, to: latentSize)
    arguments.set(&configuration.generatorFeatures, to: generatorFeatures)
    arguments.set(&configuration.discriminatorFeatures, to: discriminatorFeatures)
    if arguments.contains(averageDecay) {
      configuration.averageDecay = arguments[averageDecay] > 0 ? arguments[averageDecay] : nil
    }
    if arguments[generatorRate] != nil || arguments[discriminatorRate] != nil, program.hasLearningRate(arguments) {
      throw UsageError("--learning-rate excludes --generator-rate and --discriminator-rate")
    }
    if let rate = arguments[generatorRate] {
      configuration.discriminatorLearningRate =
        configuration.discriminatorLearningRate ?? configuration.learningRate
      configuration.learningRate = Float(rate)
    }
    if let rate = arguments[discriminatorRate] { configuration.discriminatorLearningRate = Float(rate) }
    guard arguments.contains(conditional) else { return }
    switch arguments[conditional] {
    case .none: configuration.conditioning = .none
    case .projection: configuration.conditioning = .projection(classCount: try program.classCount(of: samples))
    case .auxiliary: configuration.conditioning = .auxiliary(classCount: try program.classCount(of: samples))
    }
  }
}
