import Latent
import LatentSystem

/// What is told of a model that learned from drawn shapes: which families a judge finds in its samples.
public struct ShapeJudgement {
  private let trained: TrainedModel
  private let judge: ShapeJudge
  private let isQuiet: Bool
  /// Whether the judge is in a file.
  private let isKept: Bool

  /// Opens the judge, or has one learn.
  ///
  /// - Parameters:
  ///   - trained: makes volumes.
  ///   - path: the file of the judge; nil for one that is not kept.
  ///   - steps: updates of a judge that has to learn.
  ///   - areStepsChosen: whether a judge that has learned in other steps is refused.
  /// - Throws: ``UsageError`` if the model makes no cubes, or the judge is one of others; ``FileError``.
  public init(
    of trained: TrainedModel, judge path: String?, steps: Int, areStepsChosen: Bool, isQuiet: Bool
  ) throws {
    let shape = trained.model.inputs.first?.sampleShape ?? []
    let side = shape.rank == 4 ? shape[0] : 0
    guard shape == [side, side, side, 1], ShapeJudge.isSide(side) else {
      throw UsageError(
        "--model: expected one that makes volumes of N×N×N voxels, found one of samples of shape \(shape)")
    }
    (self.trained, self.isQuiet, isKept) = (trained, isQuiet, path != nil)
    judge = try Self.judge(path, side: side, steps: steps, areStepsChosen: areStepsChosen, isQuiet: isQuiet)
  }

  private static func judge(
    _ path: String?, side: Int, steps: Int, areStepsChosen: Bool, isQuiet: Bool
  ) throws -> ShapeJudge {
    if let path, AtomicFile.kind(of: path).exists {
      let judge = try ShapeJudge(path)
      guard judge.side == side else {
        throw UsageError(
          "--judge: expected one of \(side)×\(side)×\(side) voxels as the model's, found one of \(judge.side)")
      }
      guard !areStepsChosen || judge.steps == steps else {
        let found = judge.steps.map { "one of \($0)" } ?? "one that does not say its steps"
        throw UsageError(
          "--judge: expected one of \(counted(steps, "step")) as --judge-steps says, found \(found); another --judge "
            + "learns, and without --judge-steps this one is used")
      }
      return judge
    }
    if let path { try checkTarget(path) }
    var progress = CountProgress(total: steps, unit: "steps of the judge", isQuiet: isQuiet)
    defer { progress.finish() }
    let judge = ShapeJudge(side: side, learningIn: steps) { _ in progress.add(1) }
    if let path { try judge.save(to: path) }
    return judge
  }

  /// The figures.
  public struct Report: JudgementReport {
    /// Of some volumes.
    struct Part: Encodable {
      /// The number of volumes.
      let volumes: Int
      /// How many are of each family.
      let families: [String: Int]
      let familiesFound: Int
      let connected: Double
      let certainty: Double

      init(_ findings: ShapeJudge.Findings) {
        (volumes, familiesFound) = (findings.count, findings.foundCount)
        (connected, certainty) = (findings.connected, findings.certainty)
        families = Dictionary(
          uniqueKeysWithValues: zip(VoxelFamily.allCases.map { "\($0)" }, findings.counts))
      }
    }

    /// The share of drawn shapes that the judge tells right, of others than it learned from.
    let judgeAccuracy: Double
    /// Of these shapes.
    let drawn: Part
    /// Of the model's samples.
    let samples: Part

    /// The figures in rows.
    public var table: String {
      func percent(_ share: Double) -> String { DecimalText.fixed(share * 100, decimals: 1) + "%" }
      let parts = [drawn, samples]
      var table = Table(columns: ["drawn shapes, to compare", "samples of the model"])
      for family in VoxelFamily.allCases {
        table.add("\(family)", parts.map { "\($0.families["\(family)"] ?? 0)" })
      }
      table.add("in all", parts.map { "\($0.volumes)" })
      table.add("families found", parts.map { "\($0.familiesFound)" })
      table.add("in one piece", parts.map { percent($0.connected) })
      table.add("certainty of the judge", parts.map { percent($0.certainty) })
      table.add("told right, of shapes not learned from", [percent(judgeAccuracy), nil])
      return table.text
    }
  }

  /// What the judge finds in drawn shapes that it has not seen, and in `count` samples.
  public func report(count: Int, seed: UInt64) throws -> Report {
    let drawn = judge.findings(in: VoxelShapes(count: Self.drawnCount, side: judge.side, seed: 3))
    var progress = CountProgress(total: count, unit: "samples", isQuiet: isQuiet)
    defer { progress.finish() }
    let samples = try judge.findings(inSamples: count, of: trained, seed: seed) { progress.add($0) }
    return Report(judgeAccuracy: drawn.accuracy, drawn: Report.Part(drawn), samples: Report.Part(samples))
  }

  /// That the judge is worth little, which whoever reads the figures has to know; nil if it is not so.
  public func warning(on report: Report) -> String? {
    Self.warning(accuracy: report.judgeAccuracy, isKept: isKept)
  }

  static func warning(accuracy: Double, isKept: Bool) -> String? {
    guard accuracy < leastAccuracy else { return nil }
    func percent(_ share: Double) -> String { DecimalText.significant(share * 100, digits: 3) + "%" }
    let chance = 1 / Double(VoxelFamily.allCases.count)
    return "a judge that tells \(percent(accuracy)) of shapes right that it has not learned from, where chance tells "
      + "\(percent(chance)), sees little in them: figures tell next to nothing; more --judge-steps"
      + (isKept ? " and another --judge make a better one" : " make a better one")
  }

  /// As `evaluate` asks of a judge of images.
  private static let leastAccuracy = 0.9
  private static let drawnCount = 1000
}
