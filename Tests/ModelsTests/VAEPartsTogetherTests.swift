import Datasets
import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Variational autoencoders put together from parts of every kind.
@Suite struct VAEPartsTogetherTests {
  /// A small model with some settings changed.
  static func configuration(_ change: (inout VAE.Configuration) -> Void) -> VAE.Configuration {
    var configuration = VAE.Configuration(
      height: 8, width: 8, latentSize: 4, hiddenSize: 12, convolutionFeatures: 3)
    configuration.flowHiddenSize = 6
    change(&configuration)
    return configuration
  }

  static let configurations: [VAE.Configuration] = [
    configuration { $0.importanceSamples = 5 },
    configuration {
      $0.importanceSamples = 3
      $0.boundCount = 2
      $0.posterior = .iaf
    },
    configuration {
      $0.posterior = .iaf
      $0.flowSteps = 3
      $0.freeBits = 0.1
      $0.architecture = .residual
    },
    configuration {
      $0.posterior = .planar
      $0.classCount = 3
      $0.betaWarmup = 9
    },
    configuration {
      $0.stochasticLayers = 2
      $0.importanceSamples = 4
      $0.activation = .tanh
    },
    configuration {
      $0.stochasticLayers = 3
      $0.isLadder = true
      $0.freeBits = 0.2
      $0.betaWarmup = 5
      $0.classCount = 3
    },
    configuration {
      $0.architecture = .residual
      $0.residualBlocks = 2
      $0.classCount = 3
      $0.stochasticLayers = 2
      $0.isLadder = true
    },
    configuration {
      $0.architecture = .convolutional
      $0.posterior = .iaf
      $0.classCount = 3
      $0.likelihood = .discretizedLogistic(levels: 16)
    },
  ]

  /// Seven steps and seven more are fourteen, bit by bit, whatever grows on the way; samples, reconstructions and bounds
  /// come out of what was saved.
  @Test(arguments: configurations) func trainsAndResumes(_ configuration: VAE.Configuration) throws {
    let vae = try VAE(configuration)
    let source = Noise([8, 8, 1], count: 40, classCount: configuration.classCount)
    func trainer(_ steps: Int) -> Trainer<VAE> { Trainer(vae, length: .steps(steps), batchSize: 8, seed: 2) }
    var losses: [Double] = []
    let straight = try trainer(14).train(on: source) { losses.append($0.metrics["loss"] ?? .nan) }
    #expect(losses.allSatisfy(\.isFinite) && losses[0] != losses[13])
    var checkpoint: TrainingCheckpoint?
    _ = try trainer(7).train(on: source) { checkpoint = $0.checkpoint }
    let folder = try TemporaryFolder()
    try #require(checkpoint).save(to: folder.path("model"))
    let opened = try TrainingCheckpoint.load(folder.path("model"), registry: .standard)
    #expect((opened.model as? VAE)?.configuration == configuration)
    let resumed = try trainer(14).train(on: source, from: opened)
    #expect(resumed.state == straight.state)

    let batch = source.batch(at: Array(0..<6))
    let condition = configuration.classCount == nil ? Condition.none : batch.condition
    var random = SampleRandom(RandomGenerator(seed: 1))
    let latents = vae.drawLatents(6, given: condition, with: straight.state, using: &random)
    #expect(latents.shape == [6, configuration.latentCount])
    let images = vae.decode(latents, given: condition, with: straight.state)
    #expect(images.shape == [6, 8, 8, 1] && images.scalars.allSatisfy { (0...1).contains($0) })
    #expect(vae.encode(batch.samples, given: condition, with: straight.state).shape == latents.shape)
    let one = vae.logLikelihoods(
      of: batch.samples, given: condition, draws: 1, with: straight.state, using: &random)
    #expect(one.isAllFinite)
    try checkBound(of: batch.samples, condition, vae, straight.state)
  }

  /// An importance-weighted bound is the logarithm of its weights' mean: between the mean of their logarithms and the largest
  /// of these.
  private func checkBound(of samples: Tensor, _ condition: Condition, _ vae: VAE, _ state: State) throws {
    let places = SampleRandom(RandomGenerator(seed: 3))
    var random = places
    let bounds = vae.logLikelihoods(of: samples, given: condition, draws: 40, with: state, using: &random)
    // The same draws again.
    var again = places
    let context = Context(vae.network, state, mode: .inference, random: &again)
    let weights = vae.parts.logWeights(of: samples, given: condition, draws: 40, in: context)
    #expect(bounds.isApproximatelyEqual(to: weights.logSumExp(axes: [0]) - log(40), absoluteTolerance: 1e-3))
    let (lowest, highest) = (weights.mean(axes: [0]), weights.max(axes: [0]))
    for (bound, (low, high)) in zip(bounds.scalars, zip(lowest.scalars, highest.scalars)) {
      #expect(bound > low && bound < high)
    }
  }

  /// Before any training the pixels are grey: the loss is what they cost, and what the latents do.
  @Test(arguments: [VAE.Architecture.dense, .residual]) func lossBeforeTraining(_ architecture: VAE.Architecture) throws
  {
    let vae = try VAE(
      Self.configuration {
        $0.architecture = architecture
        $0.importanceSamples = 8
        $0.posterior = .iaf
      })
    var training = vae.makeTraining(seed: 1)
    for name in training.state.names where name.hasPrefix("decoder.") {
      training.state[name] = training.state[name].map { .zeros(like: $0) }
    }
    var feed = BatchFeed.noise(for: vae, batchSize: 8)
    let metrics = try vae.trainingStep(&feed, &training)
    #expect(try abs(#require(metrics["reconstruction"]) - 64 * 0.693_147_2) < 1e-3)
  }

  /// What is new in a configuration is written only if it is used, so that files of a training without it stay the same.
  @Test func configurationsOfCheckpoints() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let usual = String(decoding: try encoder.encode(VAE.Configuration()), as: UTF8.self)
    for name in ["posterior", "freeBits", "stochasticLayers", "importanceSamples"] { #expect(!usual.contains(name)) }
    for configuration in Self.configurations {
      let data = try encoder.encode(configuration)
      #expect(try JSONDecoder().decode(VAE.Configuration.self, from: data) == configuration)
    }
    let everything = Self.configuration {
      $0.residualBlocks = 3
      $0.posterior = .planar
      $0.flowSteps = 7
      $0.stochasticLayers = 4
      $0.isLadder = true
      $0.betaWarmup = 11
      $0.freeBits = 0.5
      $0.importanceSamples = 2
      $0.boundCount = 3
    }
    #expect(try JSONDecoder().decode(VAE.Configuration.self, from: encoder.encode(everything)) == everything)
  }

  @Test(arguments: [
    (configuration { $0.importanceSamples = 0 }, "vae: importanceSamples is 0, expected 1 to"),
    (configuration { $0.boundCount = 0 }, "vae: boundCount is 0"),
    (configuration { $0.flowSteps = 0 }, "vae: flowSteps is 0, expected 1 to 256"),
    (configuration { $0.stochasticLayers = 9 }, "vae: stochasticLayers is 9, expected 1 to 8"),
    (configuration { $0.isLadder = true }, "vae: a ladder takes two stochastic layers or more"),
    (configuration { $0.freeBits = -1 }, "vae: freeBits is -1.0, expected 0 or more"),
    (configuration { $0.betaWarmup = -1 }, "vae: betaWarmup is -1, expected 0 or more steps"),
    (configuration { $0.likelihood = .discretizedLogistic(levels: 1) }, "vae: the likelihood has 1 levels"),
    (
      configuration {
        $0.posterior = .iaf
        $0.stochasticLayers = 2
      }, "vae: posterior is iaf, which takes one stochastic layer, not 2"
    ),
    (
      configuration {
        $0.freeBits = 1
        $0.importanceSamples = 5
      }, "vae: freeBits is 1.0, which takes one latent for each image, not 5"
    ),
  ])
  func badConfigurations(_ configuration: VAE.Configuration, _ text: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try VAE(configuration) }
    #expect(error.description.hasPrefix(text))
  }
}

/// Likelihoods with two numbers for each scalar.
@Suite struct TwoNumberObservationTests {
  /// The probabilities of all levels sum to 1, whatever the numbers are, and each is the difference of two logistic
  /// functions.
  @Test(arguments: [2, 3, 16, 256]) func levelsOfALogistic(levels: Int) {
    let observation = DiscretizedLogisticObservation(levels: levels)
    for (mean, scale) in [(0, 0), (2, -3), (-4, 1.5), (0.3, -6.5), (40, -9), (-1, 8)] as [(Float, Float)] {
      let top = Double(levels - 1)
      let grey = Tensor((0..<levels).map { Float(Double($0) / top) }, shape: [levels, 1])
      let output = Tensor.concatenated(
        [Tensor(repeating: mean, shape: [levels, 1]), Tensor(repeating: scale, shape: [levels, 1])], axis: 1)
      let logs = observation.negativeLogLikelihood(of: grey, given: output).scalars.map { -Double($0) }
      #expect(abs(logs.reduce(0) { $0 + exp($1) } - 1) < 1e-4, "\(mean) \(scale)")
      let (m, rate) = (1 / (1 + exp(-Double(mean))), exp(-min(max(Double(scale), -7), 3)))
      func cumulative(_ x: Double) -> Double { 1 / (1 + exp(-(x - m) * rate)) }
      for level in 0..<levels {
        let upper = level == levels - 1 ? 1 : cumulative((Double(level) + 0.5) / top)
        let lower = level == 0 ? 0 : cumulative((Double(level) - 0.5) / top)
        guard upper - lower > 1e-8 else { continue }
        #expect(abs(logs[level] - log(upper - lower)) < 2e-3 * max(1, abs(logs[level])), "\(level): \(mean) \(scale)")
      }
    }
  }

  /// Gradients against differences in Double.
  @Test func gradientsOfALogistic() {
    let observation = DiscretizedLogisticObservation(levels: 5)
    let samples = Tensor([0, 0.25, 0.75, 1], shape: [1, 4])
    let output = Tensor([0.2, -1, 0.5, -2, -0.3, 0.4, 1, -1.5], shape: [1, 8]).recorded()
    let gradient = observation.negativeLogLikelihood(of: samples, given: output).sum().gradients(at: [output])[0]
    for place in 0..<8 {
      var (up, down) = (output.scalars, output.scalars)
      up[place] += 0.01
      down[place] -= 0.01
      let values = [up, down].map {
        observation.negativeLogLikelihood(of: samples, given: Tensor($0, shape: [1, 8])).scalar
      }
      #expect(abs((values[0] - values[1]) / 0.02 - gradient.scalars[place]) < 2e-3)
    }
  }

  /// Far from the mean the loss is finite and so is its gradient.
  @Test func extremes() {
    for observation in [DiscretizedLogisticObservation(levels: 256), LearnedGaussianObservation()]
      as [any ObservationModel]
    {
      let output = Tensor([90, -90, -90, -90, 90, 90, 0, -90], shape: [1, 8]).recorded()
      let loss = observation.negativeLogLikelihood(of: Tensor([0, 1, 0.5, 0.5], shape: [1, 4]), given: output)
      #expect(loss.isAllFinite && loss.sum().gradients(at: [output])[0].isAllFinite)
    }
  }

  /// A scale beyond its clamp has a gradient where that leads back, and none where it leads further away.
  @Test func saturatedScalesRecover() {
    for observation in [DiscretizedLogisticObservation(levels: 256), LearnedGaussianObservation()]
      as [any ObservationModel]
    {
      // The mean is ½.
      func slope(logScale: Float, sample: Float) -> Float {
        let output = Tensor([0, logScale], shape: [1, 2]).recorded()
        let loss = observation.negativeLogLikelihood(of: Tensor([sample], shape: [1, 1]), given: output)
        return loss.sum().gradients(at: [output])[0].scalars[1]
      }
      #expect(slope(logScale: -9, sample: 0.9) < -1, "too narrow for a sample so far away")
      #expect(slope(logScale: -9, sample: 0.5) == 0, "narrower would be better still")
      #expect(slope(logScale: 9, sample: 0.5) > 0.1, "too wide")
    }
  }

  @Test func learnedDeviations() {
    let output = Tensor([0, -1, 2, 0.5], shape: [2, 1, 1, 2])
    let samples = Tensor([0.3, 0.9], shape: [2, 1, 1, 1])
    let losses = LearnedGaussianObservation().negativeLogLikelihood(of: samples, given: output).scalars
    for row in 0..<2 {
      let m = 1 / (1 + exp(-Double(output.scalars[2 * row])))
      let (s, x) = (Double(output.scalars[2 * row + 1]), Double(samples.scalars[row]))
      let expected = 0.5 * log(2 * Double.pi) + s + (x - m) * (x - m) / (2 * exp(2 * s))
      #expect(abs(Double(losses[row]) - expected) < 1e-5)
    }
    #expect(LearnedGaussianObservation().mean(given: output).shape == [2, 1])
  }
}
