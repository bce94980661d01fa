import LatentSystem

/// The header of a safetensors file that lies whole in memory, checked against the file's real length.
package struct SafeTensorsHeader {
  /// Where a tensor lies.
  package struct Entry {
    package let name: String
    package let type: SafeTensorsType
    package let shape: [Int]
    /// Its bytes in the file.
    package let range: Range<Int>
    /// Where the header says so.
    let offset: Int
  }

  private let path: String
  private let root: JSONValue
  /// The first byte after the header.
  private let dataStart: Int
  private let fileEnd: Int

  /// Reads the header's length and its JSON.
  package init(_ bytes: [UInt8], path: String) throws {
    guard bytes.count >= 8 else {
      throw FileError(
        path: path, offset: bytes.count, expected: "the header's length in 8 bytes", found: "the end of the file")
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    let limit = min(bytes.count - 8, SafeTensorsFile.maximumHeaderLength)
    guard length <= UInt64(limit) else {
      throw FileError(
        path: path, offset: 0, expected: "a header of at most \(counted(limit, "byte"))",
        found: "one of \(length) bytes: "
          + (Self.isCut(bytes, length) ? "the file is cut short" : "this is no safetensors file"))
    }
    dataStart = 8 + Int(length)
    fileEnd = bytes.count
    self.path = path
    // The format wants the brace first; white space may only follow.
    guard length > 0, bytes[8] == UInt8(ascii: "{") else {
      throw FileError(
        path: path, offset: 8, expected: "a header that begins with '{'",
        found: length == 0 ? "an empty header" : hexadecimal([bytes[8]]))
    }
    root = try StrictJSON.parse(bytes, in: 8..<dataStart, path: path)
  }

  /// Whether a file whose header should be longer than the file begins like one that was whole.
  private static func isCut(_ bytes: [UInt8], _ length: UInt64) -> Bool {
    length <= SafeTensorsFile.maximumHeaderLength && (bytes.count == 8 || bytes[8] == UInt8(ascii: "{"))
  }

  /// The tensors in the order of the file, which they fill without gaps, and the texts.
  package func contents() throws -> (entries: [Entry], metadata: [String: String]) {
    var entries: [Entry] = []
    var metadata: [String: String] = [:]
    for (name, value) in try object(root, "the header as an object") {
      if name == SafeTensorsFile.metadataName {
        metadata = try texts(value)
      } else {
        entries.append(try entry(name, value))
      }
    }
    entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    try checkPlaces(entries)
    return (entries, metadata)
  }

  private func checkPlaces(_ entries: [Entry]) throws {
    var end = dataStart
    for entry in entries {
      guard entry.range.lowerBound == end else {
        throw FileError(
          path: path, offset: entry.offset,
          expected:
            "tensor \(quoted(entry.name)) to begin at \(end - dataStart), where the one before it ends",
          found: "\(entry.range.lowerBound - dataStart)")
      }
      end = entry.range.upperBound
    }
    guard end == fileEnd else {
      throw FileError(
        path: path, offset: end, expected: "the end of the file after the last tensor",
        found: counted(fileEnd - end, "more byte"))
    }
  }

  private func texts(_ value: JSONValue) throws -> [String: String] {
    // As other programs write that there are none.
    if case .null = value.content { return [:] }
    var result: [String: String] = [:]
    for (name, text) in try object(value, "metadata as an object") {
      guard case .string(let string) = text.content else { throw error(text, "a string as metadata") }
      result[name] = string
    }
    return result
  }

  private func entry(_ name: String, _ value: JSONValue) throws -> Entry {
    var members: [String: JSONValue] = [:]
    // Other members are left alone, as by the format's own library.
    for (key, member) in try object(value, "a tensor as an object")
    where ["dtype", "shape", "data_offsets"].contains(key) {
      members[key] = member
    }
    guard let typeValue = members["dtype"], let shapeValue = members["shape"], let places = members["data_offsets"]
    else {
      throw error(value, "dtype, shape and data_offsets", "\(counted(members.count, "member")) of these")
    }
    let type = try type(typeValue)
    let (shape, size) = try shape(shapeValue, bits: type.bits)
    let range = try range(places)
    guard range.count == size else {
      throw error(
        places, "\(counted(size, "byte")) for \(quoted(name)) of type \(type.rawValue) and shape \(shape)",
        "\(range.count)")
    }
    return Entry(name: name, type: type, shape: shape, range: range, offset: places.offset)
  }

  private func type(_ value: JSONValue) throws -> SafeTensorsType {
    // Long texts are not compared; see the limit of names.
    if case .string(let name) = value.content, name.utf8.count < 16, let type = SafeTensorsType(rawValue: name) {
      return type
    }
    throw error(value, "an element type of \(SafeTensorsType.allCases.map(\.rawValue).joined(separator: ", "))")
  }

  /// The shape, and how many bytes it takes. Sizes of 0 are left out of the check for overflow,
  /// so that strides fit too.
  private func shape(_ value: JSONValue, bits: Int) throws -> ([Int], size: Int) {
    let sizes = try integers(value, "a shape as an array of sizes")
    guard sizes.count <= SafeTensorsFile.rankLimit else {
      throw error(value, "a shape of at most \(SafeTensorsFile.rankLimit) axes", "\(sizes.count)")
    }
    var size = bits
    for axis in sizes {
      let (product, overflow) = size.multipliedReportingOverflow(by: max(axis, 1))
      if overflow { throw error(value, "a shape whose size fits in an Int", excerpt(sizes)) }
      size = product
    }
    guard size % 8 == 0 || sizes.contains(0) else {
      throw error(value, "a shape whose elements of \(bits) bits are whole bytes", excerpt(sizes))
    }
    return (sizes, sizes.contains(0) ? 0 : size / 8)
  }

  private func range(_ value: JSONValue) throws -> Range<Int> {
    let places = try integers(value, "the first and last place of the data")
    let limit = fileEnd - dataStart
    guard places.count == 2, places[0] <= places[1], places[1] <= limit else {
      let isCut = places.count == 2 && places[0] <= places[1]
      throw error(
        value, "two ascending places in 0…\(limit)", excerpt(places) + (isCut ? ": the file is cut short" : ""))
    }
    return dataStart + places[0]..<dataStart + places[1]
  }

  private func integers(_ value: JSONValue, _ expected: String) throws -> [Int] {
    guard case .array(let values) = value.content else { throw error(value, expected) }
    return try values.map { value in
      guard case .integer(let integer) = value.content, integer >= 0 else {
        throw error(value, "an integer of at least 0")
      }
      return integer
    }
  }

  private func excerpt(_ numbers: [Int]) -> String {
    numbers.count > 8 ? "\(counted(numbers.count, "number"))" : "\(numbers)"
  }

  private func object(_ value: JSONValue, _ expected: String) throws -> [(key: String, value: JSONValue)] {
    guard case .object(let members) = value.content else { throw error(value, expected) }
    return members
  }

  private func error(_ value: JSONValue, _ expected: String, _ found: String? = nil) -> FileError {
    FileError(path: path, offset: value.offset, expected: expected, found: found ?? value.summary)
  }
}
