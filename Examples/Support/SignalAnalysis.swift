import Latent
import LatentSystem

/// What `analyse-signals` does with series.
public struct SignalAnalysis {
  /// The model.
  public let trained: TrainedModel
  /// The distance between the beginnings of windows; the model's own if nil.
  public var stride: Int?
  /// How many times before and after each count in its score; the usual number if nil.
  public var smoothing: Int?
  /// The standard deviation of noise that is added first, in units of each channel's own deviation.
  public var noise: Double?
  /// Decides the noise.
  public var seed: UInt64 = 0
  /// How many series the picture shows.
  public var pictured = 4
  /// How many times of a series the picture shows.
  public var picturedTimes = 1024

  /// An analysis by a model.
  public init(_ trained: TrainedModel) { self.trained = trained }

  /// What has come of a series.
  struct Result {
    /// As it was analysed, with noise if that was added.
    let series: Series
    /// As it should be, if noise was added.
    let clean: Series?
    let analysis: SeriesAnalysis
  }

  /// Checks, before there is anything to write, that `name`.csv and `name`.png can be written and are none of the series.
  ///
  /// - Parameter data: the file or folder of the series, if they were read.
  /// - Throws: ``UsageError``, ``FileError``.
  public static func checkTargets(_ name: String, of data: String?) throws {
    for path in [name + ".csv", name + ".png"] {
      try checkTarget(path)
      guard let data, isSameFolder(data, path) || isSameFolder(data, AtomicFile.folder(for: path)) else { continue }
      throw UsageError("--out: expected another place than that of the series, found \"\(path)\"")
    }
  }

  /// Analyses series, writes `name`.csv and `name`.png, and prints what is known of noise and anomalies.
  ///
  /// One series is taken after the other, and its lines are written at once: what is kept of it are figures, and all of it
  /// if it is among the strangest.
  ///
  /// - Parameters:
  ///   - all: one series or more, all of the same channels.
  ///   - kinds: of which kind the anomalies of each are, if anything is known of that.
  public func run(_ all: some Collection<Series>, kinds: [String?]? = nil, name: String, isQuiet: Bool) throws {
    var generator = RandomGenerator(seed: seed)
    var progress = CountProgress(total: all.count, unit: "series", isQuiet: isQuiet)
    var (figures, strangest) = (SignalFigures(), [Result]())
    try TextFile.write(to: name + ".csv") { add in
      for series in all {
        let result = try analysed(series, using: &generator)
        if figures.count == 0 { try add(heading(of: series)) }
        try addLines(of: result, add)
        figures.add(result, kind: kinds?[figures.count])
        strangest.append(result)
        strangest.sort { $0.analysis.highestScore > $1.analysis.highestScore }
        strangest = Array(strangest.prefix(max(1, pictured)))
        progress.add(1)
      }
    }
    progress.finish()
    try PNG.writeSeriesPlot(panels(Array(strangest.prefix(pictured))), to: name + ".png")
    if noise != nil { tell(table: figures.ratios) }
    if let qualities = figures.qualities { tell(table: qualities) }
    guard !isQuiet else { return }
    if let result = strangest.first {
      tell("the strangest time: \(peak(result.analysis)) of \(result.series.name)")
    }
    tell("wrote \(name).csv and \(name).png: \(figures.count) series, a score for each time")
  }

  private func analysed(_ series: Series, using generator: inout RandomGenerator) throws -> Result {
    let noisy = noise.map { series.noisy($0, using: &generator) } ?? series
    return Result(
      series: noisy, clean: noise == nil ? nil : series,
      analysis: try trained.analyse(noisy, stride: stride, smoothing: smoothing))
  }

  private func heading(of series: Series) -> String {
    let channels = series.channels
    let names = series.channelNames ?? (0..<channels).map { channels == 1 ? "value" : "value \($0)" }
    return (["series", "time"] + names + names.map { "\($0), reconstructed" } + ["score"]).map(TextFile.cell)
      .joined(separator: ",")
  }

  /// A line for each time: values, what they are without what the model does not know, and the score.
  private func addLines(of result: Result, _ add: (String) throws -> Void) throws {
    let (name, channels) = (TextFile.cell(result.series.name), result.series.channels)
    let (values, made) = (result.series.values.scalars, result.analysis.reconstruction.scalars)
    for (time, score) in result.analysis.scores.enumerated() {
      let places = time * channels..<(time + 1) * channels
      let numbers = (Array(values[places]) + Array(made[places])).map { "\($0)" }
      try add("\(name),\(time),\(numbers.joined(separator: ",")),\(score)")
    }
  }

  /// Series, each with its reconstruction, and the scores below.
  private func panels(_ results: [Result]) -> [SeriesPanel] {
    results.flatMap { result in
      let (series, analysis) = (result.series, result.analysis)
      let range = shown(analysis)
      let marks = series.truth.map { Array($0[range]) }
      // Channels beyond the first would hide each other: the one that is furthest off is shown.
      let channel = furthest(series, analysis)
      func curve(_ name: String, _ values: Tensor) -> SeriesPanel.Curve {
        SeriesPanel.Curve(name, values[range][.all, channel].scalars)
      }
      let suffix = series.channels == 1 ? "" : ", \(series.channelNames?[channel] ?? "channel \(channel)")"
      let clean = result.clean.map { [curve("clean", $0.values)] } ?? []
      return [
        SeriesPanel(
          name: series.name + suffix,
          curves: [
            curve(noise == nil ? "original" : "noisy", series.values), curve("reconstruction", analysis.reconstruction),
          ] + clean, marks: marks, firstTime: range.lowerBound),
        SeriesPanel(
          name: "score", curves: [SeriesPanel.Curve("", analysis.scores[range].map { Float($0) })], marks: marks,
          firstTime: range.lowerBound),
      ]
    }
  }

  /// The times that are shown of a long series: those around the strangest.
  private func shown(_ analysis: SeriesAnalysis) -> Range<Int> {
    let count = analysis.scores.count
    guard count > picturedTimes else { return 0..<count }
    let start = min(max(0, peak(analysis) - picturedTimes / 2), count - picturedTimes)
    return start..<start + picturedTimes
  }

  private func furthest(_ series: Series, _ analysis: SeriesAnalysis) -> Int {
    let peak = peak(analysis)
    let errors = (series.values[peak] - analysis.reconstruction[peak]).square().scalars
    return errors.indices.max { errors[$0] < errors[$1] } ?? 0
  }

  /// The strangest time.
  private func peak(_ analysis: SeriesAnalysis) -> Int {
    analysis.scores.indices.max { analysis.scores[$0] < analysis.scores[$1] } ?? 0
  }
}

extension Series {
  /// The series with normal noise, of a deviation in units of each channel's own.
  fileprivate func noisy(_ deviation: Double, using generator: inout RandomGenerator) -> Series {
    let centred = values - values.mean(axes: [0])
    let scale = centred.square().mean(axes: [0]).squareRoot()
    let noise = Tensor.normal(values.shape, standardDeviation: Float(deviation), using: &generator) * scale
    return Series(name: name, values: values + noise, channelNames: channelNames, truth: nil)
  }
}
