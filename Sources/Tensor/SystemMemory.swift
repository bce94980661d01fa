#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory for floats as the system gives it: aligned to cache lines, with undefined contents.
enum SystemMemory {
  /// The size of a large page of x86-64 and arm64.
  private static let largePage = 2 << 20

  /// Room for `count` floats.
  ///
  /// A block of a large page or more starts at one and asks for them: a kernel that streams through small pages
  /// spends a tenth of its time on looking up their addresses. What does not fill a large page stays in small ones, so
  /// that no memory is taken for nothing.
  static func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let bytes = count * MemoryLayout<Float>.stride
    let isLarge = bytes >= largePage
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? largePage : 64)
    #if os(Linux)
      // Advice: where the system does not take it, the pages stay small.
      if isLarge { _ = madvise(memory, bytes / largePage * largePage, MADV_HUGEPAGE) }
    #endif
    return memory.bindMemory(to: Float.self, capacity: count)
  }
}
