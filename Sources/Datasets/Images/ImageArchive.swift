import LatentFormats
import LatentSystem

/// The images, and the labels if there are any, in an `.npz` file: the only array, or those of usual names.
struct ImageArchive {
  private let archive: NumPyArchive
  private let path: String

  /// Of the file at `path`, nothing but what is asked for is read.
  init(_ path: String) throws { (archive, self.path) = (try NumPyArchive.read(path), path) }

  /// The usual names of a part's images and labels, compared in lower case and with `_` for `-`.
  private static func names(_ split: ImageSet.Split) -> (images: [String], labels: [String]) {
    switch split {
    case .train:
      (
        ["x_train", "train_x", "train_images", "train_imgs", "images", "imgs", "image", "data", "x", "arr_0"],
        ["y_train", "train_y", "train_labels", "labels", "label", "targets", "target", "y", "arr_1"]
      )
    case .test:
      (["x_test", "test_x", "test_images", "test_imgs"], ["y_test", "test_y", "test_labels"])
    }
  }

  private func found(_ usual: [String]) -> [String] {
    archive.names.filter { usual.contains($0.lowercased().replacing("-", with: "_")) }
  }

  /// Whether there are images of a part.
  func has(_ split: ImageSet.Split) -> Bool { split == .train || !found(Self.names(split).images).isEmpty }

  /// The images of a part, with their labels.
  /// - Throws: ``FileError`` if it is not plain which arrays they are, and as ``ImageArray/images(_:isCertain:count:)``.
  func images(_ split: ImageSet.Split, _ layout: ArrayLayout?, maximumSize: Int) throws -> ImageSet {
    let usual = Self.names(split)
    var candidates = found(usual.images)
    if candidates.isEmpty, split == .train, archive.names.count == 1, !isOtherwiseUsual(archive.names[0]) {
      candidates = archive.names
    }
    guard candidates.count == 1 else {
      throw FileError(
        path: path, expected: "one array of images, or one called \(usual.images[0])",
        found: archive.names.isEmpty ? archive.content : Self.list(archive.names))
    }
    let labels = found(usual.labels)
    guard labels.count < 2 else {
      throw FileError(
        path: path, expected: "one array of labels, or one called \(usual.labels[0])", found: Self.list(labels))
    }
    let labelPlace = "\(path)/\(labels.first ?? "")"
    let values = try labels.first.map {
      try Self.labels(archive.array($0, maximumSize: maximumSize), path: labelPlace)
    }
    let array = try archive.array(candidates[0], maximumSize: maximumSize)
    let images = try ImageArray(array, path: "\(path)/\(candidates[0])")
      .images(layout, isCertain: false, count: values?.count)
    guard let values else { return images }
    guard values.count == images.count else {
      throw FileError(path: labelPlace, expected: counted(images.count, "label"), found: "\(values.count)")
    }
    return try images.labeled(values, from: labelPlace)
  }

  /// Where labels of a part were looked for in vain.
  static func missingLabels(_ split: ImageSet.Split, _ path: String) -> String {
    "no array \(names(split).labels[0]) in \(path)"
  }

  /// Whether an array is called as test images or labels are.
  private func isOtherwiseUsual(_ name: String) -> Bool {
    let others = Self.names(.test).images + Self.names(.test).labels + Self.names(.train).labels
    return found(others).contains { $0.isEqual(to: name) }
  }

  private static func list(_ names: [String]) -> String { names.prefix(16).map(quoted).joined(separator: ", ") }

  /// Labels `[N]` or `[N, 1]`.
  private static func labels(_ array: NumPyArray, path: String) throws -> [Int] {
    guard array.shape.count == 1 || array.shape.count == 2 && array.shape[1] == 1 else {
      let remedy = array.shape.count == 2 ? "; numpy.argmax(y, 1) makes labels of rows with a 1 each" : ""
      throw FileError(path: path, expected: "labels of rank 1", found: "the shape \(array.shape)\(remedy)")
    }
    switch array.elements {
    case .bytes(let labels): return labels.map { Int($0) }
    case .integers(let labels): return labels
    case .floats(let values):
      // Booleans too, and what NumPy makes of zeros if nobody says a type.
      return try values.enumerated().map { index, value in
        guard let label = Int(exactly: value) else {
          throw FileError(path: path, expected: "whole numbers as labels", found: "\(value) as label \(index)")
        }
        return label
      }
    }
  }
}
