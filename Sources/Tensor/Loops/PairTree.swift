/// Calls `body` with the pairs in which `count` partial results are joined by a binary tree, each into the first of the
/// two, so that all end in number 0. The order follows `count` alone: results are the same with any number of threads.
///
/// - Parameter body: is given the first of both, the second, and how many of the original parts each may span.
func forEachPair(of count: Int, _ body: (_ target: Int, _ other: Int, _ span: Int) -> Void) {
  var span = 1
  while span < count {
    for target in stride(from: 0, to: count - span, by: 2 * span) { body(target, target + span, span) }
    span *= 2
  }
}
