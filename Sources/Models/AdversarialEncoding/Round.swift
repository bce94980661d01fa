import Layers
import Tensor
import Training

/// What a step of several networks comes to before any of them moves.
struct Round {
  /// The update of each network whose turn it is.
  let moves: [PlayerMove]
  /// New values of the networks' buffers.
  let bufferUpdates: State
  /// What is known of the step, but for the norms of the gradients.
  let metrics: [Metrics.Entry]
}

extension TrainingState {
  /// The updates of a round.
  ///
  /// - Parameters:
  ///   - averaged: the tensors whose moving average goes on.
  ///   - decay: how much of it stays; none is kept if nil.
  /// - Returns: what is known of the step, with the norm of each network's gradient.
  /// - Throws: ``TrainingError/notFinite(_:step:)``; nothing has moved then.
  mutating func play(_ round: Round, averaging averaged: Set<String>, decay: Float?) throws -> Metrics {
    let descents = try descend(round.moves, merging: round.bufferUpdates)
    if let decay { updateAverage(of: averaged, decay: decay) }
    let norms = zip(round.moves, descents).map {
      Metrics.Entry(name: "\($0.name)_gradient_norm", value: $1.gradientNorm)
    }
    return Metrics(round.metrics + norms)
  }
}

extension Metrics.Entry {
  /// The value of a scalar.
  init(_ name: String, _ scalar: Tensor) { self.init(name: name, value: Double(scalar.detached().scalar)) }
}

/// The metrics that trainings with an encoder have beside those of other GANs.
enum EncodingMetric {
  static let encoderLoss = "encoder_loss"
  static let codeLoss = "code_loss"
  static let divergence = "kl"
  static let featureError = "feature_error"
  static let reconstructionError = "reconstruction_error"
  static let gradientRatio = "gradient_ratio"
  static let realCost = "real_cost"
  static let fakeCost = "fake_cost"
  static let generatorMoved = "generator_moved"
  static let discriminatorMoved = "discriminator_moved"
  static let codeMean = "code_mean"
  static let codeVariance = "code_variance"
}
