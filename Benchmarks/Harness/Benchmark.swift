import Synchronization

/// A named piece of code to be timed.
///
/// Benchmarks are declared with ``benchmark(_:_:body:)`` or inside a ``BenchmarkSuite``, and run by ``main(_:peaks:peakMemory:)``.
public struct Benchmark: Sendable {
  /// What the filters match and the reports print, such as `matmul/512`.
  public let name: String

  /// The settings given at the declaration, those of the suite first: of two of the same kind the later one counts.
  public let settings: [Setting]

  /// Makes the inputs, outside the timed part, and returns a function that runs the body a number of times.
  let prepare: @Sendable () throws -> (_ count: Int) throws -> Void

  /// What one benchmark may say about itself. The command line has the last word on the three settings it can give too.
  public enum Setting: Sendable, Equatable {
    /// Floating-point operations of one iteration; the report gains GFLOP/s, and their fraction of the peak.
    case flops(Int)
    /// Bytes read and written by one iteration; the report gains GB/s, and their fraction of the peak.
    case bytes(Int)
    /// Things handled by one iteration, such as images; the report gains items/s.
    case items(Int)
    /// The report gains the most memory that one iteration holds, which is found in an iteration of its own.
    case memory
    /// Takes long: left out unless `--filter` is given and selects it.
    case optional
    /// How many threads the body uses, at least 1, if not all that ``Peaks`` tells of.
    case threads(Int)
    /// Exactly so many timed iterations, at least 1, however long they take.
    case iterations(Int)
    /// Timed iterations go on until they have taken so many seconds.
    case minTime(Double)
    /// Untimed iterations before the timed ones.
    case warmupIterations(Int)
  }

  /// A benchmark without inputs of its own.
  public init(_ name: String, settings: [Setting] = [], body: @escaping @Sendable () throws -> Void) {
    self.init(name, settings: settings, setup: {}, body: { (_: inout Void) in try body() })
  }

  /// A benchmark whose inputs are made by `setup`, once, untimed, and only if the benchmark is selected.
  ///
  /// - Parameters:
  ///   - setup: Makes the inputs; what it throws is reported as the benchmark's failure.
  ///   - body: The timed part. It may change the inputs; the next iteration sees the change.
  public init<State: SendableMetatype>(
    _ name: String, settings: [Setting] = [],
    setup: @escaping @Sendable () throws -> State, body: @escaping @Sendable (inout State) throws -> Void
  ) {
    self.name = name
    self.settings = settings
    prepare = {
      var state = try setup()
      return { count in try Self.repeatBody(count, &state, body) }
    }
  }

  /// One access to the state for the whole loop, so that no iteration pays for an exclusivity check.
  private static func repeatBody<State>(
    _ count: Int, _ state: inout State, _ body: (inout State) throws -> Void
  ) rethrows {
    for _ in 0..<count { try body(&state) }
  }
}

/// Benchmarks under one name: `benchmark("512")` in the suite `matmul` is called `matmul/512`.
public struct BenchmarkSuite: Sendable {
  /// What the names of the suite's benchmarks start with.
  public let name: String

  /// Settings of every benchmark in the suite that does not say otherwise.
  public let settings: [Benchmark.Setting]

  /// In the order of their declaration.
  public private(set) var benchmarks: [Benchmark] = []

  /// Declares a suite.
  ///
  ///     let matmulBenchmarks = BenchmarkSuite(name: "matmul") { suite in
  ///       suite.benchmark("512", .flops(2 * 512 * 512 * 512)) {
  ///         Operands(512)
  ///       } body: { operands in
  ///         blackHole(operands.left.matmul(operands.right))
  ///       }
  ///     }
  public init(name: String, _ settings: Benchmark.Setting..., declare: (inout BenchmarkSuite) -> Void) {
    self.name = name
    self.settings = settings
    declare(&self)
  }

  /// Adds a benchmark without inputs of its own.
  public mutating func benchmark(
    _ name: String, _ settings: Benchmark.Setting..., body: @escaping @Sendable () throws -> Void
  ) {
    benchmarks.append(Benchmark(fullName(name), settings: self.settings + settings, body: body))
  }

  /// Adds a benchmark whose inputs are made by `setup`, untimed, and only if the benchmark is selected.
  public mutating func benchmark<State: SendableMetatype>(
    _ name: String, _ settings: Benchmark.Setting...,
    setup: @escaping @Sendable () throws -> State, body: @escaping @Sendable (inout State) throws -> Void
  ) {
    benchmarks.append(Benchmark(fullName(name), settings: self.settings + settings, setup: setup, body: body))
  }

  private func fullName(_ name: String) -> String {
    "\(self.name)/\(name)"
  }
}

/// Declares a benchmark outside any suite; ``Benchmark/main(_:peaks:peakMemory:)`` runs it before those of its suites.
public func benchmark(
  _ name: String, _ settings: Benchmark.Setting..., body: @escaping @Sendable () throws -> Void
) {
  registry.withLock { $0.append(Benchmark(name, settings: settings, body: body)) }
}

/// Declares a benchmark outside any suite, with inputs made by `setup`, untimed, and only if it is selected.
public func benchmark<State: SendableMetatype>(
  _ name: String, _ settings: Benchmark.Setting...,
  setup: @escaping @Sendable () throws -> State, body: @escaping @Sendable (inout State) throws -> Void
) {
  registry.withLock { $0.append(Benchmark(name, settings: settings, setup: setup, body: body)) }
}

/// What was declared outside any suite.
let registry = Mutex<[Benchmark]>([])
