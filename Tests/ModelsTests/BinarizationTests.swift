import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// Models of black and white pixels, learned from grey ones.
@Suite struct BinarizationTests {
  private func vae(_ binarization: Binarization) throws -> VAE {
    try VAE(VAE.Configuration(latentSize: 3, hiddenSize: 8, binarization: binarization))
  }

  private func trainer(_ binarization: Binarization, steps: Int) throws -> Trainer<VAE> {
    Trainer(try vae(binarization), length: .steps(steps), batchSize: 20, seed: 1)
  }

  @Test func likelihoodsHaveTheirNames() throws {
    #expect(try vae(.none).likelihoodKind == .crossEntropyBound)
    #expect(try vae(.dynamic).likelihoodKind == .lowerBound)
    #expect(throws: ConfigurationError.self) {
      try VAE(VAE.Configuration(likelihood: .gaussian(standardDeviation: 0.1), binarization: .static))
    }
  }

  /// The trainer sees to it that a model gets what it was made for.
  @Test func trainersBinarize() throws {
    let digits = BuiltInDigits.make(count: 100)
    var states: [State] = []
    for binarization in Binarization.allCases {
      let model = try trainer(binarization, steps: 8)
      var seen: TrainingData?
      states.append(try model.train(on: digits) { seen = $0.data }.state)
      let samples = try #require(seen?.main).batch(at: Array(0..<100)).samples.scalars
      #expect(samples.allSatisfy { $0 == 0 || $0 == 1 } == (binarization != .none))
    }
    #expect(states[0] != states[1] && states[1] != states[2] && states[0] != states[2])
  }

  @Test func drawsAreTheSameAfterAStop() throws {
    let (digits, unseen) = (BuiltInDigits.make(count: 100), BuiltInDigits.make(count: 30, seed: 1))
    let straight = try trainer(.dynamic, steps: 14).train(on: digits, heldOut: unseen)
    var checkpoint: TrainingCheckpoint?
    _ = try trainer(.dynamic, steps: 7).train(on: digits, heldOut: unseen) { checkpoint = $0.checkpoint }
    let resumed = try trainer(.dynamic, steps: 14).train(on: digits, heldOut: unseen, from: checkpoint)
    #expect(resumed.state == straight.state)
    let error = #expect(throws: TrainingError.self) {
      try trainer(.static, steps: 14).train(on: digits, heldOut: unseen, from: checkpoint)
    }
    #expect(error?.description.contains("binarization was dynamic, is static") == true)
  }

  /// Many draws are decoded some at a time, to the same bound.
  @Test func boundsOfManyDraws() throws {
    let model = try vae(.dynamic)
    let state = model.makeTraining(seed: 3).state
    let images = BuiltInDigits.make(count: 64).batch(at: Array(0..<64)).samples
    func context() -> Context {
      Context(model.network, state, mode: .inference, random: RandomGenerator(seed: 5))
    }
    let whole = model.parts.logWeights(of: images, draws: 37, in: context())
    let bound = model.parts.logLikelihoodBounds(of: images, draws: 37, in: context())
    let expected = whole.logSumExp(axes: [0]) - Tensor(37).log()
    #expect((bound - expected).absolute().max().scalar < 1e-3)
    #expect(bound.scalars.allSatisfy { $0 < 0 })
  }
}
