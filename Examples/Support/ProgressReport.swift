import Latent
import LatentSystem

/// Tells a person how a training is going: a bar on a terminal, and one line for each epoch.
final class ProgressReport {
  private let isQuiet: Bool
  private let secondsBefore: Double
  private var bar = ProgressBar()
  /// When the last line of an epoch was written.
  private var lastLine: Double?
  private static let leastSeconds = 1.0

  /// - Parameters:
  ///   - isQuiet: whether to say nothing.
  ///   - secondsBefore: the time that the training had taken before it went on.
  init(isQuiet: Bool = false, secondsBefore: Double = 0) {
    self.isQuiet = isQuiet
    self.secondsBefore = secondsBefore
  }

  /// Takes note of a step.
  func record(_ progress: TrainingProgress) {
    guard !isQuiet else { return }
    let losses = progress.metrics.entries.prefix(3).map { ($0.name, $0.value) }
    let rate = progress.seconds > 0 ? Double(progress.step - progress.firstStep) / progress.seconds : nil
    bar.update(ProgressBar.Content(done: progress.step, total: progress.totalSteps, rate: rate, losses: losses))
    for warning in progress.newWarnings {
      bar.clear()
      tell("warning: step \(progress.step): \(warning.text)")
    }
    guard progress.endsEpoch, isDue(progress) else { return }
    lastLine = progress.seconds
    bar.clear()
    tell(Self.line(progress, secondsBefore: secondsBefore))
  }

  /// Whether there is to be a line for an epoch: of few images one takes no time.
  private func isDue(_ progress: TrainingProgress) -> Bool {
    guard progress.step < progress.totalSteps, let lastLine else { return true }
    return progress.seconds - lastLine >= Self.leastSeconds
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
