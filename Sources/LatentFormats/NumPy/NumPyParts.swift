import LatentSystem

/// An array in an `.npy` file whose elements are read in parts.
package struct NumPyParts: Sendable {
  /// The size of each axis.
  package let shape: [Int]
  /// Whether the first axis varies fastest, so that a part of it lies all over the file.
  package let isFortranOrder: Bool
  private let header: NumPyHeader
  private let path: String

  /// So many bytes of a file tell what is in it.
  package static let headerSize = NumPyHeader.mostBytes

  /// The array as its header tells.
  ///
  /// - Parameters:
  ///   - start: the first bytes of the file, ``headerSize`` of them or all there are.
  ///   - fileSize: the bytes of the whole file.
  ///   - path: names the file in errors.
  /// - Throws: ``FileError``, as ``NumPy/decode(_:path:)``.
  package init(_ start: [UInt8], fileSize: Int, path: String) throws {
    header = try NumPyHeader(start, fileSize: fileSize, path: path)
    (shape, isFortranOrder, self.path) = (header.shape, header.isFortranOrder, path)
  }

  /// Where in the file the last element ends.
  package var end: Int { header.end }

  /// Throws if another array follows.
  /// - Parameter rest: what follows the elements, or its first bytes: ``signatureSize`` of them or all there are.
  package func checkRest(_ rest: [UInt8]) throws { try header.checkRest(rest, path: path) }

  /// So many bytes tell whether an array begins with them.
  package static let signatureSize = NumPy.signature.count

  /// Where in the file the elements at `places`, counted in the order of the file, lie.
  package func bytes(of places: Range<Int>) -> Range<Int> {
    let size = header.type.size
    return header.size + places.lowerBound * size..<header.size + places.upperBound * size
  }

  /// An array of `shape` out of elements as they lie in the file.
  /// - Throws: ``FileError`` for numbers of 2⁶³ or more.
  package func array(_ bytes: [UInt8], shape: [Int]) throws -> NumPyArray {
    NumPyArray(shape: shape, elements: try NumPyElements(bytes[...], of: header, path).values)
  }
}
