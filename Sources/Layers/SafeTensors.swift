import LatentFormats
import LatentSystem
import Tensor

/// Files of tensors by name in the safetensors format (https://github.com/huggingface/safetensors).
///
/// A file is the length of its header in eight bytes, little-endian; the header, a JSON object that gives each tensor's
/// element type, shape and place, and texts under `__metadata__`; then the elements, without gaps.
public enum SafeTensors {
  /// Writes `tensors` as `F32` and `metadata` to `path`.
  ///
  /// Names are sorted and the elements start at a multiple of eight bytes: the same contents give the same bytes. A
  /// reader sees the whole old file or the whole new one, even after a crash.
  ///
  /// - Throws: ``FileError`` if the file cannot be written.
  /// - Precondition: no tensor is called `__metadata__` or has more than 64 axes, and no name, be it of a tensor or a
  ///   text, has more than 1000 bytes.
  public static func write(_ tensors: [String: Tensor], metadata: [String: String], to path: String) throws {
    require(
      tensors[SafeTensorsFile.metadataName] == nil,
      "SafeTensors: no tensor can be called \(SafeTensorsFile.metadataName)")
    for name in [Array(tensors.keys), Array(metadata.keys)].joined() {
      require(
        name.utf8.count <= SafeTensorsFile.nameLimit,
        "SafeTensors: a name has \(name.utf8.count) bytes; the most is \(SafeTensorsFile.nameLimit)")
    }
    for (name, tensor) in tensors {
      require(
        tensor.shape.rank <= SafeTensorsFile.rankLimit,
        "SafeTensors: tensor \(name) has \(tensor.shape.rank) axes; the most is \(SafeTensorsFile.rankLimit)")
    }
    let names = JSONText.sorted(tensors.keys)
    let ordered = names.compactMap { tensors[$0] }
    let header = SafeTensorsFile.header(Array(zip(names, ordered.map(\.shape.sizes))), metadata)
    require(
      header.count - 8 <= SafeTensorsFile.maximumHeaderLength,
      "SafeTensors: names and metadata take \(header.count - 8) bytes; the format allows \(SafeTensorsFile.maximumHeaderLength)"
    )
    try AtomicFile.write(to: path) { append in
      try header.withUnsafeBytes { try append($0) }
      for tensor in ordered {
        try tensor.withScalars { scalars throws in try append(UnsafeRawBufferPointer(scalars)) }
      }
    }
  }

  /// The tensors and texts in the file at `path`.
  ///
  /// `F32`, `F16`, `BF16` and `F64` are read, the last rounded to `Float`. Tensors of the format's other types, such as the
  /// counters that PyTorch's batch normalization keeps as `I64`, are left out.
  ///
  /// What a file claims about its size is never believed: beside the file itself, which lies in memory, reading takes at
  /// most 64 times the header's size (a header has at most 100 MB and often 10 kB) and twice that of the elements.
  ///
  /// - Throws: ``FileError`` with the place of the trouble for a file that cannot be read, is cut short or longer than
  ///   its header says, has a header that is not JSON in UTF-8, a name twice, element types that the format does not have, a shape that does not
  ///   fit its place, more than 64 axes, a name of more than 1000 bytes, or places that overlap or leave gaps.
  public static func read(_ path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
    try decode(AtomicFile.read(path), path: path)
  }

  /// The tensors in the file at `path` that ``read(_:)`` leaves out, with the names of their types.
  package static func unread(_ path: String) throws -> [String: String] {
    let entries = try SafeTensorsHeader(AtomicFile.read(path), path: path).contents().entries
    return Dictionary(entries.filter { !$0.type.isRead }.map { ($0.name, $0.type.rawValue) }) { first, _ in first }
  }

  /// The tensors and texts in a file's contents; `path` is for errors.
  static func decode(_ bytes: [UInt8], path: String) throws -> (tensors: [String: Tensor], metadata: [String: String]) {
    let (entries, metadata) = try SafeTensorsHeader(bytes, path: path).contents()
    var tensors: [String: Tensor] = [:]
    for entry in entries where entry.type.isRead {
      var tensor = Tensor.zeros(Tensor.Shape(entry.shape))
      tensor.withMutableScalars { scalars in
        bytes.withUnsafeBytes { entry.type.convert(UnsafeRawBufferPointer(rebasing: $0[entry.range]), to: scalars) }
      }
      tensors[entry.name] = tensor
    }
    return (tensors, metadata)
  }
}
