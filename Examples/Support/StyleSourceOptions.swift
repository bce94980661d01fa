import Latent

/// The options that say which style images get, and what it is told by.
public struct StyleSourceOptions: Sendable {
  /// Which picture has the style.
  public let picture: StylePictureOptions
  private let features: Option<String?>
  private let contentWeight: Option<Float>
  private let styleWeight: Option<Float>
  private let roughnessWeight: Option<Float>

  /// Declares the options.
  public init(_ options: inout Options, help: String) {
    picture = StylePictureOptions(&options, help: help)
    features = options.featureSource(
      help: "tell content and style by the features of this trained classifier; by random filters if not given")
    contentWeight = options.number(
      "content-weight", default: 0.1 as Float, range: 0..., placeholder: "X", help: "of showing what the image shows")
    styleWeight = options.number(
      "style-weight", default: 1 as Float, range: 0..., placeholder: "X", help: "of the style")
    roughnessWeight = options.number(
      "roughness-weight", default: 0 as Float, range: 0..., placeholder: "X",
      help: "of differences between neighbouring pixels")
  }

  /// The classifier, if there is one.
  public func classifier(_ arguments: Arguments) throws -> TrainedModel? {
    try arguments[features].flatMap { $0 == randomFeatures ? nil : try openModel($0) }
  }

  /// The features that the options ask for; what they leave open is as `before`.
  public func choice(_ arguments: Arguments, before: PerceptualFeatures?, shape: Tensor.Shape) throws
    -> PerceptualFeatures
  {
    guard let path = arguments[features] else { return before ?? .random(fitting: min(shape[0], shape[1])) }
    return try featureChoice(path, shape: shape)
  }

  /// Sets the weights that were asked for.
  public func setWeights(
    _ arguments: Arguments, content: inout Float, style: inout Float, roughness: inout Float
  ) {
    arguments.set(&content, to: contentWeight)
    arguments.set(&style, to: styleWeight)
    arguments.set(&roughness, to: roughnessWeight)
  }

  /// Checks that what is named for a training that goes on is what it began with.
  /// - Throws: ``UsageError`` if it is another picture, or another classifier.
  public func check(_ arguments: Arguments, _ earlier: TrainingCheckpoint) throws {
    guard let model = earlier.model as? StyleTransfer else { return }
    try checkFeatures(arguments[features], named: "features", earlier)
    guard picture.isGiven(arguments) else {
      return try picture.checkSizeAbsent(arguments, "with \(StylePictureOptions.names)")
    }
    let pictures = try picture.pictures(arguments, channels: model.configuration.channels)
    try picture.check(
      pictures, arguments, of: model, earlier.training.state, owner: "of the training that goes on, or none",
      hint: "; --from takes what was learned to another style")
  }

  /// Checks that none was given to a program that has a trained model do it.
  public func checkAbsent(_ arguments: Arguments, _ where: String) throws {
    try picture.checkSizeAbsent(arguments, `where`)
    try arguments.check(features, hasMeaning: false, `where`)
    for option in [contentWeight, styleWeight, roughnessWeight] {
      try arguments.check(option, hasMeaning: false, `where`)
    }
  }
}
