/// What the axes of an array of series are that has two of them, in their order: series (n), times (l), channels (c).
public enum SeriesLayout: String, Sendable, CaseIterable {
  /// Series of one channel, `[N, L]`.
  case nl
  /// One series, `[L, C]`.
  case lc
}
