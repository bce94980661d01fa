import Datasets
import Layers
import Tensor
import Training

/// What keeps a discriminator smooth, apart from its architecture: a term of any type, or nothing.
public struct DiscriminatorRegularizer: Sendable {
  /// The term; nil for none.
  public let term: (any AdversarialTerm)?

  /// A regularizer of any type.
  public init(_ term: any AdversarialTerm) { self.term = term }

  private init() { term = nil }

  /// Nothing.
  public static let none = DiscriminatorRegularizer()

  /// ``GradientPenalty``.
  public static func gradientPenalty(weight: Float = 10) -> DiscriminatorRegularizer {
    DiscriminatorRegularizer(GradientPenalty(weight: weight))
  }

  /// ``R1Penalty``.
  public static func r1(weight: Float = 10) -> DiscriminatorRegularizer {
    DiscriminatorRegularizer(R1Penalty(weight: weight))
  }

  /// ``WeightClipping``.
  public static func weightClipping(bound: Float = 0.01) -> DiscriminatorRegularizer {
    DiscriminatorRegularizer(WeightClipping(bound: bound))
  }

  /// Whether each sample has a penalty of its own, which a discriminator that mixes samples would not have.
  var isPerSample: Bool { term?.needsIndependentSamples ?? false }
}

extension DiscriminatorRegularizer: Equatable, Codable, CustomStringConvertible {
  private static let registry: TypeRegistry<DiscriminatorRegularizer> = {
    let registry = TypeRegistry<DiscriminatorRegularizer>(family: "regularizer")
    registry.register(NoTerm.self) { _ in DiscriminatorRegularizer() }
    registry.register(GradientPenalty.self) { DiscriminatorRegularizer($0) }
    registry.register(R1Penalty.self) { DiscriminatorRegularizer($0) }
    registry.register(WeightClipping.self) { DiscriminatorRegularizer($0) }
    return registry
  }()

  /// Lets files name a type of regularizer of one's own: needed before a model with one is saved or opened.
  public static func register<Term: AdversarialTerm>(_ type: Term.Type) {
    registry.register(type) { DiscriminatorRegularizer($0) }
  }

  public static func == (a: DiscriminatorRegularizer, b: DiscriminatorRegularizer) -> Bool {
    switch (a.term, b.term) {
    case (nil, nil): true
    case (let a?, let b?): a.isEqual(to: b)
    default: false
    }
  }

  public init(from decoder: any Decoder) throws { self = try Self.registry.read(from: decoder) }

  public func encode(to encoder: any Encoder) throws {
    let term: any AdversarialTerm = term ?? NoTerm()
    try Self.registry.write(term, to: encoder)
  }

  public var description: String { term.map { "\($0)" } ?? "none" }
}

/// How a regularizer that is none is saved.
private struct NoTerm: AdversarialTerm {
  static let name = "none"
}

/// `weight · (‖∇D(x̂)‖ - 1)²` at points x̂ between real and generated samples, one mix per sample, or per pack of samples
/// that are judged together. Reference: Gulrajani et al., "Improved training of Wasserstein GANs", arXiv:1704.00028,
/// equation 3.
public struct GradientPenalty: AdversarialTerm {
  public static let name = "gradientPenalty"
  /// The penalty's weight λ, 0 or more.
  public var weight: Float
  public var needsIndependentSamples: Bool { true }
  public var metricName: String { "penalty" }

  /// A penalty of the given weight.
  public init(weight: Float = 10) { self.weight = weight }

  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real else { return nil }
    let (count, packs) = (real.samples.shape[0], real.output.scores.shape[0])
    let mix = pass.random.uniform(Tensor.Shape([count] + Array(repeating: 1, count: real.samples.rank - 1)))
    return penalties(
      real: real.samples, fake: pass.fake.samples, packs: packs,
      mix: packs == count ? mix : mix.gathered(at: (0..<packs).map { $0 * (count / packs) })
    ) { pass.discriminate($0, given: real.condition).scores }
  }

  /// The penalty of each pack, `[packs]`, recorded so that it can be differentiated at the discriminator's parameters.
  ///
  /// - Parameters:
  ///   - real: `[N, …]`.
  ///   - fake: generated samples of the same shape, constants.
  ///   - packs: how many packs of samples that are judged together they are; N if each is judged alone.
  ///   - mix: where between them the gradient is taken, in 0...1, `[packs, 1, …]`.
  ///   - scores: the discriminator, `[N, …]` → scores.
  public func penalties(
    real: Tensor, fake: Tensor, packs: Int, mix: Tensor, scores: (Tensor) -> Tensor
  ) -> Tensor {
    let size = real.shape[0] / max(1, packs)
    let mix = size == 1 ? mix : mix.gathered(at: (0..<real.shape[0]).map { $0 / size })
    let gradient = gradient(at: fake + mix * (real - fake), of: scores)
    let norm = gradient.reshaped(to: [packs, gradient.scalarCount / max(1, packs)]).norm(axes: [1], epsilon: epsilon)
    return (norm - 1).square() * weight
  }

  public func validate() throws { try validate(weight: weight) }
}

/// `weight / 2 · ‖∇D(x)‖²` at real samples. Reference: Mescheder, Geiger and Nowozin, "Which training methods for GANs do
/// actually converge?", arXiv:1801.04406, equation 9.
public struct R1Penalty: AdversarialTerm {
  public static let name = "r1"
  /// The penalty's weight γ, 0 or more.
  public var weight: Float
  /// How many steps lie between two that have the penalty, 1 or more.
  public var period: Int
  public var hasOwnUpdate: Bool { period > 1 }
  public var needsIndependentSamples: Bool { true }
  public var metricName: String { "penalty" }

  /// A penalty of the given weight. With a period it is an update of its own every so many steps.
  public init(weight: Float = 10, period: Int = 1) {
    self.weight = weight
    self.period = period
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      weight: try values.decode(Float.self, forKey: .weight),
      period: try values.decodeIfPresent(Int.self, forKey: .period) ?? 1)
  }

  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? {
    pass.real.map { real in
      penalties(real: real.samples) { pass.discriminate($0, given: real.condition).scores }
    }
  }

  /// The penalty of each sample, or of each pack of samples that are judged together, recorded so that it can be
  /// differentiated at the discriminator's parameters.
  /// - Parameter scores: the discriminator, `[N, …]` → scores, `[N, …]` or `[packs, …]`.
  public func penalties(real: Tensor, scores: (Tensor) -> Tensor) -> Tensor {
    var packs = 0
    let gradient = gradient(at: real) {
      let scores = scores($0)
      packs = scores.shape[0]
      return scores
    }
    let squares = gradient.square().summedPerSample()
    let count = squares.shape[0]
    let perPack = packs == count ? squares : squares.reshaped(to: [packs, count / max(1, packs)]).sum(axes: [1])
    return perPack * (weight / 2)
  }

  public func validate() throws {
    try validate(weight: weight)
    guard period >= 1 else { throw ConfigurationError("the penalty's period is \(period), expected 1 or more") }
  }
}

/// Every parameter of the discriminator is clamped to `±bound` after its update. Reference: Arjovsky, Chintala and Bottou,
/// arXiv:1701.07875, algorithm 1.
public struct WeightClipping: AdversarialTerm {
  public static let name = "weightClipping"
  /// The largest absolute value of a parameter, above 0.
  public var bound: Float

  /// A clamp to `±bound`.
  public init(bound: Float = 0.01) { self.bound = bound }

  public func clipped(_ parameter: Tensor) -> Tensor? { parameter.clamped(to: -bound...bound) }

  public func validate() throws {
    guard bound > 0, bound.isFinite else {
      throw ConfigurationError("the clipping bound is \(bound), expected a positive number")
    }
  }
}

/// The cross-entropy of a class head, of real samples and of generated ones, in both losses: generated samples are to be
/// seen as the class that they were made for.
///
/// Reference: Odena, Olah and Shlens, "Conditional image synthesis with auxiliary classifier GANs", arXiv:1610.09585,
/// equation 3. Both terms count half, so that the head's loss is a mean over all samples.
public struct AuxiliaryClassifier: AdversarialTerm {
  public static let name = "auxiliaryClassifier"
  /// The name of the discriminator's head that gives logits of classes `[N, classes]`.
  public static let head = "classes"
  /// The weight of the cross-entropy, 0 or more.
  public var weight: Float
  public var metricName: String { "class_loss" }

  /// A term of the given weight.
  public init(weight: Float = 1) { self.weight = weight }

  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? {
    guard let real = pass.real else { return nil }
    return (loss(real) + loss(pass.fake)) * (weight / 2)
  }

  public func generatorTerm(_ pass: AdversarialPass) -> Tensor? { loss(pass.fake) * weight }

  private func loss(_ part: AdversarialPass.Part) -> Tensor {
    guard let logits = part.output.heads[Self.head], let labels = part.condition.labels else {
      fatalError("AuxiliaryClassifier: the discriminator needs a head called \(Self.head), the samples labels")
    }
    return logits.softmaxCrossEntropy(labels: labels)
  }

  public func validate() throws { try validate(weight: weight) }
}

extension AdversarialTerm {
  /// The gradient of the scores at each sample, recorded.
  fileprivate func gradient(at input: Tensor, of scores: (Tensor) -> Tensor) -> Tensor {
    input.detached().gradient(recording: true) { scores($0).sum() }
  }

  /// Inside the root of the norm, whose gradient at 0 would be infinite.
  fileprivate var epsilon: Float { 1e-12 }
}
