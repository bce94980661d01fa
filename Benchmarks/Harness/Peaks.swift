/// What the machine can do at the most: the reports say what fraction of it a benchmark reaches.
///
/// The measurements run once, before the first benchmark, and only if a selected benchmark says what they are compared
/// with.
public struct Peaks: Sendable {
  let threads: Int
  let flopsPerSecond: @Sendable () -> Double
  let bytesPerSecond: @Sendable () -> Double

  /// The peaks of one machine.
  ///
  /// - Parameters:
  ///   - threads: How many threads a benchmark uses unless ``Benchmark/Setting/threads(_:)`` says otherwise, at least 1.
  ///   - flopsPerSecond: Measures the floating-point operations a second of one thread.
  ///   - bytesPerSecond: Measures the bytes that all threads together read from and write to memory in a second.
  ///     What stays in a cache can be faster.
  public init(
    threads: Int, flopsPerSecond: @escaping @Sendable () -> Double, bytesPerSecond: @escaping @Sendable () -> Double
  ) {
    self.threads = threads
    self.flopsPerSecond = flopsPerSecond
    self.bytesPerSecond = bytesPerSecond
  }
}

/// The figures of ``Peaks`` that some benchmark is compared with, measured.
struct MeasuredPeaks: Equatable {
  let threads: Int
  let flopsPerSecond: Double?
  let bytesPerSecond: Double?

  /// Measures what `benchmarks` need.
  init(_ peaks: Peaks?, for benchmarks: [Benchmark]) {
    let settings = benchmarks.flatMap(\.settings)
    let (hasFlops, hasBytes) = (settings.contains(where: \.isFlops), settings.contains(where: \.isBytes))
    threads = peaks?.threads ?? 1
    flopsPerSecond = hasFlops ? peaks?.flopsPerSecond() : nil
    bytesPerSecond = hasBytes ? peaks?.bytesPerSecond() : nil
  }

  var isEmpty: Bool { flopsPerSecond == nil && bytesPerSecond == nil }

  /// What fraction of the peak these rates are; with both, the fraction of the one that is nearer. Nil if unknown.
  ///
  /// - Parameters:
  ///   - flops: Floating-point operations a second of the benchmark.
  ///   - bytes: Bytes a second of the benchmark.
  ///   - threads: How many threads it uses, if it says so.
  func fraction(flops: Double?, bytes: Double?, threads: Int?) -> Double? {
    var fractions: [Double] = []
    if let flops, let flopsPerSecond { fractions.append(flops / (flopsPerSecond * Double(threads ?? self.threads))) }
    if let bytes, let bytesPerSecond { fractions.append(bytes / bytesPerSecond) }
    return fractions.filter(\.isFinite).max()
  }
}

extension Benchmark.Setting {
  fileprivate var isFlops: Bool { if case .flops = self { true } else { false } }
  fileprivate var isBytes: Bool { if case .bytes = self { true } else { false } }
}
