import Datasets
import Tensor
import Training

/// How probable samples are to a model that it did not learn from, and how it reconstructs them: every figure that it
/// allows.
public struct LikelihoodReport: Sendable, Equatable, Codable {
  /// The mean negative log-likelihood in nats, or the bound that ``likelihoodKind`` says.
  public let negativeLogLikelihood: Double?
  /// The standard error of this mean over the samples.
  public let standardError: Double?
  /// What it is: `exact`, `lowerBound` of the log-likelihood, or `crossEntropyBound` on grey pixels.
  public let likelihoodKind: String?
  /// From how many latents of each sample it was estimated.
  public let likelihoodDraws: Int?
  /// The mean negative evidence lower bound in nats, from one latent of each sample; nil where the likelihood is exact.
  public let negativeElbo: Double?
  /// The mean negative log-likelihood in nats under the baseline that belongs to the model; nil if none does.
  public let baseline: Double?
  /// How grey pixels were taken.
  public let binarization: String?
  /// What it is the likelihood of, where that is not the samples themselves: `16 levels of grey`.
  public let likelihoodSubject: String?
  /// What the likelihood is given, of models that are told something: `labels of 10 classes`.
  public let likelihoodCondition: String?
  /// The number of latent variables that tell something of a sample: whose posterior means have a variance of more than
  /// 0.01. Nil of models that do not tell these means: with flows, with several layers of latents, or with codes.
  public let activeUnits: Int?
  /// The number of latent variables.
  public let latentSize: Int?
  /// The mean peak signal-to-noise ratio of reconstructions in dB, each at most ``PeakSignalToNoise/most``; of models of
  /// binary pixels to binary images.
  public let psnr: Double?
  /// The mean structural similarity of reconstructions.
  public let ssim: Double?
  /// The share of reconstructions that a classifier names as it names the originals.
  public let namesKept: Double?
  /// How far reconstructions are from the originals in the features of a judge, as a share of how far two originals are.
  public let featureError: Double?
  /// How many samples were looked at.
  public let count: Int

  /// Looks at the samples of a source.
  ///
  /// - Parameters:
  ///   - model: any.
  ///   - source: what it did not learn from; grey pixels become binary if the model is one of binary pixels, drawn once.
  ///   - draws: latents for each sample; exact likelihoods take none. 5,000 are usual in the literature.
  ///   - limit: how many samples are looked at.
  ///   - seed: decides the latents.
  ///   - judge: a model with features of such samples, for ``featureError``; a classifier for ``namesKept``.
  ///   - progress: is called with the share that is done; what it throws ends the estimate.
  /// - Returns: nil if the model has neither a likelihood nor an encoder.
  /// - Throws: ``CapabilityError`` if the samples are none that the model takes.
  public init?(
    on model: TrainedModel, _ source: any SampleSource, draws: Int = 1, limit: Int = 10_000, seed: UInt64 = 0,
    judge: TrainedModel? = nil, progress: (Double) throws -> Void = { _ in }
  ) throws {
    guard let input = model.model.inputs.first,
      model.model is any LikelihoodEstimating || model.model is any LatentEncoding
    else { return nil }
    let source = model.model.prepared(source)
    count = min(limit, source.count)
    var sums = Sums()
    if let judge, judge.model.inputs.first?.sampleShape == input.sampleShape {
      sums.featureError = try? FeatureError(by: judge)
      sums.kept = judge.model is any Classifying ? try NamesKept(by: judge) : nil
    }
    var done = 0
    for batch in source.batchesInOrder(limit: count) {
      try sums.add(batch, at: done, input, model, draws: draws, seed: seed)
      done += batch.samples.shape[0]
      try progress(Double(done) / Double(count))
    }
    let estimator = model.model as? any LikelihoodEstimating
    let isExact = estimator?.likelihoodKind == .exact
    (negativeLogLikelihood, standardError) = sums.negativeLogLikelihood
    likelihoodKind = estimator?.likelihoodKind.rawValue
    likelihoodDraws = estimator?.drawsLatents == true ? draws : nil
    // From one draw, or from none, the estimate is the bound.
    let isBound = draws == 1 || estimator?.drawsLatents == false
    negativeElbo = isExact ? nil : isBound ? negativeLogLikelihood : sums.mean(of: \.bounds)
    baseline = sums.mean(of: \.baselines)
    binarization = estimator == nil ? nil : input.binarization.rawValue
    likelihoodSubject = estimator?.likelihoodSubject
    likelihoodCondition = estimator == nil || input.condition == .none ? nil : "\(input.condition)"
    let codes = sums.codes.isEmpty ? nil : Tensor.concatenated(sums.codes)
    let areMeans = (model.model as? any LatentEncoding)?.encodesPosteriorMeans == true
    activeUnits = count < 2 || !areMeans ? nil : codes.map { ActiveUnits(of: $0).count }
    latentSize = codes?.shape[1]
    psnr = sums.mean(of: \.ratios)
    ssim = sums.mean(of: \.similarities)
    namesKept = sums.kept.flatMap { $0.count > 0 ? $0.share : nil }
    featureError = sums.featureError.flatMap { $0.count > 1 ? $0.value : nil }
  }

  /// What batches gave so far.
  private struct Sums {
    var likelihoods: [Double] = []
    var bounds: [Double] = []
    var baselines: [Double] = []
    var codes: [Tensor] = []
    var ratios: [Double] = []
    var similarities: [Double] = []
    var kept: NamesKept?
    var featureError: FeatureError?

    mutating func add(
      _ batch: Batch, at start: Int, _ input: InputRequirement, _ model: TrainedModel, draws: Int, seed: UInt64
    ) throws {
      let condition = input.condition == .none ? .none : batch.condition
      if let estimator = model.model as? any LikelihoodEstimating {
        func logLikelihoods(_ draws: Int) throws -> [Double] {
          try model.logLikelihoods(of: batch.samples, given: condition, draws: draws, seed: seed, firstPlace: start)
            .scalars
            .map { -Double($0) }
        }
        likelihoods += try logLikelihoods(draws)
        if estimator.drawsLatents, draws > 1 { bounds += try logLikelihoods(1) }
        if let baseline = estimator.baselineLogLikelihoods(of: batch.samples, with: model.state) {
          baselines += baseline.scalars.map { -Double($0) }
        }
      }
      guard model.model is any LatentEncoding else { return }
      let latents = try model.encode(batch.samples, given: condition)
      codes.append(latents.flattened())
      guard batch.samples.rank == 4 else { return }
      let images = try model.decode(latents, given: condition)
      try kept?.add(images, like: batch.samples)
      try featureError?.add(images, of: batch.samples)
      ratios += PeakSignalToNoise(of: images, to: batch.samples).limitedValues
      if min(images.shape[1], images.shape[2]) >= StructuralSimilarity.window {
        similarities += StructuralSimilarity(of: images, to: batch.samples).values
      }
    }

    func mean(of figures: KeyPath<Sums, [Double]>) -> Double? {
      let values = self[keyPath: figures]
      return values.isEmpty ? nil : values.mean
    }

    var negativeLogLikelihood: (mean: Double?, standardError: Double?) {
      guard let mean = mean(of: \.likelihoods) else { return (nil, nil) }
      let count = likelihoods.count
      return (mean, count > 1 ? likelihoods.sampleDeviation / Double(count).squareRoot() : nil)
    }
  }
}
