import Latent

/// The options of programs that let a model which maps its latents make samples otherwise.
public struct StyleOptions {
  private let truncation: Option<Double?>
  private let mixed: Option<Int?>

  /// Declares the options.
  public init(_ options: inout Options) {
    truncation = Self.truncation(&options)
    mixed = options.integer(
      "mix", range: 1..., placeholder: "N",
      help: "of how many latents each sample is made, which change at layers drawn at random; for stylegan")
  }

  /// `--truncation`.
  public static func truncation(_ options: inout Options) -> Option<Double?> {
    options.number(
      "truncation", range: 0..., placeholder: "X",
      help: "how much of a mapped latent's distance from the mean stays: below 1 for more usual samples; for stylegan")
  }

  /// The model, which makes samples as the options say.
  /// - Throws: ``CapabilityError`` if it cannot.
  public func apply(_ arguments: Arguments, to trained: TrainedModel) throws -> TrainedModel {
    let truncated = try Self.truncated(trained, arguments[truncation])
    guard let count = arguments[mixed] else { return truncated }
    return try truncated.styled { $0.mixedLatents = count }
  }

  /// The model, whose samples are so much more usual.
  /// - Throws: ``CapabilityError`` if it does not map its latents.
  public static func truncated(_ trained: TrainedModel, _ truncation: Double?) throws -> TrainedModel {
    guard let truncation else { return trained }
    return try trained.styled { $0.truncation = Float(truncation) }
  }
}
