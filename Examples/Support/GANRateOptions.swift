import Latent

/// The options for learning rates of their own of the networks of a GAN.
public struct GANRateOptions {
  private let generatorRate: Option<Double?>
  private let discriminatorRate: Option<Double?>

  /// Declares the options.
  /// - Parameter hasEncoder: whether an encoder learns at the generator's rate.
  public init(_ options: inout Options, hasEncoder: Bool = false) {
    generatorRate = options.number(
      // What is neither 0 nor infinite as Float.
      "generator-rate", range: 1e-30...1e38, placeholder: "X",
      help: "the generator's learning rate" + (hasEncoder ? ", and the encoder's" : ""))
    discriminatorRate = options.number(
      "discriminator-rate", range: 1e-30...1e38, placeholder: "X", help: "the discriminator's learning rate")
    options.settings(["learningRate": "generator-rate", "discriminatorLearningRate": "discriminator-rate"])
  }

  /// Puts what the user chose into a configuration: a rate that was not given stays.
  /// - Throws: `UsageError` for a rate of both networks beside one of its own.
  public func apply(
    _ arguments: Arguments, of program: TrainingProgram<TrainingImages>,
    to configuration: inout some ImageGANConfiguration
  ) throws {
    try program.checkRates(arguments, generator: generatorRate, discriminator: discriminatorRate)
    if let rate = arguments[generatorRate] {
      configuration.discriminatorLearningRate =
        configuration.discriminatorLearningRate ?? configuration.learningRate
      configuration.learningRate = Float(rate)
    }
    if let rate = arguments[discriminatorRate] { configuration.discriminatorLearningRate = Float(rate) }
  }
}
