import LatentSystem
import Synchronization

/// The memory of a tensor: a block of floats, aligned to 64 bytes, that comes from the pool and goes back to it.
///
/// Sendable although it holds a mutable pointer: a block is written only by the operation that creates it, before any
/// other code can see it, or through ``Tensor/withMutableScalars(_:)``, which makes sure that nobody else holds it.
/// What is kept with it is touched under a lock.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  private let sizeClass: SizeClass
  private var keptValue: (any Sendable)?
  /// Whether there may be a kept value: a write need not take the lock to find that there is none.
  private let mayKeep = Atomic(false)
  private static let keepLock = Lock()

  /// Makes room for `count` floats, whose values are whatever the memory holds.
  /// - Parameter purpose: what for, in a message in case the system has no such room.
  init(count: Int, for purpose: @autoclosure () -> String = "a copy or an intermediate result") {
    // So many bytes, rounded up, can still be counted.
    let sizeClass = SizeClass(holding: min(count, Int.max / 128))
    guard count <= Int.max / 128, let block = StoragePool.shared.take(sizeClass) else {
      fatalError("\(purpose()) needs \(count) floats, more than the system has memory for")
    }
    self.sizeClass = sizeClass
    pointer = block
  }

  deinit { StoragePool.shared.put(pointer, sizeClass) }

  /// What an operation has made of the floats and wants to find again the next time, such as a weight laid out for the
  /// kernels. A block keeps one value, the latest that was set, until its floats change.
  var kept: (any Sendable)? {
    get { mayKeep.load(ordering: .relaxed) ? Self.keepLock.withLock { keptValue } : nil }
    set {
      guard newValue != nil || mayKeep.load(ordering: .relaxed) else { return }
      mayKeep.store(true, ordering: .relaxed)
      // What was kept is released after the lock.
      var value = newValue
      Self.keepLock.withLock { swap(&keptValue, &value) }
    }
  }
}

/// One of the block sizes of the pool: multiples of 64 bytes, four to each power of two, so that at most a fifth of a
/// large block lies idle.
struct SizeClass: Hashable {
  static let unit = 16
  let index: Int
  let floatCount: Int

  /// The size of the blocks of the class at `index`.
  static func floatCount(at index: Int) -> Int {
    let shift = max(0, index / 4 - 1)
    return ((index - 4 * shift + 1) << shift) * unit
  }

  init(holding count: Int) {
    let units = max(1, (count + Self.unit - 1) / Self.unit)
    if units <= 4 {
      index = units - 1
      floatCount = units * Self.unit
    } else {
      // `units` lies in (2^(shift+2), 2^(shift+3)]; four steps of 2^shift cover that range.
      let shift = Int.bitWidth - (units - 1).leadingZeroBitCount - 3
      let steps = (units + (1 << shift) - 1) >> shift
      index = 4 * shift + steps - 1
      floatCount = (steps << shift) * Self.unit
    }
  }
}

/// Keeps the blocks of released tensors for the next ones: in a steady training step no memory is asked of the system.
///
/// Unchecked `Sendable`: everything that changes is touched only under the lock.
final class StoragePool: @unchecked Sendable {
  static let shared = StoragePool(memory: Machine.memory)

  /// The memory of the machine, or of the container, in bytes.
  private let memory: Int

  /// So many bytes may lie idle in any case: a gibibyte, or an eighth of a memory that is small. Where the system ends
  /// the programs that have the most, it is less.
  private let allowance: Int

  private let lock = Lock()
  private var free: [[UnsafeMutablePointer<Float>]] = Array(repeating: [], count: 4 * Int.bitWidth)
  private var pooledBytes = 0
  private var systemAllocationCount = 0
  private var liveBytes = 0
  private var peakBytes = 0

  /// - Parameter memory: the bytes of the machine's memory.
  init(memory: Int) {
    self.memory = memory
    #if os(iOS) || os(tvOS) || os(watchOS) || os(visionOS)
      allowance = min(1 << 26, memory / 64)
    #else
      allowance = min(1 << 30, memory / 8)
    #endif
  }

  /// Idle blocks beyond this many bytes go back to the system. A program whose steps need more than the allowance may
  /// keep that, as long as it holds no more than half as much again as tensors did at one time: blocks of one size are
  /// not all in use when those of another are. But that half must not take the memory's second half.
  private var limit: Int {
    let kept = min(peakBytes + peakBytes / 2, max(peakBytes, memory / 2))
    return max(allowance, kept - liveBytes)
  }

  /// How many blocks have been asked of the system so far.
  var allocationCount: Int { lock.withLock { systemAllocationCount } }

  /// The bytes that lie idle.
  var idleBytes: Int { lock.withLock { pooledBytes } }

  /// The most bytes that tensors have held at one time since the last ``resetPeak()``.
  var peak: Int { lock.withLock { peakBytes } }

  /// Starts again with what tensors hold now.
  func resetPeak() { lock.withLock { peakBytes = liveBytes } }

  /// A block of the class; nil if the system has no memory for it.
  func take(_ sizeClass: SizeClass) -> UnsafeMutablePointer<Float>? {
    let bytes = sizeClass.floatCount * MemoryLayout<Float>.stride
    let (pooled, surplus) = lock.withLock { () -> (UnsafeMutablePointer<Float>?, [UnsafeMutablePointer<Float>]) in
      liveBytes += bytes
      peakBytes = max(peakBytes, liveBytes)
      guard let block = free[sizeClass.index].popLast() else {
        systemAllocationCount += 1
        return (nil, takeSurplus(besides: sizeClass.index))
      }
      pooledBytes -= bytes
      return (block, [])
    }
    for block in surplus { SystemMemory.deallocate(block) }
    if let pooled { return pooled }
    return SystemMemory.allocateFloats(sizeClass.floatCount)
  }

  func put(_ block: UnsafeMutablePointer<Float>, _ sizeClass: SizeClass) {
    let bytes = sizeClass.floatCount * MemoryLayout<Float>.stride
    let surplus = lock.withLock {
      liveBytes -= bytes
      pooledBytes += bytes
      free[sizeClass.index].append(block)
      return takeSurplus(besides: sizeClass.index)
    }
    for block in surplus { SystemMemory.deallocate(block) }
  }

  /// Removes idle blocks, the largest first, until the limit holds. Those of the class at `index`, which are in use at
  /// the moment, go last: otherwise the blocks of an earlier phase of the program would keep them out for ever.
  private func takeSurplus(besides index: Int) -> [UnsafeMutablePointer<Float>] {
    guard pooledBytes > limit else { return [] }
    var surplus: [UnsafeMutablePointer<Float>] = []
    for candidate in free.indices.reversed().filter({ $0 != index }) + [index] where pooledBytes > limit {
      while pooledBytes > limit, let block = free[candidate].popLast() {
        pooledBytes -= SizeClass.floatCount(at: candidate) * MemoryLayout<Float>.stride
        surplus.append(block)
      }
    }
    return surplus
  }

  /// Gives all idle blocks back to the system.
  func drain() {
    let blocks = lock.withLock {
      defer {
        for index in free.indices { free[index].removeAll() }
        pooledBytes = 0
        peakBytes = liveBytes
      }
      return free.joined().map { $0 }
    }
    for block in blocks { SystemMemory.deallocate(block) }
  }
}

extension Tensor {
  /// How many blocks of memory, for tensors and for the loops over them, have been asked of the system since the program
  /// started.
  ///
  /// In a steady training step this stays the same: released storage is used again.
  package static var systemAllocationCount: Int {
    StoragePool.shared.allocationCount + GEMMScratch.shared.allocationCount
  }

  /// The most bytes that tensors hold at one time while `body` runs, those of tensors from before it included.
  ///
  /// Counts whole blocks of the whole process, but nothing that is not a tensor. One measurement at a time.
  package static func peakStorageBytes(during body: () throws -> Void) rethrows -> Int {
    StoragePool.shared.resetPeak()
    try body()
    return StoragePool.shared.peak
  }

  /// Gives the storage of released tensors, which is otherwise kept for the next ones, back to the system.
  ///
  /// Not among it is what a convolution of up to four images, or of any number in a model that is prepared for use, keeps
  /// with a weight that is not being trained: about four times the weight's memory, more with very few channels, released
  /// with the weight or when it changes.
  public static func releaseIdleStorage() {
    StoragePool.shared.drain()
    GEMMScratch.shared.drain()
  }
}
