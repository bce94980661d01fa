/// Memory for floats as the system gives it: aligned to cache lines, with undefined contents.
package enum SystemMemory {
  /// The size of a large page of Linux on x86-64, and on arm64 with small pages of 4 KB.
  private static let largePage = 2 << 20

  /// Room for `count` floats.
  ///
  /// On Linux a block of a large page or more starts at one and asks for them: a kernel that streams through small pages
  /// spends a tenth of its time on looking up their addresses. The end of a block that does not fill a large page stays
  /// in small ones.
  package static func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = count * MemoryLayout<Float>.stride
    #if os(Linux)
      let isLarge = bytes >= largePage
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? largePage : 64)
      // Advice: where the system does not take it, the pages stay small.
      if isLarge { _ = madvise(memory, bytes / largePage * largePage, MADV_HUGEPAGE) }
    #else
      let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    #endif
    return memory.bindMemory(to: Float.self, capacity: count)
  }
}
