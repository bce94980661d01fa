import Latent

// What only programs that learn from images have.

extension TrainingProgram<TrainingImages> {
  /// A program with the common options, which learns from images.
  ///
  /// - Parameters:
  ///   - usualCount: of how many images the default number of epochs is enough; of fewer there are more. As many as the
  ///     library draws if nil.
  ///   - takesModelOptions: whether options of the model that are not given are those of the model of `--from`.
  ///   - otherAugmentations: what else `--augment` can name, which the program sees to.
  public init(
    _ name: String, summary: String, epochs defaultEpochs: Int, batchSize defaultBatchSize: Int,
    schedule defaultSchedule: ScheduleName = .constant, usualCount: Int? = nil,
    takesModelOptions: Bool = false, otherAugmentations: [(name: String, help: String)] = []
  ) {
    self.init(
      name, summary: summary, epochs: defaultEpochs, batchSize: defaultBatchSize, schedule: defaultSchedule,
      usualCount: usualCount, takesModelOptions: takesModelOptions
    ) { TrainingImages(&$0, otherAugmentations: otherAugmentations) }
  }

  /// Whether the images are those drawn by the library.
  public func usesBuiltInDigits(_ arguments: Arguments) -> Bool {
    !arguments.contains(common.data) && arguments[common.subject.stacked] == nil
  }

  /// The number of classes of samples that a conditional model is to learn.
  /// - Throws: ``UsageError`` if they have no labels.
  /// - Parameter option: the one that takes labels.
  public func classCount(of samples: any SampleSource, for option: String = "conditional") throws -> Int {
    guard case .classes(let count) = samples.conditions else {
      let reason = samples.missingConditions ?? "the images have none"
      throw UsageError("--\(option): expected images with labels, found none: \(reason)")
    }
    return max(2, count)
  }
}
