import LatentFormats
import LatentSystem

/// The classes of pictures as a file `labels.csv` beside them says: in each line the name of a file, a comma, and a class.
///
/// Values may stand in quotation marks, doubled within (RFC 4180), and may then hold commas and ends of lines. Names may
/// lack the ending of their file, and, where the pictures lie in folders, the folder. A first line that names no picture
/// is a heading; further columns are left out.
struct LabelTable {
  static let fileName = "labels.csv"

  /// A line of the table.
  private struct Entry {
    let file: String
    let className: String
    let line: Int
  }

  private let path: String
  private let entries: [Entry]

  /// The table in `bytes`, the contents of the file at `path`.
  /// - Throws: ``FileError`` for text that is not UTF-8, lines without a class, and files with two.
  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    // Some programs begin UTF-8 with a mark.
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    guard String(validating: text, as: UTF8.self) != nil else {
      throw FileError(path: path, expected: "text in UTF-8", found: "bytes that are not UTF-8")
    }
    var entries: [Entry] = []
    var files: Set<[UInt8]> = []
    for (values, line) in try CommaSeparated(text, path: path).rows {
      guard values.count >= 2, !values[0].isEmpty, !values[1].isEmpty else {
        throw FileError(
          path: path, expected: "a file, a comma and its class in line \(line)",
          found: quoted(values.joined(separator: ",")))
      }
      guard files.insert(Array(values[0].utf8)).inserted else {
        throw FileError(path: path, expected: "one class for each file", found: "\(quoted(values[0])) twice")
      }
      entries.append(Entry(file: values[0], className: values[1], line: line))
    }
    self.entries = entries
  }

  /// The class of each of some files, as it stands in the table.
  ///
  /// - Parameter files: the paths of the pictures, in the folder of the table.
  /// - Throws: ``FileError`` for a picture without a class, for two of the same line, and for a line whose picture is not
  ///   there.
  func classes(of files: [String]) throws -> [String] {
    // Exact names go before those that only look alike, as letters with accents can be written in two ways.
    let exact = Dictionary(entries.indices.map { (Array(entries[$0].file.utf8), $0) }) { first, _ in first }
    let alike = Dictionary(entries.indices.map { (entries[$0].file, $0) }) { first, _ in first }
    var users = [String?](repeating: nil, count: entries.count)
    let classes = try files.map { file in
      let names = Self.names(for: file)
      guard
        let place = names.lazy.compactMap({ exact[Array($0.utf8)] }).first
          ?? names.lazy.compactMap({ alike[$0] }).first
      else { throw FileError(path: path, expected: "a class for each picture", found: "none for \(quoted(file))") }
      if let other = users[place] {
        throw FileError(
          path: path, expected: "one picture for line \(entries[place].line)",
          found: "\(quoted(other)) and \(quoted(file))")
      }
      users[place] = file
      return entries[place].className
    }
    if let place = users.indices.first(where: { $0 > 0 && users[$0] == nil }) {
      throw FileError(
        path: path, expected: "a picture in the folder for each line",
        found: "\(quoted(entries[place].file)) in line \(entries[place].line)")
    }
    return classes
  }

  /// How a table may call a file, the likeliest first.
  private static func names(for file: String) -> [String] {
    func stem(_ name: String) -> String {
      name.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) } ?? name
    }
    let name = ImageFolder.name(of: file)
    return [file, stem(file)] + (name.isEqual(to: file) ? [] : [name, stem(name)])
  }
}

/// The rows of a text of values separated by commas (RFC 4180), without spaces around the values; empty lines are left out.
private struct CommaSeparated {
  /// The values of each row, and the line that it begins in.
  private(set) var rows: [(values: [String], line: Int)] = []
  private var values: [String] = []
  private var value: [UInt8] = []
  private var isQuoted = false
  private var wasQuoted = false
  private var (line, firstLine) = (1, 1)

  init(_ text: ArraySlice<UInt8>, path: String) throws {
    let (quotation, comma) = (UInt8(ascii: "\""), UInt8(ascii: ","))
    var rest = text
    while let byte = rest.popFirst() {
      let isEnd = byte == 0x0A || byte == 0x0D && rest.first != 0x0A
      if isEnd { line += 1 }
      switch byte {
      case quotation where isQuoted && rest.first == quotation: value.append(rest.removeFirst())
      case quotation where isQuoted: isQuoted = false
      case quotation where !wasQuoted && value.allSatisfy(Self.isSpace): (value, isQuoted, wasQuoted) = ([], true, true)
      case comma where !isQuoted: endValue()
      case _ where isEnd && !isQuoted: endRow()
      // What stands between a quotation and the comma after it is nothing.
      default: if isQuoted || !wasQuoted { value.append(byte) }
      }
    }
    guard !isQuoted else {
      throw FileError(
        path: path, expected: "the end of a quotation in line \(firstLine)", found: "the end of the file")
    }
    endRow()
  }

  private mutating func endValue() {
    if !wasQuoted {
      value = Array(value.drop(while: Self.isSpace))
      while let last = value.last, Self.isSpace(last) { value.removeLast() }
    }
    values.append(String(decoding: value, as: UTF8.self))
    (value, wasQuoted) = ([], false)
  }

  private mutating func endRow() {
    endValue()
    if values != [""] { rows.append((values, firstLine)) }
    (values, firstLine) = ([], line)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0D].contains(byte) }
}
