/// How long and how often a benchmark runs.
struct Plan: Equatable {
  /// Untimed iterations at the start.
  var warmupIterations = 1

  /// Seconds the timed iterations take together, at least.
  var minTime = 1.0

  /// The exact number of timed iterations; `minTime` then plays no part.
  var iterations: Int?

  /// A sample is long compared with the clock's own cost and jitter, but leaves at least ten samples in `minTime`.
  var sampleTime: Double { Swift.min(0.02, minTime / 10) }

  /// With fewer samples a median says little, so slow benchmarks may take longer than `minTime`.
  static let minSamples = 3

  /// As many samples as a fixed number of iterations is spread over.
  static let maxSamples = 50

  /// The defaults, changed by the benchmark's own settings, changed by the command line.
  init(settings: [Benchmark.Setting] = [], options: HarnessOptions = HarnessOptions()) {
    for setting in settings {
      switch setting {
      case .iterations(let count): iterations = Swift.max(1, count)
      case .minTime(let seconds): minTime = seconds
      case .warmupIterations(let count): warmupIterations = Swift.max(0, count)
      case .flops, .bytes, .items, .memory, .optional, .threads: break
      }
    }
    if let seconds = options.minTime { (minTime, iterations) = (seconds, nil) }
    if let count = options.iterations { iterations = count }
    if let count = options.warmupIterations { warmupIterations = count }
  }
}

/// The timed samples of one benchmark.
struct Measurement: Equatable {
  /// Seconds per iteration, one number for each sample.
  var samples: [Double] = []

  /// Timed iterations in all samples together.
  var iterations = 0

  /// The most bytes that one iteration holds, if they were counted.
  var peakBytes: Int?

  /// Runs a benchmark by `plan`.
  ///
  /// - Parameter run: Runs the body the given number of times and returns the seconds this took.
  init(_ plan: Plan, run: (_ count: Int) throws -> Double) rethrows {
    if plan.warmupIterations > 0 { _ = try run(plan.warmupIterations) }
    if let total = plan.iterations {
      for count in Self.split(total, into: Plan.maxSamples) { try add(count, run) }
      return
    }
    let count = try Self.calibrate(sampleTime: plan.sampleTime, run: run)
    var elapsed = 0.0
    while elapsed < plan.minTime || samples.count < Plan.minSamples { elapsed += try add(count, run) }
  }

  @discardableResult
  private mutating func add(_ count: Int, _ run: (Int) throws -> Double) rethrows -> Double {
    let seconds = try run(count)
    samples.append(seconds / Double(count))
    iterations += count
    return seconds
  }

  /// How many iterations one sample needs to last `sampleTime`; 1 for a slow body.
  ///
  /// The count grows at most tenfold a trial, since the first, shortest trials are the least exact.
  static func calibrate(sampleTime: Double, run: (_ count: Int) throws -> Double) rethrows -> Int {
    var count = 1
    while true {
      let seconds = try run(count)
      if seconds >= sampleTime || count >= 1 << 40 { return count }
      let factor = seconds > 0 ? Swift.min(10, 1.1 * sampleTime / seconds) : 10
      count = Swift.max(count + 1, Int(Double(count) * factor))
    }
  }

  /// Splits `total` iterations into at most `parts` samples whose counts differ by one at most.
  static func split(_ total: Int, into parts: Int) -> [Int] {
    let parts = Swift.min(total, parts)
    return (0..<parts).map { total / parts + ($0 < total % parts ? 1 : 0) }
  }
}
