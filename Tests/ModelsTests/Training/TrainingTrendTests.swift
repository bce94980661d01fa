import Foundation
import Layers
import Tensor
import Testing

@testable import Models
@testable import Training

/// What is kept of the metrics of a training.
@Suite struct TrainingTrendTests {
  @Test func recentValuesAreMedians() throws {
    var trend = TrainingTrend()
    for step in 1..<30 {
      trend.add(["a": Double(step)])
      #expect(trend["a"] == nil && trend.course(of: "a")?.quantile(0) == nil)
    }
    trend.add(["a": 30])
    #expect(trend["a"] == 16 && trend["b"] == nil)
    for _ in 0..<26 { trend.add(["a": 3]) }
    // One wild step moves nothing, and fifty steps later all is forgotten but for the first value and the lowest median.
    trend.add(["a": 1e9])
    #expect(trend["a"] == 3)
    for _ in 0..<50 { trend.add(["a": 7]) }
    let course = try #require(trend.course(of: "a"))
    #expect(trend["a"] == 7 && course.latest == [Double](repeating: 7, count: 50))
    #expect(course.first == 1 && course.lowestMedian == 3 && trend.stepCount == 107)
  }

  /// The values in order are kept by moving few of them; here is the order by sorting all.
  @Test(arguments: 1...5 as ClosedRange<UInt64>) func quantilesOfWhatComesAndGoes(seed: UInt64) throws {
    var (random, trend, all) = (RandomGenerator(seed: seed), TrainingTrend(), [Double]())
    for step in 0..<200 {
      // Some values are there twice, and some are no numbers.
      let value = [0.25, -.infinity, Double(random.uniform()), -Double(random.uniform())][step % 4]
      all.append(step % 50 == 49 ? -0.0 : value)
      trend.add(["a": all[step]])
      guard let median = trend["a"] else { continue }
      let sorted = all.suffix(50).sorted()
      let course = try #require(trend.course(of: "a"))
      #expect(median == sorted[sorted.count / 2] && course.quantile(0.1) == sorted[sorted.count / 10])
      #expect(course.quantile(0) == sorted[0])
    }
  }

  @Test func numbersThatAreNoneComeAndGo() {
    var trend = TrainingTrend()
    for _ in 0..<40 { trend.add(["a": .nan]) }
    #expect(trend["a"]?.isNaN == true)
    for _ in 0..<50 { trend.add(["a": 2]) }
    #expect(trend["a"] == 2 && trend.course(of: "a")?.quantile(0.99) == 2)
    #expect(trend.course(of: "a")?.lowestMedian == 2)
  }

  @Test func growth() throws {
    func course(_ values: [Double]) throws -> MetricCourse {
      var trend = TrainingTrend()
      for value in values { for _ in 0..<10 { trend.add(["a": value]) } }
      return try #require(trend.course(of: "a"))
    }
    let (zero, one) = (try course([0, 0, 0]), try course([7]))
    #expect(zero.growth == 1 && zero.isRising(by: 1.5, least: 0.01) == false)
    #expect(one.growth == nil && one.isRising(by: 1.5, least: 0.01) == nil)
    // Five means back.
    let rising = try course([9, 2, 2, 2, 2, 2, 3])
    #expect(rising.growth == 1.5 && rising.isRising(by: 1.5, least: 1) == true)
    #expect(rising.isRising(by: 1.6, least: 1) == false && rising.isRising(by: 1.5, least: 1.1) == false)
    #expect(try course([-1, 1]).isRising(by: 1.5, least: 2) == true)
    #expect(try course([0, 1e-9]).isRising(by: 1.5, least: 0.01) == false)
  }

  /// A single batch says little of a model that has learned; of one that has not, it says all.
  @Test func whatBeginsTrainedIsComparedWithItsFirstSteps() throws {
    func warnings(isTrained: Bool, atFirst first: Double, later: Double) throws -> [String] {
      var trend = TrainingTrend(isTrained: isTrained)
      trend.add(["loss": first])
      for step in 1..<40 {
        if step == 5 {  // The mean is not known yet, and a checkpoint may be written.
          trend = try JSONDecoder().decode(TrainingTrend.self, from: JSONEncoder().encode(trend))
        }
        trend.add(["loss": later + (step % 2 == 0 ? 1 : -1)])
      }
      return trend.warnings.map(\.kind)
    }
    #expect(try warnings(isTrained: true, atFirst: 68, later: 84) == [])
    #expect(try warnings(isTrained: false, atFirst: 68, later: 84) == [TrainingWarning.Kind.divergence])
    // A rate that ruins what was learned does so in more than ten steps, or at once and for good.
    var ruined = TrainingTrend(isTrained: true)
    for step in 0..<60 { ruined.add(["loss": 80 + Double(step) * Double(step)]) }
    #expect(ruined.warnings.map(\.kind) == [TrainingWarning.Kind.divergence])
    #expect(ruined.course(of: "loss")?.first == 108.5)
  }

  @Test func meansOfTenSteps() throws {
    var trend = TrainingTrend()
    for step in 0..<1005 { trend.add(["a": Double(step)]) }
    // The last five values make no mean yet.
    #expect(trend.course(of: "a")?.means == (60..<100).map { Double($0) * 10 + 4.5 })
  }

  /// The first value of a metric that comes later says nothing about an untrained model.
  @Test func onlyTheFirstStepIsTheFirst() {
    var trend = TrainingTrend()
    trend.add(["a": 1])
    trend.add(["a": 2, "b": 3])
    #expect(trend.course(of: "a")?.first == 1 && trend.course(of: "b")?.first == nil)
  }

  @Test func heldOutFigures() throws {
    var course = HeldOutCourse()
    let figures = [9.0, 5, 4, 3, 4, 5, 6]
    for (epoch, figure) in figures.enumerated() {
      course.add(Metrics.Entry(name: "x", value: figure), loss: 7 - Double(epoch))
    }
    #expect(course.first == 9 && course.latest == figures)
    let (best, now) = (try #require(course.best), try #require(course.lastEpochs))
    #expect(abs(best.value - 11.0 / 3) < 1e-12 && best.loss == 4 && now.value == 5 && now.loss == 2)
    // Distances from the means of the neighbours: 1.5, 0, 1, 0, 0.
    #expect(course.scatter == 0)
    course.add(Metrics.Entry(name: "y", value: 2), loss: nil)
    #expect(course.latest == [2] && course.best == nil && course.scatter == nil && course.name == "y")
    for _ in 0..<30 { course.add(Metrics.Entry(name: "y", value: 1), loss: nil) }
    #expect(course.latest.count == 16 && course.first == 2 && course.lastEpochs?.loss == nil)
  }

  /// A part that has steps of its own overfits by its own figures, from its first step on.
  @Test(arguments: [["prior"], []]) func overfittingOfAPart(losses: [String]) throws {
    var trend = TrainingTrend()
    func epoch(_ metrics: Metrics, _ figures: Metrics) {
      for _ in 0..<50 { trend.add(metrics) }
      trend.add(heldOut: figures, losses: losses)
    }
    for loss in [9.0, 8, 7, 6] { epoch(["loss": loss], ["reconstruction": loss, "prior": 1]) }
    #expect(trend.furtherHeldOut.isEmpty && trend.warnings.isEmpty)
    for (loss, figure) in zip([8.0, 7, 6, 5, 4], [9.0, 7, 5, 4, 5]) {
      epoch(["prior": loss], ["reconstruction": 6, "prior": figure])
    }
    #expect(trend.warnings.isEmpty)
    for (loss, figure) in [(3.0, 6.0), (2, 7)] { epoch(["prior": loss], ["reconstruction": 6, "prior": figure]) }
    #expect(trend.furtherHeldOut["prior"]?.latest == (losses.isEmpty ? nil : [9, 7, 5, 4, 5, 6, 7]))
    #expect(trend.warnings.map(\.kind) == (losses.isEmpty ? [] : ["overfitting"]))
    let text =
      "on held-out samples prior has risen from 4.667 to 6.000, while on those that are learned from it has fallen from "
      + "5.000 to 3.000; "
    #expect(trend.warnings.allSatisfy { $0.text.contains(text) }, "\(trend.warnings)")
    #expect(try CheckpointKey.value(TrainingTrend.self, from: CheckpointKey.text(trend).utf8) == trend)
  }

  @Test func swings() throws {
    let sine = try #require(Swings((0..<40).map { (step: Int) -> Double in 3 + sin(Double(step) * .pi / 5) }))
    #expect(abs(sine.mean - 3) < 1e-12 && abs(sine.deviation - 0.5.squareRoot()) < 1e-12)
    #expect(sine.alternationCount == 7 && abs(sine.growth - 1) < 1e-9)
    // 2 (1 - cos(2π / 10)) for whole periods, and little else here.
    #expect(abs(sine.roughness - 0.382) < 0.02)
    var random = RandomGenerator(seed: 3)
    let noise = try #require(Swings((0..<400).map { _ in Double(random.uniform()) }))
    #expect(abs(noise.roughness - 2) < 0.3)
    let dying = Swings((0..<40).map { (step: Int) -> Double in pow(0.9, Double(step)) * cos(Double(step)) })
    #expect(try #require(dying).growth < 0.2)
    #expect(Swings([1, 2, 1]) == nil && Swings([1, 1, 1, 1]) == nil && Swings([1, .infinity, 2, 3]) == nil)
    #expect(Swings([1, .nan, 2, 3]) == nil)
  }

  // MARK: - In checkpoints

  @Test func whatIsSavedIsTheSame() throws {
    var trend = TrainingTrend()
    for step in 0..<77 { trend.add(["loss": 1 / Double(step + 1), "rest": step == 60 ? .infinity : -0.0]) }
    for epoch in 0..<5 { trend.add(heldOut: ["figure": 1 / Double(epoch + 3)]) }
    var other = try CheckpointKey.value(TrainingTrend.self, from: CheckpointKey.text(trend).utf8)
    #expect(other == trend)
    for step in 0..<60 {
      trend.add(["loss": Double(step)])
      other.add(["loss": Double(step)])
    }
    #expect(other == trend)
  }

  /// A stop within an epoch, at which held-out figures are told too, leaves no trace.
  @Test func aTrainingThatGoesOn() throws {
    let vae = try VAE(VAE.Configuration(height: 2, width: 2, latentSize: 2, hiddenSize: 3))
    let (images, unseen) = (try tinyImages(9), try tinyImages(5))
    func train(_ steps: Int, from checkpoint: TrainingCheckpoint? = nil) throws -> TrainingCheckpoint {
      let trainer = Trainer(vae, length: .steps(steps), batchSize: 4)
      var last: TrainingCheckpoint?
      _ = try trainer.train(on: images, heldOut: unseen, from: checkpoint) { last = $0.checkpoint }
      return try #require(last)
    }
    let (whole, resumed) = (try train(8), try train(8, from: train(5)))
    #expect(resumed.trend == whole.trend && whole.trend.heldOut.latest.count == 4)
  }

  /// Files of earlier versions have the last values alone.
  @Test func filesOfEarlierVersions() throws {
    let values = (0..<40).map { "\(40 - $0)" }.joined(separator: ",")
    var trend = try CheckpointKey.value(TrainingTrend.self, from: #"{"values":{"loss":[\#(values)]}}"#.utf8)
    #expect(trend["loss"] == 21 && trend.stepCount == 40 && trend.heldOut == HeldOutCourse())
    for _ in 0..<60 { trend.add(["loss": 1e6]) }
    // Nobody knows what the first step's loss was.
    #expect(trend.course(of: "loss")?.first == nil && trend["loss"] == 1e6 && trend.warnings.isEmpty)
  }
}
