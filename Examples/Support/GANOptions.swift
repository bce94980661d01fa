import Latent

/// The options that all programs which train a GAN have in common.
public struct GANOptions {
  private let sizes: GANSizeOptions
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
    sizes = GANSizeOptions(&options, usual: GANConfiguration.dcgan)
    conditional = options.choice(
      "conditional", default: Conditional.none, placeholder: "NAME",
      help: "make images of a class, for generate --label: the discriminator judges an image as one of its class, or "
        + "names the class")
    generatorRate = options.number(
      // What is neither 0 nor infinite as Float.
      "generator-rate", range: 1e-30...1e38, placeholder: "X", help: "the generator's learning rate")
    discriminatorRate = options.number(
      "discriminator-rate", range: 1e-30...1e38, placeholder: "X", help: "the discriminator's learning rate")
    options.settings([
      "learningRate": "generator-rate", "discriminatorLearningRate": "discriminator-rate",
      "conditioning": "conditional",
    ])
  }

  /// Puts what the user chose, and what suits the samples, into a configuration.
  ///
  /// - Parameter isNew: whether what nobody chose is to suit the samples; else it stays.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, to configuration: inout GANConfiguration,
    _ samples: any SampleSource, isNew: Bool
  ) throws {
    sizes.apply(arguments, of: program, to: &configuration, samples, isNew: isNew)
    try checkRates(arguments, of: program)
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
    case .auxiliary:
      var weight: Float = 1
      if case .auxiliary(_, let before) = configuration.conditioning { weight = before }
      configuration.conditioning = .auxiliary(classCount: try program.classCount(of: samples), weight: weight)
    }
  }

  /// One learning rate for both networks, or one for each.
  private func checkRates(_ arguments: Arguments, of program: TrainingProgram<TrainingImages>) throws {
    let own = [generatorRate, discriminatorRate].filter { arguments.contains($0) }.map { arguments.name(of: $0) }
    guard !own.isEmpty, arguments.contains(program.common.learningRate) else { return }
    throw UsageError(
      "\(arguments.name(of: program.common.learningRate)) excludes \(own.joined(separator: " and "))")
  }
}
