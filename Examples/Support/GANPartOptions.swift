import Latent

/// The options for the parts that a GAN is put together from: loss, regularizer, normalization, optimizer.
public struct GANPartOptions {
  private let loss: Option<Loss>
  private let regularizer: Option<Regularizer>
  private let penaltyWeight: Option<Float>
  private let penaltyPeriod: Option<Int>
  private let clippingBound: Option<Float>
  private let normalization: Option<DiscriminatorNormalization>
  private let discriminatorSteps: Option<Int>
  private let labelSmoothing: Option<Float>
  private let optimizer: Option<Rule>
  private let beta1: Option<Float>
  private let beta2: Option<Float>
  private let classWeight: Option<Float>

  /// A loss of the library by its name in files, with hyphens: `least-squares`. One more there is one more choice here.
  struct Loss: RawRepresentable, CaseIterable, Sendable {
    static let allCases = AdversarialLoss.standard.map { Loss($0) }

    let rawValue: String
    let loss: AdversarialLoss

    init(_ loss: AdversarialLoss) {
      self.loss = loss
      rawValue = hyphenated(type(of: loss.objective).name)
    }

    init?(rawValue: String) {
      guard let known = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
      self = known
    }
  }

  enum Regularizer: String, CaseIterable {
    case none
    case gradientPenalty = "gradient-penalty"
    case r1
    case weightClipping = "weight-clipping"
  }

  enum Rule: String, CaseIterable {
    case adam
    case rmsProp = "rmsprop"
  }

  /// Declares the options.
  public init(_ options: inout Options) {
    let usual = GANConfiguration.dcgan
    loss = options.choice(
      "loss", default: Loss(.nonSaturating), placeholder: "NAME", help: "what the two networks are trained on",
      alsoKnownAs: [
        "ls": Loss(.leastSquares), "lsgan": Loss(.leastSquares), "wgan": Loss(.wasserstein),
        "relativistic": Loss(.relativisticAverage), "ragan": Loss(.relativisticAverage),
      ])
    regularizer = options.choice(
      "regularizer", default: Regularizer.none, placeholder: "NAME", help: "what keeps the discriminator smooth",
      alsoKnownAs: ["gp": .gradientPenalty, "wgan-gp": .gradientPenalty, "clipping": .weightClipping])
    penaltyWeight = options.number(
      "penalty-weight", default: 10 as Float, range: 0..., placeholder: "X", help: "of a penalty in the loss")
    penaltyPeriod = options.integer(
      "penalty-every", default: 1, range: 1...1000, placeholder: "N",
      help:
        "steps between two updates by the r1 penalty alone, whose weight has to be as many times larger to be as strong"
    )
    clippingBound = options.number(
      "clip", default: 0.01 as Float, range: above(0 as Float), placeholder: "X", help: "what weights are clipped to")
    normalization = options.choice(
      "normalization", default: usual.normalization, placeholder: "NAME",
      help: "of the discriminator; by batches not with a penalty per sample")
    discriminatorSteps = options.integer(
      "discriminator-steps", default: usual.discriminatorSteps, range: 1...1000, placeholder: "N",
      help: "steps of the discriminator for one of the generator")
    labelSmoothing = options.number(
      "label-smoothing", default: 0 as Float, range: 0..<1, placeholder: "X",
      help: "how much less than 1 a real image counts as")
    optimizer = options.choice(
      "optimizer", default: Rule.adam, placeholder: "NAME", help: "the rule that both networks are moved by")
    beta1 = options.number(
      "beta1", default: 0.5 as Float, range: 0..<1, placeholder: "X", help: "how much of the mean gradient Adam keeps")
    beta2 = options.number(
      "beta2", default: 0.999 as Float, range: 0..<1, placeholder: "X", help: "how much of the mean square Adam keeps")
    classWeight = options.number(
      "class-weight", default: 1 as Float, range: 0..., placeholder: "X",
      help: "of the class that the discriminator names, in both losses")
  }

  /// Puts what the user chose into a configuration; what no option says stays.
  /// - Throws: ``UsageError`` for an option that means nothing beside the others.
  public func apply(_ arguments: Arguments, to configuration: inout GANConfiguration) throws {
    if arguments.contains(loss) { configuration.loss = arguments[loss].loss }
    arguments.set(&configuration.normalization, to: normalization)
    arguments.set(&configuration.discriminatorSteps, to: discriminatorSteps)
    arguments.set(&configuration.labelSmoothing, to: labelSmoothing)
    try applyRegularizer(arguments, to: &configuration)
    try applyOptimizer(arguments, to: &configuration)
    try applyClassWeight(arguments, to: &configuration)
  }

  private func applyClassWeight(_ arguments: Arguments, to configuration: inout GANConfiguration) throws {
    guard case .auxiliary(let count, _) = configuration.conditioning else {
      return try arguments.check(classWeight, hasMeaning: false, "with --conditional auxiliary")
    }
    guard arguments.contains(classWeight) else { return }
    configuration.conditioning = .auxiliary(classCount: count, weight: arguments[classWeight])
  }

  private func applyRegularizer(_ arguments: Arguments, to configuration: inout GANConfiguration) throws {
    if arguments.contains(regularizer) {
      switch arguments[regularizer] {
      case .none: configuration.regularizer = .none
      case .gradientPenalty: configuration.regularizer = .gradientPenalty(weight: arguments[penaltyWeight])
      case .r1: configuration.regularizer = .r1(weight: arguments[penaltyWeight])
      case .weightClipping: configuration.regularizer = .weightClipping(bound: arguments[clippingBound])
      }
    }
    let term = configuration.regularizer.term
    try arguments.check(
      penaltyWeight, hasMeaning: term is GradientPenalty || term is R1Penalty,
      "with --regularizer gradient-penalty or r1")
    try arguments.check(penaltyPeriod, hasMeaning: term is R1Penalty, "with --regularizer r1")
    try arguments.check(clippingBound, hasMeaning: term is WeightClipping, "with --regularizer weight-clipping")
    switch term {
    case var penalty as GradientPenalty:
      arguments.set(&penalty.weight, to: penaltyWeight)
      configuration.regularizer = DiscriminatorRegularizer(penalty)
    case var penalty as R1Penalty:
      arguments.set(&penalty.weight, to: penaltyWeight)
      arguments.set(&penalty.period, to: penaltyPeriod)
      configuration.regularizer = DiscriminatorRegularizer(penalty)
    case var clipping as WeightClipping:
      arguments.set(&clipping.bound, to: clippingBound)
      configuration.regularizer = DiscriminatorRegularizer(clipping)
    default: break
    }
  }

  private func applyOptimizer(_ arguments: Arguments, to configuration: inout GANConfiguration) throws {
    if arguments.contains(optimizer) {
      switch arguments[optimizer] {
      case .adam: configuration.optimizer = .adam(beta1: arguments[beta1], beta2: arguments[beta2])
      case .rmsProp: configuration.optimizer = .rmsProp
      }
    }
    let isAdam = configuration.optimizer.name == "adam"
    for beta in [beta1, beta2] { try arguments.check(beta, hasMeaning: isAdam, "with --optimizer adam") }
    guard isAdam else { return }
    var settings = configuration.optimizer.settings
    for beta in [beta1, beta2] where arguments.contains(beta) { settings[beta.name] = arguments[beta] }
    configuration.optimizer = OptimizerChoice("adam", settings)
  }
}
