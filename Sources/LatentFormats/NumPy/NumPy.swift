import LatentSystem

/// NumPy's `.npy` files, read and, in version 1.0, written (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
public enum NumPy {
  /// The contents of an `.npy` file of little-endian `float32`.
  ///
  /// - Parameters:
  ///   - values: the elements in row-major order.
  ///   - shape: the size of each axis; empty for a single number.
  /// - Precondition: no size is negative, their product is `values.count`, and the header fits in 65,535 bytes.
  public static func encode(_ values: [Float], shape: [Int]) -> [UInt8] {
    require(
      shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == values.count,
      "NumPy.encode: shape \(shape) does not fit \(values.count) elements")
    var result = header(shape: shape)
    result.reserveCapacity(result.count + 4 * values.count)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { result.append(contentsOf: $0) } }
    return result
  }

  /// What stands before the elements of a file.
  package static func header(shape: [Int]) -> [UInt8] {
    // A tuple of one element is written with a comma.
    let tuple = "(" + shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? ",)" : ")")
    let description = "{'descr': '<f4', 'fortran_order': False, 'shape': \(tuple), }"
    // Spaces align the data to 64 bytes after the 10 bytes before the description, which ends with a newline.
    let padding = 63 - (10 + description.utf8.count) % 64
    let header = description + String(repeating: " ", count: padding) + "\n"
    let length = requireSome(UInt16(exactly: header.utf8.count), "NumPy.encode: rank \(shape.count)")
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
  }

  /// Writes `values` to `path` as ``encode(_:shape:)`` makes them; the file appears whole or not at all.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  /// - Precondition: that of ``encode(_:shape:)``.
  public static func write(_ values: [Float], shape: [Int], to path: String) throws {
    try AtomicFile.write(encode(values, shape: shape), to: path)
  }
}
