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
    /// What the warning says.
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
    #expect(failed.contains { $0.warning.text.hasSuffix(cure.text) }, "\(failed.map(\.warning.text))")
    for remedy in cure.cures {
      let seen = try remedy.train()
      #expect(seen.isEmpty, "\(remedy.testDescription): \(seen.map { "step \($0.step): \($0.warning.text)" })")
    }
  }

  /// Digits of 8×8 pixels.
  private static let small = ImagePreparation(size: 8)(FailingTrainingsTests.digits)

  private static func training<Model: GenerativeModel>(
    _ name: String, _ model: Model, steps: Int = 60, rate: Float? = nil, batchSize: Int = 16,
    on samples: any SampleSource = small, heldOut: (any SampleSource)? = nil
  ) -> Case {
    Case(name, model, steps: steps, rate: rate, batchSize: batchSize, on: samples, heldOut: heldOut)
  }

  // MARK: - Autoencoders

  private static func vae(hiddenSize: Int = 64, beta: Float = 1) throws -> VAE {
    try VAE(VAE.Configuration(height: 8, width: 8, latentSize: 10, hiddenSize: hiddenSize, beta: beta))
  }

  private static func voxelVAE(beta: Float = 1) throws -> VoxelVAE {
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

  private static func vaeGAN() throws -> VAEGAN {
    var configuration = VAEGAN.Configuration()
    (configuration.height, configuration.width, configuration.latentSize) = (8, 8, 8)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (8, 8)
    return try VAEGAN(configuration)
  }

  static func autoencoders() throws -> [Cure] {
    let (few, unseen) = (small.prefix(24), ImagePreparation(size: 8)(BuiltInDigits.make(count: 100, seed: 1)))
    func learned(_ name: String, _ vae: VAE, steps: Int = 300, on images: ImageSet = few) -> Case {
      training(name, vae, steps: steps, rate: 3e-3, batchSize: 8, on: images, heldOut: unseen)
    }
    let collapse = "a lower learning rate or a smaller beta may help"
    let shapes = VoxelShapes(count: 64, side: 8, seed: 0)
    let signals = BuiltInSignals(count: 64, length: 32, channels: 1, seed: 0)
    return [
      Cure(
        "reconstruction", "of a uniform grey; a lower learning rate may help", training("1", try vae(), rate: 1),
        training("0.001", try vae(), rate: 1e-3)),
      Cure(
        "overfitting", "fewer epochs, more samples or a smaller network may help",
        learned("24 images", try vae(hiddenSize: 400)),
        learned("fewer epochs", try vae(hiddenSize: 400), steps: 60),
        learned("more samples", try vae(hiddenSize: 400), on: small),
        learned("a smaller network", try vae(hiddenSize: 4))),
      Cure("beta", collapse, training("100", try vae(beta: 100)), training("1", try vae())),
      Cure("rate of a VAE", collapse, training("0.1", try vae(), rate: 0.1), training("0.001", try vae(), rate: 1e-3)),
      Cure(
        "beta, voxels", collapse, training("1000", try voxelVAE(beta: 1000), on: shapes),
        training("1", try voxelVAE(), on: shapes)),
      Cure(
        "rate, voxels", collapse, training("1", try voxelVAE(), rate: 1, on: shapes),
        training("0.001", try voxelVAE(), on: shapes)),
      Cure(
        "deviation", "a smaller deviation or beta may help",
        training("20", try seriesVAE(deviation: 20), on: signals),
        training("0.2", try seriesVAE(), on: signals)),
      Cure(
        "beta, series", "a smaller deviation or beta may help",
        training("1000", try seriesVAE(beta: 1000), on: signals), training("1", try seriesVAE(), on: signals)),
      Cure(
        "rate of a VAE-GAN", "a lower learning rate may help", training("0.3", try vaeGAN(), rate: 0.3),
        training("0.0002", try vaeGAN())),
    ]
  }

  // MARK: - Games

  /// A narrow GAN of 8×8 pixels.
  private static func gan(
    _ name: String, _ configuration: GANConfiguration, rates: (Float, Float), steps: Int = 60,
    _ change: (inout GANConfiguration) -> Void = { _ in }
  ) throws -> Case {
    let configuration = FailingTrainingsTests.gan(configuration, rates: rates) {
      ($0.height, $0.width) = (8, 8)
      change(&$0)
    }
    return training(name, try GAN(configuration), steps: steps)
  }

  static func games() throws -> [Cure] {
    let victory = "a lower learning rate of the discriminator, label smoothing or a regularizer may help"
    let strong: (Float, Float) = (1e-5, 2e-3)
    func critic(_ name: String, _ rate: Float, _ regularizer: DiscriminatorRegularizer) throws -> Case {
      try gan(name, .wganGP, rates: (rate, rate), steps: 100) { $0.regularizer = regularizer }
    }
    func minimax(_ name: String, _ change: (inout GANConfiguration) -> Void = { _ in }) throws -> Case {
      try gan(name, .dcgan, rates: (1e-5, 1e-2)) {
        ($0.loss, $0.normalization) = (.minimax, .none)
        change(&$0)
      }
    }
    return [
      Cure(
        "a discriminator that has won", victory, try gan("2e-3", .dcgan, rates: strong),
        try gan("1e-5", .dcgan, rates: (1e-5, 1e-5)),
        try gan("label smoothing", .dcgan, rates: strong) { $0.labelSmoothing = 0.1 },
        try gan("r1", .dcgan, rates: strong) { ($0.regularizer, $0.normalization) = (.r1(weight: 10), .none) }),
      Cure(
        "minimax", "the non-saturating loss has a gradient there, and a Wasserstein loss with gradient penalty has one "
          + "everywhere", try minimax("minimax"), try minimax("non-saturating") { $0.loss = .nonSaturating },
        try minimax("Wasserstein") { ($0.loss, $0.regularizer) = (.wasserstein, .gradientPenalty()) }),
      Cure(
        "a discriminator far from guessing", "that of guessing; a lower learning rate may help",
        try gan("1", .dcgan, rates: (1, 1)) { $0.normalization = .none }, try gan("1e-3", .dcgan, rates: (1e-3, 1e-3))),
      Cure(
        "a critic without bounds", "a gradient penalty may help", try critic("none", 5e-3, .none),
        try critic("gradient penalty", 5e-3, .gradientPenalty())),
      Cure(
        "a critic with a penalty", "where the penalty should hold it; a lower learning rate may help",
        try critic("0.3", 0.3, .gradientPenalty()), try critic("1e-3", 1e-3, .gradientPenalty())),
      Cure(
        "a critic with another regularizer", "distance between samples; a lower learning rate may help",
        try critic("0.3", 0.3, .r1(weight: 0.1)), try critic("1e-3", 1e-3, .r1(weight: 0.1))),
    ]
  }

  // MARK: - Others

  private static func pixelCNN() throws -> PixelCNN {
    try PixelCNN(PixelCNN.Configuration(height: 8, width: 8, features: 4, layerCount: 2, headFeatures: 8))
  }

  private static func vqvae(codeSteps: Int = 1) throws -> VQVAE {
    try VQVAE(
      VQVAE.Configuration(
        height: 8, width: 8, codeCount: 8, codeSize: 4, features: 4, priorFeatures: 4, priorLayerCount: 2,
        codeSteps: codeSteps))
  }

  private static func semiSupervised(rate: Float) throws -> Case {
    var configuration = SemiSupervisedGAN.Configuration(classCount: 10)
    (configuration.height, configuration.width) = (8, 8)
    return training("\(rate)", try SemiSupervisedGAN(configuration), rate: rate)
  }

  private static func alphaGAN(_ name: String, weight: Float = 10, rate: Float = 2e-4) throws -> Case {
    var configuration = AlphaGAN.Configuration()
    (configuration.height, configuration.width, configuration.latentSize) = (8, 8, 8)
    (configuration.generatorFeatures, configuration.discriminatorFeatures, configuration.codeHiddenSize) = (8, 8, 32)
    configuration.reconstructionWeight = weight
    return training(name, try AlphaGAN(configuration), rate: rate)
  }

  private static func infoGAN(_ name: String, weight: Float = 1, rate: Float = 1e-3) throws -> Case {
    var configuration = InfoGAN.Configuration()
    (configuration.height, configuration.width) = (8, 8)
    (configuration.features, configuration.headFeatures, configuration.categoricalWeight) = (8, 16, weight)
    return training(name, try InfoGAN(configuration), steps: 310, rate: rate)
  }

  static func others() throws -> [Cure] {
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(height: 8, width: 8, classCount: 10, convolutionFeatures: 4, featureCount: 16))
    return [
      Cure(
        "a loss that rises", "at the first step; a lower learning rate may help",
        training("30", classifier, rate: 30), training("1e-3", classifier, rate: 1e-3)),
      Cure(
        "pixels", "pixels that may be anything; a lower learning rate may help",
        training("1", try pixelCNN(), rate: 1), training("1e-3", try pixelCNN(), rate: 1e-3)),
      Cure(
        "codes", "codes that may be anything; a lower learning rate may help",
        training("1", try vqvae(), rate: 1), training("1e-3", try vqvae(), rate: 1e-3)),
      Cure(
        "no step for a prior", "the training has had 20; more steps than that help",
        training("20", try vqvae(codeSteps: 20), steps: 20), training("50", try vqvae(codeSteps: 20), steps: 50)),
      Cure(
        "a semi-supervised GAN", "that of guessing; a lower learning rate may help", try semiSupervised(rate: 1),
        try semiSupervised(rate: 1e-3)),
      Cure(
        "codes apart", "a smaller weight of the reconstruction or a lower learning rate may help",
        try alphaGAN("1000", weight: 1000), try alphaGAN("a smaller weight", weight: 1)),
      Cure(
        "codes apart, rate", "a smaller weight of the reconstruction or a lower learning rate may help",
        try alphaGAN("0.02", rate: 0.02), try alphaGAN("a lower rate", rate: 2e-4)),
      Cure(
        "codes ignored", "a larger weight of these or a lower learning rate may help",
        try infoGAN("1e-4", weight: 1e-4), try infoGAN("a larger weight", weight: 1)),
      Cure(
        "codes ignored, rate", "a larger weight of these or a lower learning rate may help",
        try infoGAN("0.1", rate: 0.1), try infoGAN("a lower rate", rate: 1e-3)),
    ]
  }
}
