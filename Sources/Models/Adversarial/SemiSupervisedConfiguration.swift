import Training

extension SemiSupervisedGAN {
  /// The sizes and choices of a ``SemiSupervisedGAN``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels.
    public var height: Int
    /// The width of an image in pixels.
    public var width: Int
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels: Int
    /// The number of classes, 2 or more.
    public var classCount: Int
    /// The number of latent variables.
    public var latentSize: Int
    /// The units of the generator's hidden layers.
    public var generatorWidths: [Int]
    /// The units of the discriminator's hidden layers; the last are the features that the generator matches.
    public var discriminatorWidths: [Int]
    /// The standard deviation of the noise on the discriminator's input.
    public var inputNoise: Float
    /// The standard deviation of the noise on what its other layers see.
    public var hiddenNoise: Float
    /// The learning rate of both networks.
    public var learningRate: Float
    /// How much of the moving average of both networks stays from step to step, in 0..<1.
    public var averageDecay: Float

    /// The networks of the paper for 28×28 digits, as its authors' program has them (openai/improved-gan,
    /// `train_mnist_feature_matching.py`).
    public init(
      height: Int = 28, width: Int = 28, channels: Int = 1, classCount: Int, latentSize: Int = 100,
      generatorWidths: [Int] = [500, 500], discriminatorWidths: [Int] = [1000, 500, 250, 250, 250],
      inputNoise: Float = 0.3, hiddenNoise: Float = 0.5, learningRate: Float = 3e-3, averageDecay: Float = 0.9999
    ) {
      self.height = height
      self.width = width
      self.channels = channels
      self.classCount = classCount
      self.latentSize = latentSize
      self.generatorWidths = generatorWidths
      self.discriminatorWidths = discriminatorWidths
      self.inputNoise = inputNoise
      self.hiddenNoise = hiddenNoise
      self.learningRate = learningRate
      self.averageDecay = averageDecay
    }

    func validate() throws {
      let sizes = [
        ("height", height, 1), ("width", width, 1), ("channels", channels, 1), ("classCount", classCount, 2),
        ("latentSize", latentSize, 1),
      ]
      func fail(_ text: String) -> ConfigurationError { ConfigurationError("\(SemiSupervisedGAN.kind): \(text)") }
      for (name, value, least) in sizes where !(least...65536).contains(value) {
        throw fail("\(name) is \(value), expected \(least) to 65536")
      }
      for (name, widths) in [("generatorWidths", generatorWidths), ("discriminatorWidths", discriminatorWidths)] {
        guard (1...64).contains(widths.count) else {
          throw fail("\(name) has \(widths.count) layers, expected 1 to 64")
        }
        guard widths.allSatisfy({ (1...65536).contains($0) }) else {
          throw fail("\(name) is \(widths), expected each to be 1 to 65536")
        }
      }
      guard height * width * channels <= 1 << 26 else {
        throw fail("images of \(height)×\(width) and \(channels) channels are too large for dense layers")
      }
      for (name, value) in [("inputNoise", inputNoise), ("hiddenNoise", hiddenNoise)]
      where !(value >= 0 && value.isFinite) {
        throw fail("\(name) is \(value), expected 0 or more")
      }
      guard learningRate > 0, learningRate.isFinite else {
        throw fail("learningRate is \(learningRate), expected a positive number")
      }
      guard averageDecay >= 0 && averageDecay < 1 else {
        throw fail("averageDecay is \(averageDecay), expected 0 or more and less than 1")
      }
    }
  }
}

extension SemiSupervisedGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
