import Latent

/// The options that all programs which train a GAN have in common.
public struct GANOptions {
  private let sizes: GANSizeOptions
  private let conditional: Option<Conditional>
  private let rates: GANRateOptions

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
    rates = GANRateOptions(&options)
    options.settings(["conditioning": "conditional"])
  }

  /// Puts what the user chose, and what suits the samples, into a configuration.
  ///
  /// - Parameter isNew: whether what nobody chose is to suit the samples; else it stays.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>, to configuration: inout GANConfiguration,
    _ samples: any SampleSource, isNew: Bool
  ) throws {
    sizes.apply(arguments, of: program, to: &configuration, samples, isNew: isNew)
    try rates.apply(arguments, of: program, to: &configuration)
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
}
