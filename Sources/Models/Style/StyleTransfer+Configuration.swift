import Layers
import Tensor
import Training

extension StyleTransfer {
  /// The sizes and choices of a ``StyleTransfer``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The height of an image of the training in pixels; what is trained takes images of any.
    public var height = 28
    /// The width of an image of the training in pixels.
    public var width = 28
    /// 1 for grey images, 3 for colour.
    public var channels = 1
    /// The network's channels at full size; there are four times as many at a quarter. The published one has 32.
    public var stylistFeatures = 16
    /// The network's residual blocks. The published one has 5.
    public var blockCount = 3
    /// Whose features tell content and style.
    public var features = PerceptualFeatures.random()
    /// The weight of showing the same.
    public var contentWeight: Float = 0.1
    /// The weight of the style.
    public var styleWeight: Float = 1
    /// The weight of neighbouring pixels that differ.
    public var roughnessWeight: Float = 0
    /// The learning rate.
    public var learningRate: Float = 1e-3

    /// A model for images of such a size.
    public init(height: Int = 28, width: Int = 28, channels: Int = 1) {
      (self.height, self.width, self.channels) = (height, width, channels)
    }

    func validate() throws {
      let checks = ConfigurationChecks(kind: StyleTransfer.kind)
      try checks.check(["height": height, "width": width], in: StylizingNetwork.leastSize...4096)
      try checks.check(["channels": channels, "stylistFeatures": stylistFeatures], in: 1...4096)
      try checks.check(["blockCount": blockCount], in: 0...100)
      try checks.checkWeights([
        "contentWeight": contentWeight, "styleWeight": styleWeight, "roughnessWeight": roughnessWeight,
      ])
      try checks.check(styleWeight > 0, "styleWeight is 0: there is nothing to learn")
      try checks.checkRates(["learningRate": learningRate])
      try features.validate(StyleTransfer.kind, height: height, width: width)
    }
  }
}

extension StyleTransfer.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
