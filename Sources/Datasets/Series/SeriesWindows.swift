import LatentFormats
import LatentSystem
import Tensor

/// The windows of some series: stretches of one length that begin at equal distances, the last at the end of its series. A
/// sample is a window, `[length, channels]`.
///
/// ```swift
/// let windows = try SeriesWindows(Series.load("sensors.csv"), length: 128, stride: 16)
/// let trained = try Trainer(model, length: .epochs(20)).train(on: windows)
/// ```
public struct SeriesWindows: SampleSource {
  /// What they are cut out of.
  public let series: [Series]
  /// The number of times of a window.
  public let length: Int
  /// The distance between the beginnings of neighbouring windows.
  public let stride: Int
  private let places: [Place]

  private struct Place {
    let series: Int
    let start: Int
  }

  /// The windows of some series, which keep their order.
  ///
  /// - Throws: ``FileError`` naming a series that is shorter than a window, or has other channels than the first.
  /// - Precondition: there is a series; `length` and `stride` are 1 or more.
  public init(_ series: [Series], length: Int, stride: Int) throws {
    require(
      !series.isEmpty && length >= 1 && stride >= 1,
      "SeriesWindows: \(series.count) series in windows of \(length) at a distance of \(stride); the least is 1 of each"
    )
    for one in series {
      guard one.length >= length else {
        throw FileError(
          path: one.name, expected: "a series of \(length) times or more, the length of a window",
          found: "one of \(one.length)")
      }
      guard one.channels == series[0].channels else {
        throw FileError(
          path: one.name, expected: "a series of \(counted(series[0].channels, "channel")) as \(series[0].name)",
          found: "one of \(one.channels)")
      }
    }
    self.series = series
    self.length = length
    self.stride = stride
    places = series.indices.flatMap { index in
      Self.starts(in: series[index].length, length: length, stride: stride).map { Place(series: index, start: $0) }
    }
  }

  /// Where the windows of a series begin that has `count` times, so that each time is in one of them.
  /// - Precondition: `count >= length`; `stride` is 1 or more.
  public static func starts(in count: Int, length: Int, stride: Int) -> [Int] {
    require(
      count >= length && length >= 1 && stride >= 1,
      "SeriesWindows.starts: windows of \(length) at a distance of \(stride) in \(count) times")
    // Windows that lie further apart than they are long would leave times out.
    let starts = Array(Swift.stride(from: 0, through: count - length, by: min(stride, length)))
    return starts.last == count - length ? starts : starts + [count - length]
  }

  private init(_ all: SeriesWindows, places: [Place]) {
    (series, length, stride, self.places) = (all.series, all.length, all.stride, places)
  }

  /// The first `limit` windows, or all if there are no more.
  /// - Precondition: `limit >= 1`.
  public func prefix(_ limit: Int) -> SeriesWindows {
    require(limit >= 1, "SeriesWindows.prefix: the first \(limit) windows; the least is 1")
    return SeriesWindows(self, places: Array(places.prefix(limit)))
  }

  public var count: Int { places.count }
  public var sampleShape: Tensor.Shape { [length, series[0].channels] }

  public func batch(at indices: [Int]) -> Batch {
    Batch(
      samples: .stacked(
        indices.map { index in
          let place = places[index]
          return series[place.series].values[place.start..<place.start + length]
        }), indices: indices)
  }

  public func fingerprint(withConditions: Bool) -> UInt32 {
    let own = [length, stride, count].map(UInt32.init(truncatingIfNeeded:))
    return series.reduce(own.withUnsafeBytes { CRC32.checksum($0) }) { checksum, one in
      one.values.withScalars { CRC32.checksum(UnsafeRawBufferPointer($0), initial: checksum) }
    }
  }
}

extension SampleSource {
  /// The mean of each channel, the last axis, over all samples, and its standard deviation, 1 where that is 0.
  public func channelStatistics() -> (means: [Float], deviations: [Float]) {
    let channels = sampleShape.sizes.last ?? 1
    var (sums, squares) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
    // Around the first sample, so that a large mean does not drown the deviation.
    let origin = batch(at: [0]).samples.reshaped(to: [sampleShape.scalarCount / channels, channels]).mean(axes: [0])
      .scalars
    var places = 0
    for start in Swift.stride(from: 0, to: count, by: 256) {
      let scalars = batch(at: Array(start..<min(count, start + 256))).samples.scalars
      places += scalars.count / channels
      for (index, scalar) in scalars.enumerated() {
        let difference = Double(scalar) - Double(origin[index % channels])
        sums[index % channels] += difference
        squares[index % channels] += difference * difference
      }
    }
    let means = sums.map { $0 / Double(max(1, places)) }
    let deviations = zip(squares, means).map { max(0, $0 / Double(max(1, places)) - $1 * $1).squareRoot() }
    return (
      zip(origin, means).map { Float(Double($0) + $1) }, deviations.map { $0 > 0 && $0.isFinite ? Float($0) : 1 }
    )
  }
}
