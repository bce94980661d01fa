import Layers
import Training

extension StyleGAN {
  /// The sizes and choices of a ``StyleGAN``.
  ///
  /// ```swift
  /// var configuration = StyleGAN.Configuration(height: 64, width: 64, channels: 3)
  /// configuration.pathLength = LazyRegularization(weight: 2, period: 4)
  /// let gan = try StyleGAN(configuration)
  /// ```
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image in pixels, 4 to 256. Images are made in the middle of a square whose side is the next power
    /// of two, so 32, 64 and 128 lose nothing.
    public var height: Int
    /// The width of an image in pixels, 4 to 256.
    public var width: Int
    /// 1 for grey images, 3 for colour, or any other number.
    public var channels: Int
    /// The number of scalars in a latent, and in a mapped latent.
    public var latentSize: Int
    /// The number of layers that map latents.
    public var mappingLayerCount: Int
    /// By how much their rate differs from that of the rest.
    public var mappingRate: Float
    /// The channels of both networks at the full size; each smaller size has twice as many, up to ``mostFeatures``.
    public var features: Int
    /// The most channels that a size has.
    public var mostFeatures: Int
    /// The probability that a sample is made of two latents, in training.
    public var mixing: Float
    /// The penalty `weight / 2 · ‖∇D(x)‖²` on real images; none if nil. Where it is a hundredth of the usual one, the
    /// discriminator of small images is soon so sure that samples of a kind are all alike.
    public var penalty: LazyRegularization?
    /// The penalty on uneven lengths of gradients at mapped latents, ``PathLengthPenalty``, always as updates of its own;
    /// none if nil.
    public var pathLength: LazyRegularization?
    /// After how many images half of the generator's moving average is new; early on, after a twentieth of the images so
    /// far. No average is kept if nil.
    public var averageHalfLife: Double?
    /// The learning rate of both networks, before it is adapted to lazy terms.
    public var learningRate: Float
    /// Adam's share of the mean of the gradients.
    public var beta1: Float
    /// Adam's share of the mean of their squares.
    public var beta2: Float
    /// What the noise of images of given latents is drawn with.
    public var noiseSeed: UInt64

    /// Networks of 16 to 64 channels for 28×28 digits.
    public init(
      height: Int = 28, width: Int = 28, channels: Int = 1, latentSize: Int = 128, mappingLayerCount: Int = 3,
      mappingRate: Float = 0.01, features: Int = 16, mostFeatures: Int = 64, mixing: Float = 0.5,
      penalty: LazyRegularization? = LazyRegularization(weight: 10, period: 16),
      pathLength: LazyRegularization? = nil, averageHalfLife: Double? = 10_000, learningRate: Float = 2e-3,
      beta1: Float = 0, beta2: Float = 0.99, noiseSeed: UInt64 = 0
    ) {
      self.height = height
      self.width = width
      self.channels = channels
      self.latentSize = latentSize
      self.mappingLayerCount = mappingLayerCount
      self.mappingRate = mappingRate
      self.features = features
      self.mostFeatures = mostFeatures
      self.mixing = mixing
      self.penalty = penalty
      self.pathLength = pathLength
      self.averageHalfLife = averageHalfLife
      self.learningRate = learningRate
      self.beta1 = beta1
      self.beta2 = beta2
      self.noiseSeed = noiseSeed
    }

    /// The side of the square that images are made in.
    var frame: Int { 4 << (blockCount - 1) }

    /// How many sizes there are, from 4×4 to that of the frame.
    var blockCount: Int {
      var count = 2
      while 4 << (count - 1) < max(height, width) { count += 1 }
      return count
    }

    /// The channels at the size of a block, the first of which is the smallest.
    func features(ofBlock block: Int) -> Int { min(max(features, mostFeatures), features << (blockCount - 1 - block)) }
  }
}

extension StyleGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}

extension StyleGAN.Configuration {
  /// Checks every value.
  /// - Throws: ``ConfigurationError`` naming the value, what was expected and what was found.
  func validate() throws {
    func check(_ condition: Bool, _ text: @autoclosure () -> String) throws {
      if !condition { throw ConfigurationError("\(StyleGAN.kind): \(text())") }
    }
    let sizes = [
      ("height", height, 4...256), ("width", width, 4...256), ("channels", channels, 1...4096),
      ("latentSize", latentSize, 1...65536), ("mappingLayerCount", mappingLayerCount, 1...64),
      ("features", features, 1...4096), ("mostFeatures", mostFeatures, 1...4096),
    ]
    for (name, value, range) in sizes {
      try check(range.contains(value), "\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    for (name, value) in [("mappingRate", mappingRate), ("learningRate", learningRate)] {
      try check(value > 0 && value.isFinite, "\(name) is \(value), expected a positive number")
    }
    for (name, value) in [("beta1", beta1), ("beta2", beta2)] {
      try check((0..<1).contains(value), "\(name) is \(value), expected at least 0 and below 1")
    }
    try check((0...1).contains(mixing), "mixing is \(mixing), expected 0 to 1")
    if let averageHalfLife {
      try check(
        averageHalfLife > 0 && averageHalfLife.isFinite,
        "averageHalfLife is \(averageHalfLife), expected a positive number")
    }
    do {
      try penalty?.validate("the penalty")
      try pathLength?.validate("the path length")
    } catch let error as ConfigurationError {
      try check(false, error.description)
    }
    try check(pathLength?.hasOwnUpdate ?? true, "the path length has no updates of its own, which it needs")
  }
}
