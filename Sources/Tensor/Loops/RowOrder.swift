/// Puts scalars in order by keys: whole numbers that are in order as the scalars are, and tell where each one was, so
/// that equal scalars keep their order.
struct RowOrder {
  /// Whether the largest come first.
  let isDescending: Bool
  /// How many are wanted.
  let count: Int

  /// How many keys there has to be memory for, to put `size` scalars in order.
  func keyCount(_ size: Int) -> Int { isSelecting(size) || size < Self.leastOfMany ? size : 2 * size }

  /// Few of many are kept in order one by one, while the others are looked at.
  private func isSelecting(_ size: Int) -> Bool { count <= 64 && count < size / 4 }

  /// The places of the first `count` of the `size` scalars that are `stride` apart from `source`.
  ///
  /// - Parameters:
  ///   - keys: memory for ``keyCount(_:)`` keys.
  ///   - body: is given each place, in order.
  func run(
    _ source: UnsafePointer<Float>, stride: Int, size: Int, _ keys: UnsafeMutableBufferPointer<UInt64>,
    _ body: (_ order: Int, _ place: Int) -> Void
  ) {
    let kept = isSelecting(size) ? select(source, stride, size, keys) : size
    if kept == size {
      for place in 0..<size { keys[place] = key(source[place * stride], place) }
      sort(keys, size)
    }
    for order in 0..<min(count, kept) { body(order, Int(truncatingIfNeeded: keys[order] & 0xffff_ffff)) }
  }

  /// Puts the first keys in order. Many are put in order byte by byte of their upper halves, the lowest first; equal ones
  /// keep their order, which is that of the lower halves.
  private func sort(_ keys: UnsafeMutableBufferPointer<UInt64>, _ size: Int) {
    var first = UnsafeMutableBufferPointer(rebasing: keys[..<size])
    guard size >= Self.leastOfMany, var from = first.baseAddress else { return first.sort() }
    var to = from + size
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * 256) { counts in
      counts.initialize(repeating: 0)
      for key in first {
        for digit in 0..<4 { counts[digit << 8 | Self.byte(digit, of: key)] += 1 }
      }
      for digit in 0..<4 {
        let places = UnsafeMutableBufferPointer(rebasing: counts[digit << 8..<(digit + 1) << 8])
        guard places[Self.byte(digit, of: from[0])] < size else { continue }
        var sum = 0
        for value in 0..<256 { (places[value], sum) = (sum, sum + places[value]) }
        for index in 0..<size {
          let (key, value) = (from[index], Self.byte(digit, of: from[index]))
          to[places[value]] = key
          places[value] += 1
        }
        swap(&from, &to)
      }
    }
    if from != first.baseAddress { to.update(from: from, count: size) }
  }

  /// A byte of the upper half of a key, 0 for the lowest.
  @inline(__always)
  private static func byte(_ digit: Int, of key: UInt64) -> Int {
    Int(truncatingIfNeeded: key >> UInt64(32 + 8 * digit)) & 255
  }

  /// As many as make counting worthwhile.
  private static let leastOfMany = 96

  /// The `count` smallest keys, in order. Most scalars come after the last of those, and cost a comparison.
  private func select(
    _ source: UnsafePointer<Float>, _ stride: Int, _ size: Int, _ keys: UnsafeMutableBufferPointer<UInt64>
  ) -> Int {
    var kept = 0
    var last = UInt64.max
    for place in 0..<size {
      let key = key(source[place * stride], place)
      if kept == count && key > last { continue }
      var free = kept < count ? kept : count - 1
      while free > 0 && keys[free - 1] > key {
        keys[free] = keys[free - 1]
        free -= 1
      }
      keys[free] = key
      kept = min(count, kept + 1)
      last = keys[kept - 1]
    }
    return kept
  }

  /// The scalar's rank among all floats, and its place in the lower half.
  ///
  /// The bits of positive floats are in their order, those of negative ones in the opposite order, both zeros are one
  /// number, and NaN is the largest.
  @inline(__always)
  private func key(_ scalar: Float, _ place: Int) -> UInt64 {
    let bits = (scalar + 0).bitPattern
    let ascending = scalar.isNaN ? UInt32.max : bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
    return UInt64(isDescending ? ~ascending : ascending) << 32 | UInt64(truncatingIfNeeded: place)
  }
}
