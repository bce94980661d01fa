/// How the channels of a JPEG image become pixels.
struct JPEGColour {
  private let width: Int
  private let height: Int
  private let isTransformed: Bool

  /// - Parameter isTransformed: whether the first three channels are brightness, blue and red differences, not red, green
  ///   and blue, or what is left of them by three inks.
  init(_ frame: JPEGFrame, isTransformed: Bool) {
    (width, height) = (frame.width, frame.height)
    self.isTransformed = isTransformed
  }

  /// The pixels `[height, width, channels]`, of which four channels make three.
  func pixels(of planes: [JPEGPlane]) -> [UInt8] {
    let channels = planes.count == 1 ? 1 : 3
    let room = max(width, planes.map(\.rowSize).max() ?? 0)
    return [UInt8](unsafeUninitializedCapacity: width * height * channels) { target, size in
      size = width * height * channels
      guard let target = target.baseAddress else { return }
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room * planes.count) { rows in
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: room) { sums in
          guard let rows = rows.baseAddress, let sums = sums.baseAddress else { return }
          for row in 0..<height {
            for (index, plane) in planes.enumerated() { plane.copyRow(row, to: rows + index * room, sums) }
            fill(target + row * width * channels, planes.count, rows, room)
          }
        }
      }
    }
  }

  /// Writes the pixels of a row.
  /// - Parameter rows: a row of each of `count` channels, `room` bytes from one to the next.
  private func fill(
    _ target: UnsafeMutablePointer<UInt8>, _ count: Int, _ rows: UnsafeMutablePointer<UInt8>, _ room: Int
  ) {
    guard count > 1 else { return target.update(from: rows, count: width) }
    let (first, second, third) = (rows, rows + room, rows + 2 * room)
    if isTransformed { Self.transform(first, second, third, width) }
    if count == 4 {
      for row in [first, second, third] { Self.addBlack(to: row, rows + 3 * room, width, isTransformed) }
    }
    Self.interleave(first, second, third, width, to: target)
  }

  /// Of how much of a colour is left by its ink, or, if `isInk`, of how much ink there is, and of what is left by black
  /// ink, makes what is left by both. Adobe's programs store four channels like this, and Pillow takes all for theirs.
  private static func addBlack(
    to row: UnsafeMutablePointer<UInt8>, _ black: UnsafePointer<UInt8>, _ count: Int, _ isInk: Bool
  ) {
    for index in 0..<count {
      let left = Int32(black[index])
      let product = (isInk ? Int32(row[index]) : 255 - Int32(row[index])) &* left &+ 128
      row[index] = UInt8(truncatingIfNeeded: left &- (product &>> 8 &+ product) &>> 8)
    }
  }

  private static func interleave(
    _ red: UnsafePointer<UInt8>, _ green: UnsafePointer<UInt8>, _ blue: UnsafePointer<UInt8>, _ width: Int,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    // Four bytes at a time; the last one is overwritten by the next pixel.
    for column in 0..<width - 1 {
      let pixel = UInt32(red[column]) | UInt32(green[column]) &<< 8 | UInt32(blue[column]) &<< 16
      UnsafeMutableRawPointer(target + 3 &* column).storeBytes(of: pixel.littleEndian, as: UInt32.self)
    }
    let last = target + 3 * (width - 1)
    (last[0], last[1], last[2]) = (red[width - 1], green[width - 1], blue[width - 1])
  }

  /// A factor with 16 bits after the point.
  @inline(__always)
  private static func fixed(_ value: Double) -> Int32 { Int32((value * 65536).rounded()) }

  /// ITU-T T.871, section 7: brightness, blueness and redness become red, green and blue.
  private static func transform(
    _ first: UnsafeMutablePointer<UInt8>, _ second: UnsafeMutablePointer<UInt8>, _ third: UnsafeMutablePointer<UInt8>,
    _ count: Int
  ) {
    // Eight at a time, then the others.
    var start = 0
    while start + 8 <= count {
      let (y, b, r) = (load(first + start), load(second + start) &- 128, load(third + start) &- 128)
      store(y &+ redDifference(r), to: first + start)
      store(y &+ greenDifference(b, r), to: second + start)
      store(y &+ blueDifference(b), to: third + start)
      start += 8
    }
    for index in start..<count {
      let y = Eight(repeating: Int16(first[index]))
      let b = Eight(repeating: Int16(second[index]) - 128)
      let r = Eight(repeating: Int16(third[index]) - 128)
      (first[index], second[index], third[index]) = (
        bytes(y &+ redDifference(r))[0], bytes(y &+ greenDifference(b, r))[0], bytes(y &+ blueDifference(b))[0]
      )
    }
  }

  private typealias Eight = SIMD8<Int16>

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<UInt8>) -> Eight {
    Eight(truncatingIfNeeded: UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<UInt8>.self))
  }

  @inline(__always)
  private static func bytes(_ values: Eight) -> SIMD8<UInt8> {
    SIMD8<UInt8>(
      truncatingIfNeeded: values.clamped(lowerBound: Eight(repeating: 0), upperBound: Eight(repeating: 255)))
  }

  @inline(__always)
  private static func store(_ values: Eight, to pointer: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: bytes(values), as: SIMD8<UInt8>.self)
  }

  // Products with what a factor has beyond a whole number: these are of 16 bits, and two instructions for eight.

  @inline(__always)
  private static func product(_ values: Eight, _ factor: Int32) -> SIMD8<Int32> {
    SIMD8<Int32>(truncatingIfNeeded: values)
      &* SIMD8<Int32>(truncatingIfNeeded: Eight(repeating: Int16(truncatingIfNeeded: factor)))
  }

  /// Rounded to whole numbers, halves up.
  @inline(__always)
  private static func rounded(_ values: SIMD8<Int32>) -> Eight {
    Eight(truncatingIfNeeded: (values &+ SIMD8(repeating: 1 << 15)) &>> SIMD8(repeating: 16))
  }

  @inline(__always)
  private static func redDifference(_ r: Eight) -> Eight { r &+ rounded(product(r, fixed(1.402) - 1 << 16)) }

  @inline(__always)
  private static func greenDifference(_ b: Eight, _ r: Eight) -> Eight {
    rounded(product(r, 1 << 16 - fixed(0.71414)) &- product(b, fixed(0.34414))) &- r
  }

  @inline(__always)
  private static func blueDifference(_ b: Eight) -> Eight {
    b &+ b &+ rounded(product(b, fixed(1.772) - 2 << 16))
  }
}
