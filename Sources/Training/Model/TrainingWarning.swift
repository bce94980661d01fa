/// Something that is going wrong with a training, though every number is finite.
public struct TrainingWarning: Sendable, Equatable {
  /// How many steps it takes until the first warnings can be told. Some need more, see
  /// ``GenerativeModel/leastStepsToJudge``.
  public static let leastSteps = 30
  /// What it is, in one word: `collapse`. A kind is reported again only after it was over.
  public let kind: String
  /// What it is and what may help, in one sentence.
  public let text: String

  /// A warning.
  public init(kind: String, text: String) {
    self.kind = kind
    self.text = text
  }

  /// The kinds that more than one model has.
  public enum Kind {
    /// A loss that has risen where it should fall.
    public static let divergence = "divergence"
    /// Figures on held-out samples that get worse while those on the samples that are learned from get better.
    public static let overfitting = "overfitting"
    /// Latents that tell nothing of a sample.
    public static let posteriorCollapse = "posterior-collapse"
    /// A learning rate that has come to 0.
    public static let scheduleOver = "schedule-over"
    /// A part of the model that no step of the training was for.
    public static let untrainedPart = "untrained-part"
  }
}
