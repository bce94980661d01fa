import LatentSystem
import Synchronization

/// The request of a user or the system, SIGINT, SIGTERM or SIGHUP, that the program should end.
enum StopSignal {
  /// The signal that came, or 0.
  private static let received = Atomic<Int32>(0)
  /// Whether a training is what ends, with a checkpoint.
  private static let endsTraining = Atomic<Bool>(true)

  /// Notes the first such signal from now on in place of dying of it; a second one ends the process at once.
  /// - Parameter isTraining: whether a training looks at it after each step, not something else that leaves no checkpoint.
  static func catchAll(isTraining: Bool = true) {
    // A file that grows beyond a limit of the system is then an error like a full disk, and not the end.
    signal(SIGXFSZ, SIG_IGN)
    // A training does not end because nobody reads what it prints.
    signal(SIGPIPE, SIG_IGN)
    // The variables are made by their first use, which must not be in the handler.
    endsTraining.store(isTraining, ordering: .relaxed)
    guard received.load(ordering: .relaxed) == 0 else { return }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { number in
        if StopSignal.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        // What the signal interrupted may be about to look at it.
        let code = errno
        defer { errno = code }
        guard isatty(STDERR_FILENO) == 1 else { return }
        let text: StaticString =
          StopSignal.endsTraining.load(ordering: .relaxed)
          ? "\nstopping after this step, with a checkpoint; once more stops at once, without\n"
          : "\nstopping after this step; once more stops at once\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
      }
      // What `nohup` keeps away stays away.
      if number == SIGHUP, unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
  }

  private static let names = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]

  /// The signal's number and name, if one came.
  static var current: (number: Int32, name: String)? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : (number, names[number] ?? "signal \(number)")
  }
}

/// The end of something that a signal stopped.
struct Interruption: Error, CustomStringConvertible {
  /// 128 and the signal's number, as a shell says that a program ended by it.
  let exitCode: Int32
  let description: String

  /// Nil if no signal came.
  /// - Parameter progress: how much was done, as `3 of 9 samples`.
  init?(after progress: String) {
    guard let signal = StopSignal.current else { return nil }
    (exitCode, description) = (128 + signal.number, "stopped by \(signal.name) after \(progress)")
  }
}
