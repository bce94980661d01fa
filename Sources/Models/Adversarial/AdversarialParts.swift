import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The part of a GAN that makes samples of latents, given a condition or without one.
///
/// Any ``Layer`` serves where there is no condition. What else a generator wants, noise or styles, it draws through its
/// context.
public protocol Generator: Module {
  /// `[N, …]` → `[N, …]`.
  func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor
}

/// The part of a GAN that judges samples, given a condition or without one. Any ``Layer`` serves that gives scores.
public protocol Discriminator: Module {
  /// What it thinks of samples `[N, …]`.
  func callAsFunction(_ samples: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput
}

/// A discriminator whose features of samples depend on these alone: it need not look at them again to judge them under
/// another condition.
protocol FeatureJudging: Discriminator {
  /// What it thinks of samples of which it has told the features.
  func output(ofFeatures features: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput
}

/// What a discriminator thinks of samples.
public struct DiscriminatorOutput {
  /// How much it takes them for real: `[N]`; `[N / m]` for packs of m consecutive samples; `[N, …]` for patches of each.
  public let scores: Tensor
  /// What it has seen in them, `[N, …]`, if it tells.
  public let features: Tensor?
  /// What else it says of them, by name: logits of classes `[N, classes]` as ``AuxiliaryClassifier/head``.
  public let heads: [String: Tensor]

  /// An output with the given parts.
  public init(scores: Tensor, features: Tensor? = nil, heads: [String: Tensor] = [:]) {
    self.scores = scores
    self.features = features
    self.heads = heads
  }
}

/// A layer as a generator without conditions.
final class GeneratorLayer: Generator {
  let layer: any Layer
  init(_ layer: any Layer) { self.layer = layer }

  func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
    layer(latents, in: context)
  }
}

/// A layer that gives scores as a discriminator without conditions.
final class DiscriminatorLayer: Discriminator {
  let layer: any Layer
  init(_ layer: any Layer) { self.layer = layer }

  func callAsFunction(_ samples: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
    DiscriminatorOutput(scores: layer(samples, in: context))
  }
}

/// What a generator's latents are drawn from.
public protocol LatentPrior: Sendable {
  /// The shape of one latent.
  var shape: Tensor.Shape { get }
  /// `count` latents, `[count] + shape`, of which latent `i` depends on the source and `i` alone.
  func draw(_ count: Int, using source: inout SampleRandom) -> Tensor
}

/// Standard normal latents.
public struct NormalPrior: LatentPrior {
  public let shape: Tensor.Shape

  /// Latents of `size` numbers.
  /// - Precondition: `size >= 1`.
  public init(_ size: Int) {
    require(size >= 1, "AdversarialTraining: \(size) latent variables; the least is 1")
    shape = [size]
  }

  public func draw(_ count: Int, using source: inout SampleRandom) -> Tensor {
    source.normal(Tensor.Shape([count] + shape.sizes))
  }
}
