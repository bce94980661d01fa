import Foundation
import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

/// All element types of the format, as an error names them.
private let types =
  "F16, BF16, F32, F64, BOOL, I8, I16, I32, I64, U8, U16, U32, U64, F8_E5M2, F8_E4M3, F8_E5M2FNUZ, F8_E4M3FNUZ, "
  + "F8_E8M0, F6_E3M2, F6_E2M3, F4, C64"

/// Reads a file's header and converts all of its tensors.
@discardableResult
private func decode(_ bytes: [UInt8], path: String) throws -> [String: [Float]] {
  let entries = try SafeTensorsHeader(bytes, path: path).contents().entries
  return entries.filter(\.type.isRead).reduce(into: [:]) { result, entry in
    result[entry.name] = [Float](unsafeUninitializedCapacity: entry.shape.reduce(1, *)) { floats, count in
      count = entry.shape.reduce(1, *)
      let room = UnsafeMutableBufferPointer(rebasing: floats[..<count])
      bytes.withUnsafeBytes { entry.type.convert(UnsafeRawBufferPointer(rebasing: $0[entry.range]), to: room) }
    }
  }
}

@Suite struct SafeTensorsFileTests {
  @Test func halfPrecisionIsExact() {
    #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
      for bits in UInt16.min...UInt16.max where !Float16(bitPattern: bits).isNaN {
        #expect(SafeTensorsType.float(fromHalf: bits).bitPattern == Float(Float16(bitPattern: bits)).bitPattern)
      }
    #endif
    #expect(SafeTensorsType.float(fromHalf: 0x7E00).isNaN)
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = try fixture("python.safetensors")
    #expect(throws: Never.self) { try decode(bytes, path: "x") }
    for length in bytes.indices {
      let error = #expect(throws: FileError.self, "\(length)") {
        try decode(Array(bytes[..<length]), path: "x")
      }
      #expect(error?.path == "x" && error?.offset != nil)
    }
    #expect(throws: FileError.self) { try decode(bytes + [0], path: "x") }
  }

  @Test func changedBytesNeverTrap() throws {
    let bytes = try fixture("python.safetensors")
    let headerLength = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    for position in 0..<headerLength {
      for value: UInt8 in [0, 0x20, 0x22, 0x2C, 0x2D, 0x39, 0x5B, 0x5C, 0x7B, 0x7D, 0x80, 0xFF] {
        var changed = bytes
        changed[position] = value
        _ = try? decode(changed, path: "x")
      }
    }
  }
}

/// A header that must not be read, and the description of its error after the path.
struct HostileHeader: CustomTestStringConvertible, Sendable {
  let json: [UInt8]
  let data: Int
  let message: String

  init(_ json: String, data: Int = 4, _ message: String) { self.init(Array(json.utf8), data: data, message) }

  init(_ json: [UInt8], data: Int = 4, _ message: String) {
    self.json = json
    self.data = data
    self.message = message
  }

  var testDescription: String { String(decoding: json.prefix(80), as: UTF8.self) }

  var file: [UInt8] {
    withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json + [UInt8](repeating: 0, count: data)
  }

  /// A header with one tensor `a`.
  static func one(_ type: String, _ shape: String, _ places: String, data: Int = 4, _ message: String) -> HostileHeader
  {
    HostileHeader("{\"a\":{\"dtype\":\(type),\"shape\":\(shape),\"data_offsets\":\(places)}}", data: data, message)
  }

  /// A header with two tensors of one axis.
  static func two(_ sizes: (Int, Int), _ a: String, _ b: String, data: Int, _ message: String) -> HostileHeader {
    HostileHeader(
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[\(sizes.0)],\"data_offsets\":\(a)},"
        + "\"b\":{\"dtype\":\"F32\",\"shape\":[\(sizes.1)],\"data_offsets\":\(b)}}", data: data, message)
  }

  static let all: [HostileHeader] = [
    HostileHeader("", "at byte 8: expected a header that begins with '{', found an empty header"),
    HostileHeader(" {}", data: 0, "at byte 8: expected a header that begins with '{', found 20"),
    HostileHeader("[]", data: 0, "at byte 8: expected a header that begins with '{', found 5b"),
    HostileHeader("{", "at byte 9: expected a name in quotes, found the end of the JSON text"),
    HostileHeader("{}x", "at byte 10: expected the end of the JSON text, found 'x'"),
    HostileHeader("{} \0", "at byte 11: expected the end of the JSON text, found the byte 00"),
    HostileHeader("{\"a\":}", "at byte 13: expected a JSON value, found '}'"),
    HostileHeader("{\"a\":1,}", "at byte 15: expected a name in quotes, found '}'"),
    HostileHeader("{\"a\":tru}", "at byte 13: expected a JSON value, found 't'"),
    HostileHeader("{\"a\":01}", "at byte 14: expected ',' or '}', found '1'"),
    HostileHeader("{\"a\":-}", "at byte 14: expected a digit, found '}'"),
    HostileHeader("{\"a\":1.}", "at byte 15: expected a digit, found '}'"),
    HostileHeader("{\"a\":NaN}", "at byte 13: expected a JSON value, found 'N'"),
    HostileHeader("{'a':1}", "at byte 9: expected a name in quotes, found '''"),
    HostileHeader("{\"a\n\":1}", "at byte 11: expected a character of a string or '\"', found the byte 0a"),
    HostileHeader("{\"\\x\":1}", "at byte 11: expected an escaped character, found 'x'"),
    HostileHeader("{\"\\ud800\":1}", "at byte 10: expected a Unicode scalar, found half of a surrogate pair"),
    HostileHeader("{\"\\udc00\\ud800\":1}", "at byte 10: expected a Unicode scalar, found half of a surrogate pair"),
    HostileHeader("{\"\\u12g4\":1}", "at byte 14: expected a hexadecimal digit, found 'g'"),
    HostileHeader(
      Array("{\"".utf8) + [0xC0, 0x80] + Array("\":1}".utf8),
      "at byte 9: expected text in UTF-8, found bytes that are not UTF-8"),
    HostileHeader(
      Array("{\"".utf8) + [0xFF], "at byte 11: expected a character of a string or '\"', found the end of the JSON text"
    ),
    HostileHeader(
      "{\"a\":" + String(repeating: "[", count: 100_000),
      "at byte 28: expected JSON nested at most 16 deep, found deeper nesting"),
    HostileHeader("{\"a\":[]}", "at byte 13: expected a tensor as an object, found an array"),
    HostileHeader("{\"a\":{}}", "at byte 13: expected dtype, shape and data_offsets, found 0 members of these"),
    HostileHeader(
      "{\"a\":{\"type\":1}}", "at byte 13: expected dtype, shape and data_offsets, found 0 members of these"),
    HostileHeader(
      "{\"a\":{\"dtype\":1,\"dtype\":1}}", "at byte 24: expected a name that occurs once, found \"dtype\" again"),
    HostileHeader("{\"a\":{},\"\\u0061\":{}}", "at byte 16: expected a name that occurs once, found \"a\" again"),
    HostileHeader(
      "{\"__metadata__\":{},\"__metadata__\":{}}",
      "at byte 27: expected a name that occurs once, found \"__metadata__\" again"),
    HostileHeader("{\"__metadata__\":{\"a\":1}}", "at byte 29: expected a string as metadata, found 1"),
    HostileHeader("{\"__metadata__\":1}", "at byte 24: expected metadata as an object, found 1"),
    HostileHeader("{}", "at byte 10: expected the end of the file after the last tensor, found 4 more bytes"),
    HostileHeader(
      "{\"a\u{7f}\u{85}\u{2028}\":1,\"a\u{7f}\u{85}\u{2028}\":1}",
      "at byte 21: expected a name that occurs once, found \"a\\u{7f}\\u{85}\\u{2028}\" again"),
    HostileHeader(
      "{\"é\":{},\"e\u{301}\":{}}", "at byte 17: expected a name that occurs once, found \"e\u{301}\" again"),
    HostileHeader(
      "{\"\(String(repeating: "x", count: 1001))\":1}", "at byte 9: expected a name of at most 1000 bytes, found 1001"),
    HostileHeader(
      "{\"\(String(repeating: "x", count: 1000))\":1}",
      "at byte 1012: expected a tensor as an object, found 1"),
    .one(
      "\"F32\"", "[\(repeatElement("1", count: 65).joined(separator: ","))]", "[0,4]",
      "at byte 36: expected a shape of at most 64 axes, found 65"),
    .one(
      "\"\(String(repeating: "F", count: 1_000_000))\"", "[1]", "[0,4]",
      "at byte 22: expected an element type of \(types), found \"\(String(repeating: "F", count: 40))…\""),
    .one("\"F5\"", "[1]", "[0,4]", "at byte 22: expected an element type of \(types), found \"F5\""),
    .one("\"F4\"", "[7]", "[0,4]", "at byte 35: expected a shape whose elements of 4 bits are whole bytes, found [7]"),
    .one(
      "\"F6_E2M3\"", "[4]", "[0,4]", "at byte 59: expected 3 bytes for \"a\" of type F6_E2M3 and shape [4], found 4"),
    .one("32", "[1]", "[0,4]", "at byte 22: expected an element type of \(types), found 32"),
    .one("\"F32\"", "1", "[0,4]", "at byte 36: expected a shape as an array of sizes, found 1"),
    .one("\"F32\"", "[-1]", "[0,4]", "at byte 37: expected an integer of at least 0, found -1"),
    .one("\"F32\"", "[1.0]", "[0,4]", "at byte 37: expected an integer of at least 0, found 1.0"),
    .one("\"F32\"", "[1e0]", "[0,4]", "at byte 37: expected an integer of at least 0, found 1e0"),
    .one("\"F32\"", "[\"1\"]", "[0,4]", "at byte 37: expected an integer of at least 0, found \"1\""),
    .one(
      "\"F32\"", "[18446744073709551617]", "[0,4]",
      "at byte 37: expected an integer of at least 0, found 18446744073709551617"),
    .one(
      "\"F32\"", "[4611686018427387904]", "[0,4]",
      "at byte 36: expected a shape whose size fits in an Int, found [4611686018427387904]"),
    .one(
      "\"F32\"", "[0,4294967296,4294967296]", "[0,0]", data: 0,
      "at byte 36: expected a shape whose size fits in an Int, found [0, 4294967296, 4294967296]"),
    .one("\"F32\"", "[2]", "[0,4]", "at byte 55: expected 8 bytes for \"a\" of type F32 and shape [2], found 4"),
    .one("\"F64\"", "[1]", "[0,4]", "at byte 55: expected 8 bytes for \"a\" of type F64 and shape [1], found 4"),
    .one(
      "\"F32\"", "[1000000]", "[0,4000000]",
      "at byte 61: expected two ascending places in 0…4, found [0, 4000000]: the file is cut short"),
    .one("\"F32\"", "[1]", "[4,0]", "at byte 55: expected two ascending places in 0…4, found [4, 0]"),
    .one("\"F32\"", "[1]", "[0]", "at byte 55: expected two ascending places in 0…4, found [0]"),
    .one("\"F32\"", "[1]", "[0,4,8]", "at byte 55: expected two ascending places in 0…4, found [0, 4, 8]"),
    .one("\"F32\"", "[1]", "[-4,0]", "at byte 56: expected an integer of at least 0, found -4"),
    .one(
      "\"F32\"", "[1]", "[9223372036854775806,9223372036854775807]",
      "at byte 55: expected two ascending places in 0…4, found [9223372036854775806, 9223372036854775807]: the file is cut short"
    ),
    .one(
      "\"F32\"", "[1]", "[4,8]", data: 8,
      "at byte 55: expected tensor \"a\" to begin at 0, where the one before it ends, found 4"),
    .one(
      "\"F32\"", "[1]", "[0,4]", data: 5,
      "at byte 66: expected the end of the file after the last tensor, found 1 more byte"),
    .two(
      (1, 1), "[0,4]", "[0,4]", data: 4,
      "at byte 108: expected tensor \"b\" to begin at 4, where the one before it ends, found 0"),
    .two(
      (2, 1), "[0,8]", "[4,8]", data: 8,
      "at byte 108: expected tensor \"b\" to begin at 8, where the one before it ends, found 4"),
    .two(
      (1, 1), "[0,4]", "[8,12]", data: 12,
      "at byte 108: expected tensor \"b\" to begin at 4, where the one before it ends, found 8"),
    .two(
      (2, 0), "[0,8]", "[4,4]", data: 8,
      "at byte 108: expected tensor \"b\" to begin at 8, where the one before it ends, found 4"),
  ]
}

@Suite struct HostileSafeTensorsTests {
  @Test(arguments: HostileHeader.all) func isAnErrorWithItsPlace(_ header: HostileHeader) throws {
    let error = #expect(throws: FileError.self) { try decode(header.file, path: "f") }
    #expect(error?.description == "f: " + header.message)
  }

  @Test(arguments: [UInt64(3), 1 << 20, 1 << 62, 1 << 63, .max]) func headerLengthBeyondTheFile(_ length: UInt64) throws
  {
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
    let error = #expect(throws: FileError.self) { try decode(bytes, path: "f") }
    let reason = length > 100_000_000 ? "this is no safetensors file" : "the file is cut short"
    #expect(
      error?.description
        == "f: at byte 0: expected a header of at most 2 bytes, found one of \(length) bytes: \(reason)")
  }

  @Test func filesThatBeginOtherwise() throws {
    // The length that a ZIP archive's first bytes say.
    let error = #expect(throws: FileError.self) {
      try decode([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 20), path: "f")
    }
    #expect(error?.description.hasSuffix("found one of 67324752 bytes: this is no safetensors file") == true)
  }

  /// What the format's own library reads too: no texts as null, and more to say of a tensor.
  @Test func whatOtherProgramsWrite() throws {
    let text =
      "{\"__metadata__\":null,\"a\":{\"note\":{\"b\":[1]},\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
    let file = HostileHeader(text, data: 0, "").file + [0, 0, 0x80, 0x3F]
    #expect(try decode(file, path: "f") == ["a": [1]])
    #expect(try SafeTensorsHeader(file, path: "f").contents().metadata.isEmpty)
  }

  /// Swift sorts the accents on a letter in a time that grows with the square of their number: here it would take
  /// minutes to compare the texts.
  @Test(.timeLimit(.minutes(1)), arguments: ["name", "type", "text"]) func accentsTakeNoTime(_ place: String) throws {
    let accents = "a" + String(repeating: "\u{301}\u{323}", count: 500_000)
    let texts = [
      "name": "{\"\(accents)\":{}}", "type": "{\"a\":{\"dtype\":\"\(accents)\",\"shape\":[],\"data_offsets\":[0,4]}}",
      "text": "{\"__metadata__\":{\"\(accents)\":\"\"}}",
    ]
    let file = HostileHeader(try #require(texts[place]), "").file
    let clock = ContinuousClock()
    let time = clock.measure {
      let error = #expect(throws: FileError.self) { try decode(file, path: "f") }
      #expect(error.map { $0.description.utf8.count < 300 } ?? false)
    }
    #expect(time < .seconds(5))
  }

  @Test func spacesAreWelcomeWhereJSONAllowsThem() throws {
    let text = "{ \"a\" : {\"shape\":[ 1 ],\n\"data_offsets\":[0, 4],\"dtype\" :\"BF16\"\t} }  \n"
    var file = HostileHeader(text, data: 0, "").file
    #expect(throws: FileError.self) { try decode(file + [0, 0, 0x80, 0x3F], path: "f") }
    file = HostileHeader(text.replacingOccurrences(of: "[ 1 ]", with: "[ 2 ]"), data: 0, "").file
    #expect(try decode(file + [0x80, 0x3F, 0xC0, 0xBF], path: "f") == ["a": [1, -1.5]])
  }
}
