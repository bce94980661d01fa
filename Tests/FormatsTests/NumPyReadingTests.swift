import LatentSystem
import LatentTestSupport
import Testing

@testable import LatentFormats

/// A file of version 1.0 with this header and `count` zeros.
private func file(_ header: String, _ count: Int = 0) -> [UInt8] {
  let length = header.utf8.count
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
    + [UInt8](repeating: 0, count: count)
}

private func file(type: String = "|u1", shape: String, _ count: Int = 0) -> [UInt8] {
  file("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n", count)
}

@Suite struct NumPyReadingTests {
  @Test(arguments: ["bytes-1.0", "bytes-2.0", "bytes-3.0"]) func readsBytes(name: String) throws {
    let array = try NumPy.read(fixturePath("\(name).npy"))
    #expect(array == NumPyArray(shape: [2, 3, 4], elements: .bytes(Array(0..<24))))
  }

  @Test(arguments: ["littlef4", "bigf4", "littlef8", "bigf8"]) func readsFloats(name: String) throws {
    let array = try NumPy.read(fixturePath("\(name).npy"))
    let expected = (0..<24).map { Float(Double($0) / 23 - 0.25) }
    #expect(array == NumPyArray(shape: [2, 3, 4], elements: .floats(expected)))
  }

  @Test func readsOtherShapes() throws {
    #expect(try NumPy.read(fixturePath("scalar.npy")) == NumPyArray(shape: [], elements: .floats([2.5])))
    #expect(try NumPy.read(fixturePath("vector.npy")) == NumPyArray(shape: [5], elements: .bytes([0, 1, 2, 3, 4])))
    #expect(try NumPy.read(fixturePath("empty.npy")) == NumPyArray(shape: [3, 0], elements: .floats([])))
    for shape in [[], [7], [2, 0], [3, 2, 1]] {
      let floats = noise(shape.reduce(1, *)).map { Float($0) }
      let array = try NumPy.decode(NumPy.encode(floats, shape: shape))
      #expect(array == NumPyArray(shape: shape, elements: .floats(floats)))
    }
    // As Python 2 writes it.
    #expect(try NumPy.decode(file(shape: "(2L, 1L)", 2)).shape == [2, 1])
    let spaced = file("  { \"shape\":( 2 ,),\"fortran_order\" : False,'descr':\"|u1\"}", 2)
    #expect(try NumPy.decode(spaced) == NumPyArray(shape: [2], elements: .bytes([0, 0])))
  }

  @Test(arguments: ["u2", "u4", "u8", "i2", "i4", "i8"], ["little", "big"])
  func integersAreBytesIfTheyFit(type: String, order: String) throws {
    let expected = NumPyArray(shape: [2, 3, 4], elements: .bytes(Array(0..<24)))
    #expect(try NumPy.read(fixturePath("\(order)\(type).npy")) == expected)
    #expect(try NumPy.read(fixturePath("integers.npy")) == expected)
    #expect(try NumPy.read(fixturePath("i1.npy")) == expected)
  }

  @Test func otherIntegersStayIntegers() throws {
    #expect(
      try NumPy.read(fixturePath("negative.npy")) == NumPyArray(shape: [2, 3, 4], elements: .integers(Array(-1..<23))))
    #expect(
      try message { _ = try NumPy.read(fixturePath("wide.npy")) }.hasSuffix(
        "expected integers that this machine can hold, found 18446744073709551615"))
  }

  @Test func readsHalvesAndBooleans() throws {
    let halves = NumPyArray(shape: [2, 3, 4], elements: .floats((0..<24).map { Float($0 - 12) / 8 }))
    #expect(try NumPy.read(fixturePath("littlef2.npy")) == halves)
    #expect(try NumPy.read(fixturePath("bigf2.npy")) == halves)
    let booleans = NumPyArray(shape: [2, 3, 4], elements: .floats((0..<24).map { $0 % 3 == 0 ? 1 : 0 }))
    #expect(try NumPy.read(fixturePath("boolean.npy")) == booleans)
  }

  @Test func columnMajorArraysAreTurned() throws {
    let floats = NumPyArray(shape: [2, 3, 4], elements: .floats((0..<24).map { Float($0) }))
    #expect(try NumPy.read(fixturePath("fortran.npy")) == floats)
    let bytes = NumPyArray(shape: [2, 3, 4], elements: .bytes(Array(0..<24)))
    #expect(try NumPy.read(fixturePath("fortran-bytes.npy")) == bytes)
    for shape in ["()", "(1,)", "(0, 3)", "(3, 0)", "(1, 1, 1)"] {
      let count = shape.contains("0") ? 0 : 1
      let file = file("{'descr': '|u1', 'fortran_order': True, 'shape': \(shape), }", count)
      #expect(try NumPy.decode(file).elements == .bytes([UInt8](repeating: 0, count: count)))
    }
  }

  @Test(arguments: ["complex", "record"]) func refusesOthers(name: String) throws {
    let text = try message { _ = try NumPy.read(fixturePath("\(name).npy")) }
    let expected = [
      "complex": "of at most 64 bits (numpy.abs(x) or x.real makes it), found \"<c8\"",
      "record": "expected one type for all elements, found a record of several (x['NAME'] is one of its arrays)",
    ]
    #expect(try text.hasSuffix(#require(expected[name])))
  }

  /// What makes one of the types that are read out of another is said where a call does.
  @Test(arguments: [
    ("<f16", "(numpy.asarray(x, numpy.float32) makes it), found"), ("|O", "(numpy.asarray(x.tolist(), numpy.float32)"),
    (">c16", "(numpy.abs(x) or x.real makes it), found"),
    ("<U3", "of at most 64 bits (numpy.unique(x, return_inverse=True)[1] makes numbers of names), found \"<U3\""),
    ("|S1", "(numpy.unique(x, return_inverse=True)[1] makes"),
    ("<M8[s]", "of at most 64 bits, found"), ("", "of at most 64 bits, found \"\""), ("=", "found \"=\""),
  ])
  func saysWhatMakesATypeThatIsRead(type: String, expected: String) throws {
    let text = try message { _ = try NumPy.decode(file(type: type, shape: "()")) }
    #expect(text.contains(expected), "\(text)")
  }

  /// As other programs may write it; NumPy reads these too.
  @Test(arguments: ["=u2", "u2", "<u2", "|u2", "uint16"]) func byteOrderOfTheMachine(type: String) throws {
    #expect(try NumPy.decode(file(type: type, shape: "()") + [7, 1]).elements == .integers([263]))
    #expect(try NumPy.decode(file(type: type, shape: "()") + [7, 0]).elements == .bytes([7]))
  }

  @Test func longNamesOfTypes() throws {
    for name in ["?", "bool"] {
      #expect(try NumPy.decode(file(type: name, shape: "(2,)") + [3, 0]).elements == .floats([1, 0]))
    }
    #expect(try NumPy.decode(file(type: "float32", shape: "()") + [0, 0, 0x80, 0xBF]).elements == .floats([-1]))
    #expect(try NumPy.decode(file(type: "int8", shape: "()") + [0xFF]).elements == .integers([-1]))
    #expect(throws: FileError.self) { try NumPy.decode(file(type: "complex64", shape: "()", 8)) }
  }

  /// What follows the elements is left alone, as by NumPy, but arrays are not passed over.
  @Test(arguments: ["bytes-1.0", "bigf8", "fortran", "scalar", "empty"]) func whatFollows(name: String) throws {
    let bytes = try fixture("\(name).npy")
    let array = try NumPy.decode(bytes)
    for rest in [[0], [1, 2, 3], Array(bytes.prefix(5)), [0] + bytes] {
      #expect(try NumPy.decode(bytes + rest) == array)
    }
    let several = try message { _ = try NumPy.decode(bytes + bytes, path: "f") }
    #expect(
      several
        == "f: at byte \(bytes.count): expected one array (numpy.concatenate makes one of several, numpy.savez writes "
        + "them by name), found another")
  }

  @Test(arguments: ["bytes-1.0", "bytes-2.0", "bigf8", "scalar", "vector"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try fixture("\(name).npy")
    for length in bytes.indices {
      #expect(throws: FileError.self, "length \(length)") { try NumPy.decode(Array(bytes[..<length])) }
    }
  }

  @Test(
    arguments: [
      ([], "at byte 0: expected the first bytes of an .npy file (93 4e 55 4d 50 59), found nothing"),
      (Array(file("{}")[..<6]) + [4, 0, 0, 0], "at byte 6: expected version 1.0, 2.0 or 3.0, found 4.0"),
      (Array(file("{}")[..<6]) + [1, 1, 0, 0], "found 1.1"),
      (Array(file("{}")[..<6]) + [2, 0, 0, 0], "at byte 10: expected the header's length, found the end of the file"),
      (
        Array(file("{}")[..<6]) + [3, 0, 255, 255, 255, 255, 0],
        "at byte 8: expected a header of at most 1 byte, found one of 4294967295"
      ),
      (
        file(String(repeating: " ", count: 10_001)),
        "at byte 8: expected a header of at most 10000 bytes, found one of 10001"
      ),
      (file(""), "at byte 10: expected '{', found the end of the header"),
      (file("{}"), "at byte 10: expected the keys 'descr', 'fortran_order' and 'shape', found only some of them"),
      (
        file("{'descr': '|u1', 'descr': '|u1'}"),
        "at byte 27: expected the keys 'descr', 'fortran_order' and 'shape' once"
      ),
      (file("{'other': 1}"), "'shape' once, found \"other\""),
      (file("{'descr"), "expected a text in quotes, found one without an end"),
      (file("{'fortran_order': 1}"), "at byte 28: expected True or False, found \"1\""),
      (file(shape: "3"), "expected '(', found \"3\""),
      (file(shape: "(3)"), "expected a comma in a tuple of one, found none"),
      (file(shape: "(-1,)"), "expected a size of at least 0 that fits in an Int, found \"-\""),
      (file(shape: "(nan,)"), "expected a size of at least 0 that fits in an Int, found \"n\""),
      (file(shape: "(1.5,)"), "expected ',', found \".\""),
      (file(shape: "(99999999999999999999,)"), "expected a size of at least 0 that fits in an Int, found \"9\""),
      (
        file(shape: "(4294967296, 4294967296)"),
        "expected a shape whose size fits in an Int, found [4294967296, 4294967296]"
      ),
      (file(type: "<f8", shape: "(1152921504606846976,)"), "expected a shape whose size fits in an Int"),
      (file(shape: "(9223372036854775807,)"), "expected a shape whose size fits in an Int"),
      (
        file(shape: "(2147483648, 28, 28)", 30),
        "expected 1683627180032 bytes of elements for the shape [2147483648, 28, 28], found 30"
      ),
      (file(shape: "(\(String(repeating: "1,", count: 65)))", 1), "expected at most 64 axes, found more"),
      (
        file("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}x", 1),
        "expected spaces after the dictionary, found \"x\""
      ),
      (file(type: String(repeating: "\u{1b}[31m", count: 50), shape: "()"), "found \"\\u{1b}[31m\\u{1b}[31m"),
      (file(String(repeating: "{", count: 9_000)), "at byte 11: expected a text in quotes, found \"{\""),
    ] as [([UInt8], String)])
  func namesWhatIsWrong(bytes: [UInt8], expected: String) throws {
    let text = try message { _ = try NumPy.decode(bytes, path: "f") }
    #expect(text.hasPrefix("f: ") && text.contains(expected) && text.utf8.count < 400, "\(text)")
  }
}
