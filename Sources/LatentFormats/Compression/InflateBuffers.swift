/// The next bits of a deflate stream that lies whole in memory.
///
/// Invariants: `buffer` holds the next `bitCount` bits, the next one lowest; above them it may already hold bits of the
/// bytes from `position` on. Past the end of the input it is filled with zeros, and `bitCount` becomes negative when
/// one of them is used.
struct BitReader {
  let input: UnsafeRawBufferPointer
  private var position: Int
  private(set) var buffer: UInt64 = 0
  private var bitCount = 0

  /// Reads from byte `position` of `input` on.
  init(_ input: UnsafeRawBufferPointer, from position: Int) {
    self.input = input
    self.position = position
  }

  /// Whether bits were used that the input does not have.
  var isTruncated: Bool {
    @inline(__always) get { bitCount < 0 }
  }

  /// The first byte none of whose bits have been used, or that is whole in the buffer; at most the input's length.
  var bytePosition: Int { min(input.count, position - max(0, bitCount) / 8) }

  /// Makes at least 56 bits available, if the input has them.
  @inline(__always)
  mutating func refill() {
    if position &+ 8 <= input.count {
      let word = input.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
      buffer |= word &<< UInt64(truncatingIfNeeded: bitCount)
      position &+= (63 &- bitCount) &>> 3
      bitCount |= 56
    } else {
      while bitCount >= 0, bitCount <= 55, position < input.count {
        buffer |= UInt64(input[position]) &<< UInt64(truncatingIfNeeded: bitCount)
        position &+= 1
        bitCount &+= 8
      }
    }
  }

  /// Uses the next `count` bits, 0…32, of those that ``refill()`` made available.
  @inline(__always)
  mutating func take(_ count: UInt64) -> Int {
    let value = Int(truncatingIfNeeded: buffer & ((1 &<< count) &- 1))
    buffer &>>= count
    bitCount &-= Int(truncatingIfNeeded: count)
    return value
  }

  /// Decodes the next symbol; the caller has refilled.
  @inline(__always)
  mutating func next(_ table: UnsafePointer<HuffmanEntry>, _ primaryBits: Int) -> HuffmanEntry {
    var entry = table[Int(truncatingIfNeeded: buffer & ((1 &<< UInt64(primaryBits)) &- 1))]
    if entry.kind == HuffmanEntry.subtable {
      _ = take(entry.codeBits)
      let index = buffer & ((1 &<< entry.extraBits) &- 1)
      entry = table[entry.value &+ Int(truncatingIfNeeded: index)]
    }
    _ = take(entry.codeBits)
    return entry
  }
}

/// Bytes that grow at the end; unlike an `Array`, its memory can be written before it counts as initialised.
final class ByteBuffer {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  /// How many bytes are in use.
  var count = 0

  init(capacity: Int) {
    base = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  deinit { base.deallocate() }

  /// Makes room for at least `capacity` bytes in all.
  func reserve(_ capacity: Int) {
    if capacity <= self.capacity { return }
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    self.capacity = capacity
  }

  /// Appends `bytes`, for which there is room.
  func append(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count).copyMemory(from: bytes)
    count += bytes.count
  }

  /// Copies `length` bytes from `distance` bytes back to `target`; they may overlap, and then repeat.
  ///
  /// Up to seven bytes after the copy are overwritten.
  @inline(__always)
  static func copyMatch(to target: UnsafeMutablePointer<UInt8>, _ length: Int, from distance: Int) {
    let source = target - distance
    if distance >= 8 {
      var offset = 0
      while offset < length {
        let word = UnsafeRawPointer(source + offset).loadUnaligned(as: UInt64.self)
        UnsafeMutableRawPointer(target + offset).storeBytes(of: word, as: UInt64.self)
        offset &+= 8
      }
    } else if distance == 1 {
      target.update(repeating: source[0], count: length)
    } else {
      for offset in 0..<length { target[offset] = source[offset] }
    }
  }
}
