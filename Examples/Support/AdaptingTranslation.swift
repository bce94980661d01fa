import Latent

/// Adaptation by translation: images with labels become images of another kind, whose labels nothing learns, so that a
/// classifier can learn from them what it is asked about that kind.
///
/// Reference: Hoffman et al., "CyCADA: cycle-consistent adversarial domain adaptation", arXiv:1711.03213.
struct AdaptingTranslation {
  /// The updates of the model that translates.
  let steps: Int
  private let images: AdaptationImages
  private let model: CycleGAN

  /// Images a batch, if there are so many: those of `train-cyclegan --preset digits`.
  private static let usualBatchSize = 100

  /// - Throws: ``UsageError`` if the images are not of a size that can be translated.
  init(of images: AdaptationImages, steps: Int) throws {
    let shape = images.source.sampleShape
    var configuration = CycleGAN.Configuration.digits
    (configuration.height, configuration.width, configuration.channels) = (shape[0], shape[1], shape[2])
    configuration.targetChannels = images.target.sampleShape[2]
    configuration.classCount = max(2, images.source.classCount ?? 0)
    do {
      model = try CycleGAN(configuration)
    } catch let error as ConfigurationError {
      throw UsageError("--translate: \(error), as --size does")
    }
    (self.images, self.steps) = (images, steps)
  }

  /// The images with those that have labels translated, by a model trained with the given seed.
  func translated(seed: Int, onUpdate: () -> Void) throws -> AdaptationImages {
    let (source, target) = (images.source, images.target)
    let trainer = Trainer(
      model, length: .steps(steps), batchSize: min(Self.usualBatchSize, source.count, target.count),
      seed: UInt64(seed), schedule: .linear(steps: steps))
    let data = TrainingData(streams: [CycleGAN.streamA: source, CycleGAN.streamB: target])
    let trained = try trainer.train(on: data) { _ in onUpdate() }
    let translator = try Translator(trained.prepared(), direction: Translation.forward)
    let translations = try translator.translations(of: source, isQuiet: true)
      .labeled(source.labels, classCount: source.classCount, classNames: source.classNames)
    return AdaptationImages(source: translations, target: target, test: images.test)
  }
}
