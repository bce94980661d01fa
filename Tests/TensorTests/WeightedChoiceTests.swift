import Testing

@testable import Tensor

/// Choices by weight.
@Suite struct WeightedChoiceTests {
  @Test func partsOfALine() {
    let weights: [Double] = [0, 1, 0, 3, 0]
    for (share, place) in [(0, 1), (0.24, 1), (0.25, 3), (0.5, 3), (0.999, 3)] as [(Double, Int)] {
      #expect(WeightedChoice.place(at: share, of: weights) == place, "\(share)")
      #expect(WeightedChoice.place(at: share, of: weights, total: 4) == place, "\(share)")
    }
  }

  /// Where rounding leads beyond the line, its last part is meant, not an item without weight.
  @Test func beyondTheEnd() {
    #expect(WeightedChoice.place(at: 1, of: [0, 1, 0, 3, 0]) == 3)
    #expect(WeightedChoice.place(at: 1, of: [0, 0]) == 0)
    #expect(WeightedChoice.place(at: 1.0.nextDown, of: [Double](repeating: 0.1, count: 10) + [0]) == 9)
  }
}
