import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the models in the folder of a table were trained with, in one file beside them: a table that goes on takes only
/// those of its own settings and images.
struct AnomalyRecords {
  /// Values by the names of options.
  typealias Settings = [String: String]

  /// The name of the file.
  static let fileName = "settings.json"

  private let path: String
  private var settings: [String: Settings]

  /// Those in a folder; none if there is no such file, or one of something else.
  init(in folder: String) {
    path = "\(folder)/\(Self.fileName)"
    settings =
      (try? JSONDecoder().decode([String: Settings].self, from: Data(AtomicFile.read(path)))) ?? [:]
  }

  /// What the model of a name was trained with; nil if nobody knows.
  subscript(model: String) -> Settings? { settings[model] }

  /// Writes down what a model was trained with, or that this is not known from now on, as while it is replaced.
  mutating func set(_ model: String, to new: Settings?) throws {
    guard settings[model] != new else { return }
    settings[model] = new
    try JSONFile.write(settings, to: path)
  }

  /// In what settings differ from those of before, in words; empty if they do not.
  static func differences(from old: Settings, to new: Settings) -> [String] {
    Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
      "--\($0) was \(old[$0] ?? "none"), is \(new[$0] ?? "none")"
    }
  }

  /// What tells images from others.
  static func text(of images: ImageSet) -> String {
    let checksum = String(images.fingerprint(withConditions: false), radix: 16)
    return "\(counted(images.count, "image")) of \(images.sampleShape) with the checksum \(checksum)"
  }
}
