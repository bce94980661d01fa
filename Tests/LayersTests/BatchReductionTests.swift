import Foundation
import Tensor
import Testing

@testable import Layers

/// Sums numbers over several threads that go through the same steps: each waits for the others.
private final class Exchange: @unchecked Sendable {
  private let condition = NSCondition()
  private var deposits: [Tensor?]
  private var total = Tensor(0)
  private var round = 0

  init(parts: Int) { deposits = Array(repeating: nil, count: parts) }

  func total(_ partial: Tensor, from part: Int) -> Tensor {
    condition.lock()
    defer { condition.unlock() }
    deposits[part] = partial
    let own = round
    let present = deposits.compactMap { $0 }
    if present.count == deposits.count {
      total = present.dropFirst().reduce(present[0], +)
      deposits = deposits.map { _ in nil }
      round += 1
      condition.broadcast()
    }
    while round == own { condition.wait() }
    return total
  }
}

private struct PartReduction: BatchReduction {
  let exchange: Exchange
  let part: Int

  func sum(_ partial: Tensor) -> Tensor { partial.reduced { exchange.total($0, from: part) } }
}

/// What one part finds out, or the whole.
private struct Findings: Sendable {
  var output: Tensor
  var gradients: Gradients
  /// At the input: of the loss, and of the squares of that gradient.
  var first: Tensor
  var second: Tensor
  /// Of the squares of the input's gradient at the scale.
  var secondAtScale: Tensor
  var buffers: State
}

private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [Int: Findings] = [:]

  subscript(part: Int) -> Findings? {
    get { lock.withLock { found[part] } }
    set { lock.withLock { found[part] = newValue } }
  }
}

@Suite struct BatchReductionTests {
  private static func findings(
    _ input: Tensor, _ factors: Tensor, _ layer: BatchNorm, _ state: State, _ reduction: any BatchReduction
  ) -> Findings {
    let context = Context(
      Network(layer), state, mode: .training, differentiating: ["scale", "offset"], random: RandomGenerator(seed: 1),
      reduction: reduction)
    let input = input.recorded()
    let output = layer(input, in: context)
    let loss = (output.square() * factors + output * output * output).sum()
    let gradients = context.gradients(of: loss)
    let first = loss.gradient(at: input, recording: true)
    let penalty = first.square().sum()
    return Findings(
      output: output.detached(), gradients: gradients, first: first.detached(),
      second: penalty.gradient(at: input).detached(),
      secondAtScale: penalty.gradient(at: context[layer.scale]).detached(), buffers: context.bufferUpdates)
  }

  /// Two unequal parts, on two threads, against the fused layer over all samples.
  @Test(arguments: [[6, 2, 2, 3], [5, 3]])
  func batchNormOverPartsIsThatOfTheWhole(shape: [Int]) throws {
    var random = RandomGenerator(seed: 4)
    let input = Tensor.normal(Tensor.Shape(shape), mean: 0.5, standardDeviation: 2, using: &random)
    let factors = Tensor.uniform(Tensor.Shape(shape), using: &random)
    let layer = BatchNorm(3, scaleInitializer: .uniform(bound: 2), offsetInitializer: .uniform(bound: 1))
    let state = Network(layer).initialState(using: &random)
    let whole = Self.findings(input, factors, layer, state, WholeBatch())
    let exchange = Exchange(parts: 2)
    let results = Results()
    let done = DispatchGroup()
    for (part, rows) in [0..<2, 2..<shape[0]].enumerated() {
      done.enter()
      Thread {
        results[part] = Self.findings(
          input[rows], factors[rows], layer, state, PartReduction(exchange: exchange, part: part))
        done.leave()
      }.start()
    }
    done.wait()
    let (a, b) = try (#require(results[0]), #require(results[1]))
    func expectClose(_ parts: Tensor, _ expected: Tensor, _ what: String) {
      #expect(isClose(parts, expected.scalars.map { Double($0) }, tolerance: 1e-5), "\(what)")
    }
    expectClose(.concatenated([a.output, b.output]), whole.output, "output")
    expectClose(.concatenated([a.first, b.first]), whole.first, "gradient at the input")
    expectClose(.concatenated([a.second, b.second]), whole.second, "second derivative at the input")
    expectClose(a.secondAtScale + b.secondAtScale, whole.secondAtScale, "second derivative at the scale")
    let sum = a.gradients + b.gradients
    for name in ["scale", "offset"] {
      expectClose(try #require(sum[name]), try #require(whole.gradients[name]), name)
    }
    #expect(a.buffers == b.buffers)
    for name in ["runningMean", "runningVariance"] {
      expectClose(try #require(a.buffers[name]), try #require(whole.buffers[name]), name)
    }
  }

  /// One sample in each part is enough if the batch has two.
  @Test func aPartMayHaveOneValue() throws {
    struct Twin: BatchReduction {
      func sum(_ partial: Tensor) -> Tensor { partial.reduced { $0 * 2 } }
    }
    let layer = BatchNorm(1)
    var random = RandomGenerator(seed: 1)
    let state = Network(layer).initialState(using: &random)
    let context = Context(Network(layer), state, mode: .training, random: random, reduction: Twin())
    #expect(layer(Tensor([[3]]), in: context) == Tensor([[0]]))
    #expect(context.bufferUpdates["runningMean"]?.isApproximatelyEqual(to: Tensor([0.3])) == true)
    #expect(context.bufferUpdates["runningVariance"]?.isApproximatelyEqual(to: Tensor([0.9])) == true)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).reduced { $0.sum() }
    }
    expect(result, saysWhy: "reduced: the result has shape []; it must be the input's, [2]")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Alone: BatchReduction {
        func sum(_ partial: Tensor) -> Tensor { partial.reduced { $0 } }
      }
      let layer = BatchNorm(1)
      var random = RandomGenerator(seed: 1)
      let state = Network(layer).initialState(using: &random)
      _ = layer(Tensor([[3]]), in: Context(Network(layer), state, mode: .training, random: random, reduction: Alone()))
    }
    expect(result, saysWhy: "BatchNorm: the whole batch has 1 values for each channel; training needs two or more")
  }
}
