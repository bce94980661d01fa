import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// The training of an encoder for a generator and a critic that stay as they are: a sample, what the generator makes of its
/// code, and the critic's features of both are to be alike.
///
/// With E the encoder, G the generator and f the critic's features, the loss is the mean over the batch of
///
///     A(x) = mean over scalars of (x - G(E(x)))² + κ · mean over features of (f(x) - f(G(E(x))))²
///
/// and A is the anomaly score too: a generator that has seen normal samples only gives normal ones, whatever the code. The
/// paper calls this izi_f; with a κ of 0 it is izi.
///
/// It knows modules and tensors only, so it serves samples of any kind.
///
/// Reference: Schlegl, Seeböck, Waldstein, Langs and Schmidt-Erfurth, "f-AnoGAN: fast unsupervised anomaly detection with
/// generative adversarial networks", Medical Image Analysis 54, 2019, sections 3.2 and 3.3.
public struct FAnoGANTraining: Sendable {
  /// The network that all parts belong to.
  public let network: Network
  /// Samples to codes, `[N, …]` → `[N, latent]`: what is trained.
  public let encoder: any Layer
  /// Codes to samples. It is used as in inference.
  public let generator: any Generator
  /// Tells features of samples. It is used as in inference.
  public let critic: any Discriminator
  /// κ, the weight of the features in loss and score, 0 or more. Without any, the critic is not asked.
  public var featureWeight: Float = 1
  private let encoderNames: Set<String>
  private let frozenNames: Set<String>

  /// The name of the optimizer in ``TrainingState/optimizers``.
  public enum OptimizerName {
    /// The encoder's.
    public static let encoder = "encoder"
  }

  /// A training of the given parts.
  /// - Precondition: all parts belong to `network` and share no parameter.
  public init(network: Network, encoder: any Layer, generator: any Generator, critic: any Discriminator) {
    self.network = network
    self.encoder = encoder
    self.generator = generator
    self.critic = critic
    network.requireSeparate([encoder, generator, critic], "FAnoGANTraining")
    encoderNames = network.parameterNames(of: encoder)
    frozenNames = network.tensorNames(of: [generator, critic])
  }

  /// One step of the encoder.
  ///
  /// - Parameters:
  ///   - real: samples `[N, …]`, as generator and critic know them.
  ///   - training: moved on, but for ``TrainingState/step``, which the caller counts.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; nothing has moved then.
  public func trainingStep(_ training: inout TrainingState, real: Tensor) throws -> Metrics {
    let frozen = Context(network, training.state.selecting(frozenNames), mode: .inference)
    let (descent, means) = try training.descend(with: OptimizerName.encoder, network, at: encoderNames) { context in
      let residuals = residuals(of: real, encodingIn: context, elseIn: frozen)
      return (score(residuals).mean(), residuals.map { $0.detached().mean() })
    }
    return Metrics(
      [Metrics.Entry(name: TrainingTrend.loss, value: descent.loss)]
        + zip(Self.residualNames, means).map { Metrics.Entry($0, $1) })
  }

  /// A(x) of each sample: `[N, …]` → `[N]`.
  public func scores(of samples: Tensor, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return score(residuals(of: samples, encodingIn: context, elseIn: context))
  }

  /// The terms of A(x) before they are weighted: of the scalars, and of the features if they count, each `[N]`.
  /// - Parameters:
  ///   - encoding: where the encoder gets its numbers.
  ///   - frozen: where generator and critic do.
  func residuals(of samples: Tensor, encodingIn encoding: Context, elseIn frozen: Context) -> [Tensor] {
    let made = generator(encoder(samples, in: encoding), given: .none, in: frozen)
    let ofScalars = (made - samples).square().flattened().mean(axes: [1])
    guard featureWeight > 0 else { return [ofScalars] }
    let difference = features(of: made, in: frozen) - features(of: samples, in: frozen)
    return [ofScalars, difference.square().flattened().mean(axes: [1])]
  }

  private func score(_ residuals: [Tensor]) -> Tensor {
    residuals.count == 1 ? residuals[0] : residuals[0] + residuals[1] * featureWeight
  }

  private func features(of samples: Tensor, in context: Context) -> Tensor {
    requireSome(
      critic(samples, given: .none, in: context).features,
      "FAnoGANTraining: the critic gives no features to compare samples by; a featureWeight of 0 does without")
  }

  /// What the terms are called among the metrics.
  static let residualNames = ["sample_residual", "feature_residual"]
}
