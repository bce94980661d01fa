import Latent

/// The options for what the training of a network that restores images goes on with after their pixels.
public struct PerceptualPhaseOptions: Sendable {
  private let adversarialWeight: Option<Float>
  private let features: Option<String?>
  private let featureWeight: Option<Float>
  private let pixelShare: Option<Double>

  /// Declares the options.
  public init(_ options: inout Options) {
    adversarialWeight = options.number(
      "adversarial", default: 0 as Float, range: 0..., placeholder: "X",
      help: "after the pixels, weight of passing for a whole image before a discriminator that learns along: 0.001")
    features = options.featureSource(
      help: "after the pixels, compare images by features too: those of a trained classifier, or random")
    featureWeight = options.number(
      "feature-weight", default: 0.1 as Float, range: 0..., placeholder: "X", help: "of the distance in features")
    pixelShare = options.number(
      "pixel-share", default: 0.5, range: 0...1, placeholder: "SHARE",
      help: "share of the steps that learn from pixels alone, before a discriminator or features come in")
  }

  /// The phase that the options ask for; what they leave open is as `before`, nil for none.
  ///
  /// - Parameters:
  ///   - steps: how many the training has.
  ///   - shape: of an image.
  public func phase(
    _ arguments: Arguments, before: PerceptualPhase?, steps: Int, shape: Tensor.Shape
  ) throws -> PerceptualPhase? {
    let isAsked = arguments[adversarialWeight] > 0 || arguments[features] != nil
    guard isAsked || before != nil else {
      try arguments.check(featureWeight, hasMeaning: false, "with --feature-loss")
      try arguments.check(pixelShare, hasMeaning: false, "with --adversarial or --feature-loss")
      return nil
    }
    var phase =
      before
      ?? PerceptualPhase(
        start: Int(arguments[pixelShare] * Double(steps)), adversarialWeight: arguments[adversarialWeight],
        featureWeight: arguments[featureWeight])
    arguments.set(&phase.adversarialWeight, to: adversarialWeight)
    arguments.set(&phase.featureWeight, to: featureWeight)
    if arguments.contains(pixelShare) { phase.start = Int(arguments[pixelShare] * Double(steps)) }
    if let path = arguments[features] { phase.features = try featureChoice(path, shape: shape) }
    try arguments.check(featureWeight, hasMeaning: phase.features != nil, "with --feature-loss")
    return phase
  }

  /// Checks that a classifier that is named for a training that goes on is the one whose features it has.
  public func check(_ arguments: Arguments, _ earlier: TrainingCheckpoint) throws {
    try checkFeatures(arguments[features], named: "judges.features", earlier)
  }

  /// What a training begins with: what `earlier` has learned, which need not have had such a phase, and the features of
  /// the classifier that the options name. Nil for first values.
  public func initialState(
    _ arguments: Arguments, _ model: any GenerativeModel, seed: UInt64, from earlier: TrainedModel?
  ) throws -> State? {
    let path = arguments[features].flatMap { $0 == randomFeatures ? nil : $0 }
    guard earlier != nil || path != nil else { return nil }
    var state = model.makeTraining(seed: seed).state
    if let earlier {
      let missing = state.names.filter { earlier.state[$0] == nil }
      // What belongs to another network is refused where states are checked.
      guard missing.allSatisfy({ $0.hasPrefix("judges.") }) else { return earlier.state }
      state.merge(earlier.state)
    }
    if let path { state.merge(PerceptualFeatures.state(of: try openModel(path), named: "judges.features")) }
    return state
  }
}

/// What stands for random filters in the place of a classifier's file.
let randomFeatures = "random"

/// The features that an option names.
/// - Throws: ``CapabilityError`` if the file is that of another model.
public func featureChoice(_ path: String, shape: Tensor.Shape) throws -> PerceptualFeatures {
  if path == randomFeatures { return .random(fitting: min(shape[0], shape[1])) }
  return try PerceptualFeatures(of: openModel(path), channels: shape[2])
}

/// Checks that a training which goes on has the features that an option names, if it has any under this name.
func checkFeatures(_ path: String?, named prefix: String, _ earlier: TrainingCheckpoint) throws {
  guard let path, path != randomFeatures else { return }
  let named = PerceptualFeatures.state(of: try openModel(path), named: prefix).tensors
  guard named.contains(where: { name, value in earlier.training.state[name].map { $0 != value } ?? false }) else {
    return
  }
  throw UsageError("--feature-loss: expected the classifier of the training that goes on, or none, found another")
}

extension Options {
  /// `--feature-loss`: for ``featureChoice(_:shape:)``.
  public mutating func featureSource(help: String) -> Option<String?> {
    string("feature-loss", placeholder: "FILE", help: help)
  }
}
