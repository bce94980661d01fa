import LatentSystem

/// Where the directory of a ZIP archive lies, and how many members it has.
struct ZIPDirectory {
  let count: Int
  /// The place of the first member in the directory.
  let start: Int
  /// The place behind the last.
  let end: Int

  /// The bytes of the record at the end, of what may stand before it, and of the comment that may follow it.
  static let mostBytesAtEnd = endSize + locatorSize + 0xFFFF

  private static let endSize = 22
  private static let locatorSize = 20
  private static let largeEndSize = 56

  /// - Parameters:
  ///   - last: the last bytes of the archive, ``mostBytesAtEnd`` of them or all there are.
  ///   - read: other bytes of the archive, which are there.
  ///   - path: names the archive in errors.
  /// - Throws: ``FileError`` for what is no archive, cut short or split.
  init(_ last: ZIPPart, _ read: (Range<Int>) throws -> [UInt8], _ path: String) throws {
    func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
      FileError(path: path, offset: offset, expected: expected, found: found)
    }
    var place = last.end - Self.endSize
    while place >= last.offset, !last.has([0x50, 0x4B, 0x05, 0x06], at: place) { place -= 1 }
    guard place >= last.offset else {
      throw error(last.end, "the directory of a ZIP archive", "the end of the file: it is cut short")
    }
    var (disks, counts) = ([4, 6].map { last.number(place + $0, 2) }, [8, 10].map { last.number(place + $0, 2) })
    var (start, end) = (last.number(place + 16, 4), place)
    // Numbers that are too large for this record are in another.
    let locator = place - Self.locatorSize
    if counts[1] == 0xFFFF || start == ZIPPart.isElsewhere, last.has([0x50, 0x4B, 0x06, 0x07], at: locator) {
      end = last.number(locator + 8, 8)
      guard end >= 0, end <= locator - Self.largeEndSize else {
        throw error(locator, "a place before \(locator)", "\(UInt(bitPattern: end))")
      }
      let record = ZIPPart(try read(end..<end + Self.largeEndSize), offset: end)
      guard record.has([0x50, 0x4B, 0x06, 0x06], at: end) else {
        throw error(end, "the directory of a large ZIP archive", "none")
      }
      (disks, counts) = ([16, 20].map { record.number(end + $0, 4) }, [24, 32].map { record.number(end + $0, 8) })
      start = record.number(end + 48, 8)
    }
    guard disks == [0, 0], counts[0] == counts[1] else {
      throw error(place, "an archive in one piece", "a part of one")
    }
    guard counts[0] >= 0, start >= 0 else { throw error(place, "a directory in the archive", "one elsewhere") }
    (count, self.start, self.end) = (counts[0], start, end)
  }
}

/// Some bytes of an archive, which are found by their places in it.
struct ZIPPart {
  private let bytes: [UInt8]
  /// The place of the first.
  let offset: Int

  init(_ bytes: [UInt8], offset: Int) { (self.bytes, self.offset) = (bytes, offset) }

  /// The place after the last.
  var end: Int { offset + bytes.count }

  /// Whether these bytes are at `place`.
  func has(_ signature: [UInt8], at place: Int) -> Bool {
    place >= offset && bytes.dropFirst(place - offset).starts(with: signature)
  }

  /// The number in `count` bytes, the lowest first.
  func number(_ place: Int, _ count: Int) -> Int {
    bytes[place - offset..<place - offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// Numbers of which those that need more than four bytes stand, in their order and in eight bytes each, among what is
  /// added to a member (section 4.5.3); nil if they do not, or are negative as this machine counts.
  func largeNumbers(_ numbers: [Int], in extra: Range<Int>) -> [Int]? {
    guard numbers.contains(Self.isElsewhere) else { return numbers }
    var start = extra.lowerBound
    while start + 4 <= extra.upperBound {
      let end = start + 4 + number(start + 2, 2)
      guard end <= extra.upperBound else { return nil }
      if number(start, 2) == 1 { return largeNumbers(numbers, from: start + 4, to: end) }
      start = end
    }
    return nil
  }

  private func largeNumbers(_ numbers: [Int], from start: Int, to end: Int) -> [Int]? {
    var (place, result) = (start, numbers)
    for index in numbers.indices where numbers[index] == Self.isElsewhere {
      guard place + 8 <= end else { return nil }
      result[index] = number(place, 8)
      place += 8
    }
    return result.allSatisfy { $0 >= 0 } ? result : nil
  }

  /// What stands where a number of more than four bytes would have to.
  static let isElsewhere = 0xFFFF_FFFF

  func text(_ places: Range<Int>) -> String {
    String(decoding: bytes[places.lowerBound - offset..<places.upperBound - offset], as: UTF8.self)
  }
}
