import Datasets
import Layers

/// What decides how a training goes, beside the model.
public struct TrainingSettings: Sendable, Equatable {
  /// The number of samples in a batch.
  public let batchSize: Int
  /// Decides the first values, the order of the samples and all other randomness.
  public let seed: UInt64
  /// In place of the model's own learning rate.
  public let learningRate: Float?
  /// How the learning rates change over the steps.
  public let schedule: LearningRateSchedule
  /// How long the training was to be when it was last at work. One that goes on may be longer. Nil in files of earlier
  /// versions.
  public let length: TrainingLength?
  /// What is trained on, by stream.
  public let streams: [String: Samples]
  /// What the model is evaluated on. It decides nothing but the figures on held-out samples, which should be comparable
  /// over a whole training. Nil if there are none, and in files of earlier versions.
  public let heldOut: [String: Samples]?
  /// Which share of the samples was held out with the seed, if any was.
  public let heldOutShare: Double?
  /// How images are changed at random at each use. Nil if they are not, and in files of earlier versions.
  public let augmentation: ImageAugmentation?
  /// What whoever goes on with the training wants to know, by name, as ``Trainer/notes`` were. None in files of earlier
  /// versions.
  public let notes: [String: String]

  /// What tells a source of samples from others.
  public struct Samples: Sendable, Equatable, Codable {
    /// How many there are.
    public let count: Int
    /// The shape of each.
    public let shape: [Int]
    /// The checksum of all of them (CRC-32), and of their conditions if the model needs these.
    public let checksum: UInt32

    /// What tells `source` from others.
    init(_ source: any SampleSource, withConditions: Bool) {
      (count, shape) = (source.count, source.sampleShape.sizes)
      checksum = source.fingerprint(withConditions: withConditions)
    }
  }
}

extension TrainingSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case batchSize, seed, learningRate, schedule, length, streams, heldOut, heldOutShare, augmentation, notes
    /// In files of earlier versions, in which there was one stream.
    case images
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    batchSize = try values.decode(Int.self, forKey: .batchSize)
    seed = try values.decode(UInt64.self, forKey: .seed)
    learningRate = try values.decodeIfPresent(Float.self, forKey: .learningRate)
    schedule = try values.decode(LearningRateSchedule.self, forKey: .schedule)
    length = try values.decodeIfPresent(TrainingLength.self, forKey: .length)
    heldOutShare = try values.decodeIfPresent(Double.self, forKey: .heldOutShare)
    augmentation = try values.decodeIfPresent(ImageAugmentation.self, forKey: .augmentation)
    notes = try values.decodeIfPresent([String: String].self, forKey: .notes) ?? [:]
    if let images = try values.decodeIfPresent(Samples.self, forKey: .images) {
      streams = [TrainingData.mainStream: images]
      heldOut = try values.decodeIfPresent(Samples.self, forKey: .heldOut).map { [TrainingData.mainStream: $0] }
    } else {
      streams = try values.decode([String: Samples].self, forKey: .streams)
      heldOut = try values.decodeIfPresent([String: Samples].self, forKey: .heldOut)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(batchSize, forKey: .batchSize)
    try values.encode(seed, forKey: .seed)
    try values.encodeIfPresent(learningRate, forKey: .learningRate)
    try values.encode(schedule, forKey: .schedule)
    try values.encodeIfPresent(length, forKey: .length)
    try values.encode(streams, forKey: .streams)
    try values.encodeIfPresent(heldOut, forKey: .heldOut)
    try values.encodeIfPresent(heldOutShare, forKey: .heldOutShare)
    try values.encodeIfPresent(augmentation, forKey: .augmentation)
    if !notes.isEmpty { try values.encode(notes, forKey: .notes) }
  }
}

// MARK: - Differences

extension TrainingCheckpoint {
  /// In what a training of `model` with `settings` differs from this one so that it cannot go on from here, in words;
  /// empty if it can.
  func differences<Model: GenerativeModel>(_ model: Model, _ settings: TrainingSettings) -> [String] {
    guard let own = self.model as? Model else {
      return ["model was \(type(of: self.model).kind), is \(Model.kind)"]
    }
    var result: [String] = []
    if own.configuration != model.configuration {
      let fields = zip(
        Mirror(reflecting: own.configuration).children, Mirror(reflecting: model.configuration).children)
      result = fields.compactMap { TrainingSettings.difference($0.label ?? "configuration", $0.value, $1.value) }
      if result.isEmpty { result = ["the configuration is another"] }
    }
    result += [
      TrainingSettings.difference("batch size", self.settings.batchSize, settings.batchSize),
      TrainingSettings.difference("seed", self.settings.seed, settings.seed),
      TrainingSettings.difference(
        "augmentation", self.settings.augmentation?.description ?? "none", settings.augmentation?.description ?? "none"),
    ].compactMap { $0 }
    // Another model may look at other things of the same samples.
    let isSameModel = own.configuration == model.configuration
    result += Self.differences("", self.settings.streams, settings.streams, withChecksums: isSameModel)
    switch (self.settings.heldOut, settings.heldOut) {
    case (nil, _): break
    case (let old?, nil): result.append("number of held-out samples was \(old.values.map(\.count).max() ?? 0), is 0")
    case (let old?, let new?):
      result += Self.differences("held-out ", old, new, withChecksums: isSameModel)
    }
    return result
  }

  /// In what `new` sources differ from the `old` ones, whose name `adjective` begins.
  private static func differences(
    _ adjective: String, _ old: [String: TrainingSettings.Samples], _ new: [String: TrainingSettings.Samples],
    withChecksums: Bool
  ) -> [String] {
    old.keys.sorted().flatMap { stream -> [String] in
      guard let before = old[stream], let now = new[stream] else { return ["the stream \(stream) is missing"] }
      let noun = adjective + (before.shape.count == 3 ? "images" : "samples")
      let name = stream == TrainingData.mainStream ? noun : "\(noun) of stream \(stream)"
      var result: [String] = []
      if before.count != now.count { result.append("number of \(name) was \(before.count), is \(now.count)") }
      if before.shape != now.shape { result.append("shape of \(name) was \(before.shape), is \(now.shape)") }
      if withChecksums, result.isEmpty, before.checksum != now.checksum { result.append("the \(name) are others") }
      return result
    }
  }
}

extension TrainingSettings {
  /// In what a training with `settings` goes on otherwise than before, in words, though it may.
  func changes(to settings: TrainingSettings) -> [String] {
    func words(_ rate: Float?) -> String { rate.map { "\($0)" } ?? "the model's" }
    return [
      Self.difference("learning rate", words(learningRate), words(settings.learningRate)),
      schedule == settings.schedule ? nil : Self.difference("schedule", schedule, settings.schedule),
    ].compactMap { $0 }
  }

  /// How two values differ, in words; nil if they do not.
  fileprivate static func difference(_ name: String, _ old: Any, _ new: Any) -> String? {
    let (old, new) = (ConfigurationText.value(old), ConfigurationText.value(new))
    return old == new ? nil : "\(name) was \(old), is \(new)"
  }
}
