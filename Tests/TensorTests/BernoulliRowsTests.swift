import Testing

@testable import Tensor

/// The rows of a Bernoulli cross-entropy against what they are composed of.
@Suite struct BernoulliRowsTests {
  private static func composite(_ logits: Tensor, _ targets: Tensor) -> Tensor {
    (logits.softplus() - targets * logits).sum(axes: [1])
  }

  private static let shapes = [
    (1, 1, 1), (3, 1, 5), (2, 3, 7), (7, 5, 784), (1, 1, 5000), (5, 4, 4097), (300, 1, 3), (130, 3, 784),
    (2, 2, 40_000),
  ]

  /// Bit by bit: values and first derivatives.
  @Test(arguments: shapes) func bitsOfTheComposite(count: Int, draws: Int, columns: Int) {
    var random = RandomGenerator(seed: UInt64(columns))
    let logits = (Tensor.normal([draws * count, columns], using: &random) * 5).recorded()
    let targets = Tensor.uniform([count, columns], using: &random)
    let tiled = Tensor.concatenated(Array(repeating: targets, count: draws))
    let (own, expected) = (logits.bernoulliCrossEntropyRows(targets: targets), Self.composite(logits, tiled))
    #expect(own == expected)
    let upstream = Tensor.normal([draws * count], using: &random)
    #expect(own.pullback(upstream, at: [logits]) == expected.pullback(upstream, at: [logits]))
  }

  @Test func secondDerivatives() {
    var random = RandomGenerator(seed: 4)
    let logits = Tensor.normal([6, 9], using: &random).recorded()
    let (targets, upstream) = (Tensor.uniform([3, 9], using: &random), Tensor.normal([6], using: &random).recorded())
    let tiled = Tensor.concatenated([targets, targets])
    let second = [logits.bernoulliCrossEntropyRows(targets: targets), Self.composite(logits, tiled)].map { rows in
      let first = rows.pullback(upstream, at: [logits], recording: true)[0]
      return (first.square() * 0.5).sum().gradients(at: [logits, upstream])
    }
    for (own, expected) in zip(second[0], second[1]) {
      #expect((own - expected).absolute().max().scalar < 1e-5)
    }
  }

  @Test func extremes() {
    let logits = Tensor([1000, -1000, 90, -90], shape: [2, 2]).recorded()
    let rows = logits.bernoulliCrossEntropyRows(targets: Tensor([1, 0], shape: [1, 2]))
    #expect(rows.absolute().max().scalar < 1e-30)
    #expect(rows.sum().gradients(at: [logits])[0].isAllFinite)
    #expect(Tensor.zeros([0, 3]).bernoulliCrossEntropyRows(targets: .zeros([0, 3])).shape == [0])
  }

  @Test func misuseStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([5, 3]).bernoulliCrossEntropyRows(targets: .zeros([2, 3]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("bernoulliCrossEntropyRows: logits [5, 3] and targets [2, 3]"))
  }
}
