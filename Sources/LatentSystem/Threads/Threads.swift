import Synchronization

/// How many threads compute, and work split among them.
public enum Threads {
  /// The largest number of threads that can be asked for.
  public static let limit = 256

  /// How many threads compute, the calling one included. At first the value of the environment variable
  /// `LATENT_THREADS`, else the number of processors this process may use: of those it may run on, as many as its
  /// container has a quota for. If that variable makes no sense, standard error says so once, and it is ignored.
  ///
  /// No result depends on it.
  /// - Precondition: at least 1. More than ``limit`` counts as ``limit``.
  public static var count: Int {
    get {
      let known = chosen.load(ordering: .relaxed)
      if known > 0 { return known }
      let first = initialCount
      // Another thread may have set it meanwhile: then that stands.
      let (exchanged, other) = chosen.compareExchange(expected: 0, desired: first, ordering: .relaxed)
      return exchanged ? first : other
    }
    set {
      require(newValue >= 1, "Threads.count: \(newValue) is not a number of threads; the least is 1")
      chosen.store(min(newValue, limit), ordering: .relaxed)
    }
  }

  /// Calls `body` once for each index in `0..<chunks`, on several threads, and returns when all calls have.
  ///
  /// Each thread begins with neighbouring chunks, the caller with the first ones, and helps the others when it is done.
  /// The caller does everything itself when other threads are busy, absent, or when it is called from inside another
  /// `parallelFor`. So split work by its size, never by the number of threads, and let no chunk wait for another.
  ///
  /// - Parameters:
  ///   - chunks: how many calls; none if zero or less.
  ///   - body: called with each index, in any order, possibly at the same time.
  @inlinable @inline(__always)
  package static func parallelFor(_ chunks: Int, _ body: (Int) -> Void) {
    if chunks > 1 && runInPool(chunks, body) { return }
    var chunk = 0
    while chunk < chunks {
      body(chunk)
      chunk += 1
    }
  }

  /// Shares the calls among threads.
  ///
  /// - Returns: false if there are no other threads, or they are busy: then nothing has been done.
  @usableFromInline
  static func runInPool(_ chunks: Int, _ body: (Int) -> Void) -> Bool {
    let threads = count
    return threads > 1 && ThreadPool.shared.run(chunks, threads: threads, body)
  }

  private static let chosen = Atomic<Int>(0)

  private static let initialCount: Int = {
    let processors = min(Machine.processorCount, limit)
    return setting(or: processors, called: "threads: \(processors)", countInEnvironment)
  }()

  /// The number of threads that `LATENT_THREADS` asks for; nil if it is not set.
  package static func countInEnvironment() throws(EnvironmentError) -> Int? {
    guard let text = environmentValue(variable) else { return nil }
    return try count(named: text)
  }

  private static let variable = "LATENT_THREADS"

  /// The number of threads when `LATENT_THREADS` is `text`.
  static func count(named text: String) throws(EnvironmentError) -> Int {
    guard let number = Int(text), number >= 1 else {
      throw EnvironmentError(variable, "'\(text)' is not a number of threads; it must be a whole number from 1")
    }
    return min(number, limit)
  }
}
