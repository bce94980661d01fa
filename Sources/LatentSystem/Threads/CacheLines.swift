import Synchronization

/// Numbers for several threads, each on cache lines of its own, whatever lies beside them in memory: where one thread
/// writes, no other waits for its neighbour.
///
/// The memory is never released: for objects that live as long as the process.
struct CacheLines: @unchecked Sendable {
  /// The distance of two numbers in bytes. Lines have 64, or 128 on Apple's processors; x86-64 fetches them in pairs.
  private static let distance = 128

  private let memory: UnsafeMutableRawPointer

  /// `count` zeros.
  init(_ count: Int) {
    memory = .allocate(byteCount: count * Self.distance, alignment: Self.distance)
    for index in 0..<count { self[index].initialize(to: Atomic(0)) }
  }

  /// The number at `index`.
  subscript(index: Int) -> UnsafeMutablePointer<Atomic<Int>> {
    (memory + index * Self.distance).assumingMemoryBound(to: Atomic<Int>.self)
  }
}
