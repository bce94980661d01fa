/// A source whose samples take time to get, as from a disk or a network, and may not come at all.
///
/// A trainer has it begin with the samples of the next step while a step is at work, and ends the training with a
/// checkpoint when some cannot be had.
///
/// ```swift
/// extension Recordings: DelayedSource {
///   func prepare(_ indices: [Int]) { reader.begin(with: indices) }   // on another thread
///   var failure: (any Error)? { reader.waitForFailure() }
/// }
/// ```
public protocol DelayedSource: SampleSource {
  /// Begins to read the samples at `indices`, which will be asked for soon, and returns at once. Those of the call before
  /// are still needed; others need not be kept.
  /// - Precondition: every index lies in `0..<count`.
  func prepare(_ indices: [Int])

  /// Why samples cannot be read: of those that were to be prepared, for which it waits, or of those that were asked for,
  /// in whose place there are then others. Nil if all could be.
  var failure: (any Error)? { get }
}

extension SampleSource {
  /// The sources behind this one that take time; this one if it does.
  var delayed: [any DelayedSource] {
    (self as? any DelayedSource).map { [$0] } ?? origins.flatMap { $0.delayed }
  }
}
