import Layers
import Tensor

/// What keeps a discriminator smooth, apart from its architecture.
public enum DiscriminatorRegularizer: Codable, Sendable, Equatable {
  /// Nothing.
  case none
  /// `weight · (‖∇D(x̂)‖ - 1)²` at points x̂ between real and generated images, one mix per sample. Reference: Gulrajani
  /// et al., "Improved training of Wasserstein GANs", arXiv:1704.00028, equation 3.
  case gradientPenalty(weight: Float = 10)
  /// `weight / 2 · ‖∇D(x)‖²` at real images. Reference: Mescheder, Geiger and Nowozin, "Which training methods for GANs do
  /// actually converge?", arXiv:1801.04406, equation 9.
  case r1(weight: Float = 10)
  /// Every parameter of the discriminator is clamped to `±bound` after its update. Reference: Arjovsky, Chintala and
  /// Bottou, arXiv:1701.07875, algorithm 1.
  case weightClipping(bound: Float = 0.01)

  /// Whether each sample has a penalty of its own, which a discriminator that mixes samples (by batch normalization)
  /// would not have.
  var isPerSample: Bool {
    switch self {
    case .gradientPenalty, .r1: true
    case .none, .weightClipping: false
    }
  }

  /// The penalty of each sample, `[N]`, recorded so that it can be differentiated at the discriminator's parameters; nil
  /// if this regularizer has none.
  ///
  /// - Parameters:
  ///   - real: real images, `[N, …]`.
  ///   - fake: generated images of the same shape, constants.
  ///   - random: decides where between them the gradient is taken.
  ///   - scores: the discriminator, `[N, …]` → `[N]`.
  public func penalties(
    real: Tensor, fake: Tensor, using random: inout RandomGenerator, scores: (Tensor) -> Tensor
  ) -> Tensor? {
    switch self {
    case .none, .weightClipping: return nil
    case .gradientPenalty(let weight):
      let mix = Tensor.uniform(
        Tensor.Shape([real.shape[0]] + Array(repeating: 1, count: real.rank - 1)), using: &random)
      let norm = Self.gradient(at: fake + mix * (real - fake), of: scores)
        .flattened().norm(axes: [1], epsilon: Self.epsilon)
      return (norm - 1).square() * weight
    case .r1(let weight):
      return Self.gradient(at: real, of: scores).square().summedPerSample() * (weight / 2)
    }
  }

  /// The gradient of each sample's score at the sample, recorded.
  private static func gradient(at input: Tensor, of scores: (Tensor) -> Tensor) -> Tensor {
    input.detached().gradient(recording: true) { scores($0).sum() }
  }

  /// Inside the root of the norm, whose gradient at 0 would be infinite.
  private static let epsilon: Float = 1e-12
}
