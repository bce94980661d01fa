import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Warnings that name what may help: a training that has one is without trouble when that is done, and nothing else.
@Suite struct CuredTrainingsTests {
  typealias Case = FailingTrainingsTests.Case

  struct Cure: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How the warning ends.
    let text: String
    /// Has the trouble.
    let trouble: Case
    /// Each has one of the remedies.
    let cures: [Case]

    init(_ name: String, _ text: String, _ trouble: Case, _ cures: Case...) {
      (testDescription, self.text, self.trouble, self.cures) = (name, text, trouble, cures)
    }
  }

  @Test(arguments: try autoencoders() + games() + others()) func helps(_ cure: Cure) throws {
    let failed = try cure.trouble.train()
    let trouble = try #require(
      failed.first { $0.warning.text.hasSuffix(cure.text) }, "\(failed.map(\.warning.text))")
    for remedy in cure.cures {
      let seen = try remedy.train().filter { $0.warning.kind == trouble.warning.kind }
      #expect(seen.isEmpty, "\(remedy.testDescription): \(seen.map { "step \($0.step): \($0.warning.text)" })")
    }
  }

  /// Here the training itself ends.
  @Test func numbersThatAreNotFinite() throws {
    func train(rate: Float) throws {
      let vae = try VAE(VAE.Configuration(height: 8, width: 8, latentSize: 2, hiddenSize: 8))
      _ = try Trainer(vae, length: .steps(10), batchSize: 16, learningRate: rate).train(on: Self.small)
    }
    let error = try #require(throws: TrainingError.self) { try train(rate: 1e30) }
    #expect(error.description.hasSuffix("is not a finite number; a lower learning rate may help"), "\(error)")
    try train(rate: 1e-3)
  }

  /// Digits of 8×8 pixels.
  private static let small = ImagePreparation(size: 8)(FailingTrainingsTests.digits)

  private static func training<Model: GenerativeModel>(
    _ name: String, _ model: Model, steps: Int = 60, rate: Float? = nil, batchSize: Int = 16,
    on samples: any SampleSource = small
  ) -> Case {
    Case(name, model, steps: steps, rate: rate, batchSize: batchSize, on: samples)
  }

  // MARK: - Autoencoders

  private static func vae(hiddenSize: Int = 32, beta: Float = 1) throws -> VAE {
    try VAE(VAE.Configuration(latentSize: 10, hiddenSize: hiddenSize, beta: beta))
  }

  private static func voxelVAE(beta: Float) throws -> VoxelVAE {
    var configuration = VoxelVAE.Configuration(side: 8, latentSize: 4)
    (configuration.features, configuration.priorComponents, configuration.beta) = (4, 1, beta)
    return try VoxelVAE(configuration)
  }

  private static func seriesVAE(deviation: Float = 0.2, beta: Float = 1) throws -> SeriesVAE {
    var configuration = SeriesVAE.Configuration(length: 32)
    (configuration.features, configuration.latentSize) = (4, 4)
    (configuration.deviation, configuration.beta) = (deviation, beta)
    return try SeriesVAE(configuration)
  }

  static func autoencoders() throws -> [Cure] {
    let (few, unseen) = (FailingTrainingsTests.digits.prefix(24), BuiltInDigits.make(count: 100, seed: 1))
    func learned(
      _ name: String, hiddenSize: Int = 400, steps: Int = 300, on images: ImageSet = few
    ) throws -> Case {
      let vae = try VAE(VAE.Configuration(latentSize: 20, hiddenSize: hiddenSize))
      return Case(name, vae, steps: steps, rate: 3e-3, batchSize: 8, on: images, heldOut: unseen)
    }
    let shapes = VoxelShapes(count: 64, side: 8, seed: 0)
    let signals = BuiltInSignals(count: 64, length: 32, channels: 1, seed: 0)
    return [
      Cure(
        "a loss that rises", "a lower learning rate may help",
        Case("1", try vae(hiddenSize: 100), steps: 40, rate: 1),
        Case("0.001", try vae(hiddenSize: 100), steps: 40, rate: 1e-3)),
      Cure(
        "overfitting", "fewer epochs, more samples or a smaller network may help", try learned("24 images"),
        try learned("fewer epochs", steps: 60), try learned("more samples", on: FailingTrainingsTests.digits),
        try learned("a smaller network", hiddenSize: 8)),
      Cure(
        "beta", "a lower learning rate or a smaller beta may help", Case("100", try vae(beta: 100), steps: 60),
        Case("1", try vae(), steps: 60)),
      Cure(
        "beta, voxels", "a lower learning rate or a smaller beta may help",
        training("1000", try voxelVAE(beta: 1000), on: shapes), training("1", try voxelVAE(beta: 1), on: shapes)),
      Cure(
        "deviation", "a smaller deviation or beta may help",
        training("20", try seriesVAE(deviation: 20), on: signals), training("0.2", try seriesVAE(), on: signals)),
      Cure(
        "beta, series", "a smaller deviation or beta may help",
        training("1000", try seriesVAE(beta: 1000), on: signals), training("1", try seriesVAE(), on: signals)),
    ]
  }

  // MARK: - Games

  private static func gan(
    _ name: String, _ configuration: GANConfiguration, rates: (Float, Float), steps: Int = 60, batchSize: Int = 32,
    _ change: (inout GANConfiguration) -> Void = { _ in }
  ) throws -> Case {
    let configuration = FailingTrainingsTests.gan(configuration, rates: rates, change)
    return Case(name, try GAN(configuration), steps: steps, batchSize: batchSize)
  }

  static func games() throws -> [Cure] {
    let strong: (Float, Float) = (1e-5, 2e-3)
    func critic(_ name: String, _ rate: Float, _ regularizer: DiscriminatorRegularizer) throws -> Case {
      try gan(name, .wganGP, rates: (rate, rate), steps: 150, batchSize: 16) {
        ($0.regularizer, $0.discriminatorSteps) = (regularizer, 1)
      }
    }
    func minimax(_ name: String, _ change: (inout GANConfiguration) -> Void = { _ in }) throws -> Case {
      try gan(name, .dcgan, rates: (1e-5, 1e-2)) {
        ($0.loss, $0.normalization) = (.minimax, .none)
        change(&$0)
      }
    }
    func squares(_ rate: Float) throws -> Case {
      let configuration = FailingTrainingsTests.gan(.leastSquares, rates: (1e-3, rate)) {
        ($0.height, $0.width, $0.normalization) = (8, 8, .none)
      }
      return training("\(rate)", try GAN(configuration))
    }
    return [
      Cure(
        "a discriminator that has won",
        "a lower learning rate of the discriminator or a regularizer may help",
        try gan("2e-3", .dcgan, rates: strong), try gan("a lower rate", .dcgan, rates: (1e-5, 1e-5)),
        try gan("R1", .dcgan, rates: strong) { ($0.regularizer, $0.normalization) = (.r1(), .none) }),
      Cure(
        "minimax",
        "the non-saturating loss has a gradient there, and a Wasserstein loss with gradient penalty has one everywhere",
        try minimax("minimax"), try minimax("non-saturating") { $0.loss = .nonSaturating },
        try minimax("Wasserstein") { ($0.loss, $0.regularizer) = (.wasserstein, .gradientPenalty()) }),
      Cure(
        "a critic with a penalty", "where the penalty should hold it; a lower learning rate may help",
        try critic("0.02", 0.02, .gradientPenalty(weight: 1e-4)),
        try critic("0.001", 1e-3, .gradientPenalty(weight: 1e-4))),
      Cure(
        "a critic with another regularizer", "distance between samples; a lower learning rate may help",
        try critic("0.05", 0.05, .r1(weight: 1e-4)), try critic("0.001", 1e-3, .r1(weight: 1e-4))),
      Cure(
        "a discriminator far from guessing", "that of guessing; a lower learning rate may help", try squares(1),
        try squares(1e-3)),
    ]
  }

  // MARK: - Others

  private static func pixelCNN() throws -> PixelCNN {
    try PixelCNN(PixelCNN.Configuration(height: 8, width: 8, features: 4, layerCount: 2, headFeatures: 8))
  }

  private static func vqvae(codeSteps: Int) throws -> VQVAE {
    try VQVAE(
      VQVAE.Configuration(
        height: 8, width: 8, codeCount: 8, codeSize: 4, features: 4, priorFeatures: 4, priorLayerCount: 2,
        codeSteps: codeSteps))
  }

  private static func semiSupervised(rate: Float) throws -> Case {
    var configuration = SemiSupervisedGAN.Configuration(classCount: 10)
    (configuration.height, configuration.width) = (8, 8)
    return Case(
      "\(rate)", try SemiSupervisedGAN(configuration), steps: 60, rate: rate, batchSize: 16,
      streams: TrainingData(streams: [TrainingData.mainStream: small, SemiSupervisedGAN.labelledStream: small]))
  }

  private static func infoGAN(_ name: String, weight: Float = 1) throws -> Case {
    var configuration = InfoGAN.Configuration()
    (configuration.height, configuration.width) = (8, 8)
    (configuration.features, configuration.headFeatures, configuration.categoricalWeight) = (8, 16, weight)
    return training(name, try InfoGAN(configuration), steps: 310, rate: 1e-3)
  }

  static func others() throws -> [Cure] {
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(height: 8, width: 8, classCount: 10, convolutionFeatures: 4, featureCount: 16))
    return [
      Cure(
        "a classifier", "of the first step; a lower learning rate may help",
        training("30", classifier, rate: 30), training("0.001", classifier, rate: 1e-3)),
      Cure(
        "pixels", "pixels that may be anything; a lower learning rate may help",
        training("3", try pixelCNN(), rate: 3), training("0.001", try pixelCNN(), rate: 1e-3)),
      Cure(
        "no step for a prior", "the training has had 20; more steps than that help",
        training("20", try vqvae(codeSteps: 20), steps: 20), training("50", try vqvae(codeSteps: 20), steps: 50)),
      Cure(
        "samples that are alike", "a lower learning rate, or another loss or regularizer, may help",
        try semiSupervised(rate: 0.1), try semiSupervised(rate: 1e-3)),
      Cure(
        "codes that are ignored", "a larger weight of these or a lower learning rate may help",
        try infoGAN("0.0001", weight: 1e-4), try infoGAN("a larger weight")),
    ]
  }
}
