import Foundation
import LatentSystem
import Synchronization
import Testing

@testable import Tensor

/// What the graph costs: which pullbacks run, what is kept alive, how deep the stack gets.
@Suite struct GraphTests {
  /// Counts calls of a pullback, and which inputs were wanted.
  private final class Counter: Sendable {
    private let counts = Mutex((calls: 0, wanted: [false, false]))
    var calls: Int { counts.withLock { $0.calls } }
    var wanted: [Bool] { counts.withLock { $0.wanted } }
    func note(_ wanted: [Bool]) { counts.withLock { $0 = ($0.calls + 1, wanted) } }
  }

  /// The product of two tensors, which tells `counter` of each call of its pullback.
  private func product(_ a: Tensor, _ b: Tensor, _ counter: Counter) -> Tensor {
    let value = a.detached() * b.detached()
    return Tensor.record("counted", value, from: [a, b], saving: [.input(0), .input(1)]) { arguments in
      counter.note(Array(arguments.isWanted))
      return [
        arguments.isWanted[0] ? arguments.cotangent * arguments.saved[1] : nil,
        arguments.isWanted[1] ? arguments.cotangent * arguments.saved[0] : nil,
      ]
    }
  }

  @Test func onlyWantedGradientsAreComputed() {
    let (a, b, c) = (Tensor([1, 2]).recorded(), Tensor([3, 4]).recorded(), Tensor([5, 6]).recorded())
    let (onPath, beside) = (Counter(), Counter())
    let loss = (product(a, b, onPath) + product(b, c, beside)).sum()
    #expect(loss.gradient(at: a) == Tensor([3, 4]))
    #expect(onPath.calls == 1 && onPath.wanted == [true, false])
    #expect(beside.calls == 0, "no way leads through it to the target")
    #expect(loss.gradients(at: [b, c]) == [Tensor([6, 8]), Tensor([3, 4])])
    #expect(onPath.calls == 2 && onPath.wanted == [false, true])
    #expect(beside.calls == 1 && beside.wanted == [true, true])
  }

  @Test func aTargetStopsTheWalkUnlessSomethingLiesBehindIt() {
    let a = Tensor([1, 2]).recorded()
    let counter = Counter()
    let middle = product(a, a, counter)
    #expect(middle.sum().gradient(at: middle) == Tensor([1, 1]))
    #expect(counter.calls == 0)
    #expect(middle.sum().gradients(at: [middle, a])[1] == Tensor([2, 4]))
    #expect(counter.calls == 1)
  }

  @Test func constantsAreNotWantedAndLeaveNoTrace() {
    let counter = Counter()
    let a = Tensor([1, 2]).recorded()
    #expect(product(a, Tensor([3, 4]), counter).sum().gradient(at: a) == Tensor([3, 4]))
    #expect(counter.wanted == [true, false])
    #expect(!product(a.detached(), Tensor([3, 4]), counter).isRecorded)
  }

  @Test func aPullbackRunsOnceHoweverOftenItsOutputIsUsed() {
    let a = Tensor([1, 2]).recorded()
    let counter = Counter()
    let y = product(a, a, counter)
    let loss = (y + y * y + (y + 1) * 3).sum()
    #expect(loss.gradient(at: a) == Tensor([12, 48]))
    #expect(counter.calls == 1)
  }

  // MARK: Memory

  private final class Weak {
    weak var node: Node?
    weak var storage: Storage?
    init(_ tensor: Tensor) { (node, storage) = (tensor.origin?.node, tensor.storage) }
    var isReleased: Bool { node == nil && storage == nil }
  }

  @Test(
    "An operation that saves its own output is no cycle",
    arguments: [
      NamedFunction("exp") { $0.exp() }, NamedFunction("tanh") { $0.tanh() },
      NamedFunction("logSumExp") { $0.logSumExp() }, NamedFunction("max") { $0.max() },
      NamedFunction("divide") { 1 / $0 }, NamedFunction("relu") { $0.relu() },
      NamedFunction("squareRoot") { $0.squareRoot() },
    ])
  func ownOutput(_ function: NamedFunction) {
    let x = Tensor([1, 2]).recorded()
    func use() -> (Weak, Weak) {
      let y = function(x)
      let gradient = y.sum().gradient(at: x, recording: true)
      _ = gradient.sum().gradient(at: x)
      return (Weak(y), Weak(gradient))
    }
    let (y, gradient) = use()
    #expect(y.isReleased, "\(function.testDescription)")
    #expect(gradient.isReleased, "its gradient")
  }

  @Test("No pullback captures a tensor: nothing outlives its last use", arguments: GoldenTests.covered)
  func nothingOutlives(_ golden: GoldenCase) throws {
    let function = try #require(GoldenCase.function(golden.op))
    func use() throws -> [Weak] {
      let inputs = golden.inputs.mapValues { $0.tensor.recorded() }
      let leaves = try golden.names.map { try #require(inputs[$0]) }
      let upstream = try #require(golden.upstream).tensor.recorded()
      let output = try function(golden.params, inputs)
      let gradients = output.pullback(upstream, at: leaves, recording: true)
      let seconds = gradients.map { $0.square().sum() }.reduce(Tensor(0), +).gradients(at: leaves + [upstream])
      return (leaves + [upstream, output] + gradients + seconds).map { Weak($0) }
    }
    for (index, tensor) in try use().enumerated() { #expect(tensor.isReleased, "\(golden.name): tensor \(index)") }
  }

  @Test func anOperationThatNeedsNothingKeepsNothing() {
    let x = Tensor([1, 2]).recorded()
    func add() -> (Weak, Tensor) {
      let middle = x + 1
      return (Weak(middle), middle + x)
    }
    let (middle, sum) = add()
    #expect(middle.storage == nil, "the sum does not need the scalars")
    #expect(middle.node != nil, "but the way to x")
    #expect(sum.sum().gradient(at: x) == Tensor([2, 2]))
  }

  /// Runs `body` on a thread with a stack of 512 KB and waits for it.
  private func onSmallStack(_ body: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      let thread = Thread {
        body()
        continuation.resume()
      }
      thread.stackSize = 512 << 10
      thread.start()
    }
  }

  @Test("A chain of 100,000 operations is differentiated and freed on a small stack")
  func longChain() async {
    let result = Mutex<[Float]>([])
    await onSmallStack {
      let x = Tensor([1, 2]).recorded()
      var y = x
      for step in 0..<100_000 { y = step % 2 == 0 ? y + x : y * (step % 4 == 1 ? 0.5 : 1) }
      let gradient = y.sum().gradient(at: x, recording: true)
      let values = gradient.scalars
      result.withLock { $0 = values }
    }
    let values = result.withLock { $0 }
    #expect(values.count == 2 && values.allSatisfy { $0.isFinite && $0 > 1 })
  }

  @Test("A wide and deep graph is freed too")
  func diamonds() async {
    await onSmallStack {
      var y = Tensor([1, 2]).recorded()
      for _ in 0..<50_000 { y = y - y * 0.5 }
      #expect(y.isRecorded)
    }
  }

  @Test("Time per node of a recurrent graph (printed)")
  func timePerNode() {
    let w = Tensor([0.5, 0.25, 0.125, 1]).recorded()
    let nodes = 10_000
    let clock = ContinuousClock()
    var y = w
    let forward = clock.measure { for _ in 0..<nodes / 2 { y = y * w + 1 } }
    var gradient = w
    let backward = clock.measure { gradient = y.sum().gradient(at: w) }
    #expect(gradient.shape == [4])
    print("\(nodes) nodes: forward \(forward / nodes) a node, backward \(backward / nodes) a node")
  }

  @Test("One recording differentiated from many tasks gives the same bits")
  func concurrentQuestions() async {
    var noise = TestNoise(3)
    let w = noise.tensor([40, 50]).recorded()
    let x = noise.tensor([64, 40])
    let loss = x.matmul(w).tanh().matmul(w, transposingOther: true).softplus().mean()
    let expected = bitPatterns(loss.gradient(at: w))
    await withTaskGroup(of: [UInt32].self) { group in
      for index in 0..<16 {
        group.addTask {
          let gradient = loss.gradient(at: w, recording: index % 2 == 0)
          if index % 2 == 0 { _ = gradient.square().sum().gradient(at: w) }
          return bitPatterns(gradient)
        }
      }
      for await bits in group { #expect(bits == expected) }
    }
  }
}
