import LatentSystem

extension Benchmark {
  /// Runs what it is given and returns the most bytes that were held meanwhile.
  public typealias PeakMemory = (_ body: () throws -> Void) throws -> Int

  /// Runs the benchmarks the command line selects and prints the report to standard output.
  ///
  /// The process ends with exit code 2 after a usage error, and with 1 if a benchmark failed or the program was built
  /// without optimization; otherwise the call returns.
  ///
  /// - Parameters:
  ///   - suites: Run after the benchmarks declared outside any suite.
  ///   - heading: The first line for a reader, which says what runs.
  ///   - peaks: What the machine can do; without it the report does not compare.
  ///   - peakMemory: Counts memory; without it the report says nothing about that.
  public static func main(
    _ suites: [BenchmarkSuite] = [], heading: String? = nil, peaks: Peaks? = nil, peakMemory: PeakMemory? = nil
  ) {
    let path = CommandLine.arguments.first ?? "Benchmarks"
    let runner = Runner(
      program: path.split(separator: "/").last.map(String.init) ?? path,
      benchmarks: registry.withLock { $0 } + suites.flatMap(\.benchmarks), heading: heading, peaks: peaks,
      peakMemory: peakMemory,
      output: { write($0, to: 1) }, errors: { write($0, to: 2) })
    let code = runner.run(Array(CommandLine.arguments.dropFirst()))
    if code != 0 { exit(code) }
  }

  private static func write(_ text: String, to descriptor: Int32) {
    // A reader that has gone away is no reason to complain.
    Array(text.utf8).withUnsafeBytes { _ = SystemFile.write($0, to: descriptor) }
  }
}

/// What ``Benchmark/main(_:heading:peaks:peakMemory:)`` does, with the outside world passed in.
struct Runner {
  let program: String
  let benchmarks: [Benchmark]
  var heading: String?
  var peaks: Peaks?
  var peakMemory: Benchmark.PeakMemory?
  let output: (String) -> Void
  let errors: (String) -> Void

  #if DEBUG
    static let isDebugBuild = true
  #else
    static let isDebugBuild = false
  #endif

  /// Runs what `arguments` ask for and returns the exit code.
  func run(_ arguments: [String], isDebugBuild: Bool = Runner.isDebugBuild) -> Int32 {
    let options: HarnessOptions
    do throws(HarnessUsageError) {
      options = try HarnessOptions(arguments)
    } catch {
      return complain(error.message, code: 2)
    }
    if options.showsHelp {
      output(HarnessOptions.help(program: program))
      return 0
    }
    var names: Set<String> = []
    for benchmark in benchmarks where !names.insert(benchmark.name).inserted {
      return complain("\(benchmark.name): two benchmarks have this name", code: 1)
    }
    let selected = benchmarks.filter { options.selects($0.name, isOptional: $0.settings.contains(.optional)) }
    if options.listsNames {
      for benchmark in selected { output(benchmark.name + "\n") }
      return 0
    }
    if isDebugBuild && !options.allowsDebugBuild {
      return complain(
        "built without optimization, so its times would mean nothing: build with -c release"
          + " (or pass --allow-debug-build)", code: 1)
    }
    return measure(selected, options)
  }

  /// Prints console and CSV rows as they come, JSON at the end. A benchmark that fails does not keep others from running.
  private func measure(_ selected: [Benchmark], _ options: HarnessOptions) -> Int32 {
    let nameWidth = selected.map(\.name.count).max() ?? 4
    let measuredPeaks = MeasuredPeaks(peaks, for: selected)
    let showsPeak = !measuredPeaks.isEmpty
    var reports: [Report] = []
    var code: Int32 = 0
    switch options.format {
    case .console:
      if let heading { output(heading + "\n") }
      output(Report.consoleHeader(nameWidth: nameWidth, showsPeak: showsPeak))
    case .csv: output(Report.csvHeader)
    case .json: break
    }
    for benchmark in selected {
      do {
        let plan = Plan(settings: benchmark.settings, options: options)
        let measurement = try measurement(of: benchmark, plan)
        let report = Report(
          name: benchmark.name, settings: benchmark.settings, measurement: measurement, peaks: measuredPeaks)
        reports.append(report)
        switch options.format {
        case .console: output(report.console(nameWidth: nameWidth, showsPeak: showsPeak))
        case .csv: output(report.csv)
        case .json: break
        }
      } catch {
        code = complain("\(benchmark.name): \(error)", code: 1)
      }
    }
    if options.format == .json {
      do { output(try Report.json(reports)) } catch { return complain("\(error)", code: 1) }
    }
    return code
  }

  private func measurement(of benchmark: Benchmark, _ plan: Plan) throws -> Measurement {
    let body = try benchmark.prepare()
    let clock = ContinuousClock()
    var measurement = try Measurement(plan) { count in
      let start = clock.now
      try body(count)
      let (seconds, attoseconds) = start.duration(to: clock.now).components
      return Double(seconds) + Double(attoseconds) * 1e-18
    }
    if let peakMemory, benchmark.settings.contains(.memory) { measurement.peakBytes = try peakMemory { try body(1) } }
    return measurement
  }

  /// One line, whatever the message holds.
  private func complain(_ message: String, code: Int32) -> Int32 {
    errors("\(program): " + message.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n")
    return code
  }
}
