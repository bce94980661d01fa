import Datasets
import LatentSystem
import Layers
import Tensor

extension TrainingCheckpoint {
  /// What is in the metadata.
  private struct Record: Codable {
    let settings: TrainingSettings
    let batchesTaken: BatchesTaken
    let random: RandomGenerator
    let optimizers: [String: OptimizerRecord]
    let recent: TrainingTrend
  }

  /// Writes the checkpoint, which ``ModelRegistry/load(_:)`` opens too. An existing file is replaced when the new one
  /// is whole and on the disk.
  /// - Throws: ``FileError`` if the file cannot be written, or if memory or moments of optimizers are not what they must
  ///   be to be opened again; ``UnregisteredError`` if the model's configuration has a part that is not registered.
  public func save(to path: String) throws {
    // What could not be opened again is not written over what can.
    try Self.checkMemory(training.memory, of: model, path)
    for (name, optimizer) in training.optimizers {
      for (moment, tensor) in optimizer.progress.moments.tensors {
        try training.checkMoment(moment, of: name, shape: tensor.shape, path)
      }
    }
    var (tensors, metadata) = try trained.contents
    for (name, tensor) in training.memory.tensors { tensors[CheckpointKey.memoryPrefix + name] = tensor }
    for (optimizer, value) in training.optimizers {
      for (name, tensor) in value.progress.moments.tensors {
        tensors["\(CheckpointKey.optimizerPrefix)\(optimizer)/\(name)"] = tensor
      }
    }
    metadata[CheckpointKey.training] = try CheckpointKey.text(
      Record(
        settings: settings, batchesTaken: BatchesTaken(streams: batchesTaken), random: training.random,
        optimizers: training.optimizers.mapValues {
          OptimizerRecord(step: $0.progress.step, rateFactor: $0.progress.rateFactor)
        }, recent: trend))
    try CheckpointChecksum.write(tensors, metadata: metadata, to: path)
  }

  /// Opens the checkpoint at `path`.
  /// - Parameter registry: the kinds of models it may be one of.
  /// - Throws: ``FileError`` naming the file and what is wrong with it, for instance that it holds a model only.
  public static func load(_ path: String, registry: ModelRegistry) throws -> TrainingCheckpoint {
    let (trained, sections, metadata) = try registry.open(path)
    guard let text = metadata[CheckpointKey.training] else {
      throw FileError(path: path, expected: "a checkpoint of a training", found: "one of a model alone")
    }
    guard let record = try? CheckpointKey.value(Record.self, from: text.utf8) else {
      throw FileError(path: path, expected: "the record of a training", found: quoted(text))
    }
    let (settings, batchesTaken) = (record.settings, record.batchesTaken.streams)
    for (name, samples) in settings.streams {
      let taken = batchesTaken[name] ?? 0
      guard settings.batchSize >= 1, settings.batchSize <= samples.count, taken >= 0 else {
        let found = "\(taken) batches of \(settings.batchSize) from \(samples.count) samples"
        throw FileError(path: path, expected: "a position in a stream of samples", found: found)
      }
    }
    try checkMemory(sections.memory, of: trained.model, path)
    var training = TrainingState(
      state: trained.state, optimizers: trained.model.makeOptimizers(learningRate: settings.learningRate),
      random: record.random, memory: sections.memory)
    (training.average, training.step) = (trained.average, trained.step)
    try training.restore(record.optimizers, sections.moments, path)
    var result = TrainingCheckpoint(trained.model, training, settings)
    (result.batchesTaken, result.trend) = (batchesTaken, record.recent)
    result.trend.goOn(from: training.step)
    return result
  }

  /// A training has the memory that its model makes for it: the same names and shapes.
  private static func checkMemory(_ memory: State, of model: any GenerativeModel, _ path: String) throws {
    var generator = RandomGenerator(seed: 0)
    let expected = model.makeMemory(using: &generator).tensors.mapValues(\.shape)
    let found = memory.tensors.mapValues(\.shape)
    for name in Set(expected.keys).union(found.keys).sorted() where expected[name] != found[name] {
      throw FileError(
        path: path,
        expected: expected[name].map { "a tensor \(quoted(CheckpointKey.memoryPrefix + name)) of shape \($0)" }
          ?? "the memory of its model",
        found: found[name].map { "tensor \(quoted(CheckpointKey.memoryPrefix + name)) of shape \($0)" } ?? "none")
    }
    if let name = memory.firstNonFinite {
      throw FileError(path: path, expected: "finite numbers", found: "an infinity or NaN in tensor \(name)")
    }
  }
}

/// How many batches were taken of each stream. In files of earlier versions, in which there was one, a number.
private struct BatchesTaken: Codable {
  let streams: [String: Int]

  init(streams: [String: Int]) { self.streams = streams }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      streams = [TrainingData.mainStream: number]
    } else {
      streams = try container.decode([String: Int].self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(streams)
  }
}

extension TrainingState {
  /// Brings the optimizers to where they were.
  /// - Parameter moments: by name of the optimizer, a slash, and their own name: `adam/decoder.bias.mean`.
  fileprivate mutating func restore(
    _ records: [String: OptimizerRecord], _ moments: [String: Tensor], _ path: String
  ) throws {
    guard optimizers.keys.sorted() == records.keys.sorted(), records.values.allSatisfy({ $0.step >= 0 }) else {
      throw FileError(
        path: path, expected: "the optimizers \(optimizers.keys.sorted().joined(separator: ", "))",
        found: records.isEmpty ? "none" : records.keys.sorted().map(quoted).joined(separator: ", "))
    }
    for (name, record) in records {
      optimizers[name]?.progress.step = record.step
      optimizers[name]?.progress.rateFactor = record.rateFactor
    }
    for (name, tensor) in moments {
      // A name with a slash is longer than the one before the slash.
      guard let owner = optimizers.keys.filter({ name.hasPrefix($0 + "/") }).max(by: { $0.count < $1.count }) else {
        throw Self.misfit(name, tensor.shape, path)
      }
      let moment = String(name.dropFirst(owner.count + 1))
      try checkMoment(moment, of: owner, shape: tensor.shape, path)
      optimizers[owner]?.progress.moments[moment] = tensor
    }
  }

  /// A moment belongs to a parameter and has the shape that its optimizer says.
  fileprivate func checkMoment(_ moment: String, of optimizer: String, shape: Tensor.Shape, _ path: String) throws {
    if optimizers[optimizer]?.shape(ofMoment: moment, in: state) == shape { return }
    throw Self.misfit("\(optimizer)/\(moment)", shape, path)
  }

  private static func misfit(_ name: String, _ shape: Tensor.Shape, _ path: String) -> FileError {
    FileError(
      path: path, expected: "moments of the model's parameters",
      found: "tensor \(quoted(CheckpointKey.optimizerPrefix + name)) of shape \(shape)")
  }
}

/// What of an optimizer is in the metadata; its moments are tensors.
private struct OptimizerRecord: Codable {
  let step: Int
  let rateFactor: Float
}
