import Latent

/// What `analyse-signals` knows of noise and anomalies when it has seen all series, one after the other.
struct SignalFigures {
  /// How many series there were.
  private(set) var count = 0
  /// The scores of each, with what is known of its times, as long as that is known of all.
  private var judged: [Judged] = []
  /// How near to the clean series the noisy ones come, the model, and moving averages by their width.
  private var (noisy, made) = (Mean(), Mean())
  private var averages = stride(from: 3, through: 31, by: 2).map { (width: $0, ratio: Mean()) }

  private struct Judged {
    let scores: [Double]
    let highestScore: Double
    let truth: [Bool]
    let kind: String?
  }

  /// A mean of ratios. A series without variance has no noise in units of its deviation, and no ratio.
  private struct Mean {
    private var sum = 0.0
    private var count = 0

    var value: Double { sum / Double(max(1, count)) }

    mutating func add(_ ratio: Double) {
      guard ratio.isFinite else { return }
      sum += ratio
      count += 1
    }
  }

  /// Takes note of what has come of a series.
  /// - Parameter kind: of its anomaly, if that is known.
  mutating func add(_ result: SignalAnalysis.Result, kind: String?) {
    let (series, analysis) = (result.series, result.analysis)
    if let truth = series.truth, judged.count == count {
      judged.append(
        Judged(scores: analysis.scores, highestScore: analysis.highestScore, truth: truth, kind: kind))
    }
    count += 1
    guard let clean = result.clean?.values else { return }
    noisy.add(SignalToNoise.ratio(of: series.values, to: clean))
    made.add(SignalToNoise.ratio(of: analysis.reconstruction, to: clean))
    for index in averages.indices {
      let average = series.movingAverage(width: averages[index].width)
      averages[index].ratio.add(SignalToNoise.ratio(of: average.values, to: clean))
    }
  }

  /// How near to the clean series the noisy ones come, and what the best moving average of some widths does.
  var ratios: String {
    let best = averages.max { $0.ratio.value < $1.ratio.value }
    var table = Table(columns: ["with noise", "mean of \(best?.width ?? 1) times", "by the model"])
    table.add("signal to noise, dB", [noisy.value, best?.ratio.value ?? 0, made.value])
    return table.text
  }

  /// How well the scores separate what is known to be an anomaly: of times, and of series by the highest score of each; of
  /// kinds of anomalies also each against all that is normal. Nil if something is not known.
  var qualities: String? {
    guard judged.count == count else { return nil }
    var names = ["all anomalies"]
    var chosen = [judged]
    for kind in Set(judged.compactMap(\.kind)).sorted() {
      names.append(kind)
      chosen.append(judged.filter { $0.kind == kind || !$0.truth.contains(true) })
    }
    func quality(_ scores: [Double], _ truths: [Bool]) -> Double? {
      guard truths.contains(true), truths.contains(false) else { return nil }
      return RankingQuality(scores: scores, isPositive: truths).auroc
    }
    var table = Table(columns: names)
    table.add("AUROC of times", chosen.map { quality($0.flatMap(\.scores), $0.flatMap(\.truth)) })
    table.add("AUROC of series", chosen.map { quality($0.map(\.highestScore), $0.map { $0.truth.contains(true) }) })
    return table.text
  }
}
