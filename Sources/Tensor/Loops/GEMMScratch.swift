import LatentSystem

/// Memory for packed operands, kept between calls: in steady state a multiplication asks the system for nothing.
///
/// Unchecked `Sendable`: the list is touched only under the lock, and a borrowed block belongs to one caller.
final class GEMMScratch: @unchecked Sendable {
  static let shared = GEMMScratch()

  /// More blocks than this are not kept: one for each thread, and for two callers.
  private static let limit = Threads.limit + 2

  private struct Block {
    let address: UnsafeMutablePointer<Float>
    let capacity: Int
  }

  private let lock = Lock()
  private var idle: [Block] = []
  private var systemAllocationCount = 0

  /// How many blocks have been asked of the system so far.
  var allocationCount: Int { lock.withLock { systemAllocationCount } }

  private init() { idle.reserveCapacity(Self.limit) }

  /// Lends `count` floats with undefined contents, 64-byte aligned, to `body`.
  func withFloats(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    let (block, small) = lock.withLock { () -> (Block?, Block?) in
      if let index = idle.lastIndex(where: { $0.capacity >= count }) { return (idle.remove(at: index), nil) }
      systemAllocationCount += 1
      return (nil, idle.popLast())
    }
    if let small { SystemMemory.deallocate(small.address) }
    let borrowed = block ?? Self.allocate(count)
    body(borrowed.address)
    let kept = lock.withLock {
      guard idle.count < Self.limit else { return false }
      idle.append(borrowed)
      return true
    }
    if !kept { SystemMemory.deallocate(borrowed.address) }
  }

  /// Gives all idle blocks back to the system.
  func drain() {
    let blocks = lock.withLock {
      defer { idle.removeAll(keepingCapacity: true) }
      return idle
    }
    for block in blocks { SystemMemory.deallocate(block.address) }
  }

  private static func allocate(_ count: Int) -> Block {
    // In steps of 64 KB, so that slightly different sizes do not reallocate for ever.
    let capacity = (count + 0x3FFF) & ~0x3FFF
    guard let address = SystemMemory.allocateFloats(capacity) else {
      fatalError("matmul: the system gives no memory for \(capacity) floats of packed matrices")
    }
    return Block(address: address, capacity: capacity)
  }
}
