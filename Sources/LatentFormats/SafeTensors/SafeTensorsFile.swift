/// The layout of safetensors files (https://github.com/huggingface/safetensors), which hold tensors by name.
///
/// A file is the length of its header in eight bytes, little-endian; the header, a JSON object that gives each tensor's
/// element type, shape and place, and texts under `__metadata__`; then the elements, without gaps.
package enum SafeTensorsFile {
  /// The longest header that the format allows, in bytes.
  package static let maximumHeaderLength = 100_000_000
  /// The most axes a tensor may have; NumPy's limit too. Some operations take a call on the stack for each axis.
  package static let rankLimit = 64
  /// The name under which the header keeps texts, so that no tensor can have it.
  package static let metadataName = "__metadata__"
  /// The most bytes of a name, be it of a tensor or a text.
  package static let nameLimit = StrictJSON.nameLimit

  /// The header with its length before it, padded so that the elements start at a multiple of eight bytes.
  package static func header(_ tensors: [(name: String, shape: [Int])], _ metadata: [String: String]) -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = JSONText.sorted(metadata.keys).map { "\(JSONText.quoted($0)):\(JSONText.quoted(metadata[$0] ?? ""))" }
      members.append("\"\(metadataName)\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for (name, shape) in tensors {
      let end = offset + 4 * shape.reduce(1, *)
      let sizes = shape.map(String.init).joined(separator: ",")
      members.append(
        "\(JSONText.quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(sizes)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
