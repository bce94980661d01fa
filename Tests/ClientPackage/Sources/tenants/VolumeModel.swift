import Latent

/// A variational autoencoder of volumes `[8, 8, 8, 1]`, put together from the library's parts.
struct VolumeModel: LatentEncoding, LikelihoodEstimating, AnomalyScoring {
  struct Configuration: Codable, Sendable, Equatable { var latentSize = 4 }

  static let kind = "volumes"
  let configuration: Configuration
  let network: Network
  private let model: VariationalModel

  private final class Parts: Module {
    let encoder: GaussianEncoder
    let decoder: ClassDecoder

    init(_ latentSize: Int) {
      let body = Sequential(
        Conv3D(from: 1, to: 4, kernelSize: 4, stride: 2, padding: 1), .relu,
        Conv3D(from: 4, to: 8, kernelSize: 4, stride: 2, padding: 1), .relu, .flatten)
      encoder = GaussianEncoder(
        body: body, mean: Dense(from: 64, to: latentSize), logVariance: Dense(from: 64, to: latentSize),
        logVarianceRange: -10...10)
      decoder = ClassDecoder(
        Sequential(
          Dense(from: latentSize, to: 64), .relu, .reshape(to: [2, 2, 2, 8]),
          ConvTranspose3D(from: 8, to: 4, kernelSize: 4, stride: 2, padding: 1), .relu,
          ConvTranspose3D(from: 4, to: 1, kernelSize: 4, stride: 2, padding: 1)))
    }
  }

  init(_ configuration: Configuration) throws {
    self.configuration = configuration
    let parts = Parts(configuration.latentSize)
    model = VariationalModel(
      encoder: parts.encoder, prior: StandardNormalPrior(configuration.latentSize), decoder: parts.decoder,
      observation: BernoulliObservation())
    network = Network(parts)
  }

  var inputs: [InputRequirement] { [InputRequirement([8, 8, 8, 1])] }
  var latentShape: Tensor.Shape { [configuration.latentSize] }
  var likelihoodKind: LikelihoodKind { .lowerBound }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    ["adam": Adam(learningRate: learningRate ?? 2e-3)]
  }

  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let volumes = feed.next().samples
    let (descent, divergence) = try training.descend(with: "adam", network) { context in
      let terms = model.terms(of: volumes, in: context)
      return ((terms.reconstruction + terms.divergence).mean(), Double(terms.divergence.mean().scalar))
    }
    return ["loss": descent.loss, "kl": divergence]
  }

  func encode(_ volumes: Tensor, given condition: Condition, with state: State) -> Tensor {
    model.encoder.posterior(of: volumes, given: condition, in: Context(network, state, mode: .inference)).center
  }

  func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    let output = model.decoder(latents, given: condition, in: Context(network, state, mode: .inference))
    return model.observation.mean(given: output).reshaped(to: [latents.shape[0], 8, 8, 8, 1])
  }

  func logLikelihoods(
    of volumes: Tensor, given condition: Condition, draws: Int, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let context = Context(network, state, mode: .inference, random: &random)
    return model.logLikelihoodBounds(of: volumes, draws: draws, in: context)
  }

  /// The middle slice of some volumes.
  func preview(with state: State, from data: TrainingData, progress: (Double) throws -> Void) throws -> Preview? {
    var random = SampleRandom(RandomGenerator(seed: 0))
    let volumes = sample(8, given: .none, with: state, using: &random)
    let slices = volumes[0..<8, 4..<5].reshaped(to: [8, 8, 8, 1])
    return Preview(try ImageSet(slices), columns: 4)
  }
}

/// Boxes of random size and place.
struct Boxes: SampleSource {
  let count = 300
  let sampleShape: Tensor.Shape = [8, 8, 8, 1]

  func batch(at indices: [Int]) -> Batch {
    let volumes = indices.map { index -> Tensor in
      var generator = RandomGenerator(seed: UInt64(index))
      let corner = (0..<3).map { _ in Int.random(in: 0..<4, using: &generator) }
      let size = (0..<3).map { _ in Int.random(in: 2...4, using: &generator) }
      let scalars = (0..<512).map { place -> Float in
        let at = [place / 64, place / 8 % 8, place % 8]
        return (0..<3).allSatisfy { at[$0] >= corner[$0] && at[$0] < corner[$0] + size[$0] } ? 1 : 0
      }
      return Tensor(scalars, shape: sampleShape)
    }
    return Batch(samples: .stacked(volumes), indices: indices)
  }

  func fingerprint(withConditions: Bool) -> UInt32 { 1 }
}
