import Datasets
import Layers
import Tensor
import Testing

@testable import Evaluation
@testable import Models
@testable import Training

/// Judges, and what they say of samples.
@Suite struct SampleReportTests {
  private let test = BuiltInDigits.make(count: 300, seed: 1)
  private let training = BuiltInDigits.make(count: 400, seed: 2)

  private func judge() throws -> Judge {
    let model = try ImageClassifier(
      ImageClassifier.Configuration(classCount: 10, convolutionFeatures: 8, featureCount: 16))
    return try Judge(
      Trainer(model, length: .epochs(5), batchSize: 50, seed: 1).train(on: BuiltInDigits.make(count: 1500, seed: 3)))
  }

  @Test func realSamplesAreAsGoodAsTheFloor() throws {
    let judge = try judge()
    let reference = try SampleReference(test: test, training: training, judge: judge)
    let report = try reference.report(on: BuiltInDigits.make(count: 300, seed: 4))
    #expect(reference.accuracy ?? 0 > 0.8)
    #expect(report.frechetDistance < 3 * (report.frechetFloor ?? 0) && report.frechetDistance > 0)
    #expect(abs(report.precision - 1) < 0.25 && abs(report.density - 1) < 0.25 && report.coverage > 0.85)
    #expect(report.classesHit == 10 && report.labelAccuracy ?? 0 > 0.8)
    #expect(report.classDivergence ?? 1 < 0.1)
    #expect(abs((report.nearerToTraining ?? 0) - 0.5) < 0.12)
    #expect(report.sampleCount == 300 && report.testCount == 300 && report.seed == nil)
    #expect(report.judge.checksum == judge.checksum && report.judge.featureCount == 16)
  }

  /// A stacked image is of the mode that the classes of its channels make.
  @Test func modesOfStackedImages() throws {
    let judge = try judge()
    let stacked = StackedImages(test, count: 200, seed: 1)
    let batch = stacked.batch(at: Array(0..<200))
    let classes = try #require(judge.view(of: test).classes)
    let expected = (0..<200).map { stacked.parts(of: $0).reduce(0) { $0 * 10 + classes[$1] } }
    let modes = try judge.modes(ofStacked: batch.samples, classCount: 10)
    #expect(modes == expected)
    #expect(zip(modes, try #require(batch.labels)).count { $0 == $1 } > 100)
  }

  /// Copies of training images are seen, noise is far away, one class is one mode.
  @Test func whatIsWrongWithSamples() throws {
    let reference = try SampleReference(test: test, training: training, judge: judge())
    let floor = try reference.report(on: BuiltInDigits.make(count: 300, seed: 4))
    let copies = try reference.report(on: training, limit: 300)
    #expect(copies.nearerToTraining ?? 0 > 0.97)
    var random = RandomGenerator(seed: 1)
    let noise = try reference.report(on: ImageSet(Tensor.uniform([300, 28, 28, 1], using: &random)))
    #expect(
      noise.frechetDistance > 5 * floor.frechetDistance && noise.kernelDistance > 5 * abs(floor.kernelDistance)
        && noise.coverage < 0.3)
    let threes = training.labels.map { labels in labels.indices.filter { labels[$0] == 3 } } ?? []
    let one = try reference.report(on: ImageSet(training.batch(at: threes + threes).samples))
    #expect(one.recall < 0.5 && one.coverage < 0.4 && one.classDivergence ?? 0 > 1)
  }

  /// The figures are those of the metrics, and the floor that of as many training images.
  @Test func figuresAreThoseOfTheMetrics() throws {
    let judge = try judge()
    let reference = try SampleReference(test: test, training: training, judge: judge, limit: 200)
    let samples = BuiltInDigits.make(count: 120, seed: 4)
    let report = try reference.report(on: samples)
    func features(_ set: ImageSet, _ count: Int) throws -> Tensor { try judge.view(of: set, limit: count).features }
    let (real, own) = (try features(test, 200), try features(samples, 120))
    func distance(_ a: Tensor, _ b: Tensor) -> Double {
      FeatureStatistics(of: a).frechetDistance(to: FeatureStatistics(of: b))
    }
    #expect(report.frechetDistance == distance(real, own))
    let asMany = SampleReference.some(120, of: 400)
    #expect(asMany.count == 120 && Set(asMany).count == 120)
    #expect(report.frechetFloor == distance(real, try features(training, 400).gathered(at: asMany)))
    let scores = NeighbourhoodScores(of: own, against: real)
    #expect((report.precision, report.recall) == (scores.precision, scores.recall))
    #expect((report.density, report.coverage) == (scores.density, scores.coverage))
    let copies = Memorization(of: own, training: try features(training, 400), test: real)
    #expect(report.nearerToTraining == copies.shareNearer)
    #expect(report.kernelDeviation > 0)
    let alone = try SampleReference(test: test, training: nil, judge: judge).report(on: samples)
    #expect(alone.frechetFloor == nil && alone.kernelFloor == nil && alone.nearerToTraining == nil)
    #expect(throws: CapabilityError.self) { try reference.report(on: samples.prefix(5)) }
  }

  private func inOrderOfClasses(_ images: ImageSet) -> ImageSet {
    images.subset((0..<images.count).sorted { (images.labels?[$0] ?? 0, $0) < (images.labels?[$1] ?? 0, $1) })
  }

  /// The floors are those of all training images, in whatever order these are.
  @Test func trainingImagesInOrder() throws {
    let (judge, samples) = (try judge(), BuiltInDigits.make(count: 120, seed: 4))
    let mixed = try SampleReference(test: test, training: training, judge: judge)
    let ordered = try SampleReference(test: test, training: inOrderOfClasses(training), judge: judge)
    let (first, second) = (try mixed.report(on: samples), try ordered.report(on: samples))
    #expect(try #require(second.frechetFloor) < 2 * #require(first.frechetFloor))
    #expect(abs(try #require(second.kernelFloor)) < 2 * first.kernelDeviation + abs(try #require(first.kernelFloor)))
    let floors = try [mixed, ordered].map { try #require(try $0.classificationFloor(100, updates: 60, seed: 1)).share }
    #expect(abs(floors[0] - floors[1]) < 0.2, "\(floors)")
  }

  @Test func samplesOfAModel() throws {
    let reference = try SampleReference(test: test, training: training, judge: judge())
    let vae = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8, classCount: 10))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    var seen = 0
    let report = try reference.report(on: trained, count: 130, seed: 5) { seen += $0.shape[0] }
    #expect(seen == 130 && report.sampleCount == 130 && report.seed == 5 && report.labelAccuracy != nil)
    #expect(try reference.report(on: trained, count: 130, seed: 5) == report)
    #expect(try reference.report(on: trained, count: 130, seed: 6) != report)
  }

  /// Copies are told the same whether distances of test images are known or not.
  @Test func knownDistances() throws {
    let judge = try judge()
    let (real, data) = (try judge.view(of: test).features, try judge.view(of: training).features)
    let samples = try judge.view(of: BuiltInDigits.make(count: 90, seed: 4)).features
    let distances = Memorization.distances(of: real, to: data)
    #expect(distances.count == 300 && distances == NearestNeighbours(of: real, in: data).distances.map { $0[0] })
    #expect(
      Memorization(of: samples, training: data, testDistances: distances)
        == Memorization(of: samples, training: data, test: real))
  }

  /// Ways between latents are those of the formula, both ends of one class; a model that gives one image for all has none.
  @Test func waysBetweenLatents() throws {
    let judge = try judge()
    let reference = try SampleReference(test: test, training: nil, judge: judge)
    let vae = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8, classCount: 10))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let length = try #require(try reference.pathLength(of: trained, count: 70, seed: 5))
    #expect(length.distances.count == 70 && length.distances.allSatisfy { $0 >= 0 } && length.mean > 0)
    let report = try reference.report(on: trained, count: 70, seed: 5)
    #expect(report.pathLength == length.mean)
    #expect(try reference.report(on: training).pathLength == nil)
    // The same at the same points, from latents and classes by hand.
    let latents = try trained.drawLatents(140, given: .none, seed: 5)
    var (random, done) = (RandomGenerator(seed: 5, stream: SampleReference.placeStream), 0)
    let places = Tensor.uniform([70], using: &random).scalars.map(Double.init)
    let byHand = try PathLength(from: latents[0..<70], to: latents[70..<140], at: places, along: .spherical) { points in
      let classes = (done..<done + points.shape[0] / 2).map { $0 % 10 }
      done += classes.count
      return try judge.trained.features(of: trained.decode(points, given: .labels(classes + classes)))
    }
    for (own, other) in zip(length.distances, byHand.distances) { #expect(abs(own - other) <= 1e-9 * other) }
    let error = #expect(throws: CapabilityError.self) { try trained.drawLatents(4, given: .labels([1, 2]), seed: 5) }
    #expect(error?.description.hasPrefix("vae cannot draw latents: ") == true, "\(String(describing: error))")
    var state = trained.state
    for (name, tensor) in state.tensors where name.hasPrefix("decoder.") { state[name] = .zeros(tensor.shape) }
    let constant = TrainedModel(model: vae, state: state)
    #expect(try reference.pathLength(of: constant, count: 10)?.mean == 0)
  }

  /// Straight ways between mapped latents, of the same latents and at the same points.
  @Test func waysBetweenMappedLatents() throws {
    let reference = try SampleReference(test: test, training: nil, judge: judge())
    let gan = try StyleGANTests.tiny(28, 28)
    let trained = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    let report = try reference.report(on: trained, count: 40, seed: 5)
    let length = try #require(try reference.mappedPathLength(of: trained, count: 40, seed: 5))
    #expect(report.mappedPathLength == length.mean && length.mean > 0 && report.pathLength != length.mean)
    let mapped = try trained.map(trained.drawLatents(80, seed: 5))
    var random = RandomGenerator(seed: 5, stream: SampleReference.placeStream)
    let byHand = try PathLength(from: mapped[0..<40], to: mapped[40..<80], along: .straight, using: &random) {
      try reference.judge.trained.features(of: trained.decode(mapped: $0))
    }
    for (own, other) in zip(length.distances, byHand.distances) { #expect(abs(own - other) <= 1e-9 * other) }
    let vae = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8))
    let other = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    #expect(
      try reference.mappedPathLength(of: other) == nil && reference.report(on: other, count: 40).mappedPathLength == nil
    )
  }

  /// What samples are worth to a classifier: those that look like their labels more than noise.
  @Test func learningFromSamples() throws {
    let reference = try SampleReference(test: test, training: training, judge: judge())
    let vae = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 100, classCount: 10))
    let trained = try Trainer(vae, length: .steps(800), batchSize: 50, seed: 1)
      .train(on: BuiltInDigits.make(count: 900, seed: 5))
    var steps = 0
    let floor = try #require(try reference.classificationFloor(200, updates: 60, seed: 1))
    let figures = try reference.classification(
      ofSamples: 200, from: trained, updates: 60, seed: 1, floor: floor, onStep: { steps += 1 })
    #expect(steps == 60 && figures.trainedOnSamples.count == 300 && figures.testedOnSamples.count == 200)
    #expect(figures.real.share == reference.accuracy)
    #expect(figures.trainedOnSamples.share > 0.4 && figures.testedOnSamples.share > 0.4, "\(figures)")
    #expect(
      try reference.accuracy(learningFromSamples: 200, of: trained, updates: 60, seed: 1) == figures.trainedOnSamples)
    #expect(floor.share > 0.6 && floor.count == 300)
    // Beside the classifier that learned as long from as many, not beside the judge.
    #expect(figures.trainingGap == floor.share - figures.trainedOnSamples.share)
    let untrained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let noise = try reference.classification(ofSamples: 200, from: untrained, updates: 60, seed: 1)
    #expect(noise.trainedOnSamples.share < 0.35 && noise.trainingGap == nil)
    #expect(try SampleReference(test: test, training: nil, judge: judge()).classificationFloor(updates: 1) == nil)
    let plain = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8))
    #expect(throws: CapabilityError.self) {
      try reference.classification(
        ofSamples: 20, from: TrainedModel(model: plain, state: plain.makeTraining(seed: 1).state), updates: 1)
    }
  }

  @Test func whoCannotJudge() throws {
    let gan = try DCGAN()
    let trained = TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state)
    let error = #expect(throws: CapabilityError.self) { try Judge(trained) }
    #expect(error?.description == "dcgan cannot judge samples: it has no features")
    let vae = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8))
    let judge = try Judge(TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state))
    #expect(judge.featureCount == 3 && judge.classCount == nil)
    // What depends on classes too is no feature of a sample.
    let told = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8, classCount: 10))
    let conditional = TrainedModel(model: told, state: told.makeTraining(seed: 1).state)
    let reason = "it has to be told the classes of samples"
    let judging = #expect(throws: CapabilityError.self) { try Judge(conditional) }
    #expect(judging?.description == "vae cannot judge samples: \(reason)")
    let telling = #expect(throws: CapabilityError.self) { try conditional.features(of: .zeros([2, 28, 28, 1])) }
    #expect(telling?.description == "vae cannot tell features: \(reason)")
    let other = Tensor.zeros([4, 8, 8, 1])
    let shapes = #expect(throws: CapabilityError.self) { try judge.view(of: other) }
    #expect(shapes?.description == "vae cannot judge samples of shape [8, 8, 1]: it learned from [28, 28, 1]")
    #expect(try judge.view(of: test, limit: 70).features.shape == [70, 3])
  }

  /// Only of posterior means it is told how many variables are active.
  @Test func activeUnitsAreOfMeans() throws {
    func report(_ change: (inout VAE.Configuration) -> Void) throws -> LikelihoodReport? {
      var configuration = VAE.Configuration(latentSize: 4, hiddenSize: 8)
      configuration.flowHiddenSize = 6
      change(&configuration)
      let vae = try VAE(configuration)
      return try LikelihoodReport(
        on: TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state), test, limit: 20)
    }
    #expect(try report { _ in }?.activeUnits != nil)
    for (size, change) in [
      (4, { $0.posterior = .iaf }), (4, { $0.posterior = .planar }), (6, { $0.stochasticLayers = 2 }),
    ] as [(Int, (inout VAE.Configuration) -> Void)] {
      let own = try #require(try report(change))
      #expect(own.activeUnits == nil && own.latentSize == size && own.psnr != nil)
    }
    let codes = try VQVAE(VQVAE.Configuration(codeCount: 4, features: 2, priorFeatures: 2, priorLayerCount: 1))
    let quantized = try LikelihoodReport(
      on: TrainedModel(model: codes, state: codes.makeTraining(seed: 1).state), test, limit: 10)
    #expect(quantized?.activeUnits == nil && quantized?.psnr != nil)
  }

  @Test func likelihoodsAndReconstructions() throws {
    let vae = try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8, binarization: .static))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    var shares: [Double] = []
    let report = try #require(
      try LikelihoodReport(on: trained, test, draws: 20, limit: 100, seed: 2) { shares.append($0) })
    // Untrained, a pixel is hardly more than an even chance: 784 ln 2 nats.
    #expect(abs((report.negativeLogLikelihood ?? 0) - 543.4) < 30)
    #expect(report.negativeLogLikelihood ?? 0 < report.negativeElbo ?? 0)
    #expect(report.likelihoodKind == "lowerBound" && report.likelihoodDraws == 20 && report.binarization == "static")
    #expect(report.latentSize == 3 && report.psnr ?? 0 > 3 && report.ssim != nil && report.count == 100)
    #expect(shares == shares.sorted() && shares.last == 1)
    // Of binary pixels, drawn once, each image with the latents of its place.
    let binary = vae.prepared(test).batch(at: Array(0..<100)).samples
    #expect(binary.scalars.allSatisfy { $0 == 0 || $0 == 1 })
    let expected = try trained.logLikelihoods(of: binary, draws: 20, seed: 2).scalars.map(Double.init)
    #expect(abs((report.negativeLogLikelihood ?? 0) + expected.reduce(0, +) / 100) < 1e-9)
    let scores = try trained.anomalyScores(of: test.prefix(100), by: .likelihood, draws: 20, seed: 2)
    #expect(zip(scores, expected).allSatisfy { $0 == -$1 })
    let mean = expected.reduce(0, +) / 100
    let variance = expected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 99
    #expect(abs((report.standardError ?? 0) - (variance / 100).squareRoot()) < 1e-9)
    let codes = try trained.encode(binary)
    #expect(report.activeUnits == ActiveUnits(of: codes).count)
    let judged = try #require(try LikelihoodReport(on: trained, test, limit: 100, judge: judge().trained))
    var kept = try NamesKept(by: judge().trained)
    try kept.add(trained.reconstruct(binary), like: binary)
    #expect(judged.namesKept == kept.share && report.namesKept == nil)
    var error = try FeatureError(by: judge().trained)
    try error.add(trained.reconstruct(binary), of: binary)
    // Sums of batches differ from those of all images by rounding.
    #expect(abs(try #require(judged.featureError) / error.value - 1) < 1e-5 && report.featureError == nil)
    let one = try #require(try LikelihoodReport(on: trained, test, limit: 100, seed: 2))
    #expect(one.negativeElbo == one.negativeLogLikelihood && one.negativeElbo == report.negativeElbo)
    let gan = try DCGAN()
    #expect(try LikelihoodReport(on: TrainedModel(model: gan, state: gan.makeTraining(seed: 1).state), test) == nil)
  }
}
