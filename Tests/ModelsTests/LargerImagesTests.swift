import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Networks of images that are halved more than twice.
@Suite struct LargerImagesTests {
  @Test(arguments: [
    (28, 28, 2), (32, 32, 2), (36, 36, 2), (40, 40, 3), (48, 48, 3), (64, 64, 3), (28, 64, 2), (64, 40, 3),
    (64, 36, 2), (96, 96, 4), (128, 128, 4), (100, 100, 2), (256, 256, 5), (4, 4, 2),
  ])
  func halvings(height: Int, width: Int, expected: Int) {
    let pyramid = ConvolutionPyramid(height: height, width: width, features: 3, module: "a test")
    #expect(pyramid.halvings == expected)
    #expect(pyramid.mapShape == [height >> expected, width >> expected, 6])
    #expect(pyramid.mapShape[0] << expected == height && pyramid.mapShape[1] << expected == width)
  }

  /// Each of the choices that goes through the further layers: normalizations of classes and of a reference batch among
  /// them. Two steps change every parameter, and samples have the configured size.
  @Test(arguments: ["plain", "classes", "reference", "spectral", "layers", "penalty"])
  func stepsOfGANs(_ choice: String) throws {
    var configuration = GANConfiguration(height: 64, width: 48, channels: 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (3, 2)
    configuration.latentSize = 4
    switch choice {
    case "classes": configuration.conditioning = .projection(classCount: 2)
    case "reference": configuration.techniques.virtualBatchSize = 4
    case "spectral": (configuration.normalization, configuration.loss) = (.spectral, .hinge)
    case "layers": configuration.normalization = .layer
    case "penalty":
      (configuration.normalization, configuration.loss) = (.instance, .wasserstein)
      configuration.regularizer = .gradientPenalty(weight: 10)
    default: break
    }
    let gan = try DCGAN(configuration)
    let names = gan.network.parameters.map(\.name)
    #expect(names.contains("generator.further.0.enlarge.weight"))
    #expect(names.contains("discriminator.further.0.shrink.weight"))
    var training = gan.makeTraining(seed: 1)
    let before = training.state
    var feed = BatchFeed.noise(for: gan, batchSize: 4, count: 8)
    for _ in 0..<2 {
      #expect(try gan.trainingStep(&feed, &training).firstNonFinite == nil)
      training.step += 1
    }
    // Of a Wasserstein critic the last bias has no gradient.
    for name in names where name != "discriminator.score.bias" {
      #expect(training.state[name] != before[name], "\(name) never changed")
    }
    let condition: Condition = choice == "classes" ? .labels([0, 1]) : .none
    let samples = gan.decode(.zeros([2, 4]), given: condition, with: training.state)
    #expect(samples.shape == [2, 64, 48, 3])
  }

  @Test(arguments: [VAE.Architecture.convolutional, .residual])
  func autoencoders(_ architecture: VAE.Architecture) throws {
    var configuration = VAE.Configuration()
    (configuration.height, configuration.width, configuration.channels) = (96, 64, 3)
    (configuration.architecture, configuration.convolutionFeatures, configuration.latentSize) = (architecture, 2, 3)
    let vae = try VAE(configuration)
    let state = vae.makeTraining(seed: 1).state
    let images = Tensor(repeating: 0.5, shape: [2, 96, 64, 3])
    #expect(vae.decode(vae.encode(images, given: .none, with: state), given: .none, with: state).shape == images.shape)
    #expect(vae.network.parameters.contains { state[$0.name]?.shape.sizes.contains(12 * 8 * 4) == true })
  }
}
