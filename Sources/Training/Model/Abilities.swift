import Datasets
import Layers
import Tensor

// What a model can do with its samples, an ability a protocol. A tool asks for the one that it needs, of whatever model a
// checkpoint holds; ``TrainedModel`` has a throwing one-liner for each.

/// A model that makes new samples.
public protocol Sampling: GenerativeModel {
  /// The shape of one sample.
  var sampleShape: Tensor.Shape { get }

  /// What it may be told to make; ``ConditionSpace/none`` if nothing.
  var sampleConditions: ConditionSpace { get }

  /// New samples, `[count] + sampleShape`; images in 0...1.
  ///
  /// What is random in them is drawn from `random` or a context made with it, so that a sample depends on its place, its
  /// condition and the generator alone, not on which samples are made together.
  ///
  /// - Parameters:
  ///   - condition: what each should be.
  ///   - state: parameters and buffers.
  /// - Precondition: `condition` is one of ``sampleConditions`` for `count` samples; `random` is for as many.
  func sample(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor
}

extension Sampling {
  public var sampleConditions: ConditionSpace { inputs.first?.condition ?? .none }
  public var sampleShape: Tensor.Shape { inputs.first?.sampleShape ?? [] }

  /// How many classes it makes samples of; nil if it is not told one.
  public var sampleClassCount: Int? { if case .classes(let count) = sampleConditions { count } else { nil } }
}

/// A model that makes its samples from latents: numbers that can be interpolated, traversed and drawn.
public protocol LatentDecoding: Sampling {
  /// The shape of one latent.
  var latentShape: Tensor.Shape { get }

  /// Latents drawn from the prior, `[count] + latentShape`, each as its place in `random` has it.
  func drawLatents(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor

  /// The sample of each latent: `[N] + latentShape` → `[N] + sampleShape`.
  func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor

  /// The name of the first matrix that latents are multiplied by, `[latent, …]`; nil if there is none.
  var firstLatentWeight: String? { get }

  /// What latent variables are under the prior: standard normal ones, unless it is said otherwise.
  var latentVariables: LatentVariables { get }
}

/// What latent variables are under a model's prior, by which it can be told what moving one of them means.
public enum LatentVariables: Sendable, Equatable {
  /// Independent standard normal variables: numbers are standard deviations.
  case standardNormal
  /// Variables of other distributions, each of which can be moved by itself.
  case other
  /// Variables of which none means anything by itself, for a reason in words of them: `they are vectors of codes`.
  case inseparable(reason: String)
}

extension LatentDecoding {
  public var latentVariables: LatentVariables { .standardNormal }
  public var firstLatentWeight: String? { nil }

  /// Standard normal latents.
  public func drawLatents(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    random.normal(Tensor.Shape([count] + latentShape.sizes))
  }

  public func sample(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    decode(drawLatents(count, given: condition, with: state, using: &random), given: condition, with: state)
  }
}

/// A model that finds the latent of a sample.
public protocol LatentEncoding: LatentDecoding {
  /// The latent of each sample, of several the most typical one: `[N] + sampleShape` → `[N] + latentShape`.
  func encode(_ samples: Tensor, given condition: Condition, with state: State) -> Tensor

  /// Whether ``encode(_:given:with:)`` gives the mean of each sample's posterior (of one that is certain, its latent), by
  /// whose variance variables are told to be active. It does unless it is said otherwise.
  var encodesPosteriorMeans: Bool { get }
}

extension LatentEncoding {
  public var encodesPosteriorMeans: Bool { true }
}

/// What a model's log-likelihood is.
public enum LikelihoodKind: String, Sendable, CaseIterable {
  /// The logarithm of the probability (or density) itself.
  case exact
  /// A lower bound of it: an evidence lower bound, or one of several importance samples.
  case lowerBound
  /// A lower bound of the negative cross-entropy between grey pixels and the model's Bernoulli distributions, which is no
  /// log-likelihood.
  case crossEntropyBound
}

/// A model that tells how probable a sample is.
public protocol LikelihoodEstimating: GenerativeModel {
  /// What its figures are.
  var likelihoodKind: LikelihoodKind { get }

  /// Whether they are estimated from latents that are drawn; else the number of draws changes nothing.
  var drawsLatents: Bool { get }

  /// What they are likelihoods of, where that is not the samples themselves: `16 levels of grey`.
  var likelihoodSubject: String? { get }

  /// The log-likelihood of each sample in nats under a simple model that belongs to this one and that it should be better
  /// than: `[N] + sampleShape` → `[N]`. Nil if there is none.
  func baselineLogLikelihoods(of samples: Tensor, with state: State) -> Tensor?

  /// The log-likelihood of each sample in nats, or a bound of it: `[N] + sampleShape` → `[N]`.
  ///
  /// - Parameters:
  ///   - condition: what is known of each sample.
  ///   - draws: latents for each sample, 1 or more; exact likelihoods take none.
  ///   - state: parameters and buffers.
  ///   - random: what they are drawn from.
  func logLikelihoods(
    of samples: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor
}

extension LikelihoodEstimating {
  public var drawsLatents: Bool { likelihoodKind != .exact }
  public var likelihoodSubject: String? { nil }
  public func baselineLogLikelihoods(of samples: Tensor, with state: State) -> Tensor? { nil }
}

/// A model that tells how little a sample is like those that it was trained on.
public protocol AnomalyScoring: GenerativeModel {
  /// A score for each sample, the higher the stranger: `[N] + sampleShape` → `[N]`.
  func anomalyScores(
    of samples: Tensor, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor
}

extension AnomalyScoring where Self: LikelihoodEstimating {
  /// The negative log-likelihood, estimated from one draw.
  public func anomalyScores(
    of samples: Tensor, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    -logLikelihoods(of: samples, given: condition, draws: 1, with: state, using: &random)
  }
}

/// A model with a discriminator, or critic, that tells real samples from generated ones.
public protocol Discriminating: GenerativeModel {
  /// The score of each sample, the higher the more it is taken for real: `[N] + sampleShape` → `[N]`.
  func scores(of samples: Tensor, given condition: Condition, with state: State) -> Tensor
}

/// A model that describes samples by features, in which sets of samples are compared.
public protocol FeatureExtracting: GenerativeModel {
  /// The number of features of a sample.
  var featureCount: Int { get }

  /// The features of each sample: `[N] + sampleShape` → `[N, features]`.
  func features(of samples: Tensor, with state: State) -> Tensor
}

/// A model that tells the classes of samples, from their features.
public protocol Classifying: FeatureExtracting {
  /// The number of classes.
  var classCount: Int { get }

  /// A score for each class, the higher the likelier: `[N, features]` → `[N, classes]`. Their softmax are probabilities.
  func logits(ofFeatures features: Tensor, with state: State) -> Tensor
}

extension Classifying {
  /// A score for each class, the higher the likelier: `[N] + sampleShape` → `[N, classes]`.
  public func logits(of samples: Tensor, with state: State) -> Tensor {
    logits(ofFeatures: features(of: samples, with: state), with: state)
  }
}

/// A model that makes a sample of one kind from one of another.
public protocol Translating: GenerativeModel {
  /// The names of what it can do: `a-to-b`, `b-to-a`. At least one.
  var directions: [String] { get }

  /// The shape of one sample that `direction` takes: if nobody says otherwise, that of the input at the same place, of the
  /// first for directions beyond the last input.
  func sampleShape(of direction: String) -> Tensor.Shape

  /// The translation of each sample, `[N] + sampleShape(of: direction)` → `[N, …]`.
  /// - Precondition: `direction` is one of ``directions``.
  func translate(_ samples: Tensor, direction: String, with state: State) -> Tensor
}

extension Translating {
  public func sampleShape(of direction: String) -> Tensor.Shape {
    let inputs = inputs
    let place = directions.firstIndex(of: direction) ?? 0
    return (inputs.indices.contains(place) ? inputs[place] : inputs.first)?.sampleShape ?? []
  }
}

/// A model that repairs samples: removes noise, fills holes, enlarges.
public protocol Restoring: GenerativeModel {
  /// The shape of one damaged sample.
  var damagedShape: Tensor.Shape { get }

  /// Whether it can be told which scalars are missing.
  var takesMask: Bool { get }

  /// What it has to know of a damaged sample: 1 at scalars that a mask must not hide and 0 elsewhere, of the shape
  /// ``damagedShape``. Nil if any may be missing, as of most models.
  var neededMask: Tensor? { get }

  /// What each damaged sample may have been: `[N] + damagedShape` → `[N] + sampleShape`.
  ///
  /// - Parameters:
  ///   - mask: 1 where a scalar is known and 0 where it is missing, of the shape of `damaged`; nil if all are known.
  ///   - state: parameters and buffers.
  ///   - random: what is random in it.
  func restore(_ damaged: Tensor, mask: Tensor?, with state: State, using random: inout SampleRandom) -> Tensor
}

extension Restoring {
  public var takesMask: Bool { true }
  public var neededMask: Tensor? { nil }
}

/// A model that enlarges images of any size.
public protocol Enlarging: Restoring {
  /// How many times higher and wider images become.
  var factor: Int { get }

  /// Images enlarged: `[N, H, W, C]` → `[N, H · factor, W · factor, C]`, in 0...1.
  func enlarge(_ images: Tensor, with state: State) -> Tensor
}

/// Something that a model cannot do, because it lacks what that takes.
public struct CapabilityError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The model, what was asked of it and what it lacks, in one line.
  public let description: String

  /// An error with the given one-line description.
  public init(_ description: String) { self.description = description }

  /// The model called `kind` cannot do `task`, as it lacks something.
  init(_ kind: String, cannot task: String, because reason: String) {
    description = "\(kind) cannot \(task): \(reason)"
  }
}
