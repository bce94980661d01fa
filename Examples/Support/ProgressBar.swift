import Latent
import LatentSystem

/// One line on the terminal that says how far a training is.
///
///      42% [=======>           ]  420/1000  18.3 steps/s  d 0.6931  g 1.214  0:31 left
///
/// It goes to standard error, is redrawn in place at most ten times a second, and prints nothing at all where standard
/// error is not a terminal.
struct ProgressBar {
  /// The state the line shows.
  struct Content {
    /// Steps made, from 0 to `total`.
    var done: Int
    /// Steps of the whole training.
    var total: Int
    /// Steps per second; nil while unknown.
    var rate: Double?
    /// The latest value of each loss, the most important first.
    var losses: [(name: String, value: Double)]
    /// What is counted.
    var unit: String

    init(
      done: Int, total: Int, rate: Double? = nil, losses: [(name: String, value: Double)] = [], unit: String = "steps"
    ) {
      self.done = done
      self.total = total
      self.rate = rate
      self.losses = losses
      self.unit = unit
    }
  }

  /// Whether there is a terminal to draw on.
  let isVisible: Bool

  private var lastDrawn: ContinuousClock.Instant?
  private var last: Content?

  /// A bar that is visible if standard error is a terminal.
  init() {
    isVisible = isatty(STDERR_FILENO) == 1
  }

  /// Shows `content`, unless the line was redrawn less than a tenth of a second ago.
  mutating func update(_ content: Content) {
    guard isVisible else { return }
    last = content
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
    lastDrawn = now
    draw(content)
  }

  /// Shows the latest content, however fresh the line is, and moves on to the next line.
  mutating func finish() {
    guard let last else { return }
    draw(last)
    SystemFile.writeError("\n")
    self.last = nil
  }

  /// Erases the line, so that something else can be printed; the next update draws it again.
  mutating func clear() {
    guard last != nil else { return }
    SystemFile.writeError("\r\u{1B}[K")
    lastDrawn = nil
  }

  private func draw(_ content: Content) {
    // The last column stays free: some terminals wrap as soon as it is written.
    SystemFile.writeError("\r\(Self.line(content, width: Self.terminalWidth() - 1))\u{1B}[K")
  }

  // MARK: The line

  /// The line for `content`, at most `width` characters long (nothing for a width of 0 or less).
  ///
  /// Where there is no room for everything, the losses go first, from the last to the first, then the rate, the number
  /// of steps, the bar, the time left; the percentage stays as long as it fits.
  static func line(_ content: Content, width: Int) -> String {
    let total = max(1, content.total)
    let done = min(max(0, content.done), total)
    let percent = padded("\(Int(Double(done) / Double(total) * 100))%", to: 4)
    let steps = padded("\(done)", to: "\(total)".count) + "/\(total)"
    let rate = content.rate.map { "\(DecimalText.significant($0, digits: 3)) \(content.unit)/s" }
    let time = timeLeft(steps: total - done, rate: content.rate).map { "\($0) left" }
    let losses = content.losses.map { "\($0.name) \(DecimalText.significant($0.value, digits: 4))" }

    // From the full line to the barest one, each candidate without its bar.
    var candidates: [[String?]] = (0...losses.count).reversed().map {
      [steps, rate] + Array(losses.prefix($0)) + [time]
    }
    candidates += [[steps, time], [time]]
    for candidate in candidates {
      let text = candidate.compactMap { $0.map { "  " + $0 } }.joined()
      let room = width - percent.count - text.count - 1
      if room >= 12 { return "\(percent) \(bar(done: done, total: total, width: min(room, 42)))\(text)" }
    }
    let bare = percent + (time.map { "  " + $0 } ?? "")
    if bare.count <= width { return bare }
    return percent.count <= width ? percent : ""
  }

  /// `[====>    ]`, `width` characters with the brackets (at least 3).
  private static func bar(done: Int, total: Int, width: Int) -> String {
    let inner = width - 2
    let filled = Int(Double(done) / Double(total) * Double(inner))
    let head = filled > 0 && filled < inner ? ">" : ""
    let body = String(repeating: "=", count: filled - head.count) + head
    return "[\(body)\(String(repeating: " ", count: inner - filled))]"
  }

  /// `1:02:03`, `12:34` or `0:05`; nil without a rate, or beyond a hundred days.
  static func timeLeft(steps: Int, rate: Double?) -> String? {
    guard let rate, rate > 0, Double(steps) / rate < 8_640_000 else { return nil }
    let seconds = Int((Double(steps) / rate).rounded(.up))
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    let clock = hours > 0 ? "\(hours):\(twoDigits(minutes))" : "\(minutes)"
    return "\(clock):\(twoDigits(seconds % 60))"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  // MARK: The terminal

  /// Columns of the terminal on standard error; 80 if it does not say.
  private static func terminalWidth() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
