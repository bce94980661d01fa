import Layers
import Training

extension GANConfiguration {
  /// Checks every value.
  /// - Parameter kind: the model's, for the message.
  /// - Throws: ``ConfigurationError`` naming the value, what was expected and what was found.
  func validate(kind: String) throws {
    func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
      if !condition { throw ConfigurationError("\(kind): \(text())") }
    }
    try check(
      [height, width].allSatisfy { $0 >= 4 && $0 <= 4096 && $0 % 4 == 0 },
      "an image of \(height)×\(width); height and width must be multiples of 4, from 4 to 4096: pad or scale the images"
    )
    let sizes = [
      ("latentSize", latentSize), ("generatorFeatures", generatorFeatures),
      ("discriminatorFeatures", discriminatorFeatures), ("discriminatorSteps", discriminatorSteps),
    ]
    for (name, value) in sizes {
      try check(value >= 1 && value <= 65536, "\(name) is \(value), expected 1 to 65536")
    }
    try check((1...4096).contains(channels), "channels is \(channels), expected 1 to 4096")
    try check(
      labelSmoothing >= 0 && labelSmoothing < 1, "labelSmoothing is \(labelSmoothing), expected at least 0 and below 1")
    try check(
      labelSmoothing == 0 || loss.hasTarget, "labelSmoothing is \(labelSmoothing), but the loss \(loss) has no labels")
    if let averageDecay {
      try check(
        averageDecay >= 0 && averageDecay < 1, "averageDecay is \(averageDecay), expected at least 0 and below 1")
    }
    try checkRegularizer(check)
    try checkOptimizer(check)
    do { try techniques.validate(in: self) } catch let error as ConfigurationError {
      try check(false, error.description)
    }
  }

  private func checkRegularizer(_ check: (Bool, @autoclosure () -> String) throws -> Void) throws {
    do { try regularizer.term?.validate() } catch let error as ConfigurationError {
      try check(false, error.description)
    }
    if let classCount = conditioning.classCount {
      try check((2...65536).contains(classCount), "classCount is \(classCount), expected 2 to 65536")
    }
    if case .auxiliary(_, let weight) = conditioning {
      try check(weight >= 0 && weight.isFinite, "the class head's weight is \(weight), expected 0 or more")
    }
    try check(
      normalization != .instance || mapPositions > 1,
      "an image of \(height)×\(width) leaves one position for instance normalization, which needs two")
    try check(
      !(regularizer.isPerSample && normalization == .batch),
      """
      the penalty is one of each sample's gradient, but batch normalization mixes the samples of a batch; use layer, \
      instance, spectral or no normalization in the discriminator
      """)
  }

  private func checkOptimizer(_ check: (Bool, @autoclosure () -> String) throws -> Void) throws {
    for (name, rate) in [("learningRate", learningRate), ("discriminatorLearningRate", discriminatorLearningRate)] {
      guard let rate else { continue }
      try check(rate > 0 && rate.isFinite, "\(name) is \(rate), expected a positive number")
    }
    if case .failure(let error) = Result(catching: { try optimizer.makeOptimizer(learningRate: learningRate) }) {
      try check(false, "\(error)")
    }
  }
}

extension GANConfiguration {
  /// Positions in the smallest map of features.
  private var mapPositions: Int {
    let halvings = ConvolutionPyramid.halvings(height: height, width: width)
    return (height >> halvings) * (width >> halvings)
  }

  /// Checks that batch normalization sees two values or more of each channel.
  /// - Throws: ``ConfigurationError``.
  func check(batchSize: Int, kind: String) throws {
    guard mapPositions * batchSize < 2 else { return }
    throw ConfigurationError(
      """
      \(kind): batches of 1 leave batch normalization one value for each channel of images of \(height)×\(width); it \
      needs two: a larger batch size helps
      """)
  }
}
