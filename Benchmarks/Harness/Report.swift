#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One row of the report.
struct Report: Encodable, Equatable {
  let name: String

  /// Median nanoseconds of one iteration.
  let time: Double

  /// Standard deviation of the samples in percent of their mean.
  let std: Double

  /// Timed iterations in all.
  let iterations: Int

  /// Rates at the median time, for those of the benchmark's settings that say how much an iteration does.
  private(set) var gflops: Double?
  private(set) var gigabytesPerSecond: Double?
  private(set) var itemsPerSecond: Double?

  /// How near the rates come to what the machine can do: 1 at its peak.
  private(set) var fractionOfPeak: Double?

  /// The most bytes that one iteration holds.
  let peakBytes: Int?

  private enum CodingKeys: String, CodingKey {
    case name, time, std, iterations, gflops
    case gigabytesPerSecond = "gigabytes_per_second"
    case itemsPerSecond = "items_per_second"
    case fractionOfPeak = "fraction_of_peak"
    case peakBytes = "peak_bytes"
  }

  init(name: String, settings: [Benchmark.Setting], measurement: Measurement, peaks: MeasuredPeaks) {
    let statistics = Statistics(measurement.samples)
    self.name = name
    time = statistics.median * 1e9
    std = statistics.deviationPercent
    iterations = measurement.iterations
    peakBytes = measurement.peakBytes
    // A time of 0, below the clock's resolution, has no rate.
    guard time > 0 else { return }
    var threads: Int?
    for setting in settings {
      switch setting {
      case .flops(let count): gflops = Double(count) / time
      case .bytes(let count): gigabytesPerSecond = Double(count) / time
      case .items(let count): itemsPerSecond = Double(count) / time * 1e9
      case .threads(let count): threads = Swift.max(1, count)
      case .memory, .optional, .iterations, .minTime, .warmupIterations: break
      }
    }
    fractionOfPeak = peaks.fraction(
      flops: gflops.map { $0 * 1e9 }, bytes: gigabytesPerSecond.map { $0 * 1e9 }, threads: threads)
  }

  // MARK: JSON and CSV

  /// `{"benchmarks": [...]}` with sorted keys and a newline at the end.
  static func json(_ reports: [Report]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(["benchmarks": reports]), as: UTF8.self) + "\n"
  }

  static let csvHeader =
    "name,time,std,iterations,gflops,gigabytes_per_second,items_per_second,fraction_of_peak,peak_bytes\n"

  /// One line of comma-separated values, as RFC 4180 quotes them; an unknown rate is empty.
  var csv: String {
    let needsQuotes = name.contains { ",\"\r\n".contains($0) }
    let quoted = needsQuotes ? "\"\(name.replacing("\"", with: "\"\""))\"" : name
    let rates = [gflops, gigabytesPerSecond, itemsPerSecond, fractionOfPeak].map { $0.map { "\($0)" } ?? "" }
    let memory = peakBytes.map { "\($0)" } ?? ""
    return ([quoted, "\(time)", "\(std)", "\(iterations)"] + rates + [memory]).joined(separator: ",") + "\n"
  }

  // MARK: Console

  static func consoleHeader(nameWidth: Int, showsPeak: Bool) -> String {
    let columns = ["time", "std", "iterations"] + (showsPeak ? ["of peak"] : [])
    let title = consoleLine(name: "name", nameWidth: nameWidth, columns)
    return title + "\n" + String(repeating: "-", count: title.count) + "\n"
  }

  /// One line with times in a unit that fits their size.
  func console(nameWidth: Int, showsPeak: Bool) -> String {
    var rates: [String] = []
    if let gflops { rates.append("\(gflops.rounded(to: 2)) GFLOP/s") }
    if let gigabytesPerSecond { rates.append("\(gigabytesPerSecond.rounded(to: 2)) GB/s") }
    if let itemsPerSecond { rates.append("\(itemsPerSecond.rounded(to: 1)) items/s") }
    if let peakBytes { rates.append("\((Double(peakBytes) / 1_048_576).rounded(to: 1)) MiB") }
    var columns = [Self.timeText(nanoseconds: time), "± \(std.rounded(to: 2)) %", "\(iterations)"]
    if showsPeak { columns.append(fractionOfPeak.map { "\(($0 * 100).rounded(to: 1)) %" } ?? "-") }
    let line = Self.consoleLine(name: name, nameWidth: nameWidth, columns)
    return ([line] + rates).joined(separator: "   ") + "\n"
  }

  private static func consoleLine(name: String, nameWidth: Int, _ columns: [String]) -> String {
    let padding = String(repeating: " ", count: Swift.max(0, nameWidth - name.count))
    return name + padding + columns.map { $0.paddedLeft(to: 12) }.joined()
  }

  static func timeText(nanoseconds: Double) -> String {
    let units = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)]
    // The largest unit of which there is at least one.
    let (unit, scale) = units.last { nanoseconds >= $0.1 } ?? units[0]
    return "\((nanoseconds / scale).rounded(to: 3)) \(unit)"
  }
}

extension Double {
  /// Decimal text with exactly `decimals` digits after the point (1 to 9).
  func rounded(to decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    let scaled = (magnitude * scale).rounded()
    // What an Int cannot hold is printed as it is.
    guard scaled < 9e18 else { return "\(self)" }
    let digits = String(Int(scaled) % Int(scale))
    let sign = self < 0 && scaled > 0 ? "-" : ""
    return "\(sign)\(Int(scaled) / Int(scale)).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
  }
}

extension String {
  func paddedLeft(to width: Int) -> String {
    String(repeating: " ", count: Swift.max(1, width - count)) + self
  }
}
