import Datasets
import Layers
import Tensor
import Training

/// A term beside the adversarial loss: a penalty that keeps the discriminator smooth, a class head's cross-entropy. Its
/// type may be a user's own.
///
/// A term sees the samples of a step, their conditions, and what the discriminator makes of them, and may ask for more.
public protocol AdversarialTerm: NamedChoice {
  /// How many steps lie between two in which the term counts; 1 for all. The term is not multiplied by it: a weight that
  /// should make up for the steps without it has to be that much larger.
  var period: Int { get }

  /// Whether the discriminator's part is an update of its own after that of the loss, which shares its moments, as lazy
  /// regularization wants it (Karras et al., arXiv:1912.04958, section 3.1).
  var hasOwnUpdate: Bool { get }

  /// Whether it is one of each sample's own gradient, which a discriminator that mixes samples would not have.
  var needsIndependentSamples: Bool { get }

  /// Whether it compares generated samples of the same condition: the samples 2 k and 2 k + 1 of a batch then have that of
  /// the real sample 2 k. Parts of a batch begin at even places, or those at their ends are alone.
  var needsPairs: Bool { get }

  /// What metrics call it: `"penalty"`.
  var metricName: String { get }

  /// What it adds to the discriminator's loss, for each sample or as a scalar; the training takes the mean. Nil for
  /// nothing.
  func discriminatorTerm(_ pass: AdversarialPass) -> Tensor?

  /// What it adds to the generator's loss, as ``discriminatorTerm(_:)``. There are no real samples in that pass unless
  /// the last ones are asked for.
  func generatorTerm(_ pass: AdversarialPass) -> Tensor?

  /// What else is known of a pass of the discriminator, beside the term's value.
  func metrics(_ pass: AdversarialPass) -> [Metrics.Entry]

  /// What an updated parameter of the discriminator is replaced by; nil if it stays.
  func clipped(_ parameter: Tensor) -> Tensor?

  /// Tensors that it keeps from step to step, as they are before the first one. They are part of a training's memory.
  ///
  /// - Parameter parameters: the shapes of those of both networks.
  func makeMemory(for parameters: [String: Tensor.Shape]) -> State

  /// What it adds to the gradients of one network before an update, as a function of its parameters alone; its value is
  /// in no loss.
  ///
  /// - Parameters:
  ///   - parameters: those of the network that is about to move.
  ///   - optimizer: what moves it, ``AdversarialTraining/OptimizerName``.
  ///   - memory: that of the training.
  func gradients(at parameters: State, of optimizer: String, _ memory: inout State) -> Gradients

  /// Checks its numbers.
  /// - Throws: ``ConfigurationError`` without the model's name.
  func validate() throws
}

extension AdversarialTerm {
  public var period: Int { 1 }
  public var hasOwnUpdate: Bool { false }
  public var needsIndependentSamples: Bool { false }
  public var needsPairs: Bool { false }
  public var metricName: String { Self.name }
  public func discriminatorTerm(_ pass: AdversarialPass) -> Tensor? { nil }
  public func generatorTerm(_ pass: AdversarialPass) -> Tensor? { nil }
  public func metrics(_ pass: AdversarialPass) -> [Metrics.Entry] { [] }
  public func clipped(_ parameter: Tensor) -> Tensor? { nil }
  public func makeMemory(for parameters: [String: Tensor.Shape]) -> State { State() }
  public func gradients(at parameters: State, of optimizer: String, _ memory: inout State) -> Gradients { Gradients() }
  public func validate() throws {}

  /// By what the discriminator's learning rate, and as powers the decays of its moments, are multiplied, because the term
  /// has updates of its own: `period / (period + 1)`; 1 if it has none.
  ///
  /// Reference: Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958, appendix B.
  public var pace: Float { hasOwnUpdate ? Float(period) / Float(period + 1) : 1 }

  /// Checks the weight of a term.
  /// - Throws: ``ConfigurationError`` if it is negative or not finite.
  func validate(weight: Float) throws {
    guard weight >= 0, weight.isFinite else {
      throw ConfigurationError("the weight of \(Self.name) is \(weight), expected 0 or more")
    }
  }
}

/// What terms see of one pass of an adversarial training.
public final class AdversarialPass {
  /// Samples, their conditions, and what the discriminator thinks of them.
  public final class Part {
    /// `[N, …]`, as the discriminator is shown them: see ``AdversarialTraining/views``.
    public let samples: Tensor
    /// Their conditions; those of generated samples are what they should be.
    public let condition: Condition
    /// What generated samples were made of, `[N, …]`; nil for real ones.
    public let latents: Tensor?
    /// What the discriminator thinks of them, which is found out when this is asked for first.
    public private(set) lazy var output = judge(samples, condition)
    private let judge: (Tensor, Condition) -> DiscriminatorOutput

    init(
      _ samples: Tensor, _ condition: Condition, latents: Tensor?,
      judge: @escaping (Tensor, Condition) -> DiscriminatorOutput
    ) {
      self.samples = samples
      self.condition = condition
      self.latents = latents
      self.judge = judge
    }
  }

  /// The number of steps done before this one.
  public let step: Int
  /// Generated samples: constants in the discriminator's pass, recorded in the generator's.
  public let fake: Part
  /// Random numbers for the samples of the batch.
  public var random: SampleRandom
  /// The context of the discriminator.
  public let context: Context
  /// Real samples; the last ones in the generator's pass, nil if there were none.
  public let real: Part?
  private let judge: (Tensor, Condition) -> DiscriminatorOutput
  private let judgeFeatures: ((Tensor, Condition) -> DiscriminatorOutput)?

  /// - Parameter judgeFeatures: judges samples by their features, if the discriminator can.
  init(
    step: Int, fake: Part, real: Part?, random: SampleRandom, context: Context,
    judge: @escaping (Tensor, Condition) -> DiscriminatorOutput,
    judgeFeatures: ((Tensor, Condition) -> DiscriminatorOutput)? = nil
  ) {
    self.step = step
    self.fake = fake
    self.real = real
    self.random = random
    self.context = context
    self.judge = judge
    self.judgeFeatures = judgeFeatures
  }

  /// What the discriminator thinks of other samples.
  public func discriminate(_ samples: Tensor, given condition: Condition) -> DiscriminatorOutput {
    judge(samples, condition)
  }

  /// What the discriminator thinks of samples of this pass under another condition. It looks at them once, if it can judge
  /// them by what it has seen in them.
  public func discriminate(_ part: Part, given condition: Condition) -> DiscriminatorOutput {
    guard let judgeFeatures, let features = part.output.features else { return judge(part.samples, condition) }
    return judgeFeatures(features, condition)
  }

  /// The mean over the samples of the batch, `[N, …]` → `[…]`, recorded; over the whole batch if others hold parts of it.
  public func batchMean(_ tensor: Tensor) -> Tensor { context.batchMean(tensor) }
}
