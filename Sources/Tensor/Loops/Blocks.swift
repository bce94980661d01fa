import LatentSystem

extension KernelSet {
  /// `count` lanes, rounded up to whole panels of A.
  func wholeRows(_ count: Int) -> Int { roundUp(count, tileRows) }

  /// `count` lanes, rounded up to whole panels of B.
  func wholeColumns(_ count: Int) -> Int { roundUp(count, tileColumns) }

  /// Writes zeros to the last panel of B, if it is not filled by `columns`.
  func clearLastPanel(_ columns: Int, _ depth: Int, _ target: UnsafeMutablePointer<Float>) {
    clearLastPanel(columns, depth, tileColumns, target)
  }

  /// Writes zeros to the last panel of `width` lanes, if it is not filled by `lanes`.
  func clearLastPanel(_ lanes: Int, _ depth: Int, _ width: Int, _ target: UnsafeMutablePointer<Float>) {
    guard lanes % width != 0 else { return }
    (target + lanes / width * width * depth).update(repeating: 0, count: width * depth)
  }
}

/// `a / b`, rounded up, of numbers that are not negative.
@inline(__always)
func divideUp(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }

/// The least multiple of `b` that is not less than `a`.
@inline(__always)
func roundUp(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b * b }

/// Lends `body` room for `count` values, undefined.
@inline(__always)
func withRoom<Element>(for count: Int, of type: Element.Type, _ body: (UnsafeMutablePointer<Element>) -> Void) {
  withUnsafeTemporaryAllocation(of: type, capacity: max(1, count)) { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}

/// Runs `body` for each chunk, on several threads if `parallel`.
@inline(__always)
func forEachChunk(_ chunks: Int, parallel: Bool, _ body: (Int) -> Void) {
  if parallel {
    Threads.parallelFor(chunks, body)
  } else {
    for chunk in 0..<max(0, chunks) { body(chunk) }
  }
}
