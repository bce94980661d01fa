/// The learning rates of two networks.
enum LearningRates {
  /// The discriminator's where the generator has `rate`: as many times as large as its own is of the generator's own, or the
  /// largest or smallest rate there is where that is none.
  static func ofDiscriminator(_ own: Float, whenGenerator rate: Float, inPlaceOf generators: Float) -> Float {
    let wanted = Double(rate) * (Double(own) / Double(generators))
    return Float(min(max(wanted, Double(Float.leastNormalMagnitude)), Double(Float.greatestFiniteMagnitude)))
  }
}
