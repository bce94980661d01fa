import Datasets
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct SampleDiversityTests {
  private typealias FakeSamples = AdversarialTraining.FakeSamples

  /// Two dense layers that are told a class, which they leave aside.
  private final class Parts: Module {
    let generator = Told(Dense(from: 3, to: 2))
    let discriminator = Judge(Dense(from: 2, to: 1))
  }
  private final class Told: Generator {
    let layer: Dense
    init(_ layer: Dense) { self.layer = layer }
    func callAsFunction(_ latents: Tensor, given condition: Condition, in context: Context) -> Tensor {
      layer(latents, in: context)
    }
  }
  private final class Judge: Discriminator {
    let layer: Dense
    init(_ layer: Dense) { self.layer = layer }
    func callAsFunction(_ samples: Tensor, given condition: Condition, in context: Context) -> DiscriminatorOutput {
      DiscriminatorOutput(scores: layer(samples, in: context).squeezed(axis: 1))
    }
  }

  private func procedure(_ term: SampleDiversity = SampleDiversity()) -> AdversarialTraining {
    let parts = Parts()
    var procedure = AdversarialTraining(
      network: Network(parts), generator: parts.generator, discriminator: parts.discriminator, prior: NormalPrior(3),
      conditions: .classes(9))
    procedure.terms = [term]
    return procedure
  }

  private func value(
    _ term: SampleDiversity, real: Tensor?, fake: Tensor, samples: Context.Samples? = nil
  ) -> Tensor? {
    let procedure = procedure(term)
    let training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    let context = Context(
      procedure.network, training.state, mode: .training, random: RandomGenerator(seed: 1), samples: samples)
    let labels = Condition.labels(Array(repeating: 0, count: fake.shape[0]))
    let pass = procedure.adversarialPass(
      real: real.map { ($0, labels) },
      fake: FakeSamples(samples: fake, latents: .zeros([fake.shape[0], 3]), condition: labels), context, training)
    return term.generatorTerm(pass)
  }

  /// By hand: real pairs differ by 2 and 4 in the mean, so 3 · 0.5 is enough.
  @Test func terms() throws {
    let real = Tensor([0, 0, 1, 3, 0, 0, 4, 4], shape: [4, 2])
    let fake = Tensor([1, 1, 1, 1, 0, 0, 0.5, 1], shape: [4, 2])
    let term = SampleDiversity(weight: 2, share: 0.5)
    #expect(try #require(value(term, real: real, fake: fake)) == Tensor([2, 2, 1, 1]))
    // One more, which has nobody to differ from, counts for nothing: 2 · 0.5 is enough of the others.
    let odd = try #require(value(term, real: real[0..<3], fake: Tensor([0, 0, 0.5, 1, 7, 7], shape: [3, 2])))
    #expect(odd == Tensor([0.5, 0.5, 0]))
    // So do the ends of a part that begins at an odd place: the real ones in the middle differ by 2.
    let ends = Tensor([9, 9, 0.5, 0.5, 0, 0, 9, 9], shape: [4, 2])
    let part = try #require(value(term, real: real, fake: ends, samples: Context.Samples(3..<7, of: 8)))
    #expect(part == Tensor([0, 1, 1, 0]))
  }

  /// What is equal everywhere asks for nothing; no real samples, neither.
  @Test func nothingToCompare() {
    let fake = Tensor([1, 2, 3, 4], shape: [2, 2])
    #expect(value(SampleDiversity(), real: .ones([2, 2]), fake: fake) == nil)
    #expect(value(SampleDiversity(), real: nil, fake: fake) == nil)
  }

  /// Equal samples have no direction to part in; others are moved apart, and none once they are far enough.
  @Test func gradients() throws {
    let real = Tensor([0, 0, 2, 2], shape: [2, 2])
    func gradient(_ scalars: [Float]) throws -> Tensor {
      let fake = Tensor(scalars, shape: [2, 2]).recorded()
      return try #require(value(SampleDiversity(weight: 1, share: 1), real: real, fake: fake)).mean().gradient(at: fake)
    }
    #expect(try gradient([1, 1, 1, 1]) == .zeros([2, 2]))
    #expect(try gradient([1, 1, 1.5, 0.5]) == Tensor([0.25, -0.25, -0.25, 0.25], shape: [2, 2]))
    #expect(try gradient([0, 0, 5, 5]) == .zeros([2, 2]))
  }

  /// Pairs are those of the whole batch, wherever a part begins.
  @Test func partners() {
    #expect(AdversarialTraining.partners(4, first: 0) == [1, 0, 3, 2])
    #expect(AdversarialTraining.partners(3, first: 0) == [1, 0, 2])
    #expect(AdversarialTraining.partners(4, first: 3) == [0, 2, 1, 3])
    #expect(AdversarialTraining.partners(0, first: 0) == [])
  }

  /// Generated samples have the condition of the first of their pair if a term compares them, and else each its own.
  @Test(arguments: [true, false]) func conditions(arePaired: Bool) throws {
    var procedure = procedure()
    if !arePaired { procedure.terms = [] }
    var training = procedure.makeTraining(seed: 1, generator: Adam(), discriminator: Adam())
    let recorded = procedure.recordedSamples(like: (.zeros([5, 2]), .labels([4, 5, 6, 7, 8])), &training)
    #expect(recorded.fake.condition == .labels(arePaired ? [4, 4, 6, 6, 8] : [4, 5, 6, 7, 8]))
  }

  @Test func badNumbers() {
    #expect(throws: ConfigurationError.self) { try SampleDiversity(weight: -1).validate() }
    #expect(throws: ConfigurationError.self) { try SampleDiversity(share: 0).validate() }
    #expect(throws: ConfigurationError.self) { try SampleDiversity(share: .nan).validate() }
  }
}
