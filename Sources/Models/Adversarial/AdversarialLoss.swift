import Layers
import Tensor

/// What generator and discriminator are trained against each other on: a value that gives one term per sample from the
/// discriminator's scores.
///
/// Scores are logits (or unbounded scores of a critic), `[N]`. The caller reduces the terms, as a rule by their mean.
public enum AdversarialLoss: String, Codable, Sendable, CaseIterable {
  /// Cross-entropy; the generator maximizes the log-probability of its images being real. Reference: Goodfellow et al.,
  /// "Generative adversarial nets", arXiv:1406.2661, section 3.
  case nonSaturating
  /// Cross-entropy; the generator minimizes the log-probability of its images being generated, whose gradient vanishes
  /// where the discriminator is sure. Reference: the same, equation 1.
  case minimax
  /// Half the squared distances of the scores to 1 and 0. Reference: Mao et al., "Least squares generative adversarial
  /// networks", arXiv:1611.04076, equation 9.
  case leastSquares
  /// `max(0, 1 - real)`, `max(0, 1 + fake)`; the generator maximizes its score. Reference: Lim and Ye, "Geometric GAN",
  /// arXiv:1705.02894; Miyato et al., arXiv:1802.05957, equations 16 and 17.
  case hinge
  /// The difference of the scores, for a critic that a regularizer keeps Lipschitz. Reference: Arjovsky, Chintala and
  /// Bottou, "Wasserstein GAN", arXiv:1701.07875.
  case wasserstein

  /// The discriminator's terms for scores of real images: `[N]` → `[N]`.
  ///
  /// - Parameter target: what a real image counts as, 1 or a little less with one-sided label smoothing (Salimans et
  ///   al., arXiv:1606.03498, section 3.4). Hinge and Wasserstein losses have no target and ignore it.
  public func discriminatorTerms(real scores: Tensor, target: Float = 1) -> Tensor {
    switch self {
    case .nonSaturating, .minimax: scores.softplus() - scores * target
    case .leastSquares: (scores - target).square() * 0.5
    case .hinge: (1 - scores).relu()
    case .wasserstein: -scores
    }
  }

  /// The discriminator's terms for scores of generated images: `[N]` → `[N]`.
  public func discriminatorTerms(fake scores: Tensor) -> Tensor {
    switch self {
    case .nonSaturating, .minimax: scores.softplus()
    case .leastSquares: scores.square() * 0.5
    case .hinge: (1 + scores).relu()
    case .wasserstein: scores
    }
  }

  /// The generator's terms for scores of its images: `[N]` → `[N]`.
  public func generatorTerms(fake scores: Tensor) -> Tensor {
    switch self {
    case .nonSaturating: (-scores).softplus()
    case .minimax: -scores.softplus()
    case .leastSquares: (scores - 1).square() * 0.5
    case .hinge, .wasserstein: -scores
    }
  }

  /// Whether real images have a target that can be smoothed.
  var hasTarget: Bool { self != .hinge && self != .wasserstein }
}
