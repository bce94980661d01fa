import Datasets
import Layers
import Tensor

/// A training after one of its steps: all that it takes to go on as if it had never been interrupted.
///
/// ```swift
/// try trainer.train(on: images) { progress in
///   if progress.step % 100 == 0 { try progress.checkpoint.save(to: "model.safetensors") }
/// }
/// // Later, perhaps in another process:
/// let checkpoint = try TrainingCheckpoint.load("model.safetensors")
/// let trained = try trainer.train(on: images, from: checkpoint)
/// ```
///
/// The file depends on the training alone, not on time, machine or number of threads.
public struct TrainingCheckpoint: Sendable {
  /// What is trained.
  public let model: any GenerativeModel
  /// Parameters, buffers, average, optimizers and randomness.
  public internal(set) var training: TrainingState
  /// What has to be the same when the training goes on.
  public internal(set) var settings: TrainingSettings
  /// The number of batches taken from the images, which, with the seed, says which come next.
  public internal(set) var batchesTaken = 0
  /// What warnings look at.
  var recent = RecentMetrics()

  /// A training before its first step.
  init(_ model: any GenerativeModel, _ training: TrainingState, _ settings: TrainingSettings) {
    self.model = model
    self.training = training
    self.settings = settings
  }

  /// The number of steps done.
  public var step: Int { training.step }

  /// The model as it is now.
  public var trained: TrainedModel { TrainedModel(model, training) }

  /// What is going wrong with the training.
  var warnings: [TrainingWarning] { recent.metrics.map(model.warnings(for:)) ?? [] }

  /// Whether the last step was the last of an epoch.
  var endsEpoch: Bool {
    let length = settings.images.count / settings.batchSize
    return batchesTaken / length > (batchesTaken - model.batchesPerStep) / length
  }
}

/// What decides how a training goes, beside the model and the number of steps.
public struct TrainingSettings: Sendable, Equatable, Codable {
  /// The number of images in a batch.
  public let batchSize: Int
  /// Decides the first values, the order of the images and all other randomness.
  public let seed: UInt64
  /// In place of the model's own learning rate.
  public let learningRate: Float?
  /// How the learning rates change over the steps.
  public let schedule: LearningRateSchedule
  /// What is trained on.
  public let images: Images
  /// What the model is evaluated on. It decides nothing but the figures on held-out images, which should be comparable
  /// over a whole training. Nil if there are none, and in files of earlier versions.
  public let heldOut: Images?

  /// What tells a set of images from others.
  public struct Images: Sendable, Equatable, Codable {
    /// How many there are.
    public let count: Int
    /// The shape of each, `[H, W, C]`.
    public let shape: [Int]
    /// The checksum of all pixels (CRC-32).
    public let checksum: UInt32

    /// What tells `images` from others.
    init(_ images: ImageSet) {
      (count, shape, checksum) = (images.count, images.imageShape.sizes, images.checksum)
    }
  }
}

// MARK: - Differences

extension TrainingCheckpoint {
  /// In what a training of `model` with `settings` differs from this one, in words; empty if it can go on from here.
  func differences<Model: GenerativeModel>(_ model: Model, _ settings: TrainingSettings) -> [String] {
    func difference(_ name: String, _ old: Any, _ new: Any) -> String? {
      let (old, new) = (Self.words(old), Self.words(new))
      return old == new ? nil : "\(name) was \(old), is \(new)"
    }
    guard let own = self.model as? Model else {
      return ["model was \(type(of: self.model).kind), is \(Model.kind)"]
    }
    let fields = zip(
      Mirror(reflecting: own.configuration).children, Mirror(reflecting: model.configuration).children)
    var result = fields.compactMap { difference($0.label ?? "configuration", $0.value, $1.value) }
    if result.isEmpty, own.configuration != model.configuration { result = ["the configuration is another"] }
    result += [
      difference("batch size", self.settings.batchSize, settings.batchSize),
      difference("seed", self.settings.seed, settings.seed),
      difference(
        "learning rate", self.settings.learningRate.map { "\($0)" } ?? "the model's",
        settings.learningRate.map { "\($0)" } ?? "the model's"),
      difference("schedule", self.settings.schedule, settings.schedule),
    ].compactMap { $0 }
    result += Self.differences("images", self.settings.images, settings.images)
    switch (self.settings.heldOut, settings.heldOut) {
    case (nil, _): break
    case (let old?, nil): result.append("number of held-out images was \(old.count), is 0")
    case (let old?, let new?): result += Self.differences("held-out images", old, new)
    }
    return result
  }

  /// In what `new` images differ from the `old` ones that are called `name`.
  private static func differences(
    _ name: String, _ old: TrainingSettings.Images, _ new: TrainingSettings.Images
  ) -> [String] {
    var result: [String] = []
    if old.count != new.count { result.append("number of \(name) was \(old.count), is \(new.count)") }
    if old.shape != new.shape { result.append("shape of \(name) was \(old.shape), is \(new.shape)") }
    if result.isEmpty && old.checksum != new.checksum { result.append("the \(name) have other pixels") }
    return result
  }

  /// A value for an error message: an optional as what is in it.
  private static func words(_ value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return "\(value)" }
    return mirror.children.first.map { words($0.value) } ?? "none"
  }
}
