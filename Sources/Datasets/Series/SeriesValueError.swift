import LatentSystem

/// A value of a table that is no finite number, so that its column cannot be a channel.
public struct SeriesValueError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path of the table, as it was given.
  public let path: String
  /// The number of the line, from 1.
  public let line: Int
  /// The number of the column, from 1.
  public let column: Int
  /// What the heading calls the column; nil without a heading.
  public let columnName: String?
  /// What stands there.
  public let text: String

  /// What is wrong with the file, in the words of other errors.
  public var fileError: FileError {
    FileError(
      path: path, expected: "a number in line \(line), column \(column)\(columnName.map { " (\(quoted($0)))" } ?? "")",
      found: text.isEmpty ? "nothing" : quoted(text))
  }

  /// One line: path, place and what was found.
  public var description: String { fileError.description }
}
