import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the models in the folder of a table were trained with, in a file beside each: a table that goes on takes only those
/// of its own settings and images. No file is of several models, as several tables may run into one folder at once.
struct AnomalyRecords {
  /// Values by the names of options.
  typealias Settings = [String: String]

  private let folder: String

  /// Those in a folder.
  init(in folder: String) { self.folder = folder }

  /// The name of the file about a model.
  static func fileName(of model: String) -> String { "\(model).settings.json" }

  private func path(of model: String) -> String { "\(folder)/\(Self.fileName(of: model))" }

  /// What the model of a name was trained with; nil if there is no such file, or one of something else.
  subscript(model: String) -> Settings? {
    try? JSONDecoder().decode(Settings.self, from: Data(AtomicFile.read(path(of: model))))
  }

  /// Writes down what a model was trained with.
  func set(_ model: String, to settings: Settings) throws { try JSONFile.write(settings, to: path(of: model)) }

  /// Forgets what a model was trained with, as while it is replaced.
  func remove(_ model: String) throws {
    let path = path(of: model)
    guard AtomicFile.kind(of: path).exists else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw FileError(path: path, expected: "a file that can be replaced", found: "one that cannot be removed")
    }
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
