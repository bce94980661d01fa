import Foundation
import LatentSystem
import Synchronization

/// The path of a file in the folder Fixtures.
package func fixturePath(_ name: String) -> String {
  guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil) else {
    fatalError("there is no fixture \(name)")
  }
  return url.path
}

/// The contents of a file in the folder Fixtures.
package func fixture(_ name: String) throws -> [UInt8] { try AtomicFile.read(fixturePath(name)) }

/// Runs `body` with a new folder, which is removed afterwards.
package func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("latent-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: url) }
  try body(url.path)
}

/// Writes a file of text in `folder`, in folders that are made for it.
package func addFile(_ name: String, _ text: String, in folder: String) throws {
  let url = URL(fileURLWithPath: folder).appendingPathComponent(name)
  try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
  try Data(text.utf8).write(to: url)
}

/// Bytes without pattern: the upper bits of a linear congruential generator.
package func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(state >> 56)
  }
}

private let threadCountLock = NSRecursiveLock()

/// Runs `body` with `Threads.count` at `threads`. As that is one number for the process, calls wait for each other.
package func withThreads<R>(_ threads: Int, _ body: () throws -> R) rethrows -> R {
  threadCountLock.lock()
  defer { threadCountLock.unlock() }
  let before = Threads.count
  Threads.count = threads
  defer { Threads.count = before }
  return try body()
}

/// Counts calls per index, from any thread.
package final class Tally: Sendable {
  private let counts: [Counter]

  package init(_ count: Int) { counts = (0..<count).map { _ in Counter() } }

  package func add(_ index: Int) { counts[index].value.wrappingAdd(1, ordering: .relaxed) }
  package var isOneEach: Bool { counts.allSatisfy { $0.value.load(ordering: .relaxed) == 1 } }

  private final class Counter: Sendable { let value = Atomic<Int>(0) }
}
