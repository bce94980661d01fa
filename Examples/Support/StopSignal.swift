import LatentSystem
import Synchronization

/// The request of a user or the system, SIGINT, SIGTERM or SIGHUP, that the program should end.
enum StopSignal {
  /// The signal that came, or 0.
  private static let received = Atomic<Int32>(0)

  /// Notes the first such signal from now on in place of dying of it; a second one ends the process at once.
  static func catchAll() {
    // A file that grows beyond a limit of the system is then an error like a full disk, and not the end.
    signal(SIGXFSZ, SIG_IGN)
    // A training does not end because nobody reads what it prints.
    signal(SIGPIPE, SIG_IGN)
    // The variable is made by its first use, which must not be in the handler.
    guard received.load(ordering: .relaxed) == 0 else { return }
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { number in
        if StopSignal.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        // What the signal interrupted may be about to look at it.
        let code = errno
        defer { errno = code }
        guard isatty(STDERR_FILENO) == 1 else { return }
        let text: StaticString = "\nstopping after this step, with a checkpoint; once more stops at once, without\n"
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
