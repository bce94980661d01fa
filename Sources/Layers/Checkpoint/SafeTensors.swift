import Tensor

/// Files of tensors by name in the safetensors format (https://github.com/huggingface/safetensors).
///
/// A file is the length of its header in eight bytes, little-endian; the header, a JSON object that gives each tensor's
/// element type, shape and place, and texts under `__metadata__`; then the elements, without gaps.
public enum SafeTensors {
  /// The longest header that the format allows, in bytes.
  static let maximumHeaderLength = 100_000_000
  /// The most axes a tensor may have; NumPy's limit too. Some operations take a call on the stack for each axis.
  static let rankLimit = 64
  /// The name under which the header keeps texts, so that no tensor can have it.
  static let metadataName = "__metadata__"

  /// Writes `tensors` as `F32` and `metadata` to `path`.
  ///
  /// Names are sorted and the elements start at a multiple of eight bytes: the same contents give the same bytes. A
  /// reader sees the whole old file or the whole new one, even after a crash.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  /// - Precondition: no tensor is called `__metadata__` or has more than 64 axes, and no name, be it of a tensor or a
  ///   text, has more than 1000 bytes.
  public static func write(_ tensors: [String: Tensor], metadata: [String: String], to path: String) throws {
    require(tensors[metadataName] == nil, "SafeTensors: no tensor can be called \(metadataName)")
    for name in [Array(tensors.keys), Array(metadata.keys)].joined() {
      require(
        name.utf8.count <= StrictJSON.nameLimit,
        "SafeTensors: a name has \(name.utf8.count) bytes; the most is \(StrictJSON.nameLimit)")
    }
    for (name, tensor) in tensors {
      require(
        tensor.shape.rank <= rankLimit,
        "SafeTensors: tensor \(name) has \(tensor.shape.rank) axes; the most is \(rankLimit)")
    }
    let names = JSONText.sorted(tensors.keys)
    let ordered = names.compactMap { tensors[$0] }
    let header = header(Array(zip(names, ordered.map(\.shape))), metadata)
    require(
      header.count - 8 <= maximumHeaderLength,
      "SafeTensors: names and metadata take \(header.count - 8) bytes; the format allows \(maximumHeaderLength)")
    try AtomicFile.write(to: path) { append in
      try header.withUnsafeBytes { try append($0) }
      for tensor in ordered {
        try tensor.withScalars { scalars throws in try append(UnsafeRawBufferPointer(scalars)) }
      }
    }
  }

  /// The tensors and texts in the file at `path`.
  ///
  /// `F32`, `F16`, `BF16` and `F64` are read, the last rounded to `Float`.
  ///
  /// What a file claims about its size is never believed: beside the file itself, which lies in memory, reading takes at
  /// most 64 times the header's size (a header has at most 100 MB and often 10 kB) and twice that of the elements.
  ///
  /// - Throws: ``FileError`` with the place of the trouble for a file that cannot be read, is cut short or longer than
  ///   its header says, has a header that is not JSON in UTF-8, a name twice, other element types, a shape that does not
  ///   fit its place, more than 64 axes, a name of more than 1000 bytes, or places that overlap or leave gaps.
  public static func read(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
    try decode(AtomicFile.read(path), path: path)
  }

  /// The tensors and texts in a file's contents; `path` is for errors.
  static func decode(_ bytes: [UInt8], path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
    let (entries, metadata) = try SafeTensorsHeader(bytes, path: path).contents()
    var tensors: [String: Tensor] = [:]
    for entry in entries {
      tensors[entry.name] = bytes.withUnsafeBytes {
        entry.type.tensor(UnsafeRawBufferPointer(rebasing: $0[entry.range]), entry.shape)
      }
    }
    return (tensors, metadata)
  }

  /// The header with its length before it, padded so that the elements start at a multiple of eight bytes.
  private static func header(_ tensors: [(String, Tensor.Shape)], _ metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = JSONText.sorted(metadata.keys).map { "\(JSONText.quoted($0)):\(JSONText.quoted(metadata[$0] ?? ""))" }
      members.append("\"\(metadataName)\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for (name, shape) in tensors {
      let end = offset + 4 * shape.scalarCount
      let sizes = shape.sizes.map(String.init).joined(separator: ",")
      members.append(
        "\(JSONText.quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(sizes)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}

/// The element types that can be read.
enum SafeTensorsType: String, CaseIterable {
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float32 = "F32"
  case float64 = "F64"

  /// The size of an element in bytes.
  var size: Int {
    switch self {
    case .float16, .bfloat16: 2
    case .float32: 4
    case .float64: 8
    }
  }

  /// A tensor of the little-endian elements in `bytes`, which need not be aligned.
  func tensor(_ bytes: UnsafeRawBufferPointer, _ shape: Tensor.Shape) -> Tensor {
    switch self {
    case .float16:
      Self.convert(bytes, shape) { (bits: UInt16) in Self.float(fromHalf: UInt16(littleEndian: bits)) }
    case .bfloat16:
      Self.convert(bytes, shape) { (bits: UInt16) in Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16) }
    case .float32: Self.convert(bytes, shape) { (bits: UInt32) in Float(bitPattern: UInt32(littleEndian: bits)) }
    case .float64:
      Self.convert(bytes, shape) { (bits: UInt64) in Float(Double(bitPattern: UInt64(littleEndian: bits))) }
    }
  }

  private static func convert<Bits: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ shape: Tensor.Shape, _ convert: (Bits) -> Float
  ) -> Tensor {
    var result = Tensor.zeros(shape)
    result.withMutableScalars { scalars in
      for index in scalars.indices {
        scalars[index] = convert(bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
      }
    }
    return result
  }

  /// The value of an IEEE 754 half; `Float16` itself does not exist on all Apple processors.
  static func float(fromHalf bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let fraction = UInt32(bits & 0x3FF)
    switch bits >> 10 & 0x1F {
    case 0: return sign * Float(fraction) * 0x1p-24
    case 0x1F: return Float(bitPattern: (sign < 0 ? 0xFF80_0000 : 0x7F80_0000) | fraction << 13)
    case let exponent: return sign * Float(bitPattern: (UInt32(exponent) + 112) << 23 | fraction << 13)
    }
  }
}
