import Layers
import Tensor
import Training

extension CycleGAN {
  /// The sizes and choices of a ``CycleGAN``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image of either kind in pixels, a multiple of 4.
    public var height = 28
    /// The width of an image of either kind in pixels, a multiple of 4.
    public var width = 28
    /// 1 for grey images of the first kind, 3 for colour.
    public var channels = 1
    /// The same of the second kind. Where it differs, nothing can be asked to stay as it is: ``identityWeight`` has to be 0.
    public var targetChannels = 1
    /// The translators' channels at full size; there are four times as many at a quarter. The published ones have 64.
    public var features = 16
    /// The translators' residual blocks. The published ones have 6 for images of 128 pixels, 9 for larger ones.
    public var blockCount = 3
    /// The discriminators' channels at half the image size; at a quarter there are twice as many.
    public var discriminatorFeatures = 32
    /// The weight of the mean absolute error of a pixel in -1...1 after a way there and back.
    public var cycleWeight: Float = 10
    /// The weight of the mean absolute error of a pixel where an image is of the wanted kind already.
    public var identityWeight: Float = 5
    /// The weight of passing for the second kind; passing for the first counts once.
    public var targetWeight: Float = 1
    /// How many past translations of either kind are kept to be shown to the discriminators again.
    public var poolSize = 50
    /// Whether images are mirrored at random, left for right. Not for digits and letters.
    public var isMirrored = false
    /// The number of classes of the images of the first kind, whose labels are to be kept; nil for images without.
    public var classCount: Int?
    /// The weight of keeping classes.
    public var semanticWeight: Float = 1
    /// The rule that translators and discriminators are trained with.
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    /// The learning rate of translators and discriminators.
    public var learningRate: Float = 2e-4
    /// The learning rate of the classifier, if there is one.
    public var classifierLearningRate: Float = 1e-3

    /// A model of 28×28 grey images.
    public init() {}

    /// What was tried for photographs: wider translators, and images mirrored at random.
    public static var pictures: Configuration {
      var configuration = Configuration()
      (configuration.features, configuration.blockCount, configuration.discriminatorFeatures) = (32, 6, 64)
      (configuration.channels, configuration.targetChannels, configuration.isMirrored) = (3, 3, true)
      (configuration.height, configuration.width) = (64, 64)
      return configuration
    }

    /// For digits of one set to pass for those of another: little weight of the way back, nothing that has to stay as it
    /// is, and with a ``classCount`` classes that are kept (Hoffman et al., arXiv:1711.03213).
    public static var digits: Configuration {
      var configuration = Configuration()
      (configuration.cycleWeight, configuration.identityWeight, configuration.targetWeight) = (1, 0, 2)
      return configuration
    }

    /// Of an image of the first kind.
    var shape: Tensor.Shape { [height, width, channels] }
    /// Of an image of the second kind.
    var targetShape: Tensor.Shape { [height, width, targetChannels] }

    func validate() throws {
      let checks = ConfigurationChecks(kind: CycleGAN.kind)
      try checks.check(
        [height, width].allSatisfy { (8...4096).contains($0) && $0 % 4 == 0 },
        "images of \(height)×\(width); height and width must be multiples of 4, from 8 to 4096: pad or scale the images"
      )
      try checks.check(["channels": channels, "targetChannels": targetChannels], in: 1...4096)
      try checks.check(["features": features, "discriminatorFeatures": discriminatorFeatures], in: 1...4096)
      try checks.check(["blockCount": blockCount], in: 0...100)
      try checks.check(["poolSize": poolSize], in: 0...65536)
      try checks.checkWeights([
        "cycleWeight": cycleWeight, "identityWeight": identityWeight, "targetWeight": targetWeight,
        "semanticWeight": semanticWeight,
      ])
      try checks.check(
        channels == targetChannels || identityWeight == 0,
        """
        identityWeight is \(identityWeight), but images of \(channels) and \(targetChannels) channels cannot stay as they \
        are; it has to be 0
        """)
      if let classCount {
        try checks.check(["classCount": classCount], in: 2...65536)
        try checks.check(
          channels == targetChannels,
          "classes cannot be kept from images of \(channels) to images of \(targetChannels) channels: one classifier sees both"
        )
      }
      try checks.checkRates(["learningRate": learningRate, "classifierLearningRate": classifierLearningRate])
      try checks.check(optimizer, learningRate: learningRate)
    }
  }
}

extension CycleGAN.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
