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
  public func run(_ all: [Series], kinds: [String?]? = nil, name: String, isQuiet: Bool) throws {
    var generator = RandomGenerator(seed: seed)
    var progress = CountProgress(total: all.count, unit: "series", isQuiet: isQuiet)
    let results = try all.map { series in
      defer { progress.add(1) }
      let noisy = noise.map { series.noisy($0, using: &generator) } ?? series
      return Result(
        series: noisy, clean: noise == nil ? nil : series,
        analysis: try trained.analyse(noisy, stride: stride, smoothing: smoothing))
    }
    progress.finish()
    try TextFile.write(lines(results), to: name + ".csv")
    try PNG.writeSeriesPlot(panels(results), to: name + ".png")
    if noise != nil { printRatios(results) }
    printQualities(results, kinds)
    guard !isQuiet else { return }
    if let (series, time) = strangest(results) { tell("the strangest time: \(time) of \(series)") }
    tell("wrote \(name).csv and \(name).png: \(results.count) series, a score for each time")
  }

  /// A line for each time: values, what they are without what the model does not know, and the score.
  private func lines(_ results: [Result]) -> [String] {
    let channels = results[0].series.channels
    let names = results[0].series.channelNames ?? (0..<channels).map { channels == 1 ? "value" : "value \($0)" }
    let heading = ["series", "time"] + names + names.map { "\($0), reconstructed" } + ["score"]
    var lines = [heading.map(TextFile.cell).joined(separator: ",")]
    for result in results {
      let name = TextFile.cell(result.series.name)
      let (values, made) = (result.series.values.scalars, result.analysis.reconstruction.scalars)
      for (time, score) in result.analysis.scores.enumerated() {
        let places = time * channels..<(time + 1) * channels
        let numbers = (Array(values[places]) + Array(made[places])).map { "\($0)" }
        lines.append("\(name),\(time),\(numbers.joined(separator: ",")),\(score)")
      }
    }
    return lines
  }

  /// The series with the strangest times, each with its reconstruction, and the scores below.
  private func panels(_ results: [Result]) -> [SeriesPanel] {
    let order = results.indices.sorted { results[$0].analysis.highestScore > results[$1].analysis.highestScore }
    return order.prefix(pictured).flatMap { index in
      let (series, analysis) = (results[index].series, results[index].analysis)
      let range = shown(analysis)
      let marks = series.truth.map { Array($0[range]) }
      // Channels beyond the first would hide each other: the one that is furthest off is shown.
      let channel = furthest(series, analysis)
      func curve(_ name: String, _ values: Tensor) -> SeriesPanel.Curve {
        SeriesPanel.Curve(name, values[range][.all, channel].scalars)
      }
      let suffix = series.channels == 1 ? "" : ", \(series.channelNames?[channel] ?? "channel \(channel)")"
      let clean = results[index].clean.map { [curve("clean", $0.values)] } ?? []
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
    let peak = analysis.scores.indices.max { analysis.scores[$0] < analysis.scores[$1] } ?? 0
    let start = min(max(0, peak - picturedTimes / 2), count - picturedTimes)
    return start..<start + picturedTimes
  }

  private func furthest(_ series: Series, _ analysis: SeriesAnalysis) -> Int {
    let peak = analysis.scores.indices.max { analysis.scores[$0] < analysis.scores[$1] } ?? 0
    let errors = (series.values[peak] - analysis.reconstruction[peak]).square().scalars
    return errors.indices.max { errors[$0] < errors[$1] } ?? 0
  }

  private func strangest(_ results: [Result]) -> (String, Int)? {
    results.max { $0.analysis.highestScore < $1.analysis.highestScore }.flatMap { result in
      let scores = result.analysis.scores
      return scores.indices.max { scores[$0] < scores[$1] }.map { (result.series.name, $0) }
    }
  }
}

// MARK: - Figures

extension SignalAnalysis {
  /// How near to the clean series the noisy ones come, and what the best moving average of these widths does.
  private func printRatios(_ results: [Result]) {
    func mean(_ ratio: (_ result: Result, _ clean: Series) -> Double) -> Double {
      let ratios = results.compactMap { result in result.clean.map { ratio(result, $0) } }.filter(\.isFinite)
      return ratios.reduce(0, +) / Double(max(1, ratios.count))
    }
    // A series without variance has no noise in units of its deviation, and no ratio.
    let averages = Swift.stride(from: 3, through: 31, by: 2).map { width in
      (width, mean { SignalToNoise.ratio(of: $0.series.movingAverage(width: width).values, to: $1.values) })
    }
    let best = averages.max { $0.1 < $1.1 } ?? (1, 0)
    var table = Table(columns: ["with noise", "mean of \(best.0) times", "by the model"])
    table.add(
      "signal to noise, dB",
      [
        mean { SignalToNoise.ratio(of: $0.series.values, to: $1.values) }, best.1,
        mean { SignalToNoise.ratio(of: $0.analysis.reconstruction, to: $1.values) },
      ])
    tell(table: table.text)
  }

  /// How well the scores separate what is known to be an anomaly, if anything is: of times, and of series by the highest
  /// score of each; of kinds of anomalies also each against all that is normal.
  private func printQualities(_ results: [Result], _ kinds: [String?]?) {
    guard results.allSatisfy({ $0.series.truth != nil }) else { return }
    let truths = results.map { $0.series.truth ?? [] }
    var names = ["all anomalies"]
    var chosen = [results.indices.map { $0 }]
    for kind in Set((kinds ?? []).compactMap { $0 }).sorted() {
      names.append(kind)
      chosen.append(results.indices.filter { kinds?[$0] == kind || !truths[$0].contains(true) })
    }
    func quality(_ scores: [Double], _ truths: [Bool]) -> Double? {
      guard truths.contains(true), truths.contains(false) else { return nil }
      return RankingQuality(scores: scores, isPositive: truths).auroc
    }
    var table = Table(columns: names)
    table.add(
      "AUROC of times",
      chosen.map { some in quality(some.flatMap { results[$0].analysis.scores }, some.flatMap { truths[$0] }) })
    table.add(
      "AUROC of series",
      chosen.map { some in
        quality(some.map { results[$0].analysis.highestScore }, some.map { truths[$0].contains(true) })
      })
    tell(table: table.text)
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
