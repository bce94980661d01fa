import Layers
import Tensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The names in a checkpoint.
enum CheckpointKey {
  /// How all texts of ours begin.
  static let prefix = "latent."
  static let version = "latent.version"
  static let model = "latent.model"
  static let configuration = "latent.configuration"
  static let step = "latent.step"
  /// What a training needs to go on, beside the tensors.
  static let training = "latent.training"

  /// A checksum of all tensors and texts. Files of earlier versions have none.
  static let checksum = "latent.checksum"

  static let currentVersion = "4"
  /// The versions that can be read. In the first there was no training, in the second a training had one stream of
  /// images and no memory; up to the third, networks of images over 32 pixels were halved twice only.
  static let versions = ["1", "2", "3", currentVersion]

  /// What the names of averaged tensors begin with; no module's property can, because of the slash.
  static let averagePrefix = "average/"
  /// What the names of moments begin with: `optimizer/adam/decoder.bias.mean`.
  static let optimizerPrefix = "optimizer/"

  /// What the names of a training's memory begin with: `memory/pool`.
  static let memoryPrefix = "memory/"

  /// What is in a file beside the model's own numbers.
  struct Sections {
    let average: State?
    let moments: [String: Tensor]
    let memory: State
  }

  /// The tensors of a file as parameters and buffers, averages of them, if there are any, moments of optimizers, and the
  /// memory of a training.
  static func separate(_ tensors: [String: Tensor]) -> (state: State, sections: Sections) {
    let averages = section(averagePrefix, of: tensors)
    let prefixes = [averagePrefix, optimizerPrefix, memoryPrefix]
    let state = tensors.filter { name, _ in !prefixes.contains { name.hasPrefix($0) } }
    return (
      State(state),
      Sections(
        average: averages.isEmpty ? nil : State(averages), moments: section(optimizerPrefix, of: tensors),
        memory: State(section(memoryPrefix, of: tensors)))
    )
  }

  /// The tensors whose names begin with `prefix`, without it.
  static func section(_ prefix: String, of tensors: [String: Tensor]) -> [String: Tensor] {
    let pairs = tensors.filter { $0.key.hasPrefix(prefix) }.map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    return Dictionary(pairs) { first, _ in first }
  }

  /// `value` as JSON, the same text for the same value.
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The value that ``text(_:)`` wrote.
  static func value<Value: Decodable>(_ type: Value.Type, from text: some Collection<UInt8>) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try decoder.decode(type, from: Data(text))
  }
}
