import Testing

@testable import LatentFormats

@Suite struct NumPyTests {
  @Test func matchesNumPy() {
    // numpy.save of numpy.array([[1, -2.5, 0]], dtype="<f4").
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }"
    let expected: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
      + [UInt8](repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
      + [0, 0, 0x80, 0x3F, 0, 0, 0x20, 0xC0, 0, 0, 0, 0]
    #expect(NumPy.encode([1, -2.5, 0], shape: [1, 3]) == expected)
  }

  @Test(arguments: [([], 1), ([4], 4), ([2, 0], 0), ([1, 2, 3, 4], 24)] as [([Int], Int)])
  func alignsItsData(shape: [Int], count: Int) {
    let file = NumPy.encode([Float](repeating: 1, count: count), shape: shape)
    #expect((file.count - 4 * count) % 64 == 0)
    #expect(shape.count != 1 || String(decoding: file, as: UTF8.self).contains("'shape': (4,), }"))
  }
}
