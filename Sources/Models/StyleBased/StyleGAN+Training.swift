import Datasets
import LatentSystem
import Layers
import Tensor
import Training

extension StyleGAN {
  public func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let adam = Adam(
      learningRate: learningRate ?? configuration.learningRate, beta1: configuration.beta1, beta2: configuration.beta2)
    return [
      AdversarialTraining.OptimizerName.generator: configuration.pathLength?.adapted(adam) ?? adam,
      AdversarialTraining.OptimizerName.discriminator: configuration.penalty?.adapted(adam) ?? adam,
    ]
  }

  /// The moving mean of path lengths, if they count.
  public func makeMemory(using generator: inout RandomGenerator) -> State {
    configuration.pathLength == nil ? State() : State([Self.pathLengthMean: Tensor(0)])
  }

  public func check(batchSize: Int) throws {
    let size = StyleDiscriminator.groupSize
    guard batchSize > size, batchSize % size != 0 else { return }
    throw ConfigurationError(
      "\(Self.kind): batches of \(batchSize) do not divide into groups of \(size) samples, which are compared")
  }

  /// The generator on samples of its own, its path lengths where they are due, the discriminator on others, its penalty
  /// where that is due.
  public func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let real = feed.next().samples.signedPixels
    let count = real.shape[0]
    let ofGenerator = try procedure.generatorStep(&training, count: count).entries
    let ofPathLength = try pathLengthStep(&training, count: max(1, count / 2))
    var entries = try procedure.discriminatorStep(&training, real: real).entries
    entries.insert(contentsOf: ofGenerator.prefix(1), at: 1)
    moveAverage(&training, batchSize: count)
    return Metrics(entries + ofGenerator.dropFirst() + ofPathLength)
  }

  private func moveAverage(_ training: inout TrainingState, batchSize: Int) {
    guard let halfLife = configuration.averageHalfLife else { return }
    let seen = Double(batchSize) * Double(training.step + 1)
    let decay = Self.averageDecay(batchSize: batchSize, halfLife: min(halfLife, max(1, Self.shareOfAverage * seen)))
    training.updateAverage(
      of: procedure.generatorNames, decay: decay,
      copying: procedure.generatorTensors.subtracting(procedure.generatorNames))
  }

  /// How much of a moving average stays after a batch, if half of it is to be new after `halfLife` images.
  static func averageDecay(batchSize: Int, halfLife: Double) -> Float { Float(exp2(-Double(batchSize) / halfLife)) }

  /// How much of the images so far half of the average is of, at most.
  private static let shareOfAverage = 0.05

  // MARK: Path lengths

  /// One update of the generator for even path lengths, if it is due.
  /// - Returns: the metrics that it has.
  func pathLengthStep(_ training: inout TrainingState, count: Int) throws -> [Metrics.Entry] {
    guard let term = configuration.pathLength, training.step % term.period == 0 else { return [] }
    var lengths = Tensor(0)
    let mean = requireSome(
      training.memory[Self.pathLengthMean], "StyleGAN: the training's memory has no \(Self.pathLengthMean)")
    var newMean = mean
    let pass = pathLengthPass(term, count, mean, &training, &newMean, &lengths)
    let descent = try training.descend(pass, with: AdversarialTraining.OptimizerName.generator)
    training.memory[Self.pathLengthMean] = newMean
    return [
      Metrics.Entry(name: "path_length", value: Double(lengths.mean().scalar)),
      Metrics.Entry(name: Self.pathLengthPenalty, value: descent.loss),
    ]
  }

  private func pathLengthPass(
    _ term: LazyRegularization, _ count: Int, _ mean: Tensor, _ training: inout TrainingState,
    _ newMean: inout Tensor, _ lengths: inout Tensor
  ) -> Pass {
    let context = Context(
      network, training.state.selecting(procedure.generatorTensors), mode: .training,
      differentiating: procedure.generatorNames, random: training.random.split(), reduction: training.reduction,
      samples: training.samples)
    let latents = procedure.prior.draw(count, using: &training.sampleRandom)
    let mapped = generator.mapped(latents, in: context)
    let images = generator.synthesis(mapped, noise: nil, in: context)
    let result = PathLengthPenalty(weight: term.weightWhereDue)(
      images: images, mapped: mapped, noise: context.normal(images.shape), mean: mean)
    (newMean, lengths) = (result.mean, result.lengths)
    return Pass(context, loss: result.loss, named: Self.pathLengthPenalty, at: procedure.generatorNames)
  }

  private static let pathLengthPenalty = "path_length_penalty"
  static let pathLengthMean = "pathLengthMean"
}
