import Dispatch
import Synchronization

/// Threads that wait for chunks of work: briefly in a loop, then asleep. There is one job at a time.
///
/// Life of a job. The caller takes `isOwned`, writes the job's fields, and opens `gate`. A worker that sees the gate
/// open counts itself in, in the same atomic step in which it makes sure that the gate is still open; then it claims
/// chunks until none is left, closes the gate, and counts itself out. The caller claims chunks too; when there are none
/// it closes the gate as well, and waits for the workers that are inside, if any. So nobody ever waits for a worker to
/// show up.
///
/// Chunks lie in as many shares as threads may work. A thread begins with the same share in every job that has chunks
/// for all threads, and then helps with the others'. So it mostly finds what it wrote in the job before. Measured on a
/// Zen 4: reading what another core has just written takes up to half as long again, and writing where two cores have
/// read takes four times as long.
///
/// Unchecked `Sendable`: the job's fields are written while the gate is closed and nobody is inside, and read only by
/// workers inside; `gate` orders the two.
final class ThreadPool: @unchecked Sendable {
  static let shared = ThreadPool()

  /// How long a worker without work, or a caller whose workers are not done, looks before it sleeps: longer than what
  /// a training step does between two jobs, some 50 µs, as waking a worker takes as long.
  private static let patience: UInt64 = 200_000

  /// Bits of `gate`: how many workers are inside (16), open, the caller sleeps, how many may enter (from bit 32).
  private static let insideMask = 0xFFFF
  private static let open = 1 << 16
  private static let callerSleeps = 1 << 17
  private static let limitShift = 32

  // What workers look at while they wait and what they change while they work lie on different cache lines.
  private let gate: UnsafeMutablePointer<Atomic<Int>>
  private let sleepers: UnsafeMutablePointer<Atomic<Int>>
  /// 1 while a caller has the pool.
  private let isOwned: UnsafeMutablePointer<Atomic<Int>>
  /// The first chunk of each share that nobody has claimed. A share is some neighbouring chunks.
  private let shares = CacheLines(Threads.limit)
  private var shareCount = 0
  private var chunks = 0
  private var body: UnsafePointer<(Int) -> Void>?
  private var startedWorkers = 0

  private let workerSemaphore = DispatchSemaphore(value: 0)
  private let callerSemaphore = DispatchSemaphore(value: 0)

  private init() {
    let lines = CacheLines(3)
    (gate, sleepers, isOwned) = (lines[0], lines[1], lines[2])
  }

  /// Runs `body` for each index in `0..<chunks` with at most `threads` threads.
  ///
  /// - Returns: false if another job is running: then nothing has been done.
  func run(_ chunks: Int, threads: Int, _ body: (Int) -> Void) -> Bool {
    guard isOwned.pointee.exchange(1, ordering: .acquiring) == 0 else { return false }
    defer { isOwned.pointee.store(0, ordering: .releasing) }
    let shareCount = min(threads, chunks)
    if startedWorkers < threads - 1 { startWorkers(threads - 1) }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { body in
        self.body = body
        self.chunks = chunks
        self.shareCount = shareCount
        for share in 0..<shareCount {
          shares[share].pointee.store(share * chunks / shareCount, ordering: .relaxed)
        }
        gate.pointee.store(Self.open | (shareCount - 1) << Self.limitShift, ordering: .sequentiallyConsistent)
        wake(shareCount - 1)
        work(from: 0)
        close()
        self.body = nil
      }
    }
    return true
  }

  /// Claims chunks until there are none, first those of the share `first`.
  @inline(never)
  private func work(from first: Int) {
    guard let body else { return }
    let (chunks, shareCount) = (chunks, shareCount)
    var share = first
    for _ in 0..<shareCount {
      let end = (share + 1) * chunks / shareCount
      // Looking first leaves a share that is done alone: many threads would pass its cache line around in the end.
      while shares[share].pointee.load(ordering: .relaxed) < end {
        let chunk = shares[share].pointee.wrappingAdd(1, ordering: .relaxed).oldValue
        if chunk >= end { break }
        body.pointee(chunk)
      }
      share = share + 1 == shareCount ? 0 : share + 1
    }
  }

  /// Lets no more workers in, and waits for those inside.
  private func close() {
    let before = gate.pointee.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing).oldValue
    guard before & Self.insideMask != 0 else { return }
    if waitBriefly(until: { gate.pointee.load(ordering: .acquiring) & Self.insideMask == 0 }) { return }
    // Some worker's processor was taken away, or its chunk is long. The last one out wakes us.
    let now = gate.pointee.bitwiseOr(Self.callerSleeps, ordering: .acquiringAndReleasing).oldValue
    if now & Self.insideMask != 0 { callerSemaphore.wait() }
  }

  /// Wakes up to `count` sleeping workers, each at most once.
  private func wake(_ count: Int) {
    var remaining = count
    while remaining > 0 && takeSleeper() {
      workerSemaphore.signal()
      remaining -= 1
    }
  }

  /// Takes one from the count of sleepers, unless it is zero.
  private func takeSleeper() -> Bool {
    var current = sleepers.pointee.load(ordering: .sequentiallyConsistent)
    while current > 0 {
      let (exchanged, now) = sleepers.pointee.compareExchange(
        expected: current, desired: current - 1, ordering: .sequentiallyConsistent)
      if exchanged { return true }
      current = now
    }
    return false
  }

  // MARK: Workers

  fileprivate func workForever(_ number: Int) -> Never {
    while true {
      if enter() {
        work(from: number % shareCount)
        leave()
      } else if !waitBriefly(until: { mayEnter(gate.pointee.load(ordering: .relaxed)) }) {
        sleep()
      }
    }
  }

  /// Whether the gate is open and there is room.
  @inline(__always)
  private func mayEnter(_ gate: Int) -> Bool {
    gate & Self.open != 0 && gate & Self.insideMask < gate >> Self.limitShift
  }

  /// Counts this worker in, if the gate is open and there is room.
  private func enter() -> Bool {
    var current = gate.pointee.load(ordering: .relaxed)
    while mayEnter(current) {
      let (exchanged, now) = gate.pointee.weakCompareExchange(
        expected: current, desired: current + 1, ordering: .acquiring)
      if exchanged { return true }
      current = now
    }
    return false
  }

  /// Closes the gate, as nothing is left to do, and counts this worker out. Wakes the caller if it sleeps and this was
  /// the last one.
  private func leave() {
    if gate.pointee.load(ordering: .relaxed) & Self.open != 0 {
      gate.pointee.bitwiseAnd(~Self.open, ordering: .relaxed)
    }
    let before = gate.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).oldValue
    if before & Self.insideMask == 1 && before & Self.callerSleeps != 0 { callerSemaphore.signal() }
  }

  /// Sleeps until a caller has work. A worker first says that it will sleep and then looks once more, while a caller
  /// first opens the gate and then looks who sleeps: one of them sees the other.
  private func sleep() {
    sleepers.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    let hasWork = mayEnter(gate.pointee.load(ordering: .sequentiallyConsistent))
    // If nobody is counted as asleep any more, a caller has counted on us and signals.
    if hasWork && takeSleeper() { return }
    workerSemaphore.wait()
  }

  /// Looks at `condition` for a while. Reading the clock between two looks also takes the place of a pause
  /// instruction, which Swift cannot reach: it takes some twenty nanoseconds and leaves the core to its other thread.
  ///
  /// - Returns: Whether it became true.
  private func waitBriefly(until condition: () -> Bool) -> Bool {
    if condition() { return true }
    let deadline = DispatchTime.now().uptimeNanoseconds + Self.patience
    repeat {
      if condition() { return true }
    } while DispatchTime.now().uptimeNanoseconds < deadline
    return false
  }

  /// Starts threads until there are `count`. They never end; the process may exit while they wait.
  private func startWorkers(_ count: Int) {
    while startedWorkers < count {
      guard startThread(startedWorkers + 1) else { return }
      startedWorkers += 1
    }
  }
}

/// Starts a detached thread that works for the shared pool.
///
/// - Parameter number: tells the workers apart, from 1.
/// - Returns: false if the system refuses.
private func startThread(_ number: Int) -> Bool {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  // Musl's default is 128 KB; kernels keep small buffers on the stack.
  pthread_attr_setstacksize(&attributes, 1 << 20)
  let argument = UnsafeMutableRawPointer(bitPattern: number)
  #if canImport(Darwin)
    var thread: pthread_t?
    return pthread_create(&thread, &attributes, { ThreadPool.shared.workForever(Int(bitPattern: $0)) }, argument) == 0
  #else
    var thread = pthread_t()
    return pthread_create(&thread, &attributes, { ThreadPool.shared.workForever(Int(bitPattern: $0)) }, argument) == 0
  #endif
}
