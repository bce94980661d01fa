import Latent
import LatentSystem

/// The option that says which columns of tables are read.
public struct ColumnOptions: Sendable {
  private let columns: Option<String?>

  /// Declares the option.
  public init(_ options: inout Options) {
    columns = options.string(
      "columns", placeholder: "LIST",
      help:
        "the columns of tables that are channels, by name or number from 1, as temperature,load or 2,3; all if not given"
    )
    options.remember(columns.name)
  }

  /// Reads series.
  ///
  /// - Parameters:
  ///   - truth: the column that says which times are anomalies.
  ///   - channels: how many channels there must be; any number if nil.
  /// - Throws: ``UsageError``, ``FileError``.
  public func load(
    _ path: String, _ arguments: Arguments, truth: String? = nil, channels: Int? = nil
  ) throws -> [Series] {
    let chosen = arguments[columns]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if let chosen, chosen.contains("") {
      throw UsageError("--columns: expected names or numbers of columns with commas between them, found an empty one")
    }
    let series = try read(path, SeriesColumns(channels: chosen, truth: truth))
    if let channels, let first = series.first, first.channels != channels {
      let names = first.channelNames.map { ": " + $0.map(quoted).joined(separator: ", ") } ?? ""
      throw UsageError(
        "--columns: expected \(counted(channels, "channel")) as the model has learned, found \(first.channels) in "
          + first.name + names)
    }
    return series
  }

  /// Reads series, and says of columns that are no numbers, as dates, that they need not be read.
  private func read(_ path: String, _ columns: SeriesColumns) throws -> [Series] {
    do {
      return try Series.load(path, columns: columns)
    } catch let error as SeriesValueError where columns.channels == nil {
      var error = error.fileError
      error.found += "; --columns LIST leaves other columns out"
      throw error
    }
  }

  /// Checks that no columns were named for signals that have none.
  public func checkAbsent(_ arguments: Arguments) throws {
    try arguments.check(columns, hasMeaning: false, "with --data")
  }
}
