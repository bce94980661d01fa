import Datasets
import Foundation
import LatentLayersTestSupport
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// What a step of a StyleGAN does.
@Suite struct StyleGANTrainingTests {
  /// A training after some steps on noise, and the metrics of each.
  private func train(_ gan: StyleGAN, steps: Int) throws -> (training: TrainingState, metrics: [Metrics]) {
    var training = gan.makeTraining(seed: 2)
    var feed = BatchFeed.noise(for: gan, batchSize: 4)
    var metrics: [Metrics] = []
    for _ in 0..<steps {
      metrics.append(try gan.trainingStep(&feed, &training))
      training.step += 1
    }
    return (training, metrics)
  }

  /// A penalty of its own makes one update more in 16 steps.
  @Test func countsOfUpdates() throws {
    let (own, metrics) = try train(StyleGANTests.tiny(), steps: 16)
    #expect(own.optimizers["discriminator"]?.progress.step == 17 && own.optimizers["generator"]?.progress.step == 16)
    #expect(metrics.map { $0["penalty"] != nil } == (0..<16).map { $0 == 0 })
    let within = try train(StyleGANTests.tiny { $0.penalty?.hasOwnUpdate = false }, steps: 16).training
    #expect(within.optimizers["discriminator"]?.progress.step == 16)
    let none = try train(StyleGANTests.tiny { $0.penalty = nil }, steps: 2)
    #expect(none.training.optimizers["discriminator"]?.progress.step == 2 && none.metrics[0]["penalty"] == nil)
    let lengths = try train(
      StyleGANTests.tiny { $0.pathLength = LazyRegularization(weight: 2, period: 4) }, steps: 8)
    #expect(lengths.training.optimizers["generator"]?.progress.step == 10)
    #expect(lengths.metrics.map { $0["path_length"] != nil } == (0..<8).map { $0 % 4 == 0 })
  }

  /// Metrics begin with both losses, and every parameter moves.
  @Test func everythingMoves() throws {
    let gan = try StyleGANTests.tiny { $0.pathLength = LazyRegularization(weight: 2, period: 2) }
    let (training, metrics) = try train(gan, steps: 2)
    #expect(metrics[0].entries.prefix(2).map(\.name) == ["discriminator_loss", "generator_loss"])
    #expect(metrics.allSatisfy { $0.firstNonFinite == nil })
    let before = gan.makeTraining(seed: 2).state
    for name in before.names { #expect(training.state[name] != before[name], "\(name) never changed") }
  }

  /// What lazy terms do to optimizers: only those that have updates of their own.
  @Test func optimizers() throws {
    func adam(_ gan: StyleGAN, _ name: String) throws -> Adam {
      try #require(gan.makeOptimizers(learningRate: 1e-3)[name] as? Adam)
    }
    let usual = try StyleGANTests.tiny { $0.beta1 = 0.5 }
    #expect(abs(try adam(usual, "discriminator").learningRate - 1e-3 * 16 / 17) < 1e-9)
    #expect(abs(try adam(usual, "discriminator").beta1 - 0.520_81) < 1e-5)
    #expect(try adam(usual, "generator").learningRate == 1e-3 && adam(usual, "generator").beta2 == 0.99)
    let within = try StyleGANTests.tiny { $0.penalty?.hasOwnUpdate = false }
    #expect(try adam(within, "discriminator").learningRate == 1e-3 && adam(within, "discriminator").beta2 == 0.99)
    let lengths = try StyleGANTests.tiny { $0.pathLength = LazyRegularization(weight: 2, period: 4) }
    #expect(abs(try adam(lengths, "generator").learningRate - 8e-4) < 1e-9)
    let chosen = try StyleGANTests.tiny { $0.penalty?.pace = 1 }
    #expect(try adam(chosen, "discriminator").learningRate == 1e-3)
  }

  /// The penalty's value is that of the period's many steps, at real samples alone.
  @Test func penaltyOfALinearDiscriminator() throws {
    let weights = Tensor([1, -2, 0.5]).recorded()
    var random = RandomGenerator(seed: 1)
    let real = Tensor.normal([4, 3], using: &random)
    let context = Context(Network(Sequential()), State(), mode: .training, random: random)
    let judge = { (samples: Tensor, _: Condition) in
      DiscriminatorOutput(scores: samples.matmul(weights.reshaped(to: [3, 1])).squeezed(axis: 1))
    }
    let pass = AdversarialPass(
      step: 0, fake: AdversarialPass.Part(.zeros([4, 3]), .none, latents: nil, judge: judge),
      real: AdversarialPass.Part(real, .none, latents: nil, judge: judge), random: SampleRandom(random),
      context: context, judge: judge)
    let term = LazyR1Penalty(regularization: LazyRegularization(weight: 0.4, period: 5))
    let value = try #require(term.discriminatorTerm(pass)).mean()
    #expect(abs(value.scalar - 5 * 0.2 * 5.25) < 1e-5)
    let gradient = value.gradient(at: weights)
    #expect(gradient.isApproximatelyEqual(to: Tensor([1, -2, 0.5]) * 2, absoluteTolerance: 1e-5))
    #expect(term.period == 5 && term.hasOwnUpdate && term.metricName == "penalty")
  }

  /// Parameters are averaged, buffers are as they are now; the discriminator has no part in it.
  @Test func average() throws {
    let gan = try StyleGANTests.tiny { $0.averageHalfLife = 9 }
    var training = gan.makeTraining(seed: 2)
    var feed = BatchFeed.noise(for: gan, batchSize: 4)
    var expected: [String: Tensor] = [:]
    for step in 0..<60 {
      _ = try gan.trainingStep(&feed, &training)
      training.step += 1
      // Half of it is new after 9 images, or a twentieth of all so far.
      let decay = Float(exp2(-4 / min(9, max(1, 0.05 * Double(4 * (step + 1))))))
      #expect(decay <= Float(1 + step) / Float(10 + step))
      for name in gan.procedure.generatorNames {
        let now = try #require(training.state[name])
        expected[name] = expected[name].map { $0 * decay + now * (1 - decay) } ?? now
      }
    }
    for (name, tensor) in expected {
      let average = try #require(training.average?[name])
      #expect(average.isApproximatelyEqual(to: tensor, relativeTolerance: 1e-3, absoluteTolerance: 1e-4), "\(name)")
    }
    let mean = "generator.mapping.average"
    #expect(training.average?[mean] == training.state[mean] && training.average?.tensors.count == expected.count + 1)
    let none = try StyleGANTests.tiny { $0.averageHalfLife = nil }
    #expect(try train(none, steps: 2).training.average == nil)
  }

  /// The mean of the path lengths, and that of the mapped latents, move with each of their updates.
  @Test func pathLengths() throws {
    let gan = try StyleGANTests.tiny { $0.pathLength = LazyRegularization(weight: 2, period: 3) }
    var training = gan.makeTraining(seed: 2)
    #expect(training.memory[StyleGAN.pathLengthMean] == Tensor(0))
    let before = training.state
    let entries = try gan.pathLengthStep(&training, count: 2)
    let metrics = Metrics(entries)
    let (length, penalty) = (try #require(metrics["path_length"]), try #require(metrics["path_length_penalty"]))
    #expect(abs(Double(training.memory[StyleGAN.pathLengthMean]?.scalar ?? 0) - 0.01 * length) < 1e-6 * length)
    // Six times the mean square of lengths less their mean: at least that of all equal ones.
    #expect(penalty >= 6 * (0.99 * length) * (0.99 * length) * 0.999)
    let changed = Set(before.names.filter { before[$0] != training.state[$0] })
    #expect(changed.contains("generator.mapping.average") && changed.allSatisfy { $0.hasPrefix("generator.") })
    training.step = 1
    #expect(try gan.pathLengthStep(&training, count: 2).isEmpty)
    #expect(gan.makeTraining(seed: 2).memory.names == ["pathLengthMean"])
    #expect(try StyleGANTests.tiny().makeTraining(seed: 2).memory.names.isEmpty)
  }

  /// Samples come to be as bright as the images after few steps.
  @Test func learnsTheBrightnessOfImages() throws {
    let gan = try StyleGANTests.tiny { ($0.features, $0.mostFeatures, $0.learningRate) = (4, 8, 5e-3) }
    let digits = BuiltInDigits.make(count: 200)
    let all = digits.batch(at: Array(0..<200)).samples
    let small = all.averagePool2d(Tensor.Size2D(height: 3, width: 3))[.all, 0..<8, 0..<8]
    let trained = try Trainer(gan, length: .steps(150), batchSize: 16, seed: 1).train(on: TensorSet(small))
    func difference(_ state: State) throws -> Float {
      let samples = try TrainedModel(model: gan, state: state).sample(100, seed: 1)
      return (samples.mean(axes: [0]) - small.mean(axes: [0])).square().mean().scalar
    }
    let (before, after) = (try difference(gan.makeTraining(seed: 1).state), try difference(trained.state))
    #expect(after < 0.5 * before, "\(before) to \(after)")
  }
}

// MARK: - Golden values

/// The cases of `style-based.json`.
@Suite struct StyleBasedGoldenTests {
  struct Case: Decodable {
    typealias Array = GoldenArray
    struct Parameters: Decodable {
      let gamma: Float?
      let interval: Int?
      let learningRate: Float?
      let beta1: Float?
      let beta2: Float?
      let batchSize: [Int]?
      let halfLifeImages: [Double]?
    }
    let name: String
    let op: String
    let params: Parameters
    let inputs: [String: Array]
    let outputs: [String: Array]
    let gradients: [String: Array]?

    func output(_ name: String) throws -> [Double] { try #require(outputs[name]).data }
  }

  private func cases(_ operation: String) throws -> [Case] {
    struct File: Decodable { let cases: [Case] }
    let url = try #require(Bundle.module.url(forResource: "Golden/style-based", withExtension: "json"))
    let found = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases.filter { $0.op == operation }
    try #require(!found.isEmpty)
    return found
  }

  /// Of a dense network, and of one that compares samples.
  @Test func penalties() throws {
    for golden in try cases("r1") {
      var leaves: [String: Tensor] = [:]
      for (name, input) in golden.inputs where name != "x" { leaves[name] = input.tensor.recorded() }
      func leaf(_ name: String) -> Tensor { leaves[name] ?? Tensor(0) }
      func dense(_ input: Tensor, _ name: String) -> Tensor { input.matmul(leaf(name + ".w")) + leaf(name + ".b") }
      let deviation = MinibatchStandardDeviation()
      let context = Context(Network(deviation), State(), mode: .training, random: RandomGenerator(seed: 1))
      func scores(_ x: Tensor) -> Tensor {
        if golden.name == "r1/dense" { return dense(dense(x, "hidden").tanh(), "out").squeezed(axis: 1) }
        let first = (x.conv2d(leaf("conv0.w"), stride: 2, padding: 1) + leaf("conv0.b")).leakyReLU(slope: 0.2)
        let second = (deviation(first, in: context).conv2d(leaf("conv1.w"), padding: 1) + leaf("conv1.b"))
        return dense(second.leakyReLU(slope: 0.2).flattened(), "out").squeezed(axis: 1)
      }
      let x = try #require(golden.inputs["x"]).tensor
      #expect(isClose(scores(x), try golden.output("score"), tolerance: 1e-5))
      let gamma = try #require(golden.params.gamma)
      let penalties = R1Penalty(weight: gamma).penalties(real: x, scores: scores)
      #expect(isClose(penalties * (2 / gamma), try golden.output("penalties"), tolerance: 2e-5))
      let loss = penalties.mean()
      #expect(isClose(loss, try golden.output("loss"), tolerance: 2e-5))
      let names = leaves.keys.sorted()
      for (name, gradient) in zip(names, loss.gradients(at: names.map(leaf))) {
        let expected = golden.gradients?[name]?.data ?? Swift.Array(repeating: 0, count: gradient.scalarCount)
        #expect(isClose(gradient, expected, tolerance: 2e-5), "\(golden.name): \(name)")
      }
    }
  }

  @Test func lazyOptimizers() throws {
    for golden in try cases("lazyAdam") {
      let parameters = golden.params
      let term = LazyRegularization(weight: 1, period: try #require(parameters.interval))
      let adam = Adam(
        learningRate: try #require(parameters.learningRate), beta1: try #require(parameters.beta1),
        beta2: try #require(parameters.beta2))
      let adapted = term.adapted(adam)
      let values = [
        "ratio": term.optimizerPace, "learningRate": adapted.learningRate, "beta1": adapted.beta1,
        "beta2": adapted.beta2,
      ]
      for (name, value) in values {
        let expected = try golden.output(name)[0]
        #expect(abs(Double(value) - expected) <= 1e-7 * max(1, expected), "\(golden.name): \(name)")
      }
    }
  }

  @Test func averages() throws {
    for golden in try cases("emaDecay") {
      let (sizes, lives) = (try #require(golden.params.batchSize), try #require(golden.params.halfLifeImages))
      for (place, expected) in try golden.output("decay").enumerated() {
        let decay = StyleGAN.averageDecay(batchSize: sizes[place], halfLife: lives[place])
        #expect(abs(Double(decay) - expected) < 1e-7)
      }
    }
  }
}
