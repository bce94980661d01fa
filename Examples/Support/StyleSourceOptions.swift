import Latent

/// The options that say which style images get, and what it is told by.
public struct StyleSourceOptions: Sendable {
  private let style: Option<String?>
  private let size: Option<Int>
  private let features: Option<String?>
  private let contentWeight: Option<Float>
  private let styleWeight: Option<Float>
  private let roughnessWeight: Option<Float>

  /// Declares the options.
  public init(_ options: inout Options, help: String) {
    style = options.string("style", placeholder: "PICTURE", help: help)
    size = options.integer(
      "style-size", default: 256, range: 16...4096, placeholder: "N",
      help: "height or width that a larger picture of the style is brought to, whichever is larger")
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

  /// The path of the picture.
  public func path(_ arguments: Arguments) -> String? { arguments[style] }

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

  /// The picture of the style, or pictures of one size, `[N, H, W, C]`.
  ///
  /// - Parameter channels: grey or colour; as it is if nil.
  /// - Throws: ``UsageError`` if there is none, ``FileError`` if it cannot be read.
  public func pictures(_ arguments: Arguments, channels: Int?) throws -> Tensor {
    guard let path = arguments[style] else { throw UsageError("--style: expected the path of a picture") }
    let preparation = ImagePreparation(channels: channels == 1 || channels == 3 ? channels : nil)
    let images = try ImageSet.load(path, limit: Self.mostPictures, preparation: preparation)
    return images.batch(at: Array(0..<images.count)).samples.reduced(toFit: arguments[size])
  }

  /// Checks that what is named for a training that goes on is what it began with.
  /// - Throws: ``UsageError`` if it is another picture, or another classifier.
  public func check(_ arguments: Arguments, _ earlier: TrainingCheckpoint) throws {
    guard let model = earlier.model as? StyleTransfer else { return }
    try checkFeatures(arguments[features], named: "features", earlier)
    guard arguments[style] != nil else { return try arguments.check(size, hasMeaning: false, "with --style") }
    let pictures = try pictures(arguments, channels: model.configuration.channels)
    guard try !model.hasStyle(earlier.training.state, of: pictures) else { return }
    throw UsageError(
      "--style: expected the picture of the training that goes on, or none, found another or another --style-size; --from "
        + "takes what was learned to another style")
  }

  /// Checks that none was given to a program that has a trained model do it.
  public func checkAbsent(_ arguments: Arguments, _ where: String) throws {
    try arguments.check(size, hasMeaning: false, `where`)
    try arguments.check(features, hasMeaning: false, `where`)
    for option in [contentWeight, styleWeight, roughnessWeight] {
      try arguments.check(option, hasMeaning: false, `where`)
    }
  }

  private static let mostPictures = 100
}

extension Tensor {
  /// Images whose height and width are `most` or less, of the same shape but for rounding: themselves if they are small
  /// enough.
  public func reduced(toFit most: Int) -> Tensor {
    let larger = Swift.max(shape[1], shape[2])
    guard larger > most else { return self }
    func side(_ size: Int) -> Int { Swift.max(1, (size * most + larger / 2) / larger) }
    return resized(to: Size2D(height: side(shape[1]), width: side(shape[2])), antialias: true)
  }
}
