import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lends `body` room for `bytes` bytes that ends where an inaccessible page begins, and begins not far behind one: to
/// read or write beyond the end ends the process.
private func withFencedBytes<R>(_ bytes: Int, _ body: (UnsafeMutableRawPointer) throws -> R) rethrows -> R {
  #if canImport(Glibc) || canImport(Musl) || canImport(Darwin)
    let page = Int(getpagesize())
    let size = (bytes + page - 1) / page * page
    guard let all = mmap(nil, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), all != MAP_FAILED,
      mprotect(all + page, size, PROT_READ | PROT_WRITE) == 0
    else { fatalError("no memory with fences for \(bytes) bytes") }
    defer { munmap(all, size + 2 * page) }
    return try body(all + (page + size - bytes))
  #else
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes), alignment: 64)
    defer { memory.deallocate() }
    return try body(memory)
  #endif
}

/// Lends `body` the values in memory that ends at an inaccessible page.
func fenced<T: BitwiseCopyable, R>(_ values: [T], _ body: (UnsafePointer<T>) throws -> R) rethrows -> R {
  try withFencedBytes(values.count * MemoryLayout<T>.stride) { memory in
    let start = memory.assumingMemoryBound(to: T.self)
    for (index, value) in values.enumerated() { start[index] = value }
    return try body(start)
  }
}

/// Runs `body` on `n` floats and on copies of `inputs`, all of which end at inaccessible pages.
///
/// - Parameters:
///   - initial: what the `n` floats are before; zeros if nil.
///   - body: takes the `n` floats and the inputs.
/// - Returns: The `n` floats. What lies before them has been checked.
func guarded(
  _ n: Int, _ inputs: [Float]..., initial: [Float]? = nil,
  _ body: (UnsafeMutablePointer<Float>, [UnsafePointer<Float>]) -> Void
) -> [Float] {
  func lend(_ index: Int, _ pointers: [UnsafePointer<Float>]) -> [Float] {
    guard index == inputs.count else { return fenced(inputs[index]) { lend(index + 1, pointers + [$0]) } }
    let (before, marker) = (37, Float(-12345.5))
    return withFencedBytes((before + n) * MemoryLayout<Float>.stride) { memory in
      let start = memory.assumingMemoryBound(to: Float.self)
      for index in 0..<before + n { start[index] = index < before ? marker : initial?[index - before] ?? 0 }
      body(start + before, pointers)
      #expect((0..<before).allSatisfy { start[$0] == marker }, "wrote before \(n) floats")
      return (0..<n).map { start[before + $0] }
    }
  }
  return lend(0, [])
}
