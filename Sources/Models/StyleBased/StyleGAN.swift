import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A GAN whose generator is steered by styles: latents are mapped first, and each of its layers takes a mapped latent of
/// its own, so that the coarse traits of one sample go with the fine ones of another.
///
/// ```swift
/// let gan = try StyleGAN()
/// let trained = try Trainer(gan, length: .epochs(10), batchSize: 32).train(on: images)
/// let usual = try trained.averaged?.styled { $0.truncation = 0.7 }
/// ```
///
/// Convolutions are modulated and demodulated by scaling their inputs and outputs, images are sums over all sizes, the
/// discriminator is residual and sees the deviation within groups of samples. The gradient penalty, and path lengths if
/// asked for, are updates of their own every few steps.
///
/// Reference: Karras, Laine and Aila, "A style-based generator architecture for generative adversarial networks",
/// arXiv:1812.04948; Karras et al., "Analyzing and improving the image quality of StyleGAN", arXiv:1912.04958. Smaller
/// here, and without filters between the sizes.
public struct StyleGAN: LatentMapping, Discriminating {
  public static let kind = "stylegan"
  public let configuration: Configuration
  /// The two networks and what they are trained on. A step of ``trainingStep(_:_:)`` is one of each on samples of their
  /// own, and further updates.
  public let procedure: AdversarialTraining
  /// The generator.
  public let generator: StyleGenerator
  public var styling = Styling()

  /// A GAN of the configured size.
  /// - Throws: ``ConfigurationError`` if a value is out of range or two do not go together.
  public init(_ configuration: Configuration = Configuration()) throws {
    try configuration.validate()
    self.configuration = configuration
    let parts = Parts(configuration)
    generator = parts.generator
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      prior: NormalPrior(configuration.latentSize))
    procedure.terms = configuration.penalty.map { [LazyR1Penalty(regularization: $0)] } ?? []
    self.procedure = procedure
  }

  /// What the names of the parameters begin with: `generator.…`, `discriminator.…`.
  private final class Parts: Module {
    let generator: StyleGenerator
    let discriminator: StyleDiscriminator

    init(_ configuration: Configuration) {
      generator = StyleGenerator(configuration)
      discriminator = StyleDiscriminator(configuration)
    }
  }

  public var network: Network { procedure.network }
  public var inputs: [InputRequirement] {
    [InputRequirement([configuration.height, configuration.width, configuration.channels])]
  }

  public var leastStepsToJudge: Int {
    AdversarialTraining.leastStepsToJudge(channels: configuration.channels)
  }

  public func warnings(for trend: TrainingTrend) -> [TrainingWarning] { procedure.warnings(for: trend) }

  public func scores(of images: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      images.rank == 4 && Array(images.shape.sizes.dropFirst()) == sampleShape.sizes,
      "scores: images of shape \(images.shape), expected [N] + \(sampleShape)")
    let context = Context(network, state, mode: .inference)
    return procedure.discriminator(images.signedPixels, given: condition, in: context).scores
  }
}

// MARK: - Samples

extension StyleGAN {
  public var latentShape: Tensor.Shape { procedure.prior.shape }
  public var firstLatentWeight: String? { "generator.mapping.layers.0.weight" }
  public var mappedSize: Int { configuration.latentSize }
  public var layerCount: Int { generator.synthesis.layerCount }

  public func map(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    require(
      latents.rank == 2 && latents.shape[1] == configuration.latentSize,
      "map: latents of shape \(latents.shape), expected [N, \(configuration.latentSize)]")
    return generator.mapping(latents, in: Context(network, state, mode: .inference))
  }

  public func decode(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor {
    let mapped = MappedLatents.repeated(map(latents, given: condition, with: state), layers: layerCount)
    return decode(mapped: mapped, given: condition, with: state)
  }

  public func decode(mapped: Tensor, given condition: Condition, with state: State) -> Tensor {
    let noise = generator.synthesis.fixedNoise(
      seed: styling.noiseSeed ?? configuration.noiseSeed, count: mapped.shape[0])
    return images(mapped, noise: noise, in: Context(network, state, mode: .inference))
  }

  /// New samples, each with noise of its own, of as many latents as ``styling`` says.
  public func sample(
    _ count: Int, given condition: Condition, with state: State, using random: inout SampleRandom
  ) -> Tensor {
    let latents = (0..<styling.mixedLatents).map { _ in
      drawLatents(count, given: condition, with: state, using: &random)
    }
    let crossovers = drawCrossovers(count, latents.count - 1, using: &random)
    let context = Context(network, state, mode: .inference, random: &random)
    let mapped = latents.map { generator.mapping($0, in: context) }
    return images(
      MappedLatents.mixed(mapped, crossovers: crossovers, layers: layerCount), noise: nil, in: context)
  }

  /// For each sample, so many different layers from the second one on.
  private func drawCrossovers(_ count: Int, _ number: Int, using random: inout SampleRandom) -> [[Int]] {
    if number == 0 { return Array(repeating: [], count: count) }
    let places = layerCount - 1
    let keys = random.uniform([count, places]).scalars
    return (0..<count).map { sample in
      let own = (0..<places).sorted { keys[sample * places + $0] < keys[sample * places + $1] }
      return own.prefix(number).map { $0 + 1 }.sorted()
    }
  }

  /// Images in 0...1.
  private func images(_ mapped: Tensor, noise: [Tensor]?, in context: Context) -> Tensor {
    let truncated = MappedLatents.truncated(
      mapped, towards: context[generator.mapping.average], by: styling.truncation, layers: styling.truncatedLayers)
    return (generator.synthesis(truncated, noise: noise, in: context) * 0.5 + 0.5).clamped(to: 0...1)
  }
}
