import LatentFormats
import LatentSystem

/// The classes of pictures as a file `labels.csv` beside them says: in each line the name of a file, a comma, and a class.
///
/// Values may stand in quotation marks, doubled within (RFC 4180); names may lack the ending of their file. A first line
/// that names no picture is a heading; further columns are left out.
struct LabelTable {
  static let fileName = "labels.csv"

  private let path: String
  /// The class of each file, and the line it is in.
  private let classes: [String: (name: String, line: Int)]

  /// The table in `bytes`, the contents of the file at `path`.
  /// - Throws: ``FileError`` for text that is not UTF-8, lines without a class, and files with two.
  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    // Some programs begin UTF-8 with a mark.
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    guard let text = String(validating: text, as: UTF8.self) else {
      throw FileError(path: path, expected: "text in UTF-8", found: "bytes that are not UTF-8")
    }
    var classes: [String: (name: String, line: Int)] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.allSatisfy(\.isWhitespace) { continue }
      let values = try Self.values(line, path, index + 1)
      guard values.count >= 2, !values[0].isEmpty, !values[1].isEmpty else {
        throw FileError(
          path: path, expected: "a file, a comma and its class in line \(index + 1)", found: quoted(String(line)))
      }
      guard classes.updateValue((values[1], index + 1), forKey: values[0]) == nil else {
        throw FileError(path: path, expected: "one class for each file", found: "\(quoted(values[0])) twice")
      }
    }
    self.classes = classes
  }

  /// The classes of some files, numbered, and their names.
  ///
  /// Where all are whole numbers from 0 to 65,535, these are the classes, which then have no names; else the names are
  /// sorted byte by byte.
  ///
  /// - Parameter files: the names of the pictures.
  /// - Throws: ``FileError`` for a picture without a class, and for a line whose picture is not there.
  func labels(of files: [String]) throws -> (labels: [Int], names: [String]?) {
    var used: Set<String> = []
    let texts = try files.map { file in
      let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
      guard let key = [file, stem].first(where: { classes[$0] != nil }), let entry = classes[key] else {
        throw FileError(path: path, expected: "a class for each picture", found: "none for \(quoted(file))")
      }
      used.insert(key)
      return entry.name
    }
    if let (name, entry) = classes.filter({ !used.contains($0.key) && $0.value.line > 1 }).min(by: {
      $0.value.line < $1.value.line
    }) {
      throw FileError(
        path: path, expected: "a picture in the folder for each line", found: "\(quoted(name)) in line \(entry.line)")
    }
    let numbers = texts.compactMap { Int($0) }.filter { (0...65535).contains($0) }
    if numbers.count == texts.count { return (numbers, nil) }
    let names = Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    return (texts.map { places[$0] ?? 0 }, names)
  }

  /// The values of a line.
  private static func values(_ line: Substring, _ path: String, _ number: Int) throws -> [String] {
    var (values, value, isQuoted, wasQuoted) = ([String](), "", false, false)
    func end() { values.append(wasQuoted ? value : value.trimmed) }
    var rest = line
    while let character = rest.popFirst() {
      switch character {
      case "\"" where isQuoted && rest.first == "\"": value.append(rest.removeFirst())
      case "\"" where isQuoted: isQuoted = false
      case "\"" where value.trimmed.isEmpty && !wasQuoted: (value, isQuoted, wasQuoted) = ("", true, true)
      case "," where !isQuoted:
        end()
        (value, wasQuoted) = ("", false)
      default: if isQuoted || !wasQuoted { value.append(character) }
      }
    }
    guard !isQuoted else {
      throw FileError(path: path, expected: "the end of a quotation in line \(number)", found: "the end of the line")
    }
    end()
    return values
  }
}

extension String {
  /// The text without the spaces around it.
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
