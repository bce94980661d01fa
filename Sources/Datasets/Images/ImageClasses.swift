import LatentFormats
import LatentSystem

/// The classes of images by number, and the names of the classes where they have any.
struct ImageClasses {
  /// The class of each image.
  let labels: [Int]
  /// The names in the order of their numbers; nil if the classes are numbers themselves.
  let names: [String]?

  init(labels: [Int], names: [String]?) { (self.labels, self.names) = (labels, names) }

  /// Classes by their names, sorted byte by byte.
  init(named texts: [String]) {
    let names = texts.reduce(into: Set<[UInt8]>()) { $0.insert(Array($1.utf8)) }
      .sorted { $0.lexicographicallyPrecedes($1) }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    labels = texts.map { places[Array($0.utf8)] ?? 0 }
    self.names = names.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Classes as a table says: numbers, if all are whole numbers from 0 to 65,535 as one writes them; else names.
  init(_ texts: [String]) {
    let numbers = texts.compactMap { text in Int(text).flatMap { "\($0)" == text && 0...65535 ~= $0 ? $0 : nil } }
    if numbers.count == texts.count {
      self.init(labels: numbers, names: nil)
    } else {
      self.init(named: texts)
    }
  }

  /// Classes of test images, with the numbers that those of the training images have.
  ///
  /// - Parameters:
  ///   - texts: the class of each image.
  ///   - known: the classes of the training images.
  ///   - path: of the test images, for errors.
  /// - Throws: ``FileError`` for a class that is none of these.
  init(_ texts: [String], like known: ImageClasses, path: String) throws {
    guard let names = known.names else {
      let own = ImageClasses(texts)
      guard own.names == nil else {
        throw FileError(
          path: path, expected: "classes that are numbers, as those of the training images",
          found: own.names?.first { Int($0) == nil }.map(quoted) ?? "names")
      }
      (labels, self.names) = (own.labels, nil)
      return
    }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { (Array($1.utf8), $0) })
    labels = try texts.map { text in
      guard let place = places[Array(text.utf8)] else {
        throw FileError(
          path: path,
          expected: "classes of the training images: " + names.prefix(8).map(quoted).joined(separator: ", ")
            + (names.count > 8 ? ", …" : ""), found: quoted(text))
      }
      return place
    }
    self.names = names
  }
}
