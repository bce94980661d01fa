/// Memory for floats as the system gives it: aligned to cache lines, with undefined contents.
package enum SystemMemory {
  /// The size of a large page of Linux on x86-64, and on arm64 with small pages of 4 KB.
  private static let largePage = 2 << 20

  /// Room for `count` floats, to be given back through ``deallocate(_:)``; nil if the system has none.
  ///
  /// On Linux a block of a large page or more starts at one and asks for them: a kernel that streams through small pages
  /// spends a tenth of its time on looking up their addresses. The end of a block that does not fill a large page stays
  /// in small ones.
  package static func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float>? {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    var address: UnsafeMutableRawPointer?
    #if os(Linux)
      let isLarge = bytes >= largePage
      guard !overflow, posix_memalign(&address, isLarge ? largePage : 64, bytes) == 0, let memory = address else {
        return nil
      }
      // Advice: where the system does not take it, the pages stay small.
      if isLarge { _ = madvise(memory, bytes / largePage * largePage, MADV_HUGEPAGE) }
    #else
      guard !overflow, posix_memalign(&address, 64, bytes) == 0, let memory = address else { return nil }
    #endif
    return memory.bindMemory(to: Float.self, capacity: count)
  }

  /// Gives a block of ``allocateFloats(_:)`` back.
  package static func deallocate(_ block: UnsafeMutablePointer<Float>) { free(block) }
}
