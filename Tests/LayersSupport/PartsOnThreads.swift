import Foundation
import LatentSystem
import Layers
import Tensor

/// Sums numbers over several threads that go through the same steps: each waits for the others.
private final class Exchange: @unchecked Sendable {
  private let condition = NSCondition()
  private var deposits: [Tensor?]
  private var total = Tensor(0)
  private var round = 0

  init(parts: Int) { deposits = Array(repeating: nil, count: parts) }

  func total(_ partial: Tensor, from part: Int) -> Tensor {
    condition.lock()
    defer { condition.unlock() }
    deposits[part] = partial
    let own = round
    let present = deposits.compactMap { $0 }
    if present.count == deposits.count {
      total = present.dropFirst().reduce(present[0], +)
      deposits = deposits.map { _ in nil }
      round += 1
      condition.broadcast()
    }
    while round == own { condition.wait() }
    return total
  }
}

package struct PartReduction: BatchReduction {
  fileprivate let exchange: Exchange
  package let part: Int

  package func sum(_ partial: Tensor) -> Tensor { partial.reduced { exchange.total($0, from: part) } }
}

private final class Results<Result>: @unchecked Sendable {
  let lock = NSLock()
  var found: [Int: Result] = [:]
}

/// Runs `body` for each part on a thread of its own: all have to be there for their sums.
package func onThreads<Result: Sendable>(
  _ parts: Int, _ body: @escaping @Sendable (_ part: Int, _ reduction: PartReduction) -> Result
) -> [Result] {
  let (results, exchange, done) = (Results<Result>(), Exchange(parts: parts), DispatchGroup())
  for part in 0..<parts {
    done.enter()
    Thread {
      let result = body(part, PartReduction(exchange: exchange, part: part))
      results.lock.withLock { results.found[part] = result }
      done.leave()
    }.start()
  }
  done.wait()
  return (0..<parts).map { requireSome(results.found[$0], "onThreads: part \($0) has no result") }
}
