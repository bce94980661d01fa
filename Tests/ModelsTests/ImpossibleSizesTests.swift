import Datasets
import Layers
import Models
import Testing
import Training

/// Configurations of sizes that no machine can train, as a file may have them. A model is built before its shapes are
/// compared with a file's tensors, so that alone must neither stop the program nor take memory or time.
@Suite struct ImpossibleSizesTests {
  struct Case: Sendable {
    let name: String
    let build: @Sendable () throws -> Network

    init(_ name: String, _ build: @escaping @Sendable () throws -> Network) { (self.name, self.build) = (name, build) }
  }

  /// Each size is possible by itself, but not all of them together.
  private static func refused() throws -> [(text: String, model: Case)] {
    [
      ("made: 1 × 16777216 places in the orders of its pixels, expected at most 4194304", made(4096, [9])),
      (
        "made: 4096 × 4096 places in the orders of its pixels, expected at most 4194304",
        made(64, [9]) { ($0.ordering, $0.orderCount) = (.random, 4096) }
      ),
      (
        // 2²⁰·2¹² + 2¹²·2²⁸ + 2²⁰·2²⁸
        "made: 282578783305728 weights in all, expected at most 2147483648",
        made(1024, [4096]) { ($0.values, $0.binarization) = (.grey(levels: 256), .none) }
      ),
      ("made: hiddenSizes is 1048576, expected 1 to 65536", made(8, [1 << 20])),
      (
        "vae: 2 flow steps of 1048576 latents and 1048576 units have 8796093022208 weights, expected at most 1073741824",
        vae { ($0.posterior, $0.latentSize, $0.flowHiddenSize) = (.iaf, 1 << 20, 1 << 20) }
      ),
      (
        "vae: an image of 4096×4096 and 4096 channels is too large",
        vae {
          ($0.height, $0.width, $0.channels, $0.hiddenSize) = (4096, 4096, 4096, 1 << 20)
          $0.likelihood = .categorical(levels: 256)
        }
      ),
      ("vae: hiddenLayerCount is 1048576, expected 1 to 1024", vae { $0.hiddenLayerCount = 1 << 20 }),
      (
        "vae: 30000 latents for each image of 784 decoded numbers are 23520000, expected at most 16777216, or another "
          + "importance gradient",
        vae { $0.importanceSamples = 30_000 }
      ),
      ("quadrant-vae: an image of 4096×4096×4 numbers is too large", quadrants(channels: 4)),
      ("vqvae: an image of 65536×65536 is too large", vqvae(side: 65536)),
      (
        "semi-supervised-gan: images of 65536×65536 and 65536 channels are too large for dense layers",
        semiSupervised(side: 65536, channels: 65536)
      ),
      (
        "infogan: noiseSize is 9223372036854775807, expected 0 to 4096",
        infoGAN { $0.codes = LatentCodes(noiseSize: .max) }
      ),
      (
        "infogan: categories is [9223372036854775807, 9223372036854775807], expected 2 to 4096 values of each code",
        infoGAN { $0.codes = LatentCodes(noiseSize: 9, categories: [.max, .max]) }
      ),
    ]
  }

  @Test func refusedInOneSentence() throws {
    for (text, model) in try Self.refused() {
      let error = #expect(throws: ConfigurationError.self, "\(model.name)") { try model.build() }
      #expect(error?.description == text)
    }
  }

  /// Built without their numbers. In a process of its own, which a shape with too many scalars would end.
  @Test(.timeLimit(.minutes(1))) func builtWithoutNumbers() async {
    await #expect(processExitsWith: .success) {
      for model in ImpossibleSizesTests.large() {
        let network = try model.build()
        precondition(network.parameters.contains { $0.parameter.shape.scalarCount >= 1 << 28 }, model.name)
      }
    }
  }

  private static func large() -> [Case] { likelihoodModels() + gans() + others() + translators() }

  private static func likelihoodModels() -> [Case] {
    [
      made(64, [4000]) { ($0.values, $0.binarization) = (.grey(levels: 16), .none) },
      made(130, [130 * 130]) { $0.isDirect = false },
      Case("pixelrnn") {
        try PixelRNN(
          PixelRNN.Configuration(
            height: 4096, width: 4096, values: .codes(count: 4096), binarization: .none, features: 4096,
            mapChannels: 4096, layerCount: 2, firstKernelSize: 63, headFeatures: 4096, classCount: 65536)
        ).network
      },
      Case("pixelcnn") {
        try PixelCNN(
          PixelCNN.Configuration(
            height: 4096, width: 4096, values: .codes(count: 4096), binarization: .none, features: 4096, layerCount: 2,
            firstKernelSize: 63, kernelSize: 63, headFeatures: 4096, classCount: 65536)
        ).network
      },
      vae { ($0.posterior, $0.latentSize, $0.flowHiddenSize) = (.iaf, 64, 16384) },
      vae {
        ($0.height, $0.width, $0.channels, $0.latentSize, $0.hiddenSize) = (4096, 4096, 4, 1 << 20, 1 << 20)
        ($0.likelihood, $0.stochasticLayers, $0.isLadder) = (.categorical(levels: 256), 8, true)
      },
      vae {
        ($0.height, $0.width, $0.channels, $0.latentSize) = (4092, 4092, 4, 1 << 20)
        ($0.architecture, $0.convolutionFeatures, $0.posterior) = (.residual, 1 << 20, .planar)
        ($0.likelihood, $0.classCount) = (.categorical(levels: 256), 65536)
      },
      quadrants(channels: 1),
      vqvae(side: 4096),
      Case("voxel-vae") {
        var configuration = VoxelVAE.Configuration(side: 256, latentSize: 4096)
        (configuration.features, configuration.priorComponents) = (4096, 4096)
        return try VoxelVAE(configuration).network
      },
      Case("series-vae") {
        var configuration = SeriesVAE.Configuration(length: 1 << 20)
        (configuration.depth, configuration.features, configuration.latentSize) = (1, 4096, 4096)
        return try SeriesVAE(configuration).network
      },
    ]
  }

  private static func gans() -> [Case] {
    [
      Case("dcgan") { try DCGAN(gan()).network },
      Case("classes") {
        var configuration = gan()
        (configuration.conditioning, configuration.normalization) = (.projection(classCount: 65536), .spectral)
        return try DCGAN(configuration).network
      },
      Case("f-anogan") {
        var configuration = FAnoGAN.Configuration(gan())
        configuration.encoderFeatures = 65536
        return try FAnoGAN(configuration).network
      },
      Case("bigan") {
        var configuration = BiGAN.Configuration()
        (configuration.height, configuration.width, configuration.channels) = (4096, 4096, 4096)
        (configuration.latentSize, configuration.pairHiddenSize) = (65536, 65536)
        (configuration.generatorFeatures, configuration.discriminatorFeatures) = (65536, 65536)
        return try BiGAN(configuration).network
      },
      infoGAN {
        ($0.height, $0.width, $0.channels, $0.features, $0.headFeatures) = (4096, 4096, 4096, 4096, 65536)
        $0.codes = LatentCodes(noiseSize: 4096, categories: .init(repeating: 4096, count: 14), continuousCount: 4096)
      },
      semiSupervised(side: 8192, channels: 1),
      Case("stylegan") {
        try StyleGAN(
          StyleGAN.Configuration(
            height: 256, width: 256, channels: 4096, latentSize: 65536, mappingLayerCount: 64, features: 4096,
            mostFeatures: 4096)
        ).network
      },
      Case("voxel-gan") {
        var configuration = VoxelGAN.Configuration(side: 256, latentSize: 4096)
        configuration.features = 4096
        return try VoxelGAN(configuration).network
      },
      Case("text-to-image") {
        var configuration = TextToImage.Configuration(
          vocabulary: CaptionVocabulary(words: ["seven"], length: 256), height: 4092, width: 4092, channels: 4096)
        (configuration.wordSize, configuration.captionSize, configuration.latentSize) = (65536, 32768, 32768)
        (configuration.generatorFeatures, configuration.discriminatorFeatures) = (65536, 65536)
        return try TextToImage(configuration).network
      },
    ]
  }

  private static func others() -> [Case] {
    [
      Case("image-classifier") {
        try ImageClassifier(
          ImageClassifier.Configuration(
            height: 65536, width: 65536, channels: 65536, classCount: 65536, convolutionFeatures: 65536,
            featureCount: 65536)
        ).network
      },
      Case("domain-adversarial") {
        var configuration = DomainAdversarialClassifier.Configuration(classCount: 65536)
        (configuration.height, configuration.width, configuration.channels) = (65536, 65536, 4096)
        (configuration.convolutionFeatures, configuration.featureCount) = (65536, 65536)
        return try DomainAdversarialClassifier(configuration).network
      },
      Case("super-resolution") {
        var configuration = SuperResolution.Configuration(height: 65536, width: 65536, channels: 4096, factor: 8)
        configuration.features = 4096
        return try SuperResolution(configuration).network
      },
      Case("inpainting") {
        var configuration = Inpainting.Configuration(height: 65536, width: 65536, channels: 4096, holeSize: 65535)
        configuration.features = 4096
        return try Inpainting(configuration).network
      },
      Case("style-transfer") {
        var configuration = StyleTransfer.Configuration(height: 4096, width: 4096, channels: 4096)
        (configuration.stylistFeatures, configuration.features) = (4096, .random(filters: 4096, levels: 8))
        return try StyleTransfer(configuration).network
      },
    ]
  }

  private static func translators() -> [Case] {
    [
      Case("cyclegan") {
        var configuration = CycleGAN.Configuration()
        (configuration.height, configuration.width) = (4096, 4096)
        (configuration.features, configuration.discriminatorFeatures) = (4096, 4096)
        return try CycleGAN(configuration).network
      },
      Case("pix2pix") {
        var configuration = Pix2Pix.Configuration()
        (configuration.height, configuration.width, configuration.depth) = (4096, 4096, 10)
        (configuration.features, configuration.discriminatorFeatures) = (4096, 4096)
        configuration.discriminatorDepth = 10
        return try Pix2Pix(configuration).network
      },
    ]
  }

  // MARK: Models of several cases

  private static func made(
    _ side: Int, _ hiddenSizes: [Int], _ change: @escaping @Sendable (inout MADE.Configuration) -> Void = { _ in }
  ) -> Case {
    Case("made \(side) \(hiddenSizes)") {
      var configuration = MADE.Configuration(height: side, width: side, hiddenSizes: hiddenSizes)
      change(&configuration)
      return try MADE(configuration).network
    }
  }

  private static func vae(_ change: @escaping @Sendable (inout VAE.Configuration) -> Void) -> Case {
    Case("vae") {
      var configuration = VAE.Configuration()
      change(&configuration)
      return try VAE(configuration).network
    }
  }

  private static func quadrants(channels: Int) -> Case {
    Case("quadrant-vae") {
      var configuration = QuadrantVAE.Configuration(givenQuadrants: 2)
      (configuration.height, configuration.width, configuration.channels) = (4096, 4096, channels)
      (configuration.latentSize, configuration.hiddenSize) = (1 << 20, 1 << 20)
      return try QuadrantVAE(configuration).network
    }
  }

  private static func vqvae(side: Int) -> Case {
    Case("vqvae") {
      try VQVAE(
        VQVAE.Configuration(
          height: side, width: side, channels: 4096, codeCount: 65536, codeSize: 65536, features: 65536,
          priorFeatures: 4096, priorLayerCount: 2)
      ).network
    }
  }

  private static func semiSupervised(side: Int, channels: Int) -> Case {
    Case("semi-supervised-gan") {
      try SemiSupervisedGAN(
        SemiSupervisedGAN.Configuration(
          height: side, width: side, channels: channels, classCount: 65536, latentSize: 65536,
          generatorWidths: [65536, 65536], discriminatorWidths: [65536, 65536])
      ).network
    }
  }

  private static func infoGAN(_ change: @escaping @Sendable (inout InfoGAN.Configuration) -> Void) -> Case {
    Case("infogan") {
      var configuration = InfoGAN.Configuration()
      change(&configuration)
      return try InfoGAN(configuration).network
    }
  }

  private static func gan() -> GANConfiguration {
    var configuration = GANConfiguration(height: 4092, width: 4092, channels: 4096)
    (configuration.latentSize, configuration.generatorFeatures) = (65536, 65536)
    configuration.discriminatorFeatures = 65536
    return configuration
  }
}
