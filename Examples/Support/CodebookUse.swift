import Latent

/// How a model with a codebook uses it on images that it did not learn from.
struct CodebookUse: Encodable {
  /// How many codes occur at all.
  let used: Int
  /// How many there are.
  let count: Int
  /// How many codes, all equally frequent, would be as hard to foresee as these one by one: 1 to the number of codes.
  let perplexity: Double

  /// Looks at some images.
  /// - Returns: nil if the model has no codebook, or does not take these images.
  init?(on trained: TrainedModel, _ images: ImageSet, limit: Int) {
    guard let model = trained.model as? VQVAE, model.inputs.first?.sampleShape == images.sampleShape else { return nil }
    let some = model.prepared(images.subset(0..<min(limit, images.count)))
    let figures = model.evaluate(on: TrainingData(some), with: trained.state)
    guard let used = figures["codes_used"], let perplexity = figures["perplexity"] else { return nil }
    (self.used, count, self.perplexity) = (Int(used), model.configuration.codeCount, perplexity)
  }
}
