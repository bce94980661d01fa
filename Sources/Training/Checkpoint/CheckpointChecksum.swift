import Datasets
import LatentFormats
import LatentSystem
import Layers
import Tensor

/// Finds out whether a checkpoint is still what was written: a disk may change a bit, and the format has no checksum.
package enum CheckpointChecksum {
  /// Writes a file with its checksum among the texts.
  static func write(_ tensors: [String: Tensor], metadata: [String: String], to path: String) throws {
    var metadata = metadata
    metadata[CheckpointKey.checksum] = text(tensors, metadata)
    try SafeTensors.write(tensors, metadata: metadata, to: path)
  }

  /// Checks what was read from the file at `path`, if it has a checksum.
  /// - Throws: ``FileError``.
  static func check(_ tensors: [String: Tensor], _ metadata: [String: String], _ path: String) throws {
    guard let expected = metadata[CheckpointKey.checksum] else { return }
    let found = text(tensors, metadata)
    if found != expected {
      throw FileError(
        path: path, expected: "contents with the checksum \(quoted(expected))",
        found: "\(found): the file was changed or damaged after it was written; without the text "
          + "\(CheckpointKey.checksum) in its metadata it is taken as it is")
    }
  }

  /// CRC-32 of our own texts, and of names and scalars, in the order of their names. Texts that other programs add do not
  /// matter.
  package static func text(_ tensors: [String: Tensor], _ metadata: [String: String] = [:]) -> String {
    var checksum: UInt32 = 0
    func add(_ bytes: UnsafeRawBufferPointer) { checksum = CRC32.checksum(bytes, initial: checksum) }
    for (name, value) in metadata.sorted(by: { $0.key < $1.key })
    where name.hasPrefix(CheckpointKey.prefix) && name != CheckpointKey.checksum {
      Array("\(name)=\(value);".utf8).withUnsafeBytes(add)
    }
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      Array("\(name)\(tensor.shape);".utf8).withUnsafeBytes(add)
      tensor.withScalars { add(UnsafeRawBufferPointer($0)) }
    }
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
