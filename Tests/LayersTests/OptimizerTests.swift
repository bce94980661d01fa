import Foundation
import Tensor
import Testing

@testable import Layers

@Suite struct OptimizerTests {
  private func optimizer(_ name: String, _ settings: Golden.Settings) throws -> any Optimizer {
    switch name {
    case "sgd", "sgd-momentum", "sgd-nesterov":
      return SGD(
        learningRate: settings.rate, momentum: settings.momentum ?? 0, isNesterov: settings.nesterov ?? false,
        weightDecay: settings.weightDecay)
    case "adam", "adamw":
      let (betas, epsilon) = try (#require(settings.betas), #require(settings.eps))
      return Adam(
        learningRate: settings.rate, beta1: betas[0], beta2: betas[1], epsilon: epsilon,
        weightDecay: settings.weightDecay, isDecayDecoupled: name == "adamw")
    default:
      return try RMSProp(
        learningRate: settings.rate, decay: #require(settings.alpha), epsilon: #require(settings.eps),
        weightDecay: settings.weightDecay)
    }
  }

  @Test(arguments: ["sgd", "sgd-momentum", "sgd-nesterov", "adam", "adamw", "rmsprop"])
  func tenStepsAsPyTorch(_ name: String) throws {
    let golden = try #require(try Golden.load().optimizers.first { $0.name == name })
    var optimizer = try optimizer(name, golden.settings)
    var state = State(["x": Tensor(golden.start.map { Float($0) })])
    #expect(golden.gradients.count == 10 && golden.trajectory.count == 10)
    for (step, (gradient, expected)) in zip(golden.gradients, golden.trajectory).enumerated() {
      optimizer.update(&state, with: Gradients(["x": Tensor(gradient.map { Float($0) })]))
      let value = try #require(state["x"])
      for (ours, theirs) in zip(value.scalars, expected) {
        #expect(abs(Double(ours) - theirs) <= 1e-5 * max(abs(theirs), 0.1), "step \(step): \(value), \(expected)")
      }
    }
    #expect(optimizer.progress.step == 10)
  }

  @Test func weightDecayIsAPenaltyOrAShrinking() throws {
    let gradient = Gradients(["x": Tensor([0.5])])
    var state = State(["x": Tensor([2])])
    var sgd = SGD(learningRate: 0.1, weightDecay: 0.25)
    sgd.update(&state, with: gradient)
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([1.9])) == true)
    state = State(["x": Tensor([2])])
    var adamW = Adam.adamW(learningRate: 0.1, epsilon: 0, weightDecay: 0.25)
    adamW.update(&state, with: gradient)
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([1.85])) == true)
    state = State(["x": Tensor([2])])
    var rmsProp = RMSProp(learningRate: 0.1, decay: 0, epsilon: 0, weightDecay: 0.25)
    rmsProp.update(&state, with: gradient)
    #expect(state["x"]?.isApproximatelyEqual(to: Tensor([1.9])) == true)
  }

  @Test func groupsHaveTheirOwnSettings() {
    let names = ["decoder.weight", "encoder.0.bias", "encoder.0.weight", "frozen.weight"]
    var state = State(Dictionary(uniqueKeysWithValues: names.map { ($0, Tensor([1])) }))
    let gradients = Gradients(Dictionary(uniqueKeysWithValues: names.map { ($0, Tensor([1])) }))
    var optimizer = SGD(learningRate: 0.5, weightDecay: 1)
    optimizer.groups = [
      ParameterGroup("*.bias", weightDecay: 0), ParameterGroup("encoder.*", learningRate: 0.25),
      ParameterGroup("frozen.*", isFrozen: true), ParameterGroup("frozen.weight", learningRate: 9),
    ]
    optimizer.update(&state, with: gradients)
    #expect(state["decoder.weight"] == Tensor([0]))
    #expect(state["encoder.0.bias"] == Tensor([0.5]))
    #expect(state["encoder.0.weight"] == Tensor([0.5]))
    #expect(state["frozen.weight"] == Tensor([1]))
  }

  @Test(arguments: [
    ("*", "anything.at.all", true), ("*", "", true), ("a.weight", "a.weight", true), ("a.weight", "b.a.weight", false),
    ("*.weight", "a.weight", true), ("*.weight", "weight", false), ("a.*", "a.b.c", true), ("a.*", "ab.c", false),
    ("a*b", "ab", true), ("a*a", "a", false), ("a*b*c", "a-b-c", true), ("a*b*c", "a-c-b", false),
    ("*b*b*", "abab", true), ("*b*b*", "aba", false), ("ab*ba", "aba", false), ("**.w", "x.w", true), ("", "", true),
    ("", "x", false), ("*x*yx*", "yxx", false), ("*x*yx*", "xxyx", true),
  ])
  func patterns(_ pattern: String, _ name: String, _ matches: Bool) {
    #expect(ParameterGroup(pattern).matches(name) == matches)
  }

  @Test func updatesTouchNoOtherHolder() {
    let start = Tensor([1, 2])
    var state = State(["x": start])
    let snapshot = state
    var optimizer = Adam()
    optimizer.update(&state, with: Gradients(["x": Tensor([1, 1])]))
    let (once, onceOptimizer) = (state, optimizer)
    optimizer.update(&state, with: Gradients(["x": Tensor([1, -1])]))
    #expect(snapshot["x"] == Tensor([1, 2]) && start == Tensor([1, 2]))
    // A value that was put aside goes on as if nothing had happened.
    var (again, againOptimizer) = (once, onceOptimizer)
    againOptimizer.update(&again, with: Gradients(["x": Tensor([1, -1])]))
    #expect(again == state && againOptimizer.progress == optimizer.progress)
  }

  @Test func misuseStops() async {
    var result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["x": Tensor([1])])
      var optimizer = SGD(learningRate: 1)
      optimizer.update(&state, with: Gradients(["y": Tensor([1])]))
    }
    expect(result, saysWhy: "optimizer: the state has no parameter called y")
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = State(["x": Tensor([1])])
      var optimizer = SGD(learningRate: 1)
      optimizer.update(&state, with: Gradients(["x": Tensor([1, 2])]))
    }
    expect(result, saysWhy: "optimizer: x has shape [1], its gradient [2]")
  }
}

@Suite struct LearningRateScheduleTests {
  @Test func followTheirFormulas() {
    for step in 0..<50 {
      let x = min(1, Double(step) / 20)
      #expect(LearningRateSchedule.constant.factor(at: step) == 1)
      let line = LearningRateSchedule.linear(to: 0.1, steps: 20).factor(at: step)
      #expect(abs(line - (1 - 0.9 * x)) < 1e-15)
      let half = LearningRateSchedule.cosine(to: 0.1, steps: 20).factor(at: step)
      let cosine: Double = cos(Double.pi * x)
      #expect(abs(half - (0.1 + 0.45 * (1 + cosine))) < 1e-14)
      let stepwise = pow(0.5, Double(step / 7))
      #expect(LearningRateSchedule.stepwise(factor: 0.5, every: 7).factor(at: step) == stepwise)
      let warmup = LearningRateSchedule.warmup(steps: 5, then: .linear(steps: 20)).factor(at: step)
      let expected: Double = step < 5 ? Double(step + 1) / 5 : 1 - min(1, Double(step - 5) / 20)
      #expect(abs(warmup - expected) < 1e-15)
    }
    #expect(LearningRateSchedule.linear(to: 0.5, steps: 0).factor(at: 0) == 0.5)
    #expect(LearningRateSchedule.warmup(steps: 0, then: .constant).factor(at: 0) == 1)
  }

  @Test func survivesCoding() throws {
    let schedule = LearningRateSchedule.warmup(steps: 5, then: .cosine(to: 0.1, steps: 20))
    let data = try JSONEncoder().encode(schedule)
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: data) == schedule)
  }

  @Test func aScheduleReachesGroups() {
    var optimizer = SGD(learningRate: 1)
    optimizer.groups = [ParameterGroup("own", learningRate: 0.5)]
    optimizer.progress.rateFactor = 0.5
    var state = State(["own": Tensor(1), "other": Tensor(1)])
    optimizer.update(&state, with: Gradients(["own": Tensor(1), "other": Tensor(1)]))
    #expect(state["own"] == Tensor(0.75) && state["other"] == Tensor(0.5))
  }

  @Test func aMomentOfAnotherShapeStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var optimizer = Adam()
      optimizer.progress.moments = State(["w.square": .zeros([0])])
      var state = State(["w": .zeros([100])])
      optimizer.update(&state, with: Gradients(["w": .ones([100])]))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("optimizer: parameter [100] and moment [0] must have one shape"))
  }
}
