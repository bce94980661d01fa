import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Remedies as parts of a training of any two networks.
@Suite struct AdversarialTechniqueTests {
  /// Points in the plane: a generator, and a discriminator that tells what it sees.
  final class Parts: Module {
    let generator = Maker()
    let discriminator = Judge()
  }

  final class Maker: Generator {
    let hidden = Dense(from: 2, to: 8, initializer: .heUniform)
    let out = Dense(from: 8, to: 2, initializer: .heUniform)

    func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
      out(hidden(latents, in: context).relu(), in: context)
    }
  }

  /// Scores with features, and a head that is the samples themselves.
  final class Judge: Discriminator {
    let hidden = Dense(from: 2, to: 8, initializer: .heUniform)
    let score = Dense(from: 8, to: 1, initializer: .heUniform)

    func callAsFunction(
      _ samples: Tensor, given condition: Condition, in context: Context
    ) -> DiscriminatorOutput {
      let features = hidden(samples, in: context).leakyReLU(slope: 0.2)
      return DiscriminatorOutput(
        scores: score(features, in: context).squeezed(axis: 1), features: features, heads: ["samples": samples])
    }
  }

  private func procedure(_ configure: (inout AdversarialTraining) -> Void = { _ in }) -> AdversarialTraining {
    let parts = Parts()
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
      prior: NormalPrior(2))
    configure(&procedure)
    return procedure
  }

  /// A training of some steps on points around (2, 1).
  private func train(
    _ procedure: AdversarialTraining, steps: Int = 1, _ change: (inout TrainingState) -> Void = { _ in }
  ) throws -> (state: TrainingState, metrics: Metrics) {
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    change(&training)
    var random = RandomGenerator(seed: 3)
    var metrics = Metrics()
    for _ in 0..<steps {
      metrics = try procedure.step(&training) { .normal([4, 2], using: &random) + Tensor([2, 1]) }
    }
    return (training, metrics)
  }

  // MARK: Losses

  @Test(arguments: try AdversarialCase.cases("ganLoss")) func lossesAsGolden(_ golden: AdversarialCase) throws {
    let loss = try #require(AdversarialLoss.standard.first { "\($0)" == golden.params.form })
    let leaves = ["real": try golden.input("real").recorded(), "fake": try golden.input("fake").recorded()]
    let (real, fake) = (try #require(leaves["real"]), try #require(leaves["fake"]))
    let mean = { (tensor: Tensor) in tensor.mean(axes: [0]) }
    let value =
      golden.params.player == "discriminator"
      ? loss.objective.discriminatorLoss(real: real, fake: fake, target: 1, batchMean: mean)
      : loss.objective.generatorLoss(
        real: loss.objective.comparesSamples ? real : nil, fake: fake, batchMean: mean)
    try golden.check(["loss": value], from: leaves.filter { golden.gradients?[$0.key] != nil })
  }

  @Test func smoothingAsGolden() throws {
    let golden = try #require(try AdversarialCase.cases("oneSidedSmoothing").first)
    let (real, fake) = (try golden.input("real").recorded(), try golden.input("fake").recorded())
    let loss = AdversarialLoss.nonSaturating
    let (ofReal, ofFake) = (loss.discriminatorTerms(real: real, target: 0.9), loss.discriminatorTerms(fake: fake))
    try golden.check(
      ["real": ofReal, "fake": ofFake, "loss": ofReal.mean() + ofFake.mean()], from: ["real": real, "fake": fake],
      tolerance: 1e-5)
  }

  /// A discriminator of one number that is told real samples only comes to rest at ln 9, where its probability is 0.9;
  /// of generated ones it sinks without an end.
  @Test func smoothingReachesLn9() {
    let loss = AdversarialLoss.nonSaturating
    var (ofReal, ofFake) = (Tensor(0), Tensor(0))
    for _ in 0..<2000 {
      ofReal = ofReal - ofReal.gradient { loss.discriminatorTerms(real: $0, target: 0.9) }
      ofFake = ofFake - ofFake.gradient { loss.discriminatorTerms(fake: $0) }
    }
    #expect(abs(ofReal.scalar - 2.1972246) < 1e-5)
    #expect(ofFake.scalar < -7)
  }

  @Test func relativisticLossNeedsBoth() async throws {
    let (_, metrics) = try train(procedure { $0.loss = .relativisticAverage }, steps: 3)
    #expect(metrics.firstNonFinite == nil)
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parts = Parts()
      var procedure = AdversarialTraining(
        network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
        prior: NormalPrior(2))
      procedure.loss = .relativisticAverage
      var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
      _ = try procedure.generatorStep(&training, count: 4)
    }
    expect(result, saysWhy: "RelativisticAverageObjective: the generator's loss needs scores of real samples")
  }

  // MARK: Features

  @Test func featureMatchingAsGolden() throws {
    let golden = try #require(try AdversarialCase.cases("featureMatching").first)
    let fake = try golden.input("fake").recorded()
    let (real, mean) = (try golden.input("real").mean(axes: [0]), fake.mean(axes: [0]))
    let summed = FeatureMatching(isSummed: true).distance(real, mean)
    try golden.check(
      ["sum": summed, "loss": summed, "mean": FeatureMatching().distance(real, mean)], from: ["fake": fake])
  }

  /// It is a distance of means: samples that differ cost nothing.
  @Test func equalMeansCostNothing() throws {
    func cost(_ real: [Float], _ fake: [Float], head: String?) -> Float? {
      func part(_ samples: [Float]) -> AdversarialPass.Part {
        let samples = Tensor(samples, shape: [2, 2])
        return AdversarialPass.Part(samples, .none, latents: nil) { samples, _ in
          DiscriminatorOutput(
            scores: samples.sum(axes: [1]), features: samples.square(), heads: ["samples": samples])
        }
      }
      let pass = AdversarialPass(
        step: 0, fake: part(fake), real: part(real), random: SampleRandom(RandomGenerator(seed: 1)),
        context: emptyContext()
      ) { samples, _ in DiscriminatorOutput(scores: samples) }
      return FeatureMatching(weight: 3, head: head).generatorTerm(pass)?.scalar
    }
    #expect(cost([0, 5, 2, 1], [1, 4, 1, 2], head: "samples") == 0)
    // Means of squares: (2, 13) and (1, 10).
    #expect(cost([0, 5, 2, 1], [1, 4, 1, 2], head: nil) == 15.0 as Float)
  }

  /// The discriminator moves as it would without; the generator does not.
  @Test func featureMatchingIsTheGeneratorsAlone() throws {
    let plain = procedure()
    let matching = procedure { $0.terms = [FeatureMatching(weight: 2)] }
    let alone = procedure {
      $0.terms = [FeatureMatching(weight: 2)]
      $0.adversarialWeight = 0
    }
    let results = try [plain, matching, alone].map { try train($0) }
    for name in plain.discriminatorNames {
      #expect(results[0].state.state[name] == results[1].state.state[name], "\(name)")
    }
    let costs = results.map { $0.metrics["generator_loss"] ?? 0 }
    #expect(abs(costs[1] - costs[0] - costs[2]) < 1e-5 && costs[2] > 0)
    // The step that an Adam makes first hardly depends on the gradient's size.
    #expect(Set(results.map { $0.metrics["generator_gradient_norm"] ?? 0 }).count == 3)
  }

  // MARK: Parts of a batch

  /// Sums as if another holder of a part had the same numbers.
  private struct Twice: BatchReduction {
    func sum(_ partial: Tensor) -> Tensor { partial * 2 }
  }

  /// Half of a batch beside an equal half makes the step that it would make alone: means are those of the whole batch.
  @Test func meansAreThoseOfTheWholeBatch() throws {
    let procedure = procedure {
      $0.loss = .relativisticAverage
      $0.terms = [FeatureMatching(), HistoricalAveraging(weight: 0.1)]
    }
    func train(_ change: (inout TrainingState) -> Void) throws -> State {
      let rule = SGD(learningRate: 0.1)
      var training = procedure.makeTraining(seed: 1, generator: rule, discriminator: rule)
      change(&training)
      for step in 0..<3 {
        // A whole batch of eight takes more random numbers than one of four.
        training.random = RandomGenerator(seed: UInt64(step))
        var random = RandomGenerator(seed: UInt64(10 + step))
        _ = try procedure.step(&training) { .normal([4, 2], using: &random) + Tensor([2, 1]) }
      }
      return training.state
    }
    let alone = try train { _ in }
    let half = try train {
      $0.reduction = Twice()
      $0.samples = Context.Samples(0..<4, of: 8)
    }
    for (name, tensor) in alone.tensors {
      #expect(half[name]?.isApproximatelyEqual(to: tensor, absoluteTolerance: 1e-6) == true, "\(name)")
    }
  }

  // MARK: Historical averaging

  @Test func historicalAveragingAsGolden() throws {
    let golden = try #require(try AdversarialCase.cases("historicalAveraging").first)
    let (past, theta) = (try golden.input("past"), try golden.input("theta"))
    let term = HistoricalAveraging(weight: 1)
    let generator = AdversarialTraining.OptimizerName.generator
    var memory = term.makeMemory(for: ["theta": theta.shape])
    var means: [Float] = []
    for index in 0..<past.shape[0] {
      let gradients = term.gradients(at: State(["theta": past[index]]), of: generator, &memory)
      #expect((gradients["theta"] == nil) == (index == 0))
      means += memory["history.mean.theta"]?.scalars ?? []
    }
    #expect(isClose(Tensor(means), try golden.output("runningMeans"), tolerance: 1e-6))
    let gradient = try #require(term.gradients(at: State(["theta": theta]), of: generator, &memory)["theta"])
    #expect(isClose(gradient, try #require(golden.gradients?["theta"]).data, tolerance: 1e-6))
    #expect(memory["history.updates.generator"]?.scalar == 5 && memory["history.updates.discriminator"]?.scalar == 0)
  }

  /// The paper's game, min over x and max over y of (f(x) - 1)(y - 1), where f is x below 0 and x² above: steps of both
  /// along their gradients orbit around (1, 1), and come to rest there if they are drawn to their means.
  @Test func aGameThatOrbits() throws {
    func distances(weight: Float, rate: Float) -> [Double] {
      let term = HistoricalAveraging(weight: weight)
      var state = State(["x": Tensor(0.5), "y": Tensor(0.5)])
      var memory = term.makeMemory(for: ["x": [], "y": []])
      return (0..<2000).map { _ in
        let (x, y) = (state["x"]?.scalar ?? 0, state["y"]?.scalar ?? 0)
        var gradients = Gradients([
          "x": Tensor((x < 0 ? 1 : 2 * x) * (y - 1)), "y": Tensor(1 - (x < 0 ? x : x * x)),
        ])
        if weight > 0 {
          gradients += term.gradients(at: state, of: AdversarialTraining.OptimizerName.generator, &memory)
        }
        state.add(gradients, scaledBy: -rate)
        let (dx, dy) = (Double(state["x"]?.scalar ?? 0) - 1, Double(state["y"]?.scalar ?? 0) - 1)
        return (dx * dx + dy * dy).squareRoot()
      }
    }
    #expect(distances(weight: 0, rate: 0.01).allSatisfy { $0 > 0.6 })
    #expect(distances(weight: 0.5, rate: 0.05).suffix(100).allSatisfy { $0 < 0.01 })
  }

  /// The distance is in no loss, and both networks feel it from the second update on.
  @Test func historicalAveragingInATraining() throws {
    let averaging = procedure { $0.terms = [HistoricalAveraging(weight: 5)] }
    let (first, firstMetrics) = try train(averaging)
    let (plain, plainMetrics) = try train(procedure())
    #expect(first.state == plain.state && firstMetrics == plainMetrics)
    let (later, _) = try train(averaging, steps: 3)
    let (plainLater, _) = try train(procedure(), steps: 3)
    for name in averaging.network.parameterNames where name != "discriminator.score.bias" {
      #expect(later.state[name] != plainLater.state[name], "\(name)")
    }
    let memory = averaging.makeMemory()
    #expect(later.memory.names == memory.names && memory.names.count == averaging.network.parameterNames.count + 2)
    #expect(later.memory["history.updates.generator"]?.scalar == 3)
  }

  // MARK: Noise

  @Test func instanceNoiseDecays() throws {
    let noise = InstanceNoise(deviation: 0.5, steps: 4)
    #expect((0...5).map { noise.deviation(after: $0) } == [0.5, 0.375, 0.25, 0.125, 0, 0])
    let samples = Tensor.zeros([1000, 8])
    for step in 0..<5 {
      var random = SampleRandom(RandomGenerator(seed: 2))
      let shown = noise.shown(samples, step: step, memory: State(), random: &random)
      let deviation = shown.variance().scalar.squareRoot()
      #expect(abs(deviation - noise.deviation(after: step)) < 0.02, "\(step)")
      // Where there is none, nothing is drawn.
      #expect((random.generator == RandomGenerator(seed: 2)) == (step == 4))
    }
    // When it is over, a training is one without.
    let over = procedure { $0.views = [InstanceNoise(deviation: 0.5, steps: 1)] }
    let (state, _) = try train(over, steps: 1) { $0.step = 1 }
    let (plain, _) = try train(procedure(), steps: 1) { $0.step = 1 }
    #expect(state.state == plain.state)
    #expect(try train(over, steps: 1).state.state != plain.state)
  }

  @Test func adaptiveViewsNeedSignedScores() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let parts = Parts()
      var procedure = AdversarialTraining(
        network: Network(parts), generator: parts.generator, discriminator: parts.discriminator,
        prior: NormalPrior(2))
      procedure.loss = .wasserstein
      procedure.views = [Augmentation(adaptation: .init())]
      var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
      _ = try procedure.step(&training) { .zeros([2, 2]) }
    }
    expect(result, saysWhy: "the augmentation follows the signs of scores, but the loss wasserstein has no scores")
  }
}
