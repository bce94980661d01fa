import LatentSystem
import Tensor

/// Measurements one after the other at equal distances in time: of each time a number for each channel.
public struct Series: Sendable, Equatable {
  /// What it is called: the name of its file, with a number if there are several in it.
  public let name: String
  /// `[L, C]`: the channels of each time.
  public let values: Tensor
  /// What the channels are called, if they have names.
  public let channelNames: [String]?
  /// Whether each time is known to be an anomaly; nil if nothing is known.
  public let truth: [Bool]?

  /// A series of the given numbers.
  /// - Precondition: `values` is `[L, C]` with L and C of 1 or more; there are C names and L truths, if any.
  public init(name: String, values: Tensor, channelNames: [String]? = nil, truth: [Bool]? = nil) {
    require(
      values.rank == 2 && values.scalarCount > 0,
      "Series: values of shape \(values.shape); [L, C] with one time and one channel or more is needed")
    require(
      (channelNames?.count ?? values.shape[1]) == values.shape[1]
        && (truth?.count ?? values.shape[0]) == values.shape[0],
      """
      Series: values of shape \(values.shape), \(channelNames?.count ?? values.shape[1]) names and \
      \(truth?.count ?? values.shape[0]) truths; there must be a name for each channel and a truth for each time
      """)
    self.name = name
    self.values = values.detached()
    self.channelNames = channelNames
    self.truth = truth
  }

  /// The number of times.
  public var length: Int { values.shape[0] }

  /// The number of channels.
  public var channels: Int { values.shape[1] }

  /// The series as far as the times in `range`.
  /// - Precondition: the range is not empty and lies in `0..<length`.
  public func times(_ range: Range<Int>) -> Series {
    require(
      !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= length,
      "Series.times: the times \(range) of \(length)")
    return Series(
      name: name, values: values[range], channelNames: channelNames, truth: truth.map { Array($0[range]) })
  }

  /// The means of `width` neighbouring times of each channel, of fewer at the ends: what noise is removed with where nothing
  /// is known of the series.
  /// - Precondition: `width` is odd.
  public func movingAverage(width: Int) -> Series {
    require(width >= 1 && width % 2 == 1, "Series.movingAverage: a width of \(width); an odd number is needed")
    let (length, channels, scalars) = (length, channels, values.scalars)
    var result = [Float](repeating: 0, count: scalars.count)
    for time in 0..<length {
      let range = max(0, time - width / 2)...min(length - 1, time + width / 2)
      for channel in 0..<channels {
        let sum = range.reduce(0.0) { $0 + Double(scalars[$1 * channels + channel]) }
        result[time * channels + channel] = Float(sum / Double(range.count))
      }
    }
    return Series(
      name: name, values: Tensor(result, shape: values.shape), channelNames: channelNames, truth: truth)
  }
}
