import Latent

/// Translates points of one cloud to points of another and back, from unpaired samples: two streams, and a pool of old
/// translations in the training's memory. After Zhu et al., arXiv:1703.10593.
struct UnpairedModel: Translating {
  struct Configuration: Codable, Sendable, Equatable { var width = 16 }

  static let kind = "unpaired"
  private static let poolSize = 8
  let configuration: Configuration
  let network: Network
  private let parts: Parts

  private final class Parts: Module {
    let toB: Sequential
    let toA: Sequential
    let critics: [Sequential]

    init(_ width: Int) {
      func net(to size: Int, _ last: any Layer) -> Sequential {
        Sequential(Dense(from: 2, to: width), .leakyReLU(slope: 0.2), Dense(from: width, to: size), last)
      }
      toB = net(to: 2, .reshape(to: [2]))
      toA = net(to: 2, .reshape(to: [2]))
      critics = (0..<2).map { _ in net(to: 1, .reshape(to: [])) }
    }
  }

  init(_ configuration: Configuration) throws {
    guard configuration.width > 0 else { throw ConfigurationError("unpaired: width is \(configuration.width)") }
    self.configuration = configuration
    parts = Parts(configuration.width)
    network = Network(parts)
  }

  var inputs: [InputRequirement] { ["a", "b"].map { InputRequirement([2], stream: $0) } }
  var directions: [String] { ["a-to-b", "b-to-a"] }

  func makeOptimizers(learningRate: Float?) -> [String: any Optimizer] {
    let adam = Adam(learningRate: learningRate ?? 1e-3, beta1: 0.5)
    return ["translators": adam, "critics": adam]
  }

  func makeMemory(using generator: inout RandomGenerator) -> State {
    State(["pool.a": .zeros([Self.poolSize, 2]), "pool.b": .zeros([Self.poolSize, 2])])
  }

  func trainingStep(_ feed: inout BatchFeed, _ training: inout TrainingState) throws -> Metrics {
    let (a, b) = (feed.next("a").samples, feed.next("b").samples)
    let translators = network.parameterNames(of: parts.toA).union(network.parameterNames(of: parts.toB))
    let loss = AdversarialLoss.leastSquares
    let (moved, fakes) = try training.descend(with: "translators", network, at: translators) { context in
      let (fakeB, fakeA) = (parts.toB(a, in: context), parts.toA(b, in: context))
      let fooled =
        loss.generatorTerms(fake: parts.critics[0](fakeA, in: context)).mean()
        + loss.generatorTerms(fake: parts.critics[1](fakeB, in: context)).mean()
      let cycle =
        (parts.toA(fakeB, in: context) - a).absolute().mean() + (parts.toB(fakeA, in: context) - b).absolute().mean()
      return (fooled + cycle * 10, (a: fakeA.detached(), b: fakeB.detached()))
    }
    let old = (a: pooled("pool.a", fakes.a, &training), b: pooled("pool.b", fakes.b, &training))
    let names = parts.critics.reduce(into: Set<String>()) { $0.formUnion(network.parameterNames(of: $1)) }
    let (judged, _) = try training.descend(with: "critics", network, at: names) { context in
      let terms = [(parts.critics[0], a, old.a), (parts.critics[1], b, old.b)].map { critic, real, fake in
        loss.discriminatorTerms(real: critic(real, in: context)).mean()
          + loss.discriminatorTerms(fake: critic(fake, in: context)).mean()
      }
      return (terms[0] + terms[1], ())
    }
    return ["loss": moved.loss, "critic_loss": judged.loss]
  }

  /// Half of the new samples and half of the pool, into which the other half of the new ones goes.
  private func pooled(_ name: String, _ samples: Tensor, _ training: inout TrainingState) -> Tensor {
    let half = min(samples.shape[0], Self.poolSize) / 2
    guard let pool = training.memory[name] else { return samples }
    training.memory[name] = .concatenated([pool[half..<Self.poolSize], samples[0..<half]])
    return .concatenated([pool[0..<half], samples[half..<samples.shape[0]]])
  }

  func translate(_ samples: Tensor, direction: String, with state: State) -> Tensor {
    let translator = direction == "a-to-b" ? parts.toB : parts.toA
    return translator(samples, in: Context(network, state, mode: .inference))
  }
}

/// A cloud of points around a place, each drawn from its own number.
struct Cloud: SampleSource {
  let center: Float
  let count = 200
  let sampleShape: Tensor.Shape = [2]

  func batch(at indices: [Int]) -> Batch {
    let points = indices.map { index in
      var generator = RandomGenerator(seed: UInt64(index), stream: UInt64(center + 10))
      return Tensor.normal([2], mean: center, standardDeviation: 0.3, using: &generator)
    }
    return Batch(samples: .stacked(points), indices: indices)
  }

  func fingerprint(withConditions: Bool) -> UInt32 { UInt32(center + 10) }
}
