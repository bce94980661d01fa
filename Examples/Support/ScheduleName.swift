import Latent

/// How learning rates change over the steps of a training, as the option `--schedule` says it.
public enum ScheduleName: String, CaseIterable, Sendable {
  case constant
  case linear
  case cosine

  /// The name of a schedule, if the option can say it.
  init?(_ schedule: LearningRateSchedule) {
    switch schedule {
    case .constant: self = .constant
    case .linear(to: 0, _): self = .linear
    case .cosine(to: 0, _): self = .cosine
    default: return nil
    }
  }

  /// The schedule for so many steps.
  func schedule(steps: Int) -> LearningRateSchedule {
    switch self {
    case .constant: .constant
    case .linear: .linear(steps: max(1, steps))
    case .cosine: .cosine(steps: max(1, steps))
    }
  }
}
