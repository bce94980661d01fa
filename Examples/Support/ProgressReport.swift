import Latent
import LatentSystem

/// Tells a person how a training is going: a bar on a terminal, and one line for each epoch; where there is no terminal,
/// one a minute at least.
final class ProgressReport {
  private let isQuiet: Bool
  private let secondsBefore: Double
  /// Whether to leave out what goes wrong on the way, as nothing can be learned from the samples.
  private let isPoor: Bool
  private var bar = ProgressBar()
  /// When the last line was written, and the last one of an epoch.
  private var last: (line: Double?, epoch: Double?)
  private static let leastSeconds = 1.0
  private static let mostSeconds = 60.0

  /// - Parameters:
  ///   - isQuiet: whether to say nothing.
  ///   - secondsBefore: the time that the training had taken before it went on.
  ///   - isPoor: whether nothing can be learned from the samples, as is said elsewhere: what may help with others, as a
  ///     lower learning rate, does not with these.
  init(isQuiet: Bool = false, secondsBefore: Double = 0, isPoor: Bool = false) {
    self.isQuiet = isQuiet
    self.secondsBefore = secondsBefore
    self.isPoor = isPoor
  }

  /// Takes note of a step.
  func record(_ progress: TrainingProgress) {
    guard !isQuiet else { return }
    let losses = progress.metrics.entries.prefix(3).map { ($0.name, $0.value) }
    let rate = progress.seconds > 0 ? Double(progress.step - progress.firstStep) / progress.seconds : nil
    bar.update(ProgressBar.Content(done: progress.step, total: progress.totalSteps, rate: rate, losses: losses))
    for warning in progress.newWarnings where !isPoor {
      bar.clear()
      tell("warning: step \(progress.step): \(warning.text)")
    }
    let isDue = Self.isDue(
      at: progress.seconds, after: progress.endsEpoch ? last.epoch : last.line, endsEpoch: progress.endsEpoch,
      isLast: progress.step == progress.totalSteps, hasBar: bar.isVisible)
    guard isDue else { return }
    last.line = progress.seconds
    if progress.endsEpoch { last.epoch = progress.seconds }
    bar.clear()
    tell(Self.line(progress, secondsBefore: secondsBefore))
  }

  /// Whether there is to be a line after a step.
  ///
  /// - Parameters:
  ///   - seconds: how long the training has been going on.
  ///   - lastLine: when the last line was written, of an epoch if this one would be.
  ///   - endsEpoch: whether the step ends an epoch, of which few images have many in a second.
  ///   - isLast: whether it is the last step.
  ///   - hasBar: whether a bar shows what happens within an epoch.
  static func isDue(
    at seconds: Double, after lastLine: Double?, endsEpoch: Bool, isLast: Bool, hasBar: Bool
  ) -> Bool {
    let pause = seconds - (lastLine ?? 0)
    guard endsEpoch else { return !hasBar && pause >= mostSeconds }
    return isLast || lastLine == nil || pause >= leastSeconds
  }

  /// Writes a line to standard error, quiet or not.
  func complain(_ text: String) {
    bar.clear()
    SystemFile.writeError(visible(text) + "\n")
  }

  /// The most important metrics: not more than a line or two of a terminal takes. The others are in `metrics.jsonl`.
  private static let metricCount = 6

  static func line(_ progress: TrainingProgress, secondsBefore: Double = 0) -> String {
    let heldOut = (progress.heldOut?.entries ?? []).map { ("test_" + $0.name, $0.value) }
    let numbers = progress.metrics.entries.prefix(metricCount).map { ($0.name, $0.value) } + heldOut
    let text = numbers.map { "\($0.0) \(DecimalText.significant($0.1, digits: 5))" }.joined(separator: "  ")
    // A step of several batches may lie in two epochs: the first has ended, unless the training has.
    let epoch = progress.step == progress.totalSteps ? progress.checkpoint.epoch : progress.epoch
    return "epoch \(epoch)  step \(progress.step)/\(progress.totalSteps)  "
      + "\(DecimalText.significant(secondsBefore + progress.seconds, digits: 3)) s  \(text)"
  }
}
