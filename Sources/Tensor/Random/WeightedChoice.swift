/// A choice among items by their weights.
package enum WeightedChoice {
  /// The place of the item in whose part `share` lies, of a line on which the items lie one after the other, each as long as
  /// its weight. An item of weight 0 is never chosen if another has more.
  ///
  /// - Parameters:
  ///   - share: of the whole line, in 0..<1. One of 24 bits does for few items; with more, rare ones would never come up.
  ///   - weights: not negative; they need not sum to 1.
  ///   - total: their sum, if it is known.
  package static func place(at share: Double, of weights: [Double], total: Double? = nil) -> Int {
    var rest = share * (total ?? weights.reduce(0, +))
    for (place, weight) in weights.enumerated() {
      if rest < weight { return place }
      rest -= weight
    }
    // Rounding alone can lead here.
    return weights.lastIndex { $0 > 0 } ?? 0
  }
}
