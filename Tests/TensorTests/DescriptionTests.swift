import Testing

@testable import Tensor

/// What `print` shows: NumPy's layout, with at most four decimal places.
@Suite struct DescriptionTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let tensor: Tensor
    let text: String
    init(_ tensor: Tensor, _ text: String) { (self.tensor, self.text) = (tensor, text) }
    var testDescription: String { text }
  }

  static let examples = [
    // Scalars
    Example(Tensor(2.5), "2.5"), Example(Tensor(3), "3.0"), Example(Tensor(1 / 3), "0.33333334"),
    Example(Tensor(-1e-10), "-1e-10"), Example(Tensor(.nan), "nan"),
    // Vectors
    Example(Tensor([1, 2, 3]), "[1. 2. 3.]"), Example(Tensor([0, 0]), "[0. 0.]"),
    Example(Tensor([0.5, -1, 2.25]), "[ 0.50 -1.00  2.25]"), Example(Tensor([1 / 3, 2 / 3]), "[0.3333 0.6667]"),
    Example(Tensor([0.1, 0.25, 1e-3]), "[0.100 0.250 0.001]"), Example(Tensor([-0.0, 1.5]), "[0.0 1.5]"),
    Example(Tensor([300_000.25, -1]), "[300000.25     -1.00]"), Example(Tensor([16_777_216]), "[16777216.]"),
    Example(Tensor([123_456.789, 1e-3]), "[123456.789      0.001]"),
    Example(Tensor([.nan, 1, .infinity, -.infinity]), "[ nan   1.  inf -inf]"),
    Example(Tensor([.nan, .nan]), "[nan nan]"),
    // Scientific
    Example(Tensor([1e-10, 1, 1e10]), "[1.e-10 1.e+00 1.e+10]"), Example(Tensor([1e-5, 1]), "[1.e-05 1.e+00]"),
    Example(Tensor([1e38, -1e-37, 0]), "[ 1.e+38 -1.e-37  0.e+00]"),
    Example(Tensor([1.5e9, 1 / 3]), "[1.5000e+09 3.3333e-01]"), Example(Tensor([9.999_99e8]), "[1.0000e+09]"),
    Example(Tensor([.leastNonzeroMagnitude, .infinity]), "[1.4013e-45        inf]"),
    // Matrices and more
    Example(Tensor([[1, -2], [3, 40]]), "[[ 1. -2.]\n [ 3. 40.]]"),
    Example(
      Tensor.ramp(count: 12).reshaped(to: [2, 2, 3]),
      "[[[ 0.  1.  2.]\n  [ 3.  4.  5.]]\n\n [[ 6.  7.  8.]\n  [ 9. 10. 11.]]]"),
    // Empty
    Example(Tensor([Float]()), "[]"), Example(Tensor.zeros([0, 3]), "[]"),
    Example(Tensor.zeros([2, 0]), "[[]\n []]"),
    // Large
    Example(Tensor.ramp(count: 2000), "[   0.    1.    2. ... 1997. 1998. 1999.]"),
    Example(
      Tensor.ramp(count: 1200).reshaped(to: [30, 40]),
      """
      [[   0.    1.    2. ...   37.   38.   39.]
       [  40.   41.   42. ...   77.   78.   79.]
       [  80.   81.   82. ...  117.  118.  119.]
       ...
       [1080. 1081. 1082. ... 1117. 1118. 1119.]
       [1120. 1121. 1122. ... 1157. 1158. 1159.]
       [1160. 1161. 1162. ... 1197. 1198. 1199.]]
      """),
    Example(
      Tensor.zeros([2, 600]), "[[0. 0. 0. ... 0. 0. 0.]\n [0. 0. 0. ... 0. 0. 0.]]"),
  ]

  @Test("Exact text", arguments: examples)
  func text(_ example: Example) { #expect(example.tensor.description == example.text) }

  @Test func debugDescriptionAndShape() {
    #expect(Tensor([[1, 2]]).debugDescription == "Tensor[1, 2] [[1. 2.]]")
    #expect(String(describing: Tensor.Shape([2, 3])) == "[2, 3]")
    #expect("\(Tensor([1, 2]).recorded())" == "[1. 2.]")
  }
}
