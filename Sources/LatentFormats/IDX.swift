import LatentSystem

/// An array as IDX files hold it: a type, a shape and the elements in row-major order.
///
/// IDX is the format in which MNIST is published (https://yann.lecun.com/exdb/mnist/): the bytes 0, 0, type, rank;
/// each axis's size in four bytes; the elements; everything big-endian.
public struct IDXArray: Sendable, Equatable {
  /// The element types of the format, with their codes in the file.
  public enum ElementType: UInt8, Sendable, CaseIterable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// Bytes per element.
    public var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The type of the elements.
  public let elementType: ElementType

  /// The size of each axis, at least one axis.
  public let shape: [Int]

  /// The elements in row-major order, big-endian; for ``ElementType/uint8`` the elements themselves.
  public let bytes: [UInt8]

  /// The number of elements.
  public var elementCount: Int { bytes.count / elementType.size }

  /// An array of bytes.
  ///
  /// - Precondition: 1 to 255 axes, each below 2³², whose product is `bytes.count`.
  public init(bytes: [UInt8], shape: [Int]) {
    self.init(elementType: .uint8, shape: shape, bytes: bytes)
  }

  /// An array of floats.
  ///
  /// - Precondition: 1 to 255 axes, each below 2³², whose product is `floats.count`.
  public init(floats: [Float], shape: [Int]) {
    var bytes = [UInt8]()
    bytes.reserveCapacity(4 * floats.count)
    for value in floats { withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) } }
    self.init(elementType: .float32, shape: shape, bytes: bytes)
  }

  /// An array of whole numbers: of bytes if all are in 0...255, else of four bytes each.
  ///
  /// - Precondition: 1 to 255 axes, each below 2³², whose product is `integers.count`; each number fits into 32 bits.
  public init(integers: [Int], shape: [Int]) {
    if integers.allSatisfy({ 0...255 ~= $0 }) {
      self.init(elementType: .uint8, shape: shape, bytes: integers.map { UInt8($0) })
      return
    }
    var bytes = [UInt8]()
    bytes.reserveCapacity(4 * integers.count)
    for value in integers {
      let value = requireSome(Int32(exactly: value), "IDXArray: \(value) does not fit into 32 bits")
      withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
    self.init(elementType: .int32, shape: shape, bytes: bytes)
  }

  package init(elementType: ElementType, shape: [Int], bytes: [UInt8]) {
    require(
      (1...255).contains(shape.count) && shape.allSatisfy { $0 >= 0 && UInt32(exactly: $0) != nil }
        && scalarCount(of: shape).flatMap { byteCount($0, elementType) } == bytes.count,
      "IDXArray: shape \(shape) does not fit \(bytes.count / elementType.size) elements")
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// All elements as `Float`, rounded to the nearest where `Float` cannot hold them.
  public func floats() -> [Float] {
    bytes.withUnsafeBytes { raw in
      switch elementType {
      case .uint8: raw.map { Float($0) }
      case .int8: raw.map { Float(Int8(bitPattern: $0)) }
      case .int16: elements(raw) { (bits: UInt16) in Float(Int16(bitPattern: bits)) }
      case .int32: elements(raw) { (bits: UInt32) in Float(Int32(bitPattern: bits)) }
      case .float32: elements(raw) { (bits: UInt32) in Float(bitPattern: bits) }
      case .float64: elements(raw) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
      }
    }
  }

  /// All elements as `Int`; `nil` for floating-point types.
  public func integers() -> [Int]? {
    bytes.withUnsafeBytes { raw in
      switch elementType {
      case .uint8: raw.map { Int($0) }
      case .int8: raw.map { Int(Int8(bitPattern: $0)) }
      case .int16: elements(raw) { (bits: UInt16) in Int(Int16(bitPattern: bits)) }
      case .int32: elements(raw) { (bits: UInt32) in Int(Int32(bitPattern: bits)) }
      case .float32, .float64: nil
      }
    }
  }

  /// All elements as bytes; `nil` if they are no integers, or one of them is none of 0 to 255.
  package func pixels() -> [UInt8]? {
    let size: Int
    switch elementType {
    case .uint8: return bytes
    case .int8: return bytes.allSatisfy { $0 < 128 } ? bytes : nil
    case .int16: size = 2
    case .int32: size = 4
    case .float32, .float64: return nil
    }
    // Big-endian: of such a number only the last byte is not 0.
    let isPixels = bytes.indices.allSatisfy { $0 % size == size - 1 || bytes[$0] == 0 }
    return isPixels ? stride(from: size - 1, to: bytes.count, by: size).map { bytes[$0] } : nil
  }

  private func elements<Bits: FixedWidthInteger & BitwiseCopyable, Value>(
    _ raw: UnsafeRawBufferPointer, _ convert: (Bits) -> Value
  ) -> [Value] {
    let size = MemoryLayout<Bits>.size
    return (0..<raw.count / size).map { index in
      convert(Bits(bigEndian: raw.loadUnaligned(fromByteOffset: index * size, as: Bits.self)))
    }
  }
}

/// Reading and writing of IDX files, compressed with gzip or not.
public enum IDXFile {
  /// The array in the file at `path`. Compression is recognised by the contents, not by the name.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - limit: takes only so many elements of the first axis; nil for all.
  ///   - maximumSize: the most bytes a compressed file may grow to.
  /// - Throws: ``FileError`` for a missing file, a broken gzip stream, or one of the troubles of
  ///   ``decode(_:path:limit:maximumSize:)``.
  public static func read(_ path: String, limit: Int? = nil, maximumSize: Int = 1 << 30) throws -> IDXArray {
    try decode(AtomicFile.read(path), path: path, limit: limit, maximumSize: maximumSize)
  }

  /// The array in `bytes`, the whole contents of an IDX file, compressed with gzip or not.
  ///
  /// The shape is compared with the length before anything is allocated for it. Beside the input this takes at most its
  /// size once more; of a compressed file no more is decompressed than the header announces, which takes at most twice
  /// that or 4 times the input, and is at most 1032 times the input and at most `maximumSize`.
  ///
  /// - Parameters:
  ///   - bytes: the contents.
  ///   - path: names the file in errors.
  ///   - limit: takes only so many elements of the first axis; nil for all. What follows in compressed contents is not
  ///     looked at.
  ///   - maximumSize: the most bytes compressed contents may grow to.
  /// - Throws: ``FileError`` for a wrong magic number, an unknown element type, rank 0, or a length that does not
  ///   match the shape.
  /// - Precondition: `limit` is not negative.
  public static func decode(
    _ bytes: [UInt8], path: String = "IDX data", limit: Int? = nil, maximumSize: Int = 1 << 30
  ) throws -> IDXArray {
    try decodeFirst(limit, of: bytes, path: path, maximumSize: maximumSize).array
  }

  /// The array of ``decode(_:path:limit:maximumSize:)``, and how many elements of the first axis there are in all.
  package static func decodeFirst(
    _ limit: Int?, of bytes: [UInt8], path: String, maximumSize: Int
  ) throws -> (array: IDXArray, count: Int) {
    require(limit.map { $0 >= 0 } ?? true, "IDXFile: a limit of \(limit ?? 0), expected at least 0")
    let isCompressed = Gzip.isCompressed(bytes)
    func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
      FileError(path: path, offset: offset, isOffsetInflated: isCompressed, expected: expected, found: found)
    }
    guard isCompressed else {
      let header = try IDXHeader(bytes, error)
      try header.check(bytes.count, error)
      let shown = header.limited(to: limit)
      let elements = Array(bytes[header.size...].prefix(shown.length))
      return (IDXArray(elementType: header.elementType, shape: shown.shape, bytes: elements), header.shape[0])
    }
    let start = try Gzip.prefix(IDXHeader.maximumSize, of: bytes, path: path)
    if let name = ForeignFile.nameOfAny(start) {
      throw error(0, "an IDX file, as the only kind that is read compressed", name)
    }
    let whole = try IDXHeader(start, error)
    let header = whole.limited(to: limit)
    let size = header.size + header.length
    guard size <= maximumSize else {
      throw error(
        4, sizeExpected(maximumSize),
        "\(size) for the shape \(header.excerpt)\(whole.remedy(maximumSize))")
    }
    guard size / Inflater.maximumRatio <= bytes.count else {
      throw error(4, "a shape that \(counted(bytes.count, "compressed byte")) can hold", header.excerpt)
    }
    let isLimited = header.length < whole.length
    var data = try Gzip.prefix(isLimited ? size : size + 1, of: bytes, path: path)
    try header.check(data.count, isPrefix: data.count > size, error)
    data.removeFirst(header.size)
    return (IDXArray(elementType: header.elementType, shape: header.shape, bytes: data), whole.shape[0])
  }

  /// The array of an uncompressed file as far as its header tells: for whoever reads the elements in parts.
  ///
  /// - Parameters:
  ///   - start: the first bytes of the file, ``headerSize`` of them or all there are.
  ///   - fileSize: the bytes of the whole file.
  ///   - path: names the file in errors.
  /// - Returns: where the elements begin, too.
  /// - Throws: ``FileError``, as ``decode(_:path:limit:maximumSize:)``.
  package static func header(
    in start: [UInt8], fileSize: Int, path: String
  ) throws -> (elementType: IDXArray.ElementType, shape: [Int], offset: Int) {
    func error(_ offset: Int, _ expected: String, _ found: String) -> FileError {
      FileError(path: path, offset: offset, expected: expected, found: found)
    }
    let header = try IDXHeader(start, error)
    try header.check(fileSize, error)
    return (header.elementType, header.shape, header.size)
  }

  /// No header of an IDX file has more bytes.
  package static let headerSize = IDXHeader.maximumSize

  /// What is expected of compressed contents that are too large, in words.
  package static func sizeExpected(_ maximumSize: Int) -> String {
    "at most \(counted(maximumSize, "decompressed byte"))"
  }

  /// Whether `bytes` begin as an uncompressed IDX file does.
  package static func isArray(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && IDXArray.ElementType(rawValue: bytes[2]) != nil
  }

  /// The contents of an uncompressed IDX file that holds `array`.
  public static func encode(_ array: IDXArray) -> [UInt8] {
    header(array.elementType, shape: array.shape) + array.bytes
  }

  /// What stands before the elements of an uncompressed file.
  package static func header(_ elementType: IDXArray.ElementType, shape: [Int]) -> [UInt8] {
    var result: [UInt8] = [0, 0, elementType.rawValue, UInt8(shape.count)]
    for size in shape { withUnsafeBytes(of: UInt32(size).bigEndian) { result.append(contentsOf: $0) } }
    return result
  }

  /// Writes `array` to `path`, compressed with gzip if the name ends in `.gz`. The file appears whole or not at all.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  public static func write(_ array: IDXArray, to path: String) throws {
    let bytes = encode(array)
    try AtomicFile.write(path.hasSuffix(".gz") ? Gzip.compress(bytes) : bytes, to: path)
  }
}

/// The header of an IDX file.
private struct IDXHeader {
  /// 255 axes.
  static let maximumSize = 4 + 4 * 255

  let elementType: IDXArray.ElementType
  private(set) var shape: [Int]
  /// The header's bytes.
  let size: Int
  /// The elements' bytes.
  private(set) var length: Int

  init(_ data: [UInt8], _ error: (_ offset: Int, _ expected: String, _ found: String) -> FileError) throws {
    if Gzip.isCompressed(data) {
      throw error(0, "an IDX magic number (00 00 type rank)", "a gzip header: the file is compressed twice")
    }
    guard data.count >= 4, data[0] == 0, data[1] == 0 else {
      throw error(0, "an IDX magic number (00 00 type rank)", hexadecimal(data.prefix(4)))
    }
    guard let elementType = IDXArray.ElementType(rawValue: data[2]) else {
      throw error(2, "an IDX element type (08, 09, 0b, 0c, 0d or 0e)", hexadecimal([data[2]]))
    }
    let rank = Int(data[3])
    guard rank > 0 else { throw error(3, "a rank of 1 to 255", "0") }
    size = 4 + 4 * rank
    guard data.count >= size else {
      throw error(data.count, "\(rank) sizes of 4 bytes", counted(data.count - 4, "byte"))
    }
    var shape = [Int]()
    for axis in 0..<rank {
      let value = data[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard let value = Int(exactly: value) else {
        throw error(4 + 4 * axis, "a size this machine can hold", "\(value)")
      }
      shape.append(value)
    }
    guard let length = scalarCount(of: shape).flatMap({ byteCount($0, elementType) }) else {
      throw error(4, "sizes whose product this machine can hold", shape.count > 8 ? "\(shape.count) sizes" : "\(shape)")
    }
    self.elementType = elementType
    self.shape = shape
    self.length = length
  }

  /// The header of a file with the first `limit` elements of the first axis.
  func limited(to limit: Int?) -> IDXHeader {
    guard let limit, limit < shape[0] else { return self }
    var header = self
    header.shape[0] = limit
    header.length = length / shape[0] * limit
    return header
  }

  /// How many of the first axis a number of bytes has room for, for an error message; nothing if there is none.
  func remedy(_ maximumSize: Int) -> String {
    guard shape[0] > 0, length > 0 else { return "" }
    let count = max(0, maximumSize - size) / (length / shape[0])
    return count > 0 ? "; a limit of \(count) fits" : ""
  }

  /// Throws unless a file of `count` bytes has as many elements as the shape says.
  func check(
    _ count: Int, isPrefix: Bool = false, _ error: (_ offset: Int, _ expected: String, _ found: String) -> FileError
  ) throws {
    if count - size == length { return }
    // The first byte that is missing or too many.
    let offset = min(count, size + length)
    throw error(
      offset, "\(counted(length, "byte")) of elements for the shape \(excerpt)", isPrefix ? "more" : "\(count - size)")
  }

  /// The shape for an error message.
  var excerpt: String { shape.count > 8 ? "of \(shape.count) axes" : "\(shape)" }
}

/// The product of `shape`; `nil` if it overflows.
private func scalarCount(of shape: [Int]) -> Int? {
  if shape.contains(0) { return 0 }
  var product = 1
  for size in shape {
    let (value, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    product = value
  }
  return product
}

/// The bytes of `count` elements, and with a header not more than an `Int` holds; `nil` if it overflows.
private func byteCount(_ count: Int, _ type: IDXArray.ElementType) -> Int? {
  let (value, overflow) = count.multipliedReportingOverflow(by: type.size)
  return overflow || value > Int.max - 2048 ? nil : value
}
