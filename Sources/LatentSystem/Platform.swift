// The C library of the platform, for every file that imports this module; no other file chooses between them.

#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#elseif canImport(Darwin)
  @_exported import Darwin
#endif

// `read` and `write` by names that a type's own methods do not hide.

/// Reads up to `count` bytes from an open file, as `read(2)` does.
func systemRead(_ descriptor: Int32, _ start: UnsafeMutableRawPointer, _ count: Int) -> Int {
  read(descriptor, start, count)
}

/// Writes up to `count` bytes to an open file, as `write(2)` does.
func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
