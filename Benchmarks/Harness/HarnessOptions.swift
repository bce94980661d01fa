/// A command line the harness cannot obey, in one line.
struct HarnessUsageError: Error, Equatable {
  let message: String
}

/// The command line of a benchmark program.
struct HarnessOptions {
  enum Format: String, CaseIterable {
    case console, json, csv
  }

  var filter: Regex<AnyRegexOutput>?
  var filterNot: Regex<AnyRegexOutput>?
  var minTime: Double?
  var iterations: Int?
  var warmupIterations: Int?
  var format = Format.console
  var listsNames = false
  var showsHelp = false
  var allowsDebugBuild = false

  init() {}

  /// Parses the arguments after the program's name; both `--name value` and `--name=value` are understood.
  init(_ arguments: [String]) throws(HarnessUsageError) {
    var rest = arguments[...]
    var seen: Set<String> = []
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let name = parts[0]
      guard seen.insert(name).inserted else { throw HarnessUsageError(message: "\(name): given twice") }
      if try setFlag(name, hasValue: parts.count > 1) { continue }
      guard Self.namesWithValue.contains(name) else {
        throw HarnessUsageError(message: "unknown option \(String(reflecting: argument)); see --help")
      }
      guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
        throw HarnessUsageError(message: "\(name): a value is missing")
      }
      try setValue(name, value)
    }
  }

  /// Whether the filters let a benchmark of this name run. A pattern may match anywhere in the name.
  ///
  /// - Parameter isOptional: Whether it does so only if there is a filter that means something: `.*`, which matches an
  ///   empty name too, does not.
  func selects(_ name: String, isOptional: Bool = false) -> Bool {
    if isOptional, filter.map({ "".firstMatch(of: $0) != nil }) ?? true { return false }
    if let filter, name.firstMatch(of: filter) == nil { return false }
    if let filterNot, name.firstMatch(of: filterNot) != nil { return false }
    return true
  }

  private static let namesWithValue: Set = [
    "--filter", "--filter-not", "--min-time", "--iterations", "--warmup-iterations", "--format",
  ]

  private mutating func setFlag(_ name: String, hasValue: Bool) throws(HarnessUsageError) -> Bool {
    switch name {
    case "--list": listsNames = true
    case "--help", "-h": showsHelp = true
    case "--allow-debug-build": allowsDebugBuild = true
    default: return false
    }
    if hasValue { throw HarnessUsageError(message: "\(name): takes no value") }
    return true
  }

  private mutating func setValue(_ name: String, _ value: String) throws(HarnessUsageError) {
    func expected(_ what: String) -> HarnessUsageError {
      HarnessUsageError(message: "\(name): expected \(what), found \(String(reflecting: value))")
    }
    switch name {
    case "--filter", "--filter-not":
      guard !value.isEmpty, let pattern = try? Regex(value) else { throw expected("a regular expression") }
      if name == "--filter" { filter = pattern } else { filterNot = pattern }
    case "--min-time":
      guard let seconds = Double(value), seconds > 0, seconds <= 3600 else {
        throw expected("a number of seconds above 0 and up to 3600")
      }
      minTime = seconds
    case "--iterations":
      guard let count = Int(value), count >= 1 else { throw expected("a whole number of 1 or more") }
      iterations = count
    case "--warmup-iterations":
      guard let count = Int(value), count >= 0 else { throw expected("a whole number of 0 or more") }
      warmupIterations = count
    default:
      guard let format = Format(rawValue: value) else {
        throw expected(Format.allCases.map(\.rawValue).joined(separator: " or "))
      }
      self.format = format
    }
  }

  /// The text of `--help`.
  static func help(program: String) -> String {
    """
    Measures how long pieces of code take: the median time of one iteration, and its spread.

    Usage: \(program) [options]

    Options:
      --filter REGEX          only benchmarks whose name contains a match; those that take long run only if it
                              is not one that matches everything
      --filter-not REGEX      no benchmarks whose name contains a match
      --min-time SECONDS      measure each benchmark at least this long (default 1)
      --iterations N          measure exactly N iterations of each benchmark, however long they take
      --warmup-iterations N   run N iterations first, untimed (default 1)
      --format FORMAT         console, json or csv (default console); json and csv give times in nanoseconds
      --list                  print the names of the selected benchmarks and stop
      --allow-debug-build     measure even if the program was built without optimization
      --help                  show this text

    """
  }
}
