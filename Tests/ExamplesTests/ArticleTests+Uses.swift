import Latent
import Testing

/// The articles on what models are used for.
extension ArticleTests {
  @Test func imageToImage() throws {
    // Article: ImageToImage
    let digits = BuiltInDigits.make(count: 200)
    let others = BuiltInDigits.make(count: 200, seed: 1).edges()
    var configuration = CycleGAN.Configuration()
    (configuration.features, configuration.blockCount, configuration.discriminatorFeatures) = (2, 1, 4)
    let unpaired = TrainingData(streams: [CycleGAN.streamA: digits, CycleGAN.streamB: others])
    let model = try CycleGAN(configuration)
    let trained = try Trainer(model, length: .steps(4), batchSize: 4, schedule: .linear(steps: 4)).train(on: unpaired)
    let images = digits.batch(at: [0, 1]).samples
    let edges = try trained.translate(images, direction: "a-to-b")
    let again = try trained.translate(edges, direction: "b-to-a")

    var sizes = Pix2Pix.Configuration()
    (sizes.features, sizes.discriminatorFeatures) = (4, 4)
    let pairs = PairedSource(digits, given: digits.edges())
    let painter = try Trainer(try Pix2Pix(sizes), length: .steps(4), batchSize: 4).train(on: pairs)
    let painted = try painter.translate(digits.edges().batch(at: [0, 1]).samples)
    // End of the article
    #expect(edges.shape == images.shape && again.shape == images.shape && painted.shape == images.shape)
    #expect(trained.step == 4 && edges != images && again != edges)
    try expectArticle("ImageToImage")
  }

  @Test func textToImage() throws {
    // Article: TextToImage
    let digits = BuiltInDigits.make(count: 500)
    let scenes = try CaptionedDigits(digits, count: 2000)
    print(scenes.caption(at: 0), scenes.batch(at: [0]).samples.shape)

    var configuration = TextToImage.Configuration(vocabulary: scenes.vocabulary)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (4, 4)
    let model = try TextToImage(configuration)
    let trained = try Trainer(model, length: .steps(4), batchSize: 16).train(on: scenes)

    let captions = try trained.captions(["three thin fours", "seven"])
    let images = try trained.sample(2, given: captions, seed: 1)
    let way = try trained.captionPath(from: "two large thin twos", to: "four small thick nines", rows: 2, columns: 6)

    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(classCount: 4, convolutionFeatures: 4, featureCount: 16, shift: 0))
    let ofCounts = try Trainer(classifier, length: .steps(20), batchSize: 50).train(on: scenes.labelled(by: .count))
    let judge = try SceneJudge([.count: ofCounts])
    let agreement = try judge.agreement(of: trained, on: DigitScene.all.filter(\.isUnseen), samplesPerScene: 2)
    print(agreement.share(of: .count), agreement.count)

    let pictures = try CaptionedImages(digits.prefix(3), captions: ["a round one", "a thin one", "a crooked one"])
    print(pictures.vocabulary.words)
    // End of the article
    #expect(images.shape == [2, 28, 28, 1] && way.shape == [12, 28, 28, 1] && agreement.count == 32)
    #expect(pictures.vocabulary.words == ["a", "crooked", "one", "round", "thin"])
    try expectArticle("TextToImage")
  }

  @Test func anomalies() throws {
    // Article: Anomalies
    let digits = BuiltInDigits.make(count: 3000)
    let threes = AnomalyProtocol.oneNormal.normal(of: digits, whenTurnOf: 3) ?? digits
    let vae = try VAE(VAE.Configuration(latentSize: 8, hiddenSize: 100))
    let autoencoder = try Trainer(vae, length: .steps(300), batchSize: 50).train(on: threes)
    let test = BuiltInDigits.make(count: 500, seed: 1)
    let errors = try autoencoder.anomalyScores(of: test, by: .reconstruction)
    let isStrange = (test.labels ?? []).map { AnomalyProtocol.oneNormal.isAnomaly($0, whenTurnOf: 3) }
    let quality = RankingQuality(scores: errors, isPositive: isStrange)
    print(quality.auroc, quality.averagePrecision)

    var configuration = GANConfiguration.wganGP
    (configuration.generatorFeatures, configuration.discriminatorFeatures, configuration.latentSize) = (16, 16, 8)
    let gan = try Trainer(WGANGP(configuration), length: .steps(10), batchSize: 32).train(on: threes)
    let model = try FAnoGAN(over: gan)
    var trainer = Trainer(model, length: .steps(20), batchSize: 32)
    trainer.initialState = try model.initialState(over: gan)
    let trained = try trainer.train(on: threes)
    let scores = try trained.anomalyScores(of: test, by: .model)
    // End of the article
    #expect(quality.auroc > 0.9)
    #expect(scores.count == 500 && scores.allSatisfy { $0 > 0 })
    try expectArticle("Anomalies")
  }

  @Test func volumesAndMeshes() throws {
    // Article: VolumesAndMeshes
    let shapes = VoxelShapes(count: 2000, side: 16)
    let vae = try VoxelVAE(VoxelVAE.Configuration(side: 16, latentSize: 16))
    let trained = try Trainer(vae, length: .steps(40), batchSize: 32).train(on: shapes)
    let samples = try trained.sample(8)  // [8, 16, 16, 16, 1]
    let meshes = (0..<8).map { SurfaceMesh(of: samples[$0], threshold: 0.4) }
    let text = meshes.map { "\($0.triangles.count) triangles, volume \($0.volume), area \($0.area)" }
    let pictures = try VolumeView(size: 96).pictures(of: samples)

    let learned = shapes.batch(at: Array(0..<64)).samples
    let best = VolumeFigures.bestThreshold(of: try trained.reconstruct(learned), and: learned)
    let unseen = VoxelShapes(count: 64, side: 16, seed: 1).batch(at: Array(0..<64)).samples
    let overlaps = VolumeFigures.intersectionsOverUnions(
      of: try trained.reconstruct(unseen), and: unseen, threshold: best.threshold)

    let judge = Sequential(
      Conv3D(from: 1, to: 16, kernelSize: 4, stride: 2, padding: 1), .relu,
      Conv3D(from: 16, to: 32, kernelSize: 4, stride: 2, padding: 1), .relu, .flatten,
      Dense(from: 4 * 4 * 4 * 32, to: VoxelFamily.allCases.count))
    let network = Network(judge)
    var random = RandomGenerator(seed: 1)
    var state = network.initialState(using: &random)
    var optimizer = Adam(learningRate: 2e-3)
    var batches = BatchStream(shapes, batchSize: 32, generator: random.split())
    for _ in 0..<120 {
      let batch = batches.next()
      network.update(&state, with: &optimizer, using: &random) { context in
        judge(batch.samples, in: context).softmaxCrossEntropy(labels: batch.labels ?? []).mean()
      }
    }
    let probabilities = judge(samples, in: Context(network, state, mode: .inference)).softmax()
    let certainties = probabilities.max(axes: [1])
    let families = probabilities.argmax(axis: 1).map { VoxelFamily.allCases[$0] }
    // End of the article
    #expect(meshes.allSatisfy(\.isClosed) && text.count == 8 && pictures.sampleShape == [96, 96, 1])
    #expect(best.mean > 0.3 && overlaps.reduce(0, +) / 64 > 0.3)
    let test = judge(unseen, in: Context(network, state, mode: .inference))
    #expect(test.accuracy(labels: (0..<64).map { $0 % 8 }) > 0.8)
    #expect(certainties.scalars.allSatisfy { $0 > 0.12 } && families.count == 8)
    try expectArticle("VolumesAndMeshes")
  }
}
