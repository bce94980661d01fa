import Latent
import LatentSystem

/// What is told of a model of digit scenes: how often judges find in its samples what was asked for.
public struct CaptionJudgement {
  private let trained: TrainedModel
  private let unseen: Set<String>
  private let side: Int
  private let digits: ComparisonData
  private let judge: SceneJudge
  private let isQuiet: Bool

  /// Opens the judges, or has them learn.
  ///
  /// - Parameters:
  ///   - trained: makes images of the captions of digit scenes.
  ///   - source: the digits that scenes are drawn from.
  ///   - judges: the folder of the judges.
  ///   - steps: updates of a judge that has to learn.
  /// - Throws: ``UsageError`` if the model's captions are others, ``FileError``, ``CapabilityError``.
  public init(
    of trained: TrainedModel, on source: ComparisonSource, judges: String, steps: Int, isQuiet: Bool
  ) throws {
    _ = try trained.captions([])
    guard let model = trained.model as? TextToImage, model.vocabulary == DigitScene.vocabulary,
      model.sampleShape[0] == model.sampleShape[1], model.sampleShape[2] == 1
    else {
      throw UsageError("--model: expected one that makes scenes of digits, found one of other captions or images")
    }
    (self.trained, self.isQuiet, side) = (trained, isQuiet, model.sampleShape[0])
    unseen = Set(model.configuration.unseenCaptions)
    digits = try ComparisonData(source, like: nil)
    if digits.training == nil, !isQuiet {
      tell(
        "\(source.path ?? "") has no test images: judges learn from the digits that drawn scenes are made of, and know "
          + "these better than others")
    }
    let scenes = try CaptionedDigits(
      digits.training ?? digits.test, count: Self.learnedCount, side: side, seed: 1)
    let school = SceneSchool(
      lessons: scenes.labelled(by:), checksum: scenes.fingerprint(withConditions: true), side: side, folder: judges,
      steps: steps, isQuiet: isQuiet)
    judge = try school.judge()
  }

  /// The figures.
  public struct Report: JudgementReport {
    /// Of one kind of captions.
    struct Part: Encodable {
      let images: Int
      let digit: Double
      let count: Double
      let size: Double
      let stroke: Double
      let all: Double

      init(_ agreement: SceneJudge.Agreement) {
        images = agreement.count
        (digit, count) = (agreement.share(of: .digit), agreement.share(of: .count))
        (size, stroke, all) = (agreement.share(of: .size), agreement.share(of: .stroke), agreement.wholeShare)
      }

      var shares: [Double] { [digit, count, size, stroke, all] }
    }

    /// Of scenes that were drawn: what the judges are worth.
    let drawn: Part
    /// Of samples of captions that the model learned from.
    let seen: Part
    /// Of samples of captions that it was kept from.
    let unseen: Part?

    /// The figures in rows.
    public var table: String {
      var parts = [("drawn scenes", drawn), ("samples", seen)]
      if let unseen { parts.append(("samples of unseen captions", unseen)) }
      var table = Table(columns: ["digit", "count", "size", "stroke", "all", "of"])
      for (name, part) in parts {
        table.add(name, part.shares.map { DecimalText.fixed($0 * 100, decimals: 1) + "%" } + ["\(part.images)"])
      }
      return table.text
    }
  }

  /// What the judges find in `samplesPerScene` samples of each caption.
  public func report(samplesPerScene: Int, seed: UInt64) throws -> Report {
    let scenes = DigitScene.all
    let (seen, left) = (scenes.filter { !unseen.contains($0.caption) }, scenes.filter { unseen.contains($0.caption) })
    var progress = CountProgress(total: scenes.count * samplesPerScene, unit: "samples", isQuiet: isQuiet)
    defer { progress.finish() }
    func part(_ scenes: [DigitScene]) throws -> Report.Part {
      try Report.Part(
        judge.agreement(of: trained, on: scenes, samplesPerScene: samplesPerScene, seed: seed) { progress.add($0) })
    }
    let drawn = try judge.agreement(of: CaptionedDigits(digits.test, count: Self.drawnCount, side: side, seed: 2))
    return Report(drawn: Report.Part(drawn), seen: try part(seen), unseen: left.isEmpty ? nil : try part(left))
  }

  private static let (learnedCount, drawnCount) = (20_000, 2000)
}
