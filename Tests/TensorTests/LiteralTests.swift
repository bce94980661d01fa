import Foundation
import Testing

@testable import Tensor

/// Tensors from literals, other numbers and files.
@Suite struct LiteralTests {
  @Test("Nested literals of any depth") func literals() {
    #expect([] as Tensor == Tensor.zeros([0]) && [1, 2.5] as Tensor == Tensor([1, 2.5]))
    #expect([[1, 2], [3, -4]] as Tensor == Tensor([[1, 2], [3, -4]]))
    let deep: Tensor = [[[[1], [2]]], [[[3], [4]]], [[[5], [6]]]]
    #expect(deep == Tensor.ramp(from: 1, count: 6).reshaped(to: [3, 1, 2, 1]))
    #expect(([[], []] as Tensor).shape == [2, 0])
    #expect(Tensor([1, 2]) * [3, 4] == [3, 8])
  }

  @Test("Numbers of other types are rounded to floats") func conversions() {
    #expect(Tensor([1, 2] as [Int]) == [1, 2] && Tensor([0.1, 1e300] as [Double]).scalars == [0.1, .infinity])
    #expect(Tensor([1, 2, 3, 4] as [UInt8], shape: [2, 2]) == [[1, 2], [3, 4]])
    #expect(Tensor([0.5, 2] as [Double], shape: [1, 2]) == [[0.5, 2]])
    let values: [Int] = [3, 1]
    #expect(Tensor(values) == [3, 1])
  }

  @Test("Written and read again, bit by bit") func coding() throws {
    var noise = TestNoise(171)
    for sizes in [[], [0], [3], [2, 0, 1], [2, 3, 4]] {
      let x = noise.tensor(Tensor.Shape(sizes), in: -1e-3...1e3)
      let read = try JSONDecoder().decode(Tensor.self, from: JSONEncoder().encode(x.recorded()))
      #expect(read.shape == x.shape && bitPatterns(read) == bitPatterns(x) && !read.isRecorded)
    }
    let extremes = Tensor([.leastNonzeroMagnitude, -.greatestFiniteMagnitude, 1 / 3, -0.0])
    #expect(
      try bitPatterns(JSONDecoder().decode(Tensor.self, from: JSONEncoder().encode(extremes))) == bitPatterns(extremes))
    #expect(throws: EncodingError.self) { try JSONEncoder().encode(Tensor([.nan])) }
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let read = try decoder.decode(Tensor.self, from: encoder.encode(Tensor([.nan, .infinity, -.infinity])))
    #expect(read.scalars[0].isNaN && read[1...] == Tensor([.infinity, -.infinity]))
  }

  @Test("A file with the wrong number of scalars is refused") func damaged() throws {
    for text in [#"{"shape":[2,2],"scalars":[1,2,3]}"#, #"{"shape":[-1],"scalars":[]}"#, #"{"shape":[1]}"#] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(Tensor.self, from: Data(text.utf8)) }
    }
  }

  @Test func shapes() {
    let shape: Tensor.Shape = [2, 3]
    #expect(shape.prepending(4) == [4, 2, 3] && shape.appending(1) == [2, 3, 1])
    #expect(Tensor.Shape([]).prepending(2) == [2])
  }
}
