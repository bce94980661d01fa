import Latent

/// The options for remedies of what goes wrong with a GAN.
public struct GANTechniqueOptions {
  private let featureMatching: Option<Float>
  private let adversarialWeight: Option<Float>
  private let hasMinibatchDiscrimination: Option<Bool>
  private let hasMinibatchDeviation: Option<Bool>
  private let packSize: Option<Int>
  private let virtualBatchSize: Option<Int>
  private let historicalAveraging: Option<Float>
  private let consistency: Option<Float>
  private let program: TrainingProgram<TrainingImages>
  private let augmentationProbability: Option<Float>
  private let augmentationTarget: Option<Float>
  private let augmentationImages: Option<Int>
  private let instanceNoise: Option<Float>
  private let instanceNoiseSteps: Option<Int>

  /// What `--augment` can do to all images before they are judged, beside what it does to those of the data.
  public static let augmentations = Augmentation.Kind.allCases.map {
    (name: $0.rawValue, help: "of all images before they are judged")
  }

  /// Declares the options.
  public init(_ program: inout TrainingProgram<TrainingImages>) {
    let declared = program
    self.init(&program.options, declared)
  }

  private init(_ options: inout Options, _ program: TrainingProgram<TrainingImages>) {
    self.program = program
    featureMatching = options.number(
      "feature-matching", default: 0 as Float, range: 0..., placeholder: "X",
      help: "weight of the distance of mean features in the generator's loss; 0 for none")
    adversarialWeight = options.number(
      "adversarial-weight", default: 1 as Float, range: 0..., placeholder: "X",
      help: "weight of the adversarial loss in the generator's; 0 lets feature matching take its place")
    hasMinibatchDiscrimination = options.flag(
      "minibatch-discrimination", help: "tell the discriminator how close each image is to the others of its batch")
    hasMinibatchDeviation = options.flag(
      "minibatch-deviation", help: "tell the discriminator how much the images of a batch differ")
    packSize = options.integer(
      "pack", default: 1, range: 1...64, placeholder: "M", help: "images that the discriminator judges together")
    virtualBatchSize = options.integer(
      "virtual-batch", default: 0, range: 0...4096, placeholder: "N",
      help: "normalize the generator by N latents that stay, not by those of each batch; 0 for not")
    historicalAveraging = options.number(
      "historical-averaging", default: 0 as Float, range: 0..., placeholder: "X",
      help: "weight of the parameters' distance from the mean of what they were; 0 for none")
    consistency = options.number(
      "consistency", default: 0 as Float, range: 0..., placeholder: "X",
      help: "weight of how differently a real image and a shifted one are scored; 0 for none")
    augmentationProbability = options.number(
      "augment-probability", default: 1 as Float, range: 0...1, placeholder: "X",
      help: "how likely each is done to an image; with --augment-target at the start, where it is 0 if not given")
    augmentationTarget = options.number(
      "augment-target", default: 0.6 as Float, range: -0.99...0.99, placeholder: "X",
      help: "let the probability follow the discriminator, so that the mean sign of real images' scores stays at X")
    augmentationImages = options.integer(
      "augment-images", default: 500_000, range: 1...1_000_000_000, placeholder: "N",
      help: "images that it takes the probability to get from 0 to 1, with --augment-target")
    instanceNoise = options.number(
      "instance-noise", default: 0 as Float, range: 0..., placeholder: "X",
      help: "deviation of noise on what is judged, of pixels in -1...1, at the first step; 0 for none")
    instanceNoiseSteps = options.integer(
      "instance-noise-steps", default: 10_000, range: 1...1_000_000_000, placeholder: "N",
      help: "steps after which that noise is gone")
    options.settings([
      "packSize": "pack", "virtualBatchSize": "virtual-batch",
      "hasMinibatchDiscrimination": "minibatch-discrimination", "hasMinibatchDeviation": "minibatch-deviation",
    ])
  }

  /// Puts what the user chose into a configuration; what no option says stays.
  /// - Throws: ``UsageError`` for an option that means nothing beside the others.
  public func apply(_ arguments: Arguments, to configuration: inout GANConfiguration) throws {
    var techniques = configuration.techniques
    if arguments.contains(featureMatching) {
      let weight = arguments[featureMatching]
      techniques.featureMatching = weight > 0 ? FeatureMatching(weight: weight) : nil
    }
    arguments.set(&techniques.adversarialWeight, to: adversarialWeight)
    if arguments[hasMinibatchDiscrimination] { techniques.hasMinibatchDiscrimination = true }
    if arguments[hasMinibatchDeviation] { techniques.hasMinibatchDeviation = true }
    arguments.set(&techniques.packSize, to: packSize)
    if arguments.contains(virtualBatchSize) {
      let size = arguments[virtualBatchSize]
      techniques.virtualBatchSize = size > 0 ? size : nil
    }
    if arguments.contains(historicalAveraging) {
      let weight = arguments[historicalAveraging]
      techniques.historicalAveraging = weight > 0 ? HistoricalAveraging(weight: weight) : nil
    }
    if arguments.contains(consistency) {
      let weight = arguments[consistency]
      techniques.consistency = weight > 0 ? ConsistencyRegularization(weight: weight) : nil
    }
    try applyAugmentation(arguments, to: &techniques)
    try applyNoise(arguments, to: &techniques)
    configuration.techniques = techniques
  }

  private func applyAugmentation(_ arguments: Arguments, to techniques: inout GANTechniques) throws {
    if let names = try program.common.subject.augmentations(arguments) {
      let kinds = names.compactMap(Augmentation.Kind.init)
      techniques.augmentation = kinds.isEmpty ? nil : Augmentation(kinds)
    }
    guard var chosen = techniques.augmentation else {
      for option in [augmentationProbability, augmentationTarget] {
        try arguments.check(option, hasMeaning: false, "with --augment and what is judged")
      }
      return try arguments.check(augmentationImages, hasMeaning: false, "with --augment-target")
    }
    if arguments.contains(augmentationTarget) {
      if chosen.adaptation == nil { (chosen.adaptation, chosen.probability) = (Augmentation.Adaptation(), 0) }
      chosen.adaptation?.target = arguments[augmentationTarget]
    }
    arguments.set(&chosen.probability, to: augmentationProbability)
    try arguments.check(augmentationImages, hasMeaning: chosen.adaptation != nil, "with --augment-target")
    if arguments.contains(augmentationImages) { chosen.adaptation?.sampleCount = arguments[augmentationImages] }
    techniques.augmentation = chosen
  }

  private func applyNoise(_ arguments: Arguments, to techniques: inout GANTechniques) throws {
    if arguments.contains(instanceNoise) {
      let deviation = arguments[instanceNoise]
      let steps = techniques.instanceNoise?.steps ?? arguments[instanceNoiseSteps]
      techniques.instanceNoise = deviation > 0 ? InstanceNoise(deviation: deviation, steps: steps) : nil
    }
    try arguments.check(instanceNoiseSteps, hasMeaning: techniques.instanceNoise != nil, "with --instance-noise")
    if arguments.contains(instanceNoiseSteps) { techniques.instanceNoise?.steps = arguments[instanceNoiseSteps] }
  }
}
