import LatentSystem
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
/// let images = try trained.sample(64, seed: 1)
/// ```
///
/// A program adds models of its own: `ModelRegistry.standard.registering(MyModel.self)`.
public struct ModelRegistry: Sendable {
  private typealias Builder = @Sendable (_ configuration: Data) throws -> any GenerativeModel

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
  public func load(_ path: String) throws -> TrainedModel { try open(path).trained }

  /// Opens the checkpoint at `path`.
  /// - Returns: also what it holds beside the model: the tensors of its training and all texts.
  func open(
    _ path: String
  ) throws -> (trained: TrainedModel, sections: CheckpointKey.Sections, metadata: [String: String]) {
    let (tensors, metadata) = try SafeTensors.read(path)
    let texts = CheckpointTexts(path: path, metadata: metadata)
    let version = try texts.word(CheckpointKey.version)
    guard CheckpointKey.versions.contains(version) else {
      throw FileError(
        path: path, expected: "a checkpoint of format version \(CheckpointKey.versions.joined(separator: " or "))",
        found: "version \(quoted(version))")
    }
    let model = try model(texts)
    try CheckpointChecksum.check(tensors, metadata, path)
    let (state, sections) = CheckpointKey.separate(tensors)
    let average = sections.average
    if let mismatch = model.network.mismatch(with: state) ?? average.flatMap({ Self.mismatch($0, with: state) }) {
      let unread = try SafeTensors.unread(path).first { mismatch.hasPrefix("tensor \($0.key) of shape") }
      throw FileError(
        path: path, expected: "the tensors of its configuration",
        found: (unread.map { "tensor \($0.key) of type \($0.value), which is not read" } ?? mismatch)
          + (version == CheckpointKey.currentVersion
            ? "" : ", in a file of an earlier version of the library, whose network may have been another"))
    }
    if let name = state.firstNonFinite ?? average?.firstNonFinite {
      throw FileError(path: path, expected: "finite numbers", found: "an infinity or NaN in tensor \(name)")
    }
    guard let step = Int(try texts.word(CheckpointKey.step)), step >= 0 else {
      throw FileError(
        path: path, expected: "a number of steps as the metadata '\(CheckpointKey.step)'",
        found: quoted(metadata[CheckpointKey.step] ?? ""))
    }
    return (TrainedModel(model: model, state: state, average: average, step: step), sections, metadata)
  }

  /// The model that a checkpoint's texts describe, without its numbers.
  private func model(_ texts: CheckpointTexts) throws -> any GenerativeModel {
    let path = texts.path
    let kind = try texts.word(CheckpointKey.model)
    guard let build = builders[kind] else {
      throw FileError(
        path: path,
        expected: kinds.isEmpty
          ? "a checkpoint of a registered model; this registry has none"
          : "a checkpoint of one of the models \(kinds.joined(separator: ", "))",
        found: "one of \(quoted(kind))")
    }
    let configuration = try texts.entry(CheckpointKey.configuration)
    do {
      return try build(Data(configuration.utf8))
    } catch let error as ConfigurationError {
      throw FileError(path: path, expected: "a valid configuration", found: error.description)
    } catch let error as UnregisteredError {
      throw FileError(
        path: path, expected: "a configuration of registered parts", found: "one of others: \(error.description)")
    } catch {
      let found = (error as? DecodingError).flatMap(Self.fault) ?? quoted(configuration)
      throw FileError(path: path, expected: "a configuration of the model '\(kind)'", found: found)
    }
  }

  /// Which field of a configuration is at fault.
  private static func fault(_ error: DecodingError) -> String? {
    switch error {
    case .keyNotFound(let key, _): "no value for \(quoted(key.stringValue))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath.last.map { "an unfit value for \(quoted($0.stringValue))" }
    @unknown default: nil
    }
  }

  /// Why `average` is none of some tensors of `state`, if it is not.
  private static func mismatch(_ average: State, with state: State) -> String? {
    average.names.first { average[$0]?.shape != state[$0]?.shape }.map {
      "\(CheckpointKey.averagePrefix)\($0) has no counterpart of its shape"
    }
  }
}

/// The texts of a checkpoint, looked at one by one.
private struct CheckpointTexts {
  let path: String
  let metadata: [String: String]

  func entry(_ key: String) throws -> String {
    guard let value = metadata[key] else {
      throw FileError(
        path: path, expected: "a checkpoint with the metadata '\(key)'",
        found: "none; a program that rewrote the file has to keep its metadata, as save_file(…, metadata=…) does")
    }
    return value
  }

  /// A word, which may be compared: with very long texts, that takes very long.
  func word(_ key: String) throws -> String {
    let value = try entry(key)
    guard value.utf8.count <= 100 else {
      throw FileError(path: path, expected: "a word as the metadata '\(key)'", found: quoted(value))
    }
    return value
  }
}
