import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where judges of digit scenes learn.
struct SceneSchool {
  /// The scenes that the judge of an attribute learns from, which are drawn as it asks for them: all at once, large ones
  /// would take more memory than there is.
  let lessons: (DigitScene.Attribute) -> any SampleSource
  /// What tells these scenes from others.
  let checksum: UInt32
  /// The height and width of a scene in pixels.
  let side: Int
  /// Where the judges are.
  let folder: String
  /// Updates of a judge.
  let steps: Int
  let isQuiet: Bool

  /// Those in the folder that have learned from these scenes for so many steps; those that are not there learn, and are put
  /// there.
  func judge() throws -> SceneJudge {
    try checkFolderTarget(folder)
    let paths = DigitScene.Attribute.allCases.map { (attribute: $0, path: path(of: $0)) }
    let missing = paths.filter { !AtomicFile.kind(of: $0.path).exists }
    if !missing.isEmpty, !isQuiet {
      let names = missing.map { "\($0.attribute)" }.joined(separator: ", ")
      tell("\(folder) has no judges of \(names) after \(counted(steps, "step")) with these digits: they learn now")
    }
    var classifiers: [DigitScene.Attribute: TrainedModel] = [:]
    // Before any learns: one of them may be no judge.
    for (attribute, path) in paths where AtomicFile.kind(of: path).exists {
      classifiers[attribute] = try open(path, attribute)
    }
    for (attribute, path) in missing {
      let trained = try learn(attribute)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try trained.save(to: path)
      classifiers[attribute] = trained
    }
    return try SceneJudge(classifiers)
  }

  /// Where a judge is. The name says what it has learned and from which scenes: one that has learned otherwise is another.
  private func path(of attribute: DigitScene.Attribute) -> String {
    let digits = String(checksum, radix: 16)
    let text = String(repeating: "0", count: 8 - digits.count) + digits
    return "\(folder)/\(attribute)-\(side)-\(steps)-\(text).safetensors"
  }

  /// The judge of a file.
  /// - Throws: ``FileError``, which says what helps.
  private func open(_ path: String, _ attribute: DigitScene.Attribute) throws -> TrainedModel {
    let remedy = "; if the file is deleted, the judge learns again"
    do {
      let trained = try ModelRegistry.standard.load(path)
      guard let model = trained.model as? any Classifying, model.classCount == attribute.classCount,
        model.inputs.first?.sampleShape == [side, side, 1]
      else {
        throw FileError(
          path: path, expected: "a judge of the \(attribute) of scenes of \(side)×\(side) pixels", found: "\(trained)")
      }
      return trained
    } catch var error as FileError {
      error.found += remedy
      throw error
    }
  }

  private func learn(_ attribute: DigitScene.Attribute) throws -> TrainedModel {
    let model = try ImageClassifier(
      ImageClassifier.Configuration(
        height: side, width: side, classCount: attribute.classCount, convolutionFeatures: 16, featureCount: 64,
        shift: 0))
    var progress = CountProgress(total: steps, unit: "steps of a judge of the \(attribute)", isQuiet: isQuiet)
    defer { progress.finish() }
    let trainer = Trainer(model, length: .steps(steps), batchSize: 64, schedule: .cosine(steps: steps))
    return try trainer.train(on: lessons(attribute)) { _ in progress.add(1) }
  }
}
