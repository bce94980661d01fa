import Latent
import LatentSystem

/// How `augment --measure` compares a classifier with samples and without them.
public struct AugmentationMeasurement {
  /// How many labelled images of each class there are, a row for each.
  public var labelsPerClass = [10, 50, 100, 500]
  /// How many trials a row has: of the seeds `seed`, `seed + 1`, …, so that those of the next seed are nearly the same.
  public var trials = 5
  /// Updates of the classifier.
  public var updates = 500
  /// By how many pixels its images are moved.
  public var shift = 2
  /// The path of the figures.
  public var out: String?

  /// A comparison with the usual numbers.
  public init() {}

  /// What is in the file.
  struct Figures: Encodable {
    let data: String
    let generator: AugmentationProgram.Generator.Record
    let classifierUpdates: Int
    let classifierShift: Int
    let testCount: Int
    let seed: UInt64
    var rows: [Row] = []
  }

  /// The trials with so many labels.
  struct Row: Encodable {
    let labelsPerClass: Int
    let samplesPerClass: Int
    let result: AugmentationGain
  }
}

extension AugmentationProgram {
  /// Prints what samples are worth to a classifier at several numbers of labels, and writes the figures.
  public func measure(_ measurement: AugmentationMeasurement) throws {
    try check(measurement)
    let (images, test) = try labelledImages()
    guard let test else {
      throw UsageError(
        "--data: expected test images to measure with, t10k-images-idx3-ubyte[.gz] in a folder, found none in "
          + "\(data ?? "")")
    }
    let experiment = try experiment(measurement, images, test)
    for count in measurement.labelsPerClass {
      try checkSize(self.count ?? count, of: experiment.labelled(count, seed: seed))
    }
    let generator = try generator(like: images)
    say(sentences(of: generator.record))
    if !generator.record.seesSameLabelsOnly {
      say(["so the gain is not one at so few labels: samples hand on what was learned from more"])
    }
    if generator.trained != nil {
      say(["all trials have this one model: what another training of it would change is not in the deviations"])
    }
    var figures = AugmentationMeasurement.Figures(
      data: data ?? "built-in digits", generator: generator.record, classifierUpdates: measurement.updates,
      classifierShift: measurement.shift, testCount: test.count, seed: seed)
    var progress = CountProgress(
      total: measurement.labelsPerClass.count * measurement.trials
        * (2 * measurement.updates + (generator.trained == nil ? generatorUpdates : 0)),
      unit: "updates", isQuiet: isQuiet)
    defer { progress.finish() }
    for labels in measurement.labelsPerClass {
      let trials = try (0..<measurement.trials).map { trial in
        let seed = seed &+ UInt64(trial)
        return try experiment.trial(labelsPerClass: labels, seed: seed, onStep: { progress.add(1) }) { images in
          try samples(
            generator, images, count: count ?? labels, seed: seed, onUpdate: { progress.add(1) }
          ).images
        }
      }
      figures.rows.append(
        AugmentationMeasurement.Row(
          labelsPerClass: labels, samplesPerClass: count ?? labels, result: AugmentationGain(trials)))
    }
    progress.finish()
    tell(table: table(figures.rows))
    if let out = measurement.out {
      try JSONFile.write(figures, to: out)
      say(["wrote \(out)"])
    }
  }

  private func check(_ measurement: AugmentationMeasurement) throws {
    guard measurement.labelsPerClass.allSatisfy({ $0 > 0 }) else {
      throw UsageError("--labels-per-class: expected whole numbers of 1 or more, found 0")
    }
    guard let out = measurement.out else { return }
    guard out.hasSuffix(".json") else {
      throw UsageError("--out: expected a name that ends in .json with --measure, found \"\(out)\"")
    }
    try checkTarget(out)
  }

  private func experiment(
    _ measurement: AugmentationMeasurement, _ images: ImageSet, _ test: ImageSet
  ) throws -> AugmentationExperiment {
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(
        height: images.height, width: images.width, channels: images.channels,
        classCount: max(2, images.classCount ?? 2), convolutionFeatures: 16, featureCount: 64,
        shift: measurement.shift))
    return try AugmentationExperiment(
      ClassifierTraining(classifier, steps: measurement.updates), training: images, test: test)
  }

  /// Accuracies in percent, gains in points, each with its standard deviation over the trials.
  private func table(_ rows: [AugmentationMeasurement.Row]) -> String {
    func text(_ value: Double, _ deviation: Double?, isSigned: Bool = false) -> String {
      let sign = isSigned && value > 0 ? "+" : ""
      let spread = deviation.map { " ± " + DecimalText.fixed($0 * 100, decimals: 2) } ?? ""
      return sign + DecimalText.fixed(value * 100, decimals: 2) + spread
    }
    var table = Table(columns: ["right, %", "with samples, %", "gain", "gains above 0", "samples a class"])
    for row in rows {
      let result = row.result
      let gains = result.trials.count { $0.gain > 0 }
      table.add(
        "\(row.labelsPerClass) \(row.labelsPerClass == 1 ? "label" : "labels") a class",
        [
          text(result.accuracy, result.accuracyDeviation),
          text(result.augmentedAccuracy, result.augmentedAccuracyDeviation),
          text(result.gain, result.gainDeviation, isSigned: true), "\(gains) of \(result.trials.count)",
          "\(row.samplesPerClass)",
        ])
    }
    return table.text
  }
}
