import Latent
import LatentSystem

/// The options that say how files of series are read: which columns of tables, and what the axes of arrays are.
public struct ColumnOptions: Sendable {
  private let columns: Option<String?>
  private let layout: Option<SeriesLayout>

  /// Declares the options.
  public init(_ options: inout Options) {
    columns = options.string(
      "columns", placeholder: "LIST",
      help:
        "the columns of tables that are channels, by name or number from 1, as temperature,load or 2,3; all if not given"
    )
    layout = options.choice(
      "layout", default: .nl, placeholder: "NAME",
      help: "what the axes of an .npy array with two of them are: series n, times l, channels c")
    options.remember(columns.name, layout.name)
  }

  /// Reads series.
  ///
  /// - Parameters:
  ///   - truth: the column that says which times are anomalies.
  ///   - channels: how many channels there must be; any number if nil.
  ///   - length: how many times there must be at least, the length of a window.
  /// - Throws: ``UsageError``, ``FileError``.
  public func load(
    _ path: String, _ arguments: Arguments, truth: String? = nil, channels: Int? = nil, length: Int = 1
  ) throws -> [Series] {
    let chosen = arguments[columns]?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if let chosen, chosen.contains("") {
      throw UsageError("--columns: expected names or numbers of columns with commas between them, found an empty one")
    }
    let series = try read(
      path, SeriesColumns(channels: chosen, truth: truth), arguments.contains(layout) ? arguments[layout] : nil)
    if let channels, let first = series.first, first.channels != channels {
      let names = first.channelNames.map { ": " + $0.map(quoted).joined(separator: ", ") } ?? ""
      let remedy = layoutRemedy(path, arguments)
      throw UsageError(
        "\(remedy.isEmpty ? "--columns" : "--layout"): expected \(counted(channels, "channel")) as the model has learned, "
          + "found \(first.channels) in \(first.name)\(names)\(remedy)")
    }
    if let short = series.first(where: { $0.length < length }) {
      throw FileError(
        path: short.name, expected: "\(length) times or more, the length of a window",
        found: "\(short.length)" + layoutRemedy(path, arguments))
    }
    return series
  }

  /// Reads series, and says of columns that are no numbers, as dates, that they need not be read.
  private func read(_ path: String, _ columns: SeriesColumns, _ layout: SeriesLayout?) throws -> [Series] {
    do {
      return try Series.load(path, columns: columns, layout: layout)
    } catch let error as SeriesValueError where columns.channels == nil {
      var error = error.fileError
      error.found += "; --columns LIST leaves other columns out"
      throw error
    }
  }

  /// What may help where series are too short, or have too few channels: if nobody said what the axes of arrays are, and
  /// they could be others.
  func layoutRemedy(_ path: String, _ arguments: Arguments) -> String {
    // Whatever is no array of two axes cannot be read so.
    guard !arguments.contains(layout), !arguments.contains(columns), (try? read(path, SeriesColumns(), .lc)) != nil
    else { return "" }
    return "; with --layout lc its array is one series of channels"
  }

  /// Checks that nothing was said of files where none are read.
  public func checkAbsent(_ arguments: Arguments) throws {
    try arguments.check(columns, hasMeaning: false, "with --data")
    try arguments.check(layout, hasMeaning: false, "with --data")
  }
}
