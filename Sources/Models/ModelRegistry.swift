import Layers
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The kinds of models that a checkpoint can be opened as.
///
/// ```swift
/// let trained = try ModelRegistry.standard.load("runs/train-vae/model.safetensors")
/// let images = trained.sample(64, seed: 1)
/// ```
///
/// A program adds models of its own: `ModelRegistry.standard.registering(MyModel.self)`.
public struct ModelRegistry: Sendable {
  private typealias Builder = @Sendable (_ configuration: Data) throws -> any GenerativeModel

  /// All models of this library.
  public static let standard = ModelRegistry().registering(VAE.self)

  private var builders: [String: Builder] = [:]

  /// A registry that knows no model.
  public init() {}

  /// This registry and one more kind of model.
  public func registering<Model: GenerativeModel>(_ model: Model.Type) -> ModelRegistry {
    var result = self
    result.builders[model.kind] = { try Model(JSONDecoder().decode(Model.Configuration.self, from: $0)) }
    return result
  }

  /// The kinds in alphabetical order.
  public var kinds: [String] { builders.keys.sorted() }

  /// Opens the checkpoint at `path`, whichever model wrote it.
  /// - Throws: ``FileError`` naming the file and what is wrong with it.
  public func load(_ path: String) throws -> TrainedModel {
    let (tensors, metadata) = try SafeTensors.read(path)
    func entry(_ key: String) throws -> String {
      guard let value = metadata[key] else {
        throw FileError(path: path, expected: "a checkpoint with the metadata '\(key)'", found: "none")
      }
      return value
    }
    let version = try entry(CheckpointKey.version)
    guard version == CheckpointKey.currentVersion else {
      throw FileError(
        path: path, expected: "a checkpoint of format version \(CheckpointKey.currentVersion)",
        found: "version \(version)")
    }
    let kind = try entry(CheckpointKey.model)
    guard let build = builders[kind] else {
      throw FileError(
        path: path, expected: "a checkpoint of one of the models \(kinds.joined(separator: ", "))",
        found: "one of '\(kind)'")
    }
    let configuration = try entry(CheckpointKey.configuration)
    let model: any GenerativeModel
    do {
      model = try build(Data(configuration.utf8))
    } catch let error as ConfigurationError {
      throw FileError(path: path, expected: "a valid configuration", found: error.description)
    } catch {
      throw FileError(path: path, expected: "a configuration of the model '\(kind)'", found: configuration)
    }
    let state = State(tensors)
    if let mismatch = model.network.mismatch(with: state) {
      throw FileError(path: path, expected: "the tensors of its configuration", found: mismatch)
    }
    if let name = state.firstNonFinite {
      throw FileError(path: path, expected: "finite numbers", found: "an infinity or NaN in tensor \(name)")
    }
    guard let step = Int(try entry(CheckpointKey.step)), step >= 0 else {
      throw FileError(
        path: path, expected: "a number of steps as the metadata '\(CheckpointKey.step)'",
        found: "'\(metadata[CheckpointKey.step] ?? "")'")
    }
    return TrainedModel(model: model, state: state, step: step)
  }
}

/// The names of a checkpoint's metadata.
enum CheckpointKey {
  static let currentVersion = "1"
  static let version = "latent.version"
  static let model = "latent.model"
  static let configuration = "latent.configuration"
  static let step = "latent.step"
}

/// A model with its numbers, ready to be used, from any number of tasks at once.
public struct TrainedModel: Sendable {
  /// The model.
  public let model: any GenerativeModel
  /// Its parameters and buffers.
  public let state: State
  /// The number of training steps behind them.
  public let step: Int

  /// A model with the given numbers.
  public init(model: any GenerativeModel, state: State, step: Int = 0) {
    self.model = model
    self.state = state
    self.step = step
  }

  /// `count` new images, `[count, H, W, C]` in 0...1. Image `i` depends on the seed and `i` alone.
  /// - Precondition: `count >= 1`.
  public func sample(_ count: Int, seed: UInt64 = 0) -> Tensor {
    require(count >= 1, "sample: \(count) images were asked for; at least 1 is needed")
    var generator = RandomGenerator(seed: seed)
    let batches = stride(from: 0, to: count, by: Self.batchSize).map { start in
      model.sample(min(Self.batchSize, count - start), from: state, using: &generator)
    }
    return batches.count == 1 ? batches[0] : Tensor.concatenated(batches)
  }

  /// Writes a checkpoint that ``ModelRegistry/load(_:)`` opens. An existing file is replaced when the new one is whole.
  /// - Throws: ``FileError`` if the file cannot be written.
  public func save(to path: String) throws { try Self.save(model, state, step: step, to: path) }

  private static func save<Model: GenerativeModel>(
    _ model: Model, _ state: State, step: Int, to path: String
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let configuration = try encoder.encode(model.configuration)
    try SafeTensors.write(
      state.tensors,
      metadata: [
        CheckpointKey.version: CheckpointKey.currentVersion, CheckpointKey.model: Model.kind,
        CheckpointKey.configuration: String(decoding: configuration, as: UTF8.self), CheckpointKey.step: "\(step)",
      ], to: path)
  }

  private static let batchSize = 256
}
