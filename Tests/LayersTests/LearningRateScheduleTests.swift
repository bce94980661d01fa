import Foundation
import Tensor
import Testing

@testable import Layers

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
    // The first value for three steps, then a line to 0 over two.
    let held = LearningRateSchedule.hold(steps: 3, then: .linear(steps: 2))
    #expect((0..<7).map(held.factor) == [1, 1, 1, 1, 0.5, 0, 0])
    let warm = LearningRateSchedule.warmup(steps: 2, then: held)
    #expect((0..<8).map(warm.factor) == [0.5, 1, 1, 1, 1, 1, 0.5, 0])
    #expect(LearningRateSchedule.hold(steps: 0, then: .linear(steps: 2)).factor(at: 1) == 0.5)
    #expect(LearningRateSchedule.linear(to: 0.5, steps: 0).factor(at: 0) == 0.5)
    #expect(LearningRateSchedule.warmup(steps: 0, then: .constant).factor(at: 0) == 1)
  }

  @Test func survivesCoding() throws {
    let schedule = LearningRateSchedule.warmup(steps: 5, then: .cosine(to: 0.1, steps: 20))
    let data = try JSONEncoder().encode(schedule)
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: data) == schedule)
    let held = LearningRateSchedule.hold(steps: 5, then: .linear(steps: 20))
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: JSONEncoder().encode(held)) == held)
  }

  @Test func aScheduleReachesGroups() {
    var optimizer = SGD(learningRate: 1)
    optimizer.groups = [ParameterGroup("own", learningRate: 0.5)]
    optimizer.progress.rateFactor = 0.5
    var state = State(["own": Tensor(1), "other": Tensor(1)])
    optimizer.update(&state, with: Gradients(["own": Tensor(1), "other": Tensor(1)]))
    #expect(state["own"] == Tensor(0.75) && state["other"] == Tensor(0.5))
  }

  /// A loop without a trainer needs no factor of its own.
  @Test func anOptimizerFollowsItsOwn() {
    var (optimizer, byHand) = (SGD(learningRate: 1), SGD(learningRate: 1))
    let schedule = LearningRateSchedule.linear(to: 0.5, steps: 4)
    optimizer.schedule = schedule
    var (state, expected) = (State(["x": Tensor(1)]), State(["x": Tensor(1)]))
    for step in 0..<6 {
      optimizer.update(&state, with: Gradients(["x": Tensor(1)]))
      byHand.progress.rateFactor = Float(schedule.factor(at: step))
      byHand.update(&expected, with: Gradients(["x": Tensor(1)]))
      #expect(optimizer.isScheduleOver == (step + 1 >= 4) && !byHand.isScheduleOver)
      #expect(state == expected && optimizer.progress.rateFactor == byHand.progress.rateFactor)
    }
    #expect(optimizer.progress.rateFactor == 0.5)
  }

  @Test func isOverWhereItStandsStill() {
    #expect(!LearningRateSchedule.constant.isOver(at: 1000))
    #expect(!LearningRateSchedule.stepwise(factor: 0.5, every: 3).isOver(at: 1000))
    for schedule in [LearningRateSchedule.linear(steps: 20), .cosine(to: 0.1, steps: 20)] {
      #expect(!schedule.isOver(at: 19) && schedule.isOver(at: 20))
      let warm = LearningRateSchedule.warmup(steps: 5, then: schedule)
      #expect(!warm.isOver(at: 24) && warm.isOver(at: 25))
      let held = LearningRateSchedule.hold(steps: 5, then: schedule)
      #expect(!held.isOver(at: 24) && held.isOver(at: 25))
      #expect((20..<40).allSatisfy { schedule.factor(at: $0) == schedule.factor(at: 20) })
    }
    #expect(!LearningRateSchedule.warmup(steps: 5, then: .constant).isOver(at: 100))
  }

  @Test func aScheduleOfOnesOwn() throws {
    LearningRateSchedule.register("tests.halving") { settings in
      let steps = settings["steps", default: 10]
      return { step in 1 / (1 + Double(step) / steps) }
    }
    let schedule = LearningRateSchedule.warmup(steps: 2, then: .registered(as: "tests.halving", settings: ["steps": 4]))
    #expect([0, 1, 2, 6].map(schedule.factor) == [0.5, 1, 1, 0.5])
    #expect(LearningRateSchedule.registered(as: "tests.halving").factor(at: 10) == 0.5)
    let data = try JSONEncoder().encode(schedule)
    #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: data) == schedule)
    let text = #"{"registered":{"as":"tests.halving","settings":{"steps":4}}}"#
    #expect(
      try JSONDecoder().decode(LearningRateSchedule.self, from: Data(text.utf8))
        == .registered(as: "tests.halving", settings: ["steps": 4]))
    #expect(!schedule.isOver(at: 100))
  }

  /// The form in which earlier versions have saved them.
  @Test func readsFilesOfEarlierVersions() throws {
    func read(_ text: String) throws -> LearningRateSchedule {
      try JSONDecoder().decode(LearningRateSchedule.self, from: Data(text.utf8))
    }
    #expect(try read(#"{"constant":{}}"#) == .constant)
    #expect(
      try read(#"{"warmup":{"steps":5,"then":{"cosine":{"steps":20,"to":0.25}}}}"#)
        == .warmup(steps: 5, then: .cosine(to: 0.25, steps: 20)))
  }

  @Test func anUnknownNameStops() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LearningRateSchedule.registered(as: "tests.nobody").factor(at: 0)
    }
    expect(result, saysWhy: "LearningRateSchedule: no schedule is registered as \"tests.nobody\"; there are none; it")
  }
}
