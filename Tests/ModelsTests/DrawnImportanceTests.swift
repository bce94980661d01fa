import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// The gradient of one latent, drawn by its weight, in the place of that of all.
@Suite struct DrawnImportanceTests {
  private let images = Tensor([0, 1, 1, 0, 1, 1, 1, 0], shape: [2, 2, 2, 1])

  /// A model whose latents differ much in weight.
  private func model(_ configure: (inout VAE.Configuration) -> Void = { _ in }) throws -> (VAE, State) {
    var configuration = VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3)
    configuration.importanceSamples = 3
    configure(&configuration)
    let vae = try VAE(configuration)
    return (vae, State(vae.makeTraining(seed: 4).state.tensors.mapValues { $0 * 2 }))
  }

  private func loss(
    _ gradient: ImportanceGradient, _ vae: VAE, _ state: State, beta: Float, seed: UInt64
  ) -> (loss: Double, gradients: [Float], figures: VariationalObjective.Figures) {
    let context = Context(
      vae.network, state, mode: .training, differentiating: vae.network.parameterNames,
      random: RandomGenerator(seed: seed))
    let objective = VariationalObjective(beta: beta, importanceSamples: 3, importanceGradient: gradient)
    let (loss, figures) = objective.loss(of: images, under: vae.parts, in: context)
    let gradients = context.gradients(of: loss)
    return (Double(loss.scalar), vae.network.parameterNames.sorted().flatMap { gradients[$0]?.scalars ?? [] }, figures)
  }

  @Test(
    arguments: [
      (.drawn, 1, 1), (.drawn, 2, 1), (.doublyReparameterized, 1, 1), (.doublyReparameterized, 2, 1),
      (.doublyReparameterized, 1, 0.3),
    ] as [(ImportanceGradient, Int, Float)])
  func sameValueAndSameExpectedGradient(of gradient: ImportanceGradient, stochasticLayers: Int, beta: Float) throws {
    let (vae, state) = try model { $0.stochasticLayers = stochasticLayers }
    var (sum, squares) = ([Double](), [Double]())
    var largest = [Double]()
    let count = 3000
    for seed in 0..<count {
      let all = loss(.weighted, vae, state, beta: beta, seed: UInt64(seed))
      let one = loss(gradient, vae, state, beta: beta, seed: UInt64(seed))
      #expect(abs(all.loss - one.loss) < 1e-5)
      #expect(abs(all.figures.reconstruction - one.figures.reconstruction) < 1e-5)
      #expect(abs(all.figures.divergence - one.figures.divergence) < 1e-5)
      let differences = zip(one.gradients, all.gradients).map { Double($0 - $1) }
      if sum.isEmpty {
        (sum, squares) = (differences.map { _ in 0 }, differences.map { _ in 0 })
        largest = sum
      }
      for (place, difference) in differences.enumerated() {
        sum[place] += difference
        squares[place] += difference * difference
        largest[place] = max(largest[place], abs(difference))
      }
    }
    #expect(largest.contains { $0 > 0.1 })
    for (place, total) in sum.enumerated() {
      let mean = total / Double(count)
      let error = (squares[place] / Double(count)).squareRoot() / Double(count).squareRoot()
      #expect(abs(mean) < 5 * error + 1e-7, "scalar \(place): \(mean) ± \(error)")
    }
  }

  /// Each latent is drawn as often as its weight says.
  @Test func rowsAreDrawnByTheirWeights() {
    let weights = Tensor([0.1, 0.5, 0.6, 0.5, 0.3, 0] as [Float], shape: [3, 2])
    let count = 1000
    var counts = [Int](repeating: 0, count: 6)
    for step in 0..<count {
      let uniform = Tensor(repeating: (Float(step) + 0.5) / Float(count), shape: [2])
      for row in VariationalModel.drawnRows(weights.log(), uniform: uniform) { counts[row] += 1 }
    }
    for (found, expected) in zip(counts, [100, 500, 600, 500, 300, 0]) { #expect(abs(found - expected) <= 1) }
    // However the shares are rounded, one without weight is not drawn.
    for step in 1..<100 {
      let share = Float(step) / 100
      let weights = Tensor([share, 1 - share, 0], shape: [3, 1])
      #expect(VariationalModel.drawnRows(weights.log(), uniform: Tensor([(1 as Float).nextDown])) == [1])
    }
  }

  /// Where the posterior is right, each weight is the likelihood itself whatever the latent, and nothing moves the
  /// posterior; a drawn latent by itself still would.
  @Test func rightPosteriorsStay() throws {
    // x = z + noise of deviation ½: the posterior of z is 4x / 5 with the variance 1/5.
    final class Encoder: LatentEncoder {
      let slope = Parameter([], .zeros)
      let logVariance = Parameter([], .zeros)

      func posterior(of samples: Tensor, given: Condition, in context: Context) -> any LatentDistribution {
        DiagonalGaussian(
          mean: samples * context[slope], logVariance: context[logVariance].broadcast(to: samples.shape))
      }
    }
    let samples = Tensor([1, -2, 0.5, 1.5, 0, 3] as [Float], shape: [3, 2])
    func gradients(_ gradient: ImportanceGradient) -> [Float] {
      let encoder = Encoder()
      let network = Network(encoder)
      let right = State(["slope": Tensor(0.8), "logVariance": Tensor(0.2).log()])
      let context = Context(
        network, right, mode: .training, differentiating: network.parameterNames, random: RandomGenerator(seed: 1))
      let model = VariationalModel(
        encoder: encoder, prior: StandardNormalPrior(2), decoder: IdentityDecoder(), observation: HalfDeviation())
      let bound = model.drawnImportance(of: samples, draws: 4, gradient: gradient, in: context).bound
      let found = context.gradients(of: bound.sum())
      return network.parameterNames.sorted().flatMap { found[$0]?.scalars ?? [] }
    }
    #expect(gradients(.doublyReparameterized).count == 2)
    #expect(gradients(.doublyReparameterized).allSatisfy { abs($0) < 1e-5 })
    #expect(gradients(.drawn).contains { abs($0) > 0.05 })
  }

  @Test(arguments: [ImportanceGradient.drawn, .doublyReparameterized])
  func learns(by gradient: ImportanceGradient) throws {
    let (vae, _) = try model { $0.importanceGradient = gradient }
    let trained = try Trainer(vae, length: .steps(300), batchSize: 2, learningRate: 1e-2).train(on: TensorSet(images))
    let before = try TrainedModel(model: vae, state: vae.makeTraining(seed: 0).state)
      .logLikelihoods(of: images, draws: 200).mean().scalar
    let after = try trained.logLikelihoods(of: images, draws: 200).mean().scalar
    #expect(after > before + 1.5, "\(before) → \(after)")
  }

  @Test("A density that is known everywhere is needed", arguments: [VAE.Posterior.iaf, .planar])
  func needsADensity(posterior: VAE.Posterior) {
    func configure(_ configuration: inout VAE.Configuration) {
      configuration.importanceGradient = .doublyReparameterized
      configuration.posterior = posterior
    }
    #expect(throws: ConfigurationError.self) { try model(configure) }
    #expect(throws: ConfigurationError.self) {
      try model {
        $0.importanceGradient = .doublyReparameterized
        ($0.stochasticLayers, $0.isLadder) = (2, true)
      }
    }
  }

  @Test(
    arguments: [
      { $0.boundCount = 2 }, { $0.importanceSamples = 1 },
    ] as [@Sendable (inout VAE.Configuration) -> Void])
  func needsOneBoundOfSeveralLatents(_ change: @Sendable (inout VAE.Configuration) -> Void) throws {
    #expect(throws: ConfigurationError.self) {
      try model {
        $0.importanceGradient = .drawn
        change(&$0)
      }
    }
  }
}
