import Tensor
import Testing

@testable import Layers

@Suite struct ContextRandomTests {
  private static let network = Network(Sequential())

  private static func context(_ samples: Context.Samples? = nil) -> Context {
    Context(network, State(), mode: .training, random: RandomGenerator(seed: 7, stream: 3), samples: samples)
  }

  /// A context of all samples draws what the tensors' own functions draw.
  @Test func allSamplesAreTheGenerators() {
    let context = Self.context()
    var random = RandomGenerator(seed: 7, stream: 3)
    #expect(context.normal([5, 3]) == .normal([5, 3], using: &random))
    #expect(
      context.normal([5, 2, 2], mean: 1, standardDeviation: 3)
        == .normal([5, 2, 2], mean: 1, standardDeviation: 3, using: &random))
    #expect(context.uniform([7], in: -1..<2) == .uniform([7], in: -1..<2, using: &random))
    #expect(context.bernoulli([5, 3], probability: 0.3) == .bernoulli([5, 3], probability: 0.3, using: &random))
    #expect(context.normal([]) == .normal([], using: &random))
    #expect(context.random == random)
  }

  /// What a sample gets does not depend on who computes it, and the generator moves on alike in all parts.
  @Test(arguments: [[9], [9, 1], [9, 3], [9, 4], [9, 2, 3], [9, 0]])
  func partsAreRowsOfTheWhole(shape: [Int]) {
    let draws: [(Context, Tensor.Shape) -> Tensor] = [
      { $0.normal($1) }, { $0.normal($1, mean: 2, standardDeviation: 0.5) }, { $0.uniform($1) },
      { $0.uniform($1, in: -3..<1) }, { $0.bernoulli($1, probability: 0.4) },
    ]
    for draw in draws {
      let whole = Self.context()
      let all = [draw(whole, Tensor.Shape(shape)), draw(whole, Tensor.Shape(shape))]
      for bounds in [0..<9, 0..<4, 4..<9, 3..<5, 5..<6, 2..<2] {
        let part = Self.context(Context.Samples(bounds, of: 9))
        let own = Tensor.Shape([bounds.count] + shape.dropFirst())
        #expect(draw(part, own) == all[0][bounds], "\(bounds)")
        #expect(draw(part, own) == all[1][bounds], "\(bounds), second draw")
        #expect(part.random == whole.random)
      }
    }
  }

  /// Several draws at once are one after the other, in parts too, whatever is drawn.
  @Test func severalDraws() {
    let kinds: [(Context, Tensor.Shape) -> Tensor] = [
      { $0.normal($1) }, { $0.normal($1, mean: 2, standardDeviation: 0.5) }, { $0.uniform($1) },
      { $0.uniform($1, in: -3..<1) }, { $0.bernoulli($1, probability: 0.4) },
    ]
    for draw in kinds {
      let (whole, single) = (Self.context(), Self.context())
      let draws = draw(whole, [3 * 9, 5])
      #expect(draws == .concatenated((0..<3).map { _ in draw(single, [9, 5]) }) && whole.random == single.random)
      for bounds in [0..<4, 4..<9, 8..<9] {
        let part = Self.context(Context.Samples(bounds, of: 9))
        let expected = Tensor.concatenated(
          (0..<3).map { draws[9 * $0 + bounds.lowerBound..<9 * $0 + bounds.upperBound] })
        #expect(draw(part, [3 * bounds.count, 5]) == expected && part.random == whole.random)
      }
    }
  }

  @Test func dropoutIsTheSamplesOwn() {
    let (layer, input) = (Dropout(0.5), Tensor.ones([6, 5]))
    let whole = layer(input, in: Self.context())
    for bounds in [0..<2, 2..<6] {
      #expect(layer(input[bounds], in: Self.context(Context.Samples(bounds, of: 6))) == whole[bounds])
    }
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Context.Samples(3..<7, of: 6)
    }
    expect(result, saysWhy: "Context.Samples: samples 3..<7 of 6")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let context = Context(
        Network(Sequential()), State(), mode: .training, random: RandomGenerator(seed: 1),
        samples: Context.Samples(2..<4, of: 6))
      _ = context.normal([5, 3])
    }
    expect(
      result,
      saysWhy: "Context.normal: shape [5, 3] in a context of samples 2..<4; the first axis must be the samples")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Context(Network(Sequential()), State(), mode: .inference).normal([4, 3])
    }
    expect(
      result,
      saysWhy: "Context: random numbers are drawn in a context for inference that was made without random:")
  }
}
