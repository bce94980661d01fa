import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct GANTests {
  /// Images of 8×8 pixels, narrow networks.
  private func tiny(_ configuration: GANConfiguration = .dcgan, channels: Int = 1) -> GANConfiguration {
    var configuration = configuration
    (configuration.height, configuration.width, configuration.channels) = (8, 12, channels)
    (configuration.latentSize, configuration.generatorFeatures, configuration.discriminatorFeatures) = (5, 6, 4)
    return configuration
  }

  @Test func namesAndShapesOfTheReferenceNetworks() throws {
    let expected = [
      "generator.project.weight [100, 12544]", "generator.projectNorm.scale [256]",
      "generator.projectNorm.offset [256]", "generator.enlarge.weight [128, 4, 4, 256]",
      "generator.enlargeNorm.scale [128]", "generator.enlargeNorm.offset [128]",
      "generator.paint.weight [1, 4, 4, 128]",
      "generator.paint.bias [1]", "discriminator.shrink.weight [64, 4, 4, 1]", "discriminator.shrink.bias [64]",
      "discriminator.shrinkAgain.weight [128, 4, 4, 64]", "discriminator.norm.scale [128]",
      "discriminator.norm.offset [128]", "discriminator.score.weight [6272, 1]", "discriminator.score.bias [1]",
      "generator.projectNorm.runningMean [256] (buffer)", "generator.projectNorm.runningVariance [256] (buffer)",
      "generator.enlargeNorm.runningMean [128] (buffer)", "generator.enlargeNorm.runningVariance [128] (buffer)",
      "discriminator.norm.runningMean [128] (buffer)", "discriminator.norm.runningVariance [128] (buffer)",
    ]
    let lines = try DCGAN().network.description.split(separator: "\n").map(String.init)
    #expect(Set(lines) == Set(expected) && lines.count == expected.count)
    let critic = try WGANGP().network.parameters.filter { $0.name.hasPrefix("discriminator") }.map(\.name)
    #expect(critic.count == 6 && critic.contains("discriminator.shrinkAgain.bias"))
  }

  @Test func firstValues() throws {
    let state = try DCGAN().makeTraining(seed: 1).state
    func deviation(_ name: String) throws -> (mean: Float, deviation: Float) {
      let values = try #require(state[name])
      return (values.mean().scalar, values.variance().scalar.squareRoot())
    }
    for name in ["generator.project.weight", "generator.enlarge.weight", "discriminator.shrinkAgain.weight"] {
      let (mean, spread) = try deviation(name)
      #expect(abs(mean) < 2e-4 && abs(spread - 0.02) < 2e-4, "\(name)")
    }
    let (mean, spread) = try deviation("generator.projectNorm.scale")
    #expect(abs(mean - 1) < 5e-3 && abs(spread - 0.02) < 4e-3)
    #expect(state["generator.projectNorm.offset"] == .zeros([256]))
    // Uniform in ±1/√fanIn, where a transposed convolution counts its own outputs: 1 · 4 · 4, and 1 · 4 · 4 in a grey image.
    let bounds = ["generator.paint.bias": 0.25, "discriminator.shrink.bias": 0.25] as [String: Float]
    for (name, bound) in bounds {
      let values = try #require(state[name]).scalars
      #expect(values.allSatisfy { abs($0) <= bound } && values.contains { $0 != 0 })
    }
  }

  /// As metrics are printed: a name, a value, the next.
  @Test func configurationsAsText() {
    var configuration = GANConfiguration.wganGP
    configuration.averageDecay = nil
    configuration.conditioning = .projection(classCount: 10)
    let expectedOfGAN = """
      height 28  width 28  channels 1  latentSize 100  generatorFeatures 128  discriminatorFeatures 64  \
      loss wasserstein  regularizer GradientPenalty(weight: 10.0)  normalization none  discriminatorSteps 5  \
      labelSmoothing 0.0  averageDecay none  optimizer adam(beta1: 0.5, beta2: 0.9)  learningRate 0.0005  \
      discriminatorLearningRate none  conditioning projection(classCount: 10)  techniques none
      """
    #expect("\(configuration)" == expectedOfGAN)
    let expected = """
      height 28  width 28  channels 1  latentSize 20  architecture dense  hiddenSize 400  hiddenLayerCount 1  \
      activation relu  convolutionFeatures 32  likelihood gaussian(standardDeviation: 0.5)  beta 1.0  \
      initialization glorot  classCount none  binarization none  residualBlocks 1  posterior gaussian  flowSteps 2  \
      flowHiddenSize 256  stochasticLayers 1  isLadder false  betaWarmup 0  freeBits 0.0  importanceSamples 1  \
      boundCount 1  importanceGradient weighted
      """
    #expect("\(VAE.Configuration(likelihood: .gaussian(standardDeviation: 0.5)))" == expected)
  }

  @Test(arguments: [1, 3]) func shapes(channels: Int) throws {
    let gan = try DCGAN(tiny(channels: channels))
    let state = gan.makeTraining(seed: 1).state
    var random = SampleRandom(RandomGenerator(seed: 1))
    let images = gan.sample(4, given: .none, with: state, using: &random)
    #expect(images.shape == [4, 8, 12, channels])
    #expect(images.scalars.allSatisfy { (0...1).contains($0) })
    #expect(gan.scores(of: images, given: .none, with: state).shape == [4])
  }

  /// Of the reference networks, in inference.
  @Test(arguments: ["dcgan", "spectral", "wgan-gp", "vae"]) func aBatchOfOneIsItsRowInABatchOf64(_ kind: String) throws
  {
    var random = RandomGenerator(seed: 3)
    let images = Tensor.uniform([64, 28, 28, 1], using: &random)
    let all: (Tensor) -> [Tensor]
    if kind == "vae" {
      let vae = try VAE(VAE.Configuration(latentSize: 32, architecture: .convolutional))
      let state = vae.makeTraining(seed: 1).state
      all = { images in
        let mean = vae.encode(images, given: .none, with: state)
        return [mean, vae.decode(mean, given: .none, with: state)]
      }
    } else {
      let gan: any ConvolutionalGAN =
        kind == "wgan-gp" ? try WGANGP() : try DCGAN(kind == "dcgan" ? .dcgan : .spectralNorm)
      var training = gan.makeTraining(seed: 1)
      // One step, so that running statistics are not those of the start.
      var feed = BatchFeed.all(of: images)
      _ = try gan.trainingStep(&feed, &training)
      let state = training.state
      let latents = Tensor.normal([64, 100], using: &random)
      all = {
        [
          gan.scores(of: $0, given: .none, with: state),
          gan.decode(latents.sliced([0..<$0.shape[0]]), given: .none, with: state),
        ]
      }
    }
    for (batch, alone) in zip(all(images), all(images.sliced([0..<1]))) {
      #expect((batch.sliced([0..<1]) - alone).absolute().max().scalar <= 1e-6, "\(kind)")
    }
  }

  @Test(
    arguments: [
      ("dcgan", .dcgan), ("least squares", .leastSquares), ("spectral norm", .spectralNorm), ("wgan", .wgan),
      ("wgan-gp", .wganGP),
    ] as [(String, GANConfiguration)])
  func stepsOfEveryVariant(_ name: String, _ configuration: GANConfiguration) throws {
    let configuration = tiny(configuration)
    let gan = try DCGAN(configuration)
    var training = gan.makeTraining(seed: 1)
    let before = training.state
    var feed = BatchFeed.noise(for: gan, batchSize: 6)
    for _ in 0..<2 {
      let metrics = try gan.trainingStep(&feed, &training)
      training.step += 1
      #expect(metrics.firstNonFinite == nil)
      #expect(metrics["generator_loss"] != nil && metrics["discriminator_loss"] != nil)
      #expect((metrics["wasserstein_estimate"] != nil) == (configuration.loss == .wasserstein))
    }
    #expect(
      feed.positions["data"] == 2 * configuration.discriminatorSteps
        && gan.batchesPerStep == configuration.discriminatorSteps)
    #expect(training.optimizers["generator"]?.progress.step == 2)
    #expect(training.optimizers["discriminator"]?.progress.step == 2 * configuration.discriminatorSteps)
    // Real and fake scores pull at the last bias alike in some losses.
    for name in before.names where name != "discriminator.score.bias" {
      #expect(training.state[name] != before[name], "\(name) never changed")
    }
    if let bound = (configuration.regularizer.term as? WeightClipping)?.bound {
      for (name, tensor) in training.state.tensors where gan.network.parameterNames.contains(name) {
        if name.hasPrefix("discriminator") { #expect(tensor.absolute().max().scalar <= bound) }
      }
    }
  }

  @Test(arguments: DiscriminatorNormalization.allCases) func normalizations(
    _ normalization: DiscriminatorNormalization
  ) throws {
    var configuration = tiny(.wganGP)
    configuration.normalization = normalization
    if normalization == .batch {
      let error = try #require(throws: ConfigurationError.self) { try WGANGP(configuration) }
      #expect(error.description.contains("batch normalization mixes the samples"))
      return
    }
    let gan = try WGANGP(configuration)
    var training = gan.makeTraining(seed: 1)
    var feed = BatchFeed.noise(for: gan, batchSize: 6)
    #expect(try gan.trainingStep(&feed, &training).firstNonFinite == nil)
  }

  private static let bad: [(text: String, configuration: GANConfiguration)] = {
    var list: [(String, GANConfiguration)] = []
    func add(_ text: String, _ change: (inout GANConfiguration) -> Void) {
      var configuration = GANConfiguration.dcgan
      change(&configuration)
      list.append((text, configuration))
    }
    add("an image of 30×28; height and width must be multiples of 4") { $0.height = 30 }
    add("an image of 28×0; height and width must be multiples of 4") { $0.width = 0 }
    add("leaves one position for instance normalization") {
      ($0.height, $0.width, $0.normalization) = (4, 4, .instance)
    }
    add("channels is 0, expected 1 to 4096") { $0.channels = 0 }
    add("latentSize is 0") { $0.latentSize = 0 }
    add("discriminatorSteps is 0") { $0.discriminatorSteps = 0 }
    add("labelSmoothing is 1.0") { $0.labelSmoothing = 1 }
    add("the loss hinge has no labels") { ($0.labelSmoothing, $0.loss) = (0.1, .hinge) }
    add("averageDecay is 1.0") { $0.averageDecay = 1 }
    add("learningRate is 0.0") { $0.learningRate = 0 }
    add("discriminatorLearningRate is nan") { $0.discriminatorLearningRate = .nan }
    add("beta1 of the optimizer adam is 1.0, expected at least 0.0 and below 1.0") {
      $0.optimizer = .adam(beta1: 1, beta2: 0.9)
    }
    add("the clipping bound is -1.0") { $0.regularizer = .weightClipping(bound: -1) }
    add("the weight of r1 is -1.0, expected 0 or more") { $0.regularizer = .r1(weight: -1) }
    add("batch normalization mixes the samples") { $0.regularizer = .r1(weight: 1) }
    return list
  }()

  @Test(arguments: bad) func badConfigurations(_ text: String, _ configuration: GANConfiguration) throws {
    let error = try #require(throws: ConfigurationError.self) { try DCGAN(configuration) }
    #expect(error.description.hasPrefix("dcgan: ") && error.description.contains(text), "\(error)")
  }

  @Test func aWassersteinGANWithPenaltyNeedsThePenalty() {
    #expect(throws: ConfigurationError.self) { try WGANGP(.wgan) }
  }

  /// Along random directions of all parameters at once: the critic's penalty is a function of its gradient, so this is a
  /// derivative of second order.
  @Test(arguments: [DiscriminatorNormalization.none, .layer, .instance, .spectral])
  func directionalDerivativeOfTheCriticsLoss(_ normalization: DiscriminatorNormalization) throws {
    var configuration = tiny(.wganGP)
    configuration.normalization = normalization
    let gan = try WGANGP(configuration)
    var random = RandomGenerator(seed: 5)
    var state = gan.makeTraining(seed: 1).state
    for name in gan.network.parameterNames.sorted() {
      state[name] = state[name].map { $0 + Tensor.normal($0.shape, standardDeviation: 0.2, using: &random) }
    }
    // Spectral normalization gets to know the singular vectors.
    for _ in 0..<10 {
      let context = Context(gan.network, state, mode: .training, random: RandomGenerator(seed: 0))
      _ = gan.procedure.discriminator(.zeros([1, 8, 12, 1]), given: .none, in: context)
      state.merge(context.bufferUpdates)
    }
    let (real, fake) = (Tensor.normal([4, 8, 12, 1], using: &random), Tensor.normal([4, 8, 12, 1], using: &random))
    let names = gan.network.parameterNames(of: gan.procedure.discriminator)
    func loss(_ state: State) -> (Double, Gradients) {
      let context = Context(gan.network, state, mode: .inference, differentiating: names)
      func scores(_ images: Tensor) -> Tensor { gan.procedure.discriminator(images, given: .none, in: context).scores }
      var mixing = RandomGenerator(seed: 8)
      let mix = Tensor.uniform([4, 1, 1, 1], using: &mixing)
      let penalty = (configuration.regularizer.term as? GradientPenalty)?.penalties(
        real: real, fake: fake, packs: 4, mix: mix, scores: scores)
      let total = scores(fake).mean() - scores(real).mean() + (penalty?.mean() ?? Tensor(0))
      return (Double(total.scalar), context.gradients(of: total))
    }
    let (_, gradients) = loss(state)
    // A direction in which a unit crosses its kink within the step makes the penalty jump: few do, so the median is safe.
    var errors: [Double] = []
    let unit = Float(Double(names.reduce(0) { $0 + (state[$1]?.scalarCount ?? 0) }).squareRoot() / gradients.norm)
    for trial in 0..<9 {
      var own = random.split(at: trial)
      let direction = names.sorted().reduce(into: [:]) { (tensors: inout [String: Tensor], name) in
        // Half along the gradient: otherwise the slope would hardly stand out from the rounding.
        tensors[name] = gradients[name].map { Tensor.normal($0.shape, using: &own) + $0 * unit }
      }
      let slope = names.sorted().reduce(0.0) { sum, name in
        guard let gradient = gradients[name], let part = direction[name] else { return sum }
        return sum + Double((gradient * part).sum().scalar)
      }
      func moved(_ step: Float) -> Double {
        var other = state
        for (name, tensor) in direction { other[name] = state[name].map { $0 + tensor * step } }
        return loss(other).0
      }
      let step: Float = 3e-5
      errors.append(abs((moved(step) - moved(-step)) / Double(2 * step) - slope) / abs(slope))
    }
    #expect(errors.sorted()[4] < 0.01, "\(errors)")
  }
}
