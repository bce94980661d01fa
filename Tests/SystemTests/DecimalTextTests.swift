import LatentSystem
import Testing

@Suite struct DecimalTextTests {
  @Test func groupsOfThousands() {
    let numbers = [0, 12, 999, 1000, 1_234_567, -1234, -12]
    #expect(numbers.map(DecimalText.grouped) == ["0", "12", "999", "1,000", "1,234,567", "-1,234", "-12"])
  }

  @Test(
    arguments: [
      (0, 2, "0.00"), (-0.0, 1, "0.0"), (1.005, 2, "1.00"), (-2.5, 0, "-3"), (0.999, 2, "1.00"), (-0.004, 2, "0.00"),
      (1e15, 3, "1000000000000000.000"), (1e17, 3, "1e+17"), (.infinity, 2, "inf"), (.nan, 2, "nan"),
    ] as [(Double, Int, String)])
  func fixedDecimals(value: Double, decimals: Int, expected: String) {
    #expect(DecimalText.fixed(value, decimals: decimals) == expected)
  }

  @Test(
    arguments: [
      (0, "0.000"), (1, "1.000"), (0.693147, "0.6931"), (12.5, "12.50"), (-1234.5, "-1235"), (99_999, "99999"),
      (999_996, "1.000e+06"), (0.00125, "0.001250"), (0.000_012_5, "1.250e-05"), (9.9996, "10.00"),
      (.leastNonzeroMagnitude, "4.941e-324"), (1.797e308, "1.797e+308"), (-.infinity, "-inf"),
    ] as [(Double, String)])
  func significantDigits(value: Double, expected: String) {
    #expect(DecimalText.significant(value, digits: 4) == expected)
  }

  @Test(
    arguments: [
      (1, 0), (9.99, 0), (10, 1), (0.1, -1), (0.099, -2), (1e22, 22), (.leastNonzeroMagnitude, -324),
    ] as [(Double, Int)])
  func exponents(value: Double, expected: Int) {
    #expect(DecimalText.exponent(of: value) == expected)
    #expect(DecimalText.exponent(of: -value) == expected)
  }
}
