import Latent
import LatentSystem

/// Windows of series as the subject of a training.
public struct TrainingSeries: TrainingSubject {
  public static let noun = "window"
  public static let builtIn = "built-in signals"
  public static let builtInCount = 10_000
  public static let dataHelp =
    "series: a table of numbers (.csv) with a line for each time, an .npy array [L], [N, L], [N, L, C] or, with --layout lc, [L, C], or a folder of such files; built-in signals if not given"

  private static let leastWindow = 8

  private let columns: ColumnOptions
  private let window: Option<Int>
  private let stride: Option<Int?>
  private let channels: Option<Int>

  public init(_ options: inout Options) {
    columns = ColumnOptions(&options)
    window = options.integer(
      "window", default: SeriesVAE.Configuration().length, range: Self.leastWindow...1_048_576, placeholder: "N",
      help: "times of a window; series are cut into such, and none may be shorter")
    stride = options.integer(
      "stride", range: 1...1_048_576, placeholder: "N",
      help: "times between the beginnings of windows; an eighth of a window if not given")
    channels = options.integer(
      "signal-channels", default: 1, range: 1...64, placeholder: "N", help: "of the built-in signals")
    options.settings(["length": "window"])
    options.remember(stride.name)
  }

  public func samples(_ request: TrainingRequest) throws -> TrainingSamples {
    let arguments = request.arguments
    let before = (request.before?.model as? any TimeScoring)?.sampleShape
    let length = arguments.contains(window) ? arguments[window] : before?[0] ?? arguments[window]
    if let path = request.path {
      try arguments.check(channels, hasMeaning: false, "without --data")
      return try windows(of: columns.load(path, arguments), path, length: length, request)
    }
    try columns.checkAbsent(arguments)
    try arguments.check(stride, hasMeaning: false, "with --data; each built-in signal is a window")
    guard request.heldOutShare == nil else {
      throw UsageError("--hold-out: means something only with --data; others than those learned from are drawn")
    }
    let least = BuiltInSignals.leastLength
    guard length >= least else {
      guard arguments.contains(window) else {
        throw UsageError("--data: expected the series of the training that goes on, whose windows have \(length) times")
      }
      throw UsageError("--window: expected \(least) or more for built-in signals, found \(length)")
    }
    let channels = arguments.contains(channels) ? arguments[channels] : before?[1] ?? arguments[channels]
    let count = min(request.limit ?? Self.builtInCount, Self.builtInCount)
    return TrainingSamples(
      train: BuiltInSignals(count: count, length: length, channels: channels, seed: 0),
      heldOut: BuiltInSignals(count: Self.builtInCount / 10, length: length, channels: channels, seed: 1),
      loadedCount: count)
  }

  /// The windows of the series of files.
  private func windows(
    of series: [Series], _ path: String, length: Int, _ request: TrainingRequest
  ) throws -> TrainingSamples {
    if let shortest = series.min(by: { $0.length < $1.length }), shortest.length < length {
      let remedy = columns.layoutRemedy(path, request.arguments)
      guard shortest.length >= Self.leastWindow else {
        throw FileError(
          path: shortest.name, expected: "a series of \(Self.leastWindow) times or more",
          found: "one of \(shortest.length)" + remedy)
      }
      throw UsageError(
        "--window: expected \(shortest.length) or less, the times of \(shortest.name), found \(length)"
          + remedy)
    }
    let stride = request.arguments[stride] ?? max(1, length / 8)
    func windows(_ series: [Series]) throws -> SeriesWindows {
      try SeriesWindows(series, length: length, stride: stride)
    }
    let parts = try parts(series, length: length, request)
    let train = try windows(parts.train)
    let heldOut = try parts.heldOut.map(windows)
    return TrainingSamples(
      train: request.limit.map(train.prefix) ?? train, heldOut: heldOut,
      poverty: series.allSatisfy(\.isConstant) ? "no number differs from that before it" : nil,
      loadedCount: train.count + (heldOut?.count ?? 0), remarks: [Self.remark(on: series)])
  }

  /// Series to learn from, and a share of them that is held out: windows of both would overlap if each were drawn. Of a
  /// single series it is the last part.
  private func parts(
    _ series: [Series], length: Int, _ request: TrainingRequest
  ) throws -> (train: [Series], heldOut: [Series]?) {
    guard let share = request.heldOutShare else { return (series, nil) }
    guard series.count > 1 else {
      let (one, total) = (series[0], series[0].length)
      let first = total - Int(share * Double(total))
      guard min(first, total - first) >= length else {
        throw UsageError(
          "--hold-out: expected a share of the \(total) times of \(one.name) that leaves a window of \(length) on both "
            + "sides, found \(share)")
      }
      return ([one.times(0..<first)], [one.times(first..<total)])
    }
    let count = min(series.count - 1, max(1, Int(share * Double(series.count))))
    var generator = request.heldOutGenerator
    let chosen = Set(generator.permutation(series.count).prefix(count))
    return (
      series.indices.filter { !chosen.contains($0) }.map { series[$0] }, chosen.sorted().map { series[$0] }
    )
  }

  /// What the windows are cut out of.
  private static func remark(on series: [Series]) -> String {
    let times = series.reduce(0) { $0 + $1.length }
    let source = series.count == 1 ? "a series" : "\(series.count) series"
    let names = series[0].channelNames.map { names in
      ": " + names.prefix(10).map(quoted).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
    }
    return "cut out of \(source) with \(counted(times, "time")) and \(counted(series[0].channels, "channel"))"
      + (names ?? "")
  }
}

extension Series {
  /// Whether each channel has one value only.
  fileprivate var isConstant: Bool { values == values[0].broadcast(to: values.shape) }
}
