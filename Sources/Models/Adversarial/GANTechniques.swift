import Layers
import Training

/// Remedies for what goes wrong with a GAN, each of its own: samples that are all alike, networks that circle around each
/// other, a discriminator that is too sure.
///
/// ```swift
/// var configuration = GANConfiguration.dcgan
/// configuration.techniques.packSize = 2
/// configuration.techniques.augmentation = Augmentation(adaptation: .init(target: 0.6))
/// let gan = try GAN(configuration)
/// ```
///
/// Each works with networks of one's own too: layers as parts of them, all else as properties of
/// ``AdversarialTraining``. Label smoothing, losses, penalties and learning rates are in ``GANConfiguration``.
public struct GANTechniques: Codable, Sendable, Equatable {
  /// The discriminator's features of generated images are to be as those of real ones in the mean; nil if not.
  public var featureMatching: FeatureMatching?
  /// The weight of the adversarial loss in the generator's: with 0, feature matching takes its place.
  public var adversarialWeight: Float = 1
  /// Whether the discriminator has features that tell how close a sample is to the others of its batch.
  public var hasMinibatchDiscrimination = false
  /// Whether the discriminator has a channel that tells how much the samples of a batch differ.
  public var hasMinibatchDeviation = false
  /// How many samples the discriminator judges together, as channels of one.
  public var packSize = 1
  /// How many latents the generator is normalized by, fixed at the start; by those of each batch if nil. 1 or more.
  public var virtualBatchSize: Int?
  /// Parameters are drawn to the mean of what they were; nil if not.
  public var historicalAveraging: HistoricalAveraging?
  /// A real image is to be scored as one that is augmented; nil if not.
  public var consistency: ConsistencyRegularization?
  /// Real and generated images are augmented before they are judged; nil if not.
  public var augmentation: Augmentation?
  /// Noise on what is judged, which decays; nil for none.
  public var instanceNoise: InstanceNoise?

  /// None.
  public init() {}

  /// Reads techniques; what a file does not have keeps its default.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    featureMatching = try values.decodeIfPresent(FeatureMatching.self, forKey: .featureMatching)
    try read(&adversarialWeight, .adversarialWeight)
    try read(&hasMinibatchDiscrimination, .hasMinibatchDiscrimination)
    try read(&hasMinibatchDeviation, .hasMinibatchDeviation)
    try read(&packSize, .packSize)
    virtualBatchSize = try values.decodeIfPresent(Int.self, forKey: .virtualBatchSize)
    historicalAveraging = try values.decodeIfPresent(HistoricalAveraging.self, forKey: .historicalAveraging)
    consistency = try values.decodeIfPresent(ConsistencyRegularization.self, forKey: .consistency)
    augmentation = try values.decodeIfPresent(Augmentation.self, forKey: .augmentation)
    instanceNoise = try values.decodeIfPresent(InstanceNoise.self, forKey: .instanceNoise)
  }

  /// The terms of the losses.
  var terms: [any AdversarialTerm] {
    let all: [(any AdversarialTerm)?] = [featureMatching, historicalAveraging, consistency]
    return all.compactMap(\.self)
  }

  /// What stands between images and the discriminator.
  var views: [any SampleView] {
    let all: [(any SampleView)?] = [augmentation, instanceNoise]
    return all.compactMap(\.self)
  }
}

extension GANTechniques: CustomStringConvertible {
  /// Those that are chosen, with their values; `none`.
  public var description: String {
    let defaults = Mirror(reflecting: GANTechniques()).children
    let chosen = zip(Mirror(reflecting: self).children, defaults).compactMap { own, usual -> String? in
      let value = ConfigurationText.value(own.value)
      return value == ConfigurationText.value(usual.value) ? nil : "\(own.label ?? "") \(value)"
    }
    return chosen.isEmpty ? "none" : chosen.joined(separator: ", ")
  }
}

// MARK: - Validation

extension GANTechniques {
  /// Checks every value, and whether they go together and with the rest of a configuration.
  /// - Throws: ``ConfigurationError`` without the model's name.
  func validate(in configuration: GANConfiguration) throws {
    for term in terms { try term.validate() }
    for view in views { try view.validate() }
    func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
      if !condition { throw ConfigurationError(text()) }
    }
    try check(
      adversarialWeight >= 0 && adversarialWeight.isFinite,
      "adversarialWeight is \(adversarialWeight), expected 0 or more")
    try check(
      adversarialWeight > 0 || (featureMatching?.weight ?? 0) > 0,
      "adversarialWeight is 0, which leaves the generator nothing to learn from without feature matching")
    try check((1...64).contains(packSize), "packSize is \(packSize), expected 1 to 64")
    try check(
      virtualBatchSize.map { (1...4096).contains($0) } ?? true,
      "virtualBatchSize is \(virtualBatchSize ?? 0), expected 1 to 4096")
    try checkClasses(configuration.conditioning, check)
    try checkComparisons(configuration.regularizer, check)
    try check(
      configuration.loss.hasSignedScores || !views.contains(where: \.needsSignedScores),
      """
      the adaptive augmentation follows the signs of scores, but those of the loss \(configuration.loss) do not tell what \
      is taken for real; use a loss of logits, or an augmentation that stays
      """)
  }

  private func checkClasses(
    _ conditioning: GANConditioning, _ check: (Bool, @autoclosure () -> String) throws -> Void
  ) throws {
    try check(
      packSize == 1 || conditioning == .none,
      "packSize is \(packSize), but the conditioning \(conditioning) is by the class of each image; a pack has none")
    try check(
      virtualBatchSize == nil || conditioning == .none,
      """
      the generator is normalized by a virtual batch, but the conditioning \(conditioning) has scales of each class, and \
      the virtual batch has no classes
      """)
  }

  private func checkComparisons(
    _ regularizer: DiscriminatorRegularizer, _ check: (Bool, @autoclosure () -> String) throws -> Void
  ) throws {
    let layers = [
      hasMinibatchDiscrimination ? "minibatch discrimination" : nil,
      hasMinibatchDeviation ? "the minibatch deviation" : nil,
    ].compactMap(\.self)
    try check(
      layers.isEmpty || !regularizer.isPerSample,
      """
      the penalty \(regularizer) is one of each sample's gradient, but \(layers.joined(separator: " and ")) mixes the \
      samples of a batch
      """)
  }

  /// Checks that a batch makes packs, and groups of them.
  /// - Throws: ``ConfigurationError`` without the model's name.
  func check(batchSize: Int) throws {
    guard batchSize % packSize == 0 else {
      throw ConfigurationError("batches of \(batchSize) do not make packs of \(packSize): expected a multiple")
    }
    let count = batchSize / packSize
    if hasMinibatchDeviation {
      let group = MinibatchStandardDeviation().groupSize
      guard count <= group || count % group == 0 else {
        throw ConfigurationError(
          "the minibatch deviation compares groups of \(group), but a batch has \(count): expected a multiple")
      }
    }
    if hasMinibatchDeviation || hasMinibatchDiscrimination, count < 2 {
      throw ConfigurationError("the discriminator compares samples, but a batch has 1: expected 2 or more")
    }
  }
}
