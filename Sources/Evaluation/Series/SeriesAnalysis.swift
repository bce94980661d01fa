import Datasets
import LatentSystem
import Tensor
import Training

/// What a model of windows makes of a series of any length.
public struct SeriesAnalysis: Sendable, Equatable {
  /// The series as the model sees it, `[L, C]`: what is unlike all that it has learned is left out, noise for instance.
  public let reconstruction: Tensor
  /// How strange each time is with its neighbours, the higher the stranger.
  public let scores: [Double]

  /// The highest score: how strange the series is.
  public var highestScore: Double { scores.max() ?? 0 }
}

extension TrainedModel {
  /// What the model makes of a series of any length.
  ///
  /// The series is cut into overlapping windows, and their reconstructions and scores are laid over time again: of each time
  /// the means over the windows that it is in, which count the more the nearer the time is to their middle.
  ///
  /// A single time says little: in a strange stretch the series crosses what the model makes of it again and again. So the
  /// score of a time is a mean over its neighbours too, which count the less the further away they are: at a distance of d
  /// times `1 - d / (smoothing + 1)`.
  ///
  /// - Parameters:
  ///   - series: of a window's length or longer.
  ///   - stride: the distance between the beginnings of windows; a quarter of a window if nil.
  ///   - smoothing: how many times before and after one count in its score; a 32nd of a window if nil, 0 for none.
  /// - Throws: ``CapabilityError`` if the model is none of windows of series, or of other channels, or the series is too
  ///   short.
  /// - Precondition: `stride >= 1`, and `smoothing` is from 0 to 1,048,576.
  public func analyse(_ series: Series, stride: Int? = nil, smoothing: Int? = nil) throws -> SeriesAnalysis {
    guard let model = model as? any TimeScoring else {
      throw CapabilityError("\(kind) cannot analyse series: it is no model of windows of series")
    }
    let (length, channels) = (model.sampleShape[0], model.sampleShape[1])
    guard series.channels == channels else {
      throw CapabilityError(
        "\(kind) cannot analyse \(series.name): expected \(counted(channels, "channel")), found \(series.channels)")
    }
    guard series.length >= length else {
      throw CapabilityError(
        "\(kind) cannot analyse \(series.name): expected \(length) times or more, the length of a window, found "
          + "\(series.length)")
    }
    let starts = SeriesWindows.starts(in: series.length, length: length, stride: stride ?? max(1, length / 4))
    var overlap = Overlap(length: series.length, channels: channels, windowLength: length)
    // Few windows at a time: overlapping ones are many times the series.
    for first in Swift.stride(from: 0, to: starts.count, by: Self.windowsAtATime) {
      let some = starts[first..<min(starts.count, first + Self.windowsAtATime)]
      let windows = Tensor.stacked(some.map { series.values[$0..<$0 + length] })
      let made = try reconstruct(windows)
      overlap.add(made.scalars, scores: model.timeScores(of: windows, given: made).scalars, at: Array(some))
    }
    return overlap.analysis(smoothing: smoothing ?? length / 32)
  }

  private static let windowsAtATime = 256
}

/// Windows laid over each other.
private struct Overlap {
  private let channels: Int
  private let weights: [Double]
  private var total: [Double]
  private var sums: [Double]
  private var scoreSums: [Double]

  init(length: Int, channels: Int, windowLength: Int) {
    self.channels = channels
    weights = (0..<windowLength).map { Double(min($0 + 1, windowLength - $0)) }
    total = [Double](repeating: 0, count: length)
    scoreSums = total
    sums = [Double](repeating: 0, count: length * channels)
  }

  /// Adds windows that begin at `starts`.
  mutating func add(_ values: [Float], scores: [Float], at starts: [Int]) {
    for (window, start) in starts.enumerated() {
      for (place, weight) in weights.enumerated() {
        let (time, own) = (start + place, window * weights.count + place)
        total[time] += weight
        scoreSums[time] += weight * Double(scores[own])
        for channel in 0..<channels {
          sums[time * channels + channel] += weight * Double(values[own * channels + channel])
        }
      }
    }
  }

  /// What has come of all windows.
  /// - Parameter reach: how many times before and after one count in its score.
  func analysis(smoothing reach: Int) -> SeriesAnalysis {
    let means = sums.enumerated().map { Float($1 / total[$0 / channels]) }
    return SeriesAnalysis(
      reconstruction: Tensor(means, shape: [total.count, channels]),
      scores: Self.smoothed(zip(scoreSums, total).map { $0 / $1 }, reach: reach))
  }

  /// Weighted means of neighbours, of fewer at the ends.
  private static func smoothed(_ scores: [Double], reach: Int) -> [Double] {
    require(
      (0...1 << 20).contains(reach),
      "TrainedModel.analyse: a smoothing over \(reach) times before and after each; 0 to \(1 << 20) are possible")
    // A triangle is a box over boxes, and sums over a box that moves take a step each.
    func boxes(_ values: [Double]) -> [Double] {
      var sum = values.prefix(reach + 1).reduce(0, +)
      var sums = [sum]
      for end in (reach + 1)..<max(reach + 1, values.count) {
        sum += values[end] - values[end - reach - 1]
        sums.append(sum)
      }
      return sums
    }
    let beyond = [Double](repeating: 0, count: reach)
    func sums(_ values: [Double]) -> [Double] { boxes(boxes(beyond + values + beyond)) }
    let total = sums([Double](repeating: 1, count: scores.count))
    return zip(sums(scores), total).map { $0 / $1 }
  }
}
