import LatentSystem

/// An array as ``NumPy`` reads it: a shape, and the elements in row-major order.
public struct NumPyArray: Sendable, Equatable {
  /// The elements of an array, by what they can be.
  public enum Elements: Sendable, Equatable {
    /// Integers of any type that are all in 0…255.
    case bytes([UInt8])
    /// Integers some of which are not.
    case integers([Int])
    /// Floating-point numbers, `f8` rounded to `Float`; and booleans as 0 and 1.
    case floats([Float])
  }

  /// The size of each axis; empty for a single number.
  public let shape: [Int]

  /// As many elements as the shape says.
  public let elements: Elements
}

extension NumPy {
  /// The array in the `.npy` file at `path`.
  ///
  /// - Throws: ``FileError``, as ``decode(_:path:)``.
  public static func read(_ path: String) throws -> NumPyArray { try decode(AtomicFile.read(path), path: path) }

  /// The array in `bytes`, the whole contents of an `.npy` file of version 1.0, 2.0 or 3.0.
  ///
  /// Elements are booleans, integers of 8 to 64 bits, or floating-point numbers of 16, 32 or 64 bits, of either byte order,
  /// and lie in row-major ("C") or column-major ("Fortran") order. What follows them is left alone, as NumPy does, but a file
  /// of several arrays is refused.
  ///
  /// What a file claims about its size is compared with its length before anything is allocated: the elements take at most
  /// 8 times the input's size, twice that in Fortran order, and the header, which has at most 10,000 bytes as NumPy itself
  /// allows, nothing to speak of.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  /// - Throws: ``FileError`` with the place of the trouble for a file that is not `.npy`, other versions and element
  ///   types, more than 64 axes, too few elements for the shape, another array behind them, and numbers of 2⁶³ or more.
  public static func decode(_ bytes: [UInt8], path: String = "NumPy data") throws -> NumPyArray {
    let header = try NumPyHeader(bytes, path: path)
    try header.checkRest(bytes[header.end...], path: path)
    var elements = try NumPyElements(bytes, header, path: path).values
    if header.isFortranOrder { elements = elements.rowMajor(header.shape) }
    return NumPyArray(shape: header.shape, elements: elements)
  }
}

extension NumPy {
  static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Whether `bytes` begin as an `.npy` file does.
  package static func isArray(_ bytes: [UInt8]) -> Bool { bytes.starts(with: signature) }
}
