/// Mutual exclusion for a few instructions. `Synchronization.Mutex` would do, but the thread sanitizer does not
/// understand it and reports races where there are none.
///
/// Unchecked `Sendable`: the only state is the lock itself, which is made for use from any thread.
package final class Lock: @unchecked Sendable {
  #if canImport(Darwin)
    @usableFromInline let handle = UnsafeMutablePointer<os_unfair_lock_s>.allocate(capacity: 1)
  #else
    @usableFromInline let handle = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  #endif

  /// An unlocked lock.
  package init() {
    #if canImport(Darwin)
      handle.initialize(to: os_unfair_lock_s())
    #else
      handle.initialize(to: pthread_mutex_t())
      pthread_mutex_init(handle, nil)
    #endif
  }

  deinit {
    #if !canImport(Darwin)
      pthread_mutex_destroy(handle)
    #endif
    handle.deinitialize(count: 1)
    handle.deallocate()
  }

  /// Runs `body` while no other thread is inside. Must not be nested.
  ///
  /// - Parameter body: short work; it must not wait for another thread.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws; the lock is released.
  @inlinable @inline(__always)
  package func withLock<R>(_ body: () throws -> R) rethrows -> R {
    #if canImport(Darwin)
      os_unfair_lock_lock(handle)
      defer { os_unfair_lock_unlock(handle) }
    #else
      pthread_mutex_lock(handle)
      defer { pthread_mutex_unlock(handle) }
    #endif
    return try body()
  }
}
