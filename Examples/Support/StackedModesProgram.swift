import Latent
import LatentSystem

/// What `evaluate --stacked` does: it counts the modes of stacked images that models hit.
public struct StackedModesProgram {
  /// The paths of checkpoints.
  let models: [String]
  /// The path of the judge's checkpoint.
  let judge: String
  /// How many samples of each are looked at.
  let count: Int
  /// Decides the samples.
  let seed: UInt64
  /// Whether models are used with the moving average of their generator.
  let isAveraged: Bool
  /// How samples are made by models that map their latents.
  public var style: (TrainedModel) throws -> TrainedModel = { $0 }
  /// Whether to say nothing but the table.
  let isQuiet: Bool
  /// Where the figures are written to.
  let out: String?

  /// As many as the literature looks at.
  public static let usualCount = 26_000

  /// A count of modes.
  public init(
    models: [String], judge: String, count: Int, seed: UInt64, isAveraged: Bool, isQuiet: Bool, out: String?
  ) {
    self.models = models
    self.judge = judge
    self.count = count
    self.seed = seed
    self.isAveraged = isAveraged
    self.isQuiet = isQuiet
    self.out = out
  }

  /// The figures of a model, in JSON.
  struct Figures: Encodable {
    let name: String
    let sampleCount: Int
    let modes: Int
    let modeCount: Int
    /// In nats, from the uniform distribution.
    let modeKL: Double?
    let judge: String
    let seed: UInt64
  }

  /// Prints the table and writes the file.
  public func run() throws {
    guard !models.isEmpty else { throw UsageError("--model: expected the path of a checkpoint") }
    if let out { try checkTarget(out) }
    let opened = try models.map { ($0, try style(openModel($0, isAveraged: isAveraged))) }
    let judge = try openJudge(judge)
    if !isQuiet { tell("the judge is \(judge.trained) with the checksum \(judge.checksum)") }
    let figures = try opened.map { name, trained in try self.figures(name, trained, judge) }
    var table = Table(columns: figures.map(\.name))
    table.add("modes hit", figures.map { "\($0.modes) of \($0.modeCount)" })
    table.add("divergence from uniform, nats", figures.map(\.modeKL))
    tell(table: table.text)
    if let out { try JSONFile.write(oneOrMore: figures, to: out) }
  }

  private func figures(_ name: String, _ trained: TrainedModel, _ judge: Judge) throws -> Figures {
    var progress = CountProgress(total: count, unit: "samples", isQuiet: isQuiet)
    defer { progress.finish() }
    let coverage = try ModeCoverage(ofStacked: count, from: trained, judge: judge, seed: seed) {
      progress.add($0.shape[0])
    }
    return Figures(
      name: name, sampleCount: count, modes: coverage.modesHit, modeCount: coverage.modeCount,
      modeKL: coverage.divergenceFromUniform, judge: judge.checksum, seed: seed)
  }
}
