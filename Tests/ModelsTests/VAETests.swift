import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct VAETests {
  /// Two pixels, three hidden units, two latents.
  private func tiny(_ likelihood: VAE.Likelihood = .bernoulli, beta: Float = 1) throws -> VAE {
    try VAE(
      VAE.Configuration(
        height: 1, width: 2, latentSize: 2, hiddenSize: 3, likelihood: likelihood, beta: beta,
        initialization: .pytorch))
  }

  private let images = Tensor([0, 1, 0.25, 0.5, 0.9, 0.1], shape: [3, 1, 2, 1])

  @Test func names() throws {
    let network = try VAE(VAE.Configuration()).network
    let expected = [
      "encoder.body.layers.1.weight [784, 400]", "encoder.body.layers.1.bias [400]",
      "encoder.mean.weight [400, 20]", "encoder.mean.bias [20]", "encoder.logVariance.weight [400, 20]",
      "encoder.logVariance.bias [20]", "decoder.layers.0.weight [20, 400]", "decoder.layers.0.bias [400]",
      "decoder.layers.2.weight [400, 784]", "decoder.layers.2.bias [784]",
    ]
    #expect(network.description.split(separator: "\n").map(String.init) == expected)
    #expect(network.parameterCount == 652_824)
  }

  @Test(arguments: [1, 3]) func shapes(channels: Int) throws {
    let vae = try VAE(VAE.Configuration(height: 4, width: 5, channels: channels, latentSize: 3, hiddenSize: 7))
    let state = vae.makeTraining(seed: 1).state
    var generator = RandomGenerator(seed: 1)
    let images = Tensor.uniform([6, 4, 5, channels], using: &generator)
    let posterior = try #require(vae.posterior(of: images, with: state) as? DiagonalGaussian)
    let mean = vae.encode(images, given: .none, with: state)
    #expect(mean.shape == [6, 3] && posterior.logVariance.shape == [6, 3] && posterior.mean == mean)
    let decoded = vae.decode(mean, given: .none, with: state)
    #expect(decoded.shape == [6, 4, 5, channels])
    #expect(try TrainedModel(model: vae, state: state).reconstruct(images) == decoded)
    var random = SampleRandom(generator)
    let samples = vae.sample(2, given: .none, with: state, using: &random)
    #expect(samples.shape == [2, 4, 5, channels])
    #expect(samples.scalars.allSatisfy { (0...1).contains($0) })
    #expect(vae.sampleShape == [4, 5, channels])
  }

  @Test(arguments: [VAE.Likelihood.bernoulli, .gaussian(standardDeviation: 0.3)])
  func termsAgainstTheFormula(_ likelihood: VAE.Likelihood) throws {
    let vae = try tiny(likelihood)
    let state = vae.makeTraining(seed: 4).state
    let random = RandomGenerator(seed: 9)
    let context = Context(vae.network, state, mode: .training, random: random)
    let terms = vae.parts.terms(of: images, in: context)
    var own = random
    let noise = Tensor.normal([3, 2], using: &own)
    let reference = ReferenceVAE(state, likelihood)
    for index in 0..<3 {
      let expected = reference.terms(row(images, index), noise: row(noise, index))
      #expect(abs(Double(terms.reconstruction.scalars[index]) - expected.reconstruction) < 1e-5)
      #expect(abs(Double(terms.divergence.scalars[index]) - expected.kl) < 1e-6)
    }
  }

  private func row(_ tensor: Tensor, _ index: Int) -> [Double] {
    tensor.scalars[2 * index..<2 * index + 2].map(Double.init)
  }

  /// β weighs the divergence in the loss, and in nothing else.
  @Test(arguments: [0, 0.5, 4] as [Float]) func beta(_ beta: Float) throws {
    let vae = try tiny(beta: beta)
    var training = vae.makeTraining(seed: 1)
    var feed = BatchFeed.all(of: images)
    let metrics = try vae.trainingStep(&feed, &training)
    let (loss, reconstruction, kl) = (metrics["loss"] ?? 0, metrics["reconstruction"] ?? 0, metrics["kl"] ?? 0)
    #expect(metrics.entries.map(\.name) == ["loss", "reconstruction", "kl"])
    #expect(kl > 1e-3 && abs(loss - reconstruction - Double(beta) * kl) < 1e-6)
    let figures = try vae.evaluate(on: TrainingData(ImageSet(images)), with: training.state)
    let bound = try #require(figures["negative_elbo"])
    let (heldOutReconstruction, heldOutKL) = try (#require(figures["reconstruction"]), #require(figures["kl"]))
    #expect(abs(bound - heldOutReconstruction - heldOutKL) < 1e-9)
    // What has to fall comes first.
    let first = try #require(figures.entries.first)
    #expect(first.name == "loss" && abs(first.value - heldOutReconstruction - Double(beta) * heldOutKL) < 1e-9)
  }

  @Test func logVariancesAreClamped() throws {
    let vae = try tiny()
    var state = vae.makeTraining(seed: 1).state
    for (bias, expected) in [(1000, 10), (-1000, -20), (3, 3)] as [(Float, Float)] {
      state["encoder.logVariance.weight"] = .zeros([3, 2])
      state["encoder.logVariance.bias"] = Tensor(repeating: bias, shape: [2])
      let posterior = try #require(vae.posterior(of: images, with: state) as? DiagonalGaussian)
      #expect(posterior.logVariance == Tensor(repeating: expected, shape: [3, 2]))
      let name = "encoder.logVariance.bias"
      let context = Context(
        vae.network, state, mode: .training, differentiating: [name], random: RandomGenerator(seed: 0))
      let terms = vae.parts.terms(of: images, in: context)
      #expect(terms.divergence.isAllFinite && terms.reconstruction.isAllFinite)
      // From beyond the clamp the divergence leads back: up from below, down from above.
      let gradient = try #require(context.gradients(of: terms.divergence.sum())[name])
      #expect(gradient.scalars.allSatisfy { bias > 0 ? $0 > 1 : $0 < -1 })
    }
  }

  @Test func numbersThatAreNotFiniteStopTheStep() throws {
    let vae = try tiny()
    var training = vae.makeTraining(seed: 1)
    training.step = 6
    training.state["decoder.layers.0.bias"] = Tensor([0, .nan, 0])
    let before = training.state
    let optimizer = try #require(training.optimizers["adam"]).progress
    var feed = BatchFeed.all(of: images)
    #expect(throws: TrainingError.notFinite("decoder.layers.0.bias", step: 7)) {
      try vae.trainingStep(&feed, &training)
    }
    // Nothing has moved: the numbers are the same, bit by bit, and the optimizer has done no step.
    #expect(training.state.names == before.names)
    for name in before.names {
      let (now, then) = try (#require(training.state[name]), #require(before[name]))
      #expect(now.scalars.map(\.bitPattern) == then.scalars.map(\.bitPattern), "\(name)")
    }
    #expect(training.optimizers["adam"]?.progress == optimizer)
  }

  @Test func evaluationIsRepeatable() throws {
    let vae = try tiny()
    let state = vae.makeTraining(seed: 1).state
    let images = try ImageSet(pixels: (0..<1400).map { UInt8(truncatingIfNeeded: $0 * 91) }, height: 1, width: 2)
    let figures = vae.evaluate(on: TrainingData(images), with: state)
    #expect(vae.evaluate(on: TrainingData(images), with: state) == figures)
    #expect(figures.entries.map(\.name) == ["negative_elbo", "reconstruction", "kl"])
  }

  /// Bit by bit, in batches of every kind, with latents that do and do not fill the generator's blocks.
  @Test(arguments: [3, 20]) func sampleDependsOnItsIndexAlone(latentSize: Int) throws {
    let vae = try VAE(VAE.Configuration(latentSize: latentSize, hiddenSize: 50))
    let trained = TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state)
    let all = try trained.sample(600, seed: 5).scalars
    for count in [1, 2, 7, 255, 256, 257, 511] {
      #expect(try trained.sample(count, seed: 5).scalars == Array(all[..<(count * 784)]), "\(count)")
    }
    #expect(try trained.sample(1, seed: 6).scalars != Array(all[..<784]))
  }

  @Test(arguments: [
    (VAE.Configuration(latentSize: 0), "vae: latentSize is 0"),
    (VAE.Configuration(height: -1), "vae: height is -1"),
    (VAE.Configuration(width: 1 << 21), "vae: width is 2097152"),
    (VAE.Configuration(hiddenSize: 0), "vae: hiddenSize is 0"),
    (VAE.Configuration(channels: 0), "vae: channels is 0, expected 1 to 4096"),
    (VAE.Configuration(height: 1 << 20, width: 1 << 20), "vae: an image of"),
    (VAE.Configuration(beta: .nan), "vae: beta is nan"),
    (VAE.Configuration(likelihood: .gaussian(standardDeviation: 0)), "vae: the likelihood's standard deviation is 0.0"),
    (
      VAE.Configuration(likelihood: .gaussian(standardDeviation: 1e-6)),
      "vae: the likelihood's standard deviation is 1e-06, expected 1e-05 or more"
    ),
  ])
  func badConfigurations(_ configuration: VAE.Configuration, _ text: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try VAE(configuration) }
    #expect(error.description.hasPrefix(text))
  }
}

/// The terms of a VAE with one hidden layer on each side, written out for one image in `Double`.
private struct ReferenceVAE {
  let state: State
  let likelihood: VAE.Likelihood

  init(_ state: State, _ likelihood: VAE.Likelihood) { (self.state, self.likelihood) = (state, likelihood) }

  private func dense(_ name: String, _ input: [Double]) -> [Double] {
    guard let weight = state[name + ".weight"], let bias = state[name + ".bias"] else { return [] }
    let columns = bias.scalarCount
    return (0..<columns).map { column in
      input.indices.reduce(Double(bias.scalars[column])) {
        $0 + input[$1] * Double(weight.scalars[$1 * columns + column])
      }
    }
  }

  func terms(_ pixels: [Double], noise: [Double]) -> (reconstruction: Double, kl: Double) {
    let features = dense("encoder.body.layers.1", pixels).map { max(0, $0) }
    let (mean, logVariance) = (dense("encoder.mean", features), dense("encoder.logVariance", features))
    let latents = mean.indices.map { mean[$0] + noise[$0] * exp(logVariance[$0] / 2) }
    let logits = dense("decoder.layers.2", dense("decoder.layers.0", latents).map { max(0, $0) })
    let chances = logits.map { 1 / (1 + exp(-$0)) }
    let reconstruction = pixels.indices.reduce(0.0) { sum, pixel in
      let (x, p) = (pixels[pixel], chances[pixel])
      switch likelihood {
      case .bernoulli: return sum - x * log(p) - (1 - x) * log(1 - p)
      case .gaussian(let deviation):
        let d = Double(deviation)
        return sum + (x - p) * (x - p) / (2 * d * d) + log(d) + 0.5 * log(2 * Double.pi)
      case .learnedGaussian, .categorical, .discretizedLogistic: return .nan
      }
    }
    let kl = mean.indices.reduce(0.0) { sum, latent in
      sum + (mean[latent] * mean[latent] + exp(logVariance[latent]) - logVariance[latent] - 1) / 2
    }
    return (reconstruction, kl)
  }
}
