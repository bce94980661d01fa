import Latent
import LatentSystem

/// Tells a person at a terminal how many of something are done.
public struct CountProgress {
  private let total: Int
  private let unit: String
  private let isQuiet: Bool
  private let start = ContinuousClock.now
  private var done = 0
  private var bar = ProgressBar()

  /// None done of `total`, which are called `unit`.
  public init(total: Int, unit: String, isQuiet: Bool) {
    (self.total, self.unit, self.isQuiet) = (total, unit, isQuiet)
  }

  /// Takes note of `count` more.
  public mutating func add(_ count: Int) { show(done + count) }

  /// Takes note of the share that is done.
  public mutating func set(share: Double) { show(Int(share * Double(total))) }

  private mutating func show(_ count: Int) {
    done = count
    if isQuiet { return }
    let (seconds, attoseconds) = start.duration(to: .now).components
    let elapsed = Double(seconds) + Double(attoseconds) * 1e-18
    bar.update(
      ProgressBar.Content(done: done, total: total, rate: elapsed > 0 ? Double(done) / elapsed : nil, unit: unit))
  }

  /// Takes the line away.
  public mutating func finish() { bar.clear() }
}
