import Latent
import LatentSystem

/// What a program does after each step: files, progress, and the end if a signal asks for it.
struct TrainingRun {
  let program: String
  let folder: RunFolder
  let report: ProgressReport
  /// Why nothing can be learned from the images, if so.
  let poverty: String?
  /// What was going wrong with the training at its latest step.
  private(set) var warnings: [TrainingWarning] = []
  /// How many steps the training has, with those before it went on.
  private var stepCount = 0
  /// How many it takes to tell whether it ended well.
  private var leastStepCount = TrainingWarning.leastSteps
  /// How often files could not be written.
  private var failureCount = 0
  private var lastFailure: FileError?

  init(program: String, folder: RunFolder, report: ProgressReport, poverty: String?) {
    self.program = program
    self.poverty = poverty
    self.folder = folder
    self.report = report
  }

  /// Takes down a step. Ends the process after it if a signal asked for that.
  mutating func record(_ progress: TrainingProgress) throws {
    take(progress.warnings, at: progress.checkpoint)
    report.record(progress)
    note(try folder.record(progress), progress)
    if let failure = progress.failure {
      exitIfIncomplete()
      complain("\(failure); the training stops after step \(progress.step), from which --resume goes on")
      exit(1)
    }
    guard progress.step < progress.totalSteps, let signal = StopSignal.current else { return }
    try folder.stop(progress)
    exitIfIncomplete()
    let place = "step \(progress.step) of \(progress.totalSteps)"
    complain("stopped by \(signal.name) after \(place); --resume goes on from there")
    exit(128 + signal.number)
  }

  /// Takes down what is going wrong at a step.
  mutating func take(_ warnings: [TrainingWarning], at checkpoint: TrainingCheckpoint) {
    self.warnings = warnings
    stepCount = checkpoint.step
    leastStepCount = checkpoint.model.leastStepsToJudge
  }

  private mutating func note(_ failure: FileError?, _ progress: TrainingProgress) {
    if let failure {
      failureCount += 1
      // Once is enough as long as it is the same.
      if failure != lastFailure { complain("step \(progress.step): \(failure); the training goes on") }
    }
    lastFailure = folder.failure
  }

  /// Says if files could not be written in the course of the training, and ends the process with exit code 1 if those
  /// of the last step could not.
  func complainAndExitIfIncomplete() {
    exitIfIncomplete()
    if failureCount > 0 {
      complain("\(failureCount) times files could not be written on the way; those of the last step are complete")
    }
  }

  /// Says what was going wrong at the last step.
  /// - Parameter isStrict: whether it matters if the training was too short to tell.
  /// - Returns: whether nothing was.
  func tellHowItEnded(isStrict: Bool) -> Bool {
    // Whatever else may help with other images does not with these.
    let troubles = warnings.isEmpty ? [] : poverty.map { ["\($0): there is nothing to learn from them"] }
    for trouble in troubles ?? warnings.map(\.text) { complain("the training ended badly: \(trouble)") }
    let isTooShort = stepCount < leastStepCount
    if isStrict, isTooShort {
      complain(
        "the training was too short to tell whether it ended well: \(stepCount) of the \(leastStepCount) steps"
          + " that takes")
    }
    return warnings.isEmpty && !isTooShort
  }

  private func exitIfIncomplete() {
    guard let failure = folder.failure else { return }
    let saved = folder.savedStep.map { "the last checkpoint is that of step \($0)" } ?? "there is no checkpoint"
    complain("the last files could not be written: \(failure); \(saved)")
    exit(1)
  }

  private func complain(_ text: String) { report.complain("\(program): \(text)") }
}
