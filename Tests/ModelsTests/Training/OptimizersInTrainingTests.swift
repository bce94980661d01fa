import Datasets
import Foundation
import LatentSystem
import Layers
import Tensor
import Testing

@testable import Training

/// Optimizers with names, moments and schedules of their own, saved and gone on with.
@Suite struct OptimizersInTrainingTests {
  private let folder: TemporaryFolder
  private let registry = ModelRegistry().registering(TwoRules.self)

  init() throws { folder = try TemporaryFolder() }

  private func trainer(
    steps: Int, _ schedule: LearningRateSchedule? = nil, ofTrainer: LearningRateSchedule = .constant
  ) throws -> Trainer<TwoRules> {
    Trainer(
      try TwoRules(TwoRules.Configuration(schedule: schedule)), length: .steps(steps), batchSize: 4, schedule: ofTrainer
    )
  }

  private let samples = Noise([2, 3], count: 20)

  @Test("A name with a slash and moments of another shape go through a file", arguments: [false, true])
  func goesOn(_ hasSchedule: Bool) throws {
    let path = folder.path("model.safetensors")
    let schedule: LearningRateSchedule? = hasSchedule ? .linear(to: 0.5, steps: 4) : nil
    let whole = try trainer(steps: 6, schedule).train(on: samples)
    var factors: [Double] = []
    _ = try trainer(steps: 3, schedule).train(on: samples) {
      try $0.checkpoint.save(to: path)
      factors.append($0.metrics["factor"] ?? .nan)
    }
    let checkpoint = try TrainingCheckpoint.load(path, registry: registry)
    #expect(checkpoint.training.optimizers["rule/rows"]?.progress.moments["lower.rows"]?.shape == [2])
    #expect(checkpoint.training.optimizers["rule"]?.progress.moments.names == ["upper.mean", "upper.square"])
    let rest = try trainer(steps: 6, schedule).train(on: samples, from: checkpoint) {
      factors.append($0.metrics["factor"] ?? .nan)
    }
    #expect(rest.state == whole.state)
    #expect(factors == (hasSchedule ? [1, 0.875, 0.75, 0.625, 0.5, 0.5] : [1, 1, 1, 1, 1, 1]))
  }

  @Test func momentsThatCouldNotBeOpenedAreNotWritten() throws {
    let path = folder.path("model.safetensors")
    var checkpoint: TrainingCheckpoint?
    _ = try trainer(steps: 1).train(on: samples) { checkpoint = $0.checkpoint }
    var spoilt = try #require(checkpoint)
    spoilt.training.optimizers["rule/rows"]?.progress.moments["lower.rows"] = .zeros([3])
    let error = #expect(throws: FileError.self) { try spoilt.save(to: path) }
    #expect(error?.found == "tensor \"optimizer/rule/rows/lower.rows\" of shape [3]")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func oneScheduleIsEnough() throws {
    let both = try trainer(steps: 2, .cosine(steps: 9), ofTrainer: .linear(steps: 9))
    let error = #expect(throws: ConfigurationError.self) { try both.train(on: samples) }
    #expect(
      error?.description
        == "two-rules: the optimizer rule/rows has a schedule of its own, so the trainer's must be constant")
  }

  @Test("A schedule that nobody registered ends a training before it starts", arguments: [false, true])
  func unregisteredSchedules(_ isTrainers: Bool) throws {
    let nobody = LearningRateSchedule.warmup(steps: 5, then: .registered(as: "tests.missing"))
    let trainer =
      isTrainers ? try trainer(steps: 2, ofTrainer: nobody) : try trainer(steps: 2, nobody)
    let error = #expect(throws: UnregisteredError.self) {
      try trainer.train(on: samples) { _ in Issue.record("a step was made") }
    }
    #expect(error?.description.contains("no schedule is registered as \"tests.missing\"; there are") == true)
    #expect(error?.description.hasSuffix("LearningRateSchedule.register(\"tests.missing\") { … } before") == true)
  }

  /// The trainer's is constant, and says nothing.
  @Test func anOwnScheduleThatIsOver() throws {
    var warnings: [String] = []
    _ = try trainer(steps: 3, .linear(to: 0, steps: 2)).train(on: samples) {
      warnings += $0.newWarnings.map { "\($0.kind)" }
    }
    #expect(warnings == ["schedule-over"])
  }
}
