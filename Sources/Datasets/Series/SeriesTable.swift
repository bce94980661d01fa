import LatentFormats
import LatentSystem
import Tensor

/// Which columns of a table are read.
public struct SeriesColumns: Sendable, Equatable {
  /// The names of the columns that are channels, or their numbers from 1, in the order wanted; all but ``truth`` if nil.
  public var channels: [String]?
  /// The name or number of a column that is 0 where a time is normal and 1 where it is an anomaly. It is no channel.
  public var truth: String?

  /// Some columns.
  public init(channels: [String]? = nil, truth: String? = nil) { (self.channels, self.truth) = (channels, truth) }
}

/// A series as a table in text: a line for each time, with a number for each channel.
///
/// Values stand between semicolons, tabs, commas or spaces, the first of these that the first line has; where it is not the
/// comma, a comma may stand for the decimal point. They may stand in quotation marks. A first line with a value that is no
/// number is a heading with the names of the columns, if its column is read or has a number in the second line. Empty lines
/// are left out.
struct SeriesTable {
  private let path: String
  private let separator: Character
  private let lines: [(number: Int, text: Substring)]

  /// - Throws: ``FileError`` for text that is not UTF-8, and none at all.
  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    // Some programs begin UTF-8 with a mark.
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    guard let text = String(validating: text, as: UTF8.self) else {
      throw FileError(path: path, expected: "a table of numbers in UTF-8", found: "bytes that are not UTF-8")
    }
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap {
      $1.allSatisfy(\.isWhitespace) ? nil : ($0 + 1, $1)
    }
    guard let first = lines.first?.text else {
      throw FileError(path: path, expected: "a line with a number for each channel", found: "no line")
    }
    separator = [";", "\t", ","].first { first.contains($0) } ?? " "
  }

  /// The series in the table.
  /// - Throws: ``SeriesValueError`` for what is no number, ``FileError`` naming the line for what is missing.
  func series(named name: String, _ columns: SeriesColumns) throws -> Series {
    let first = try values(lines[0])
    let header = try isHeading(first, columns) ? first : nil
    let body = header == nil ? lines[...] : lines.dropFirst()
    guard !body.isEmpty else {
      throw FileError(path: path, expected: "a line of numbers below the heading", found: "the end of the file")
    }
    let truth = try columns.truth.map { try place(of: $0, header, first.count) }
    let places =
      try columns.channels?.map { try place(of: $0, header, first.count) } ?? first.indices.filter { $0 != truth }
    guard !places.isEmpty else { throw FileError(path: path, expected: "a column of numbers", found: "none") }
    if let truth, places.contains(truth) {
      throw FileError(
        path: path, expected: "a truth in a column that is no channel", found: Self.text(ofColumn: truth, header))
    }
    var (scalars, truths) = ([Float](), [Bool]())
    scalars.reserveCapacity(body.count * places.count)
    for line in body {
      let values = try values(line)
      guard values.count == first.count else {
        throw FileError(
          path: path, expected: "\(counted(first.count, "value")) in line \(line.number) as in line \(lines[0].number)",
          found: "\(values.count)")
      }
      for place in places { scalars.append(try scalar(values[place], line.number, place, header)) }
      if let truth { truths.append(try isAnomaly(values[truth], line.number, truth, header)) }
    }
    return Series(
      name: name, values: Tensor(scalars, shape: [body.count, places.count]),
      channelNames: header.map { header in places.map { header[$0] } }, truth: truth == nil ? nil : truths)
  }

  /// Whether the first line names the columns: a value that would be read is no number. Others may be none in any line, as
  /// dates are; they count only where a column is chosen by its name, or the line below has a number there.
  private func isHeading(_ first: [String], _ columns: SeriesColumns) throws -> Bool {
    let texts = first.indices.filter { !first[$0].isEmpty && number(first[$0]) == nil }
    guard let channels = columns.channels else { return !texts.isEmpty }
    let places = (channels + [columns.truth].compactMap { $0 }).map { place(numbered: $0, first.count) }
    if places.contains(nil) || texts.contains(where: places.contains) { return !texts.isEmpty }
    guard !texts.isEmpty, lines.count > 1 else { return false }
    let second = try values(lines[1])
    return texts.contains { second.indices.contains($0) && number(second[$0]) != nil }
  }

  private func scalar(_ text: String, _ line: Int, _ place: Int, _ header: [String]?) throws -> Float {
    guard let number = number(text), number.isFinite else {
      throw SeriesValueError(path: path, line: line, column: place + 1, columnName: header?[place], text: text)
    }
    return number
  }

  /// What a value of the column of truths says.
  private func isAnomaly(_ text: String, _ line: Int, _ place: Int, _ header: [String]?) throws -> Bool {
    guard let number = number(text), number == 0 || number == 1 else {
      throw FileError(
        path: path, expected: "a truth of 0 or 1 in line \(line), \(Self.text(ofColumn: place, header))",
        found: text.isEmpty ? "nothing" : quoted(text))
    }
    return number == 1
  }

  /// What messages call a column.
  private static func text(ofColumn place: Int, _ header: [String]?) -> String {
    "column \(place + 1)" + (header.map { " (\(quoted($0[place])))" } ?? "")
  }

  /// The number that a text says; NaN and infinities too, which are none that a series may have.
  private func number(_ text: String) -> Float? {
    if let number = Float(text) { return number }
    guard separator != ",", text.contains(",") else { return nil }
    return Float(String(text.map { $0 == "," ? "." : $0 }))
  }

  /// The place of a column by its name, or its number from 1.
  private func place(of column: String, _ header: [String]?, _ count: Int) throws -> Int {
    if let place = header?.firstIndex(of: column) { return place }
    if let place = place(numbered: column, count) { return place }
    let known = header.map { $0.map(quoted).joined(separator: ", ") } ?? "\(counted(count, "column")) without names"
    throw FileError(path: path, expected: "a column \(quoted(column))", found: known)
  }

  /// The place of a column by its number from 1; nil if the text is none.
  private func place(numbered column: String, _ count: Int) -> Int? {
    guard let number = Int(column), (1...count).contains(number) else { return nil }
    return number - 1
  }

  /// The values of a line, without the spaces around them and the quotation marks.
  private func values(_ line: (number: Int, text: Substring)) throws -> [String] {
    guard line.text.contains("\"") else {
      // Several spaces are one separator.
      return line.text.split(separator: separator, omittingEmptySubsequences: separator == " ").map(\.trimmed)
    }
    var (values, value, isQuoted, wasQuoted) = ([String](), "", false, false)
    for character in line.text {
      if character == "\"" {
        // A doubled mark within quotation is one.
        if !isQuoted, wasQuoted { value.append(character) }
        isQuoted.toggle()
        wasQuoted = true
      } else if character == separator, !isQuoted {
        values.append(value[...].trimmed)
        (value, wasQuoted) = ("", false)
      } else {
        value.append(character)
      }
    }
    guard !isQuoted else {
      throw FileError(
        path: path, expected: "the end of a quotation in line \(line.number)", found: "the end of the line")
    }
    return values + [value[...].trimmed]
  }
}

extension Substring {
  /// The text without the spaces around it.
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
