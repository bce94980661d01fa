import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A GAN that makes images of captions, such as "two small thick sevens". Both of its networks read them; the
/// discriminator also learns to tell captions that are true of an image from those that are not.
///
/// ```swift
/// let scenes = try CaptionedDigits(digits, count: 60_000)
/// let model = try TextToImage(TextToImage.Configuration(vocabulary: scenes.vocabulary))
/// let trained = try Trainer(model, length: .steps(8000), batchSize: 64).train(on: scenes)
/// let images = try trained.sample(2, given: trained.captions(["three thin fours", "seven"]))
/// ```
///
/// Reference: Reed, Akata, Yan, Logeswaran, Schiele and Lee, "Generative adversarial text to image synthesis",
/// arXiv:1605.05396 (GAN-CLS); the captions are read by recurrent units that learn with the rest. ``Design-swift.enum`` says
/// what was changed since.
public struct TextToImage: GenerativeModel {
  public static let kind = "text-to-image"
  public let configuration: Configuration
  /// The two networks and how they are trained.
  public let procedure: AdversarialTraining
  private let parts: Parts

  /// A model of the given sizes and choices.
  /// - Throws: ``ConfigurationError`` if a value is out of range.
  public init(_ configuration: Configuration) throws {
    try configuration.validate()
    self.configuration = configuration
    parts = Parts(configuration)
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      prior: NormalPrior(configuration.latentSize), conditions: configuration.vocabulary.conditions)
    let objective = MatchingAwareObjective(hasMargin: configuration.design == .refined)
    procedure.loss = AdversarialLoss(objective)
    procedure.terms = [WrongCaptions(configuration.vocabulary, objective: objective)]
    if let diversity = configuration.diversityTerm { procedure.terms.append(diversity) }
    procedure.averageDecay = configuration.averageDecay
    self.procedure = procedure
  }

  public var network: Network { procedure.network }
  public var inputs: [InputRequirement] {
    [
      InputRequirement(
        [configuration.height, configuration.width, configuration.channels],
        condition: configuration.vocabulary.conditions)
    ]
  }

  /// What the names of the parameters begin with: `generator.…`, `discriminator.…`.
  private final class Parts: Module {
    let generator: CaptionedGenerator
    let discriminator: CaptionedDiscriminator

    init(_ configuration: Configuration) {
      generator = CaptionedGenerator(configuration)
      discriminator = CaptionedDiscriminator(configuration)
    }
  }
}

// MARK: - Training

extension TextToImage {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let rate = learningRate ?? configuration.generatorRate
    let other = LearningRates.ofDiscriminator(
      configuration.discriminatorLearningRate, whenGenerator: rate, inPlaceOf: configuration.generatorRate)
    func optimizer(_ rate: Float) -> any Optimizer { configuration.optimizer.makeCheckedOptimizer(learningRate: rate) }
    return [
      AdversarialTraining.OptimizerName.generator: optimizer(rate),
      AdversarialTraining.OptimizerName.discriminator: optimizer(other),
    ]
  }

  public func makeMemory(using generator: inout RandomGenerator) -> State { procedure.makeMemory() }

  public func check(batchSize: Int) throws {
    guard batchSize < 2 else { return }
    throw ConfigurationError(
      "\(Self.kind): batches of 1 have no wrong captions, and leave batch normalization one value; a larger batch size helps"
    )
  }

  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    try procedure.trainingStep(&training) {
      let batch = feed.next()
      return (batch.samples.signedPixels, batch.condition)
    }
  }

  public var leastStepsToJudge: Int { AdversarialTraining.leastStepsToJudge(channels: configuration.channels) }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { procedure.warnings(for: trend) }

  /// A row of samples for each of the first captions of the data.
  public func preview(
    with state: State, from data: TrainingData, progress: (Double) throws -> Void
  ) throws -> Preview? {
    try previewOfCaptions(with: state, from: data, progress: progress)
  }
}

// MARK: - Use

extension TextToImage: TextConditioned, LatentDecoding, Discriminating {
  public var vocabulary: CaptionVocabulary { configuration.vocabulary }
  public var latentShape: Tensor.Shape { procedure.prior.shape }
  public var firstLatentWeight: String? { nil }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    check(latents, "decode")
    let context = Context(network, state, mode: .inference)
    return (parts.generator(latents, given: condition, in: context) + 1) * 0.5
  }

  /// How well images and captions go together, and how real the images look.
  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    let context = Context(network, state, mode: .inference)
    return parts.discriminator(images.signedPixels, given: condition, in: context).scores
  }

  /// The images of latents `[N, latentSize]` on the straight line between the vectors of two captions, at `shares` of the
  /// way, one for each.
  func blend(_ latents: Tensor, from first: [Int], to last: [Int], shares: [Float], with state: State) -> Tensor {
    check(latents, "blend")
    let context = Context(network, state, mode: .inference)
    let ends = parts.generator.reader([first, last], in: context)
    let share = Tensor(shares, shape: [shares.count, 1])
    let vectors = ends[0].expanded(axis: 0) * (1 - share) + ends[1].expanded(axis: 0) * share
    return (parts.generator.paint(latents, vectors, in: context) + 1) * 0.5
  }

  private func check(_ latents: Tensor, _ task: String) {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "\(task): latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
  }
}

extension TrainedModel {
  /// Images on the way from one caption to another: `columns` of each of `rows` latents, which stay the same in a row,
  /// along the straight line between the captions' vectors; `[rows · columns, H, W, C]`, row by row.
  ///
  /// - Throws: ``CapabilityError`` if the model is not one of captions; ``CaptionError`` for words that it does not know.
  /// - Precondition: a row and two columns or more.
  public func captionPath(
    from first: String, to last: String, rows: Int = 4, columns: Int = 8, seed: UInt64 = 0
  ) throws -> Tensor {
    require(rows >= 1 && columns >= 2, "captionPath: \(rows) rows of \(columns); a row and two columns are needed")
    guard let ends = try captions([first, last]).tokens, let model = model as? TextToImage else {
      throw CapabilityError("\(kind) cannot go from caption to caption: it has no vectors of them")
    }
    let latents = try drawLatents(rows, seed: seed)
    let shares = (0..<columns).map { Float($0) / Float(columns - 1) }
    let samples = (0..<rows).map { row in
      let latent = latents.gathered(at: Array(repeating: row, count: columns))
      return model.blend(latent, from: ends[0], to: ends[1], shares: shares, with: state)
    }
    return .concatenated(samples)
  }
}
