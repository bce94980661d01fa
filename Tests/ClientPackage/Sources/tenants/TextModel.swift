import Latent

/// Digits from words: a generator that sees a caption, a mean of learned vectors of its tokens, beside the latent, and a
/// discriminator that sees it beside the image.
struct TextModel: LatentDecoding, Discriminating {
  struct Configuration: Codable, Sendable, Equatable { var width = 32 }

  static let kind = "text-to-image"
  let configuration: Configuration
  let procedure: AdversarialTraining

  final class Painter: Generator {
    let words = Embedding(count: Captions.vocabulary, size: 8)
    let net: Sequential

    init(_ width: Int) {
      net = Sequential(
        Dense(from: 12, to: width), .relu, Dense(from: width, to: 64), .sigmoid, .reshape(to: [8, 8, 1]))
    }

    func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
      net(.concatenated([latents, Captions.vectors(condition, words, context)], axis: 1), in: context)
    }
  }

  final class Reader: Discriminator {
    let words = Embedding(count: Captions.vocabulary, size: 8)
    let net: Sequential

    init(_ width: Int) {
      net = Sequential(Dense(from: 72, to: width), .leakyReLU(slope: 0.2), Dense(from: width, to: 1), .reshape(to: []))
    }

    func callAsFunction(_ images: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
      let caption = Captions.vectors(condition, words, context)
      return DiscriminatorOutput(scores: net(.concatenated([images.flattened(), caption], axis: 1), in: context))
    }
  }

  private final class Parts: Module {
    let generator: Painter
    let discriminator: Reader
    init(_ width: Int) { (generator, discriminator) = (Painter(width), Reader(width)) }
  }

  init(_ configuration: Configuration) throws {
    self.configuration = configuration
    let parts = Parts(configuration.width)
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator, prior: NormalPrior(4),
      conditions: Captions.space)
    procedure.loss = .hinge
    procedure.regularizer = DiscriminatorRegularizer(R1Penalty(weight: 1, period: 4))
    self.procedure = procedure
  }

  var network: Network { procedure.network }
  var inputs: [InputRequirement] { [InputRequirement([8, 8, 1], condition: Captions.space)] }
  var latentShape: Tensor.Shape { procedure.prior.shape }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let adam = Adam(learningRate: learningRate ?? 1e-3, beta1: 0.5)
    return ["generator": adam, "discriminator": adam]
  }

  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try procedure.trainingStep(&training) {
      let batch = feed.next()
      return (batch.samples, batch.condition)
    }
  }

  func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    procedure.generator(latents, given: condition, in: Context(network, state, mode: .inference))
  }

  func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    procedure.discriminator(images, given: condition, in: Context(network, state, mode: .inference)).scores
  }
}

/// Squares with captions of two words: how large (0 small, 1 large) and where (2 left, 3 right).
struct Captions: SampleSource {
  static let vocabulary = 4
  static let space = ConditionSpace.tokens(vocabulary: vocabulary, length: 2)
  let count = 200
  let sampleShape: Tensor.Shape = [8, 8, 1]
  var conditions: ConditionSpace { Self.space }

  /// The mean of the vectors of a caption's tokens, `[N, size]`.
  static func vectors(_ condition: Condition, _ words: Embedding, _ context: Context) -> Tensor {
    let texts = condition.tokens ?? []
    let vectors = words(Array(texts.joined()), in: context)
    return vectors.reshaped(to: [texts.count, 2, vectors.shape[1]]).mean(axes: [1])
  }

  func batch(at indices: [Int]) -> Batch {
    let texts = indices.map { [$0 % 2, 2 + $0 / 2 % 2] }
    let images = texts.map { text -> Tensor in
      let (side, left) = (text[0] == 0 ? 2 : 4, text[1] == 2 ? 0 : 4)
      let lit = (0..<64).map { ($0 / 8 < side && $0 % 8 >= left && $0 % 8 < left + side) ? 1 : 0 as Float }
      return Tensor(lit, shape: sampleShape)
    }
    return Batch(samples: .stacked(images), condition: .tokens(texts), indices: indices)
  }

  func fingerprint(withConditions: Bool) -> UInt32 { 1 }
}
