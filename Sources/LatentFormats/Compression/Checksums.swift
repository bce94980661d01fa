/// CRC-32 with the reflected polynomial 0xEDB88320, as gzip (RFC 1952) and PNG use it; eight bytes a step.
package enum CRC32 {
  /// Eight tables of 256: entry `k * 256 + b` is the effect of byte `b` followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<tables.count {
      let previous = tables[index - 256]
      tables[index] = (previous >> 8) ^ tables[Int(previous & 255)]
    }
    return tables
  }()

  /// The checksum of `bytes`, or of what gave `initial` followed by `bytes`.
  package static func checksum(_ bytes: UnsafeRawBufferPointer, initial: UInt32 = 0) -> UInt32 {
    tables.withUnsafeBufferPointer { table in
      var crc = ~initial
      var index = 0
      while index + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian ^ UInt64(crc)
        crc = table[7 * 256 + Int(word & 255)] ^ table[6 * 256 + Int(word >> 8 & 255)]
        crc ^= table[5 * 256 + Int(word >> 16 & 255)] ^ table[4 * 256 + Int(word >> 24 & 255)]
        crc ^= table[3 * 256 + Int(word >> 32 & 255)] ^ table[2 * 256 + Int(word >> 40 & 255)]
        crc ^= table[256 + Int(word >> 48 & 255)] ^ table[Int(word >> 56)]
        index += 8
      }
      while index < bytes.count {
        crc = (crc >> 8) ^ table[Int((crc ^ UInt32(bytes[index])) & 255)]
        index += 1
      }
      return ~crc
    }
  }

  /// The checksum of `bytes`.
  package static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
    bytes.withContiguousStorageIfAvailable { checksum(UnsafeRawBufferPointer($0)) }
      ?? Array(bytes).withUnsafeBytes { checksum($0) }
  }
}

/// Adler-32, the checksum of zlib streams (RFC 1950).
enum Adler32 {
  /// The checksum of `bytes`.
  static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBufferPointer { checksum($0) } }

  /// The checksum of `bytes`.
  static func checksum(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var low: UInt32 = 1
    var high: UInt32 = 0
    var start = 0
    while start < bytes.count {
      // 5552 is the largest count after which `high` still fits in 32 bits.
      let end = min(start + 5552, bytes.count)
      for index in start..<end {
        low &+= UInt32(bytes[index])
        high &+= low
      }
      low %= 65521
      high %= 65521
      start = end
    }
    return high << 16 | low
  }
}
