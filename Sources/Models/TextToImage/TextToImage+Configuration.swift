import Datasets
import Layers
import Tensor
import Training

extension TextToImage {
  /// The sizes and choices of a ``TextToImage``.
  public struct Configuration: Codable, Sendable, Equatable {
    /// The words that it is told.
    public var vocabulary: CaptionVocabulary
    /// The height of an image in pixels, a multiple of 4.
    public var height: Int
    /// The width of an image in pixels, a multiple of 4.
    public var width: Int
    /// 1 for grey images, 3 for colour.
    public var channels: Int
    /// How captions are read.
    public var reading = CaptionReading.recurrent
    /// How the discriminator is told them.
    public var matching = CaptionMatching.joint
    /// The length of the vector of a word.
    public var wordSize = 32
    /// The length of the vector of a caption.
    public var captionSize = 64
    /// The number of latent variables.
    public var latentSize = 100
    /// The generator's channels at half the image size; at a quarter there are twice as many.
    public var generatorFeatures = 64
    /// The discriminator's channels at half the image size; at a quarter there are twice as many.
    public var discriminatorFeatures = 64
    /// The rule both networks are trained with.
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    /// The learning rate of both networks.
    public var learningRate: Float = 2e-4
    /// How much of the generator's moving average stays from step to step; none is kept if nil.
    public var averageDecay: Float? = 0.999
    /// Captions that it is kept from in training, to see whether it puts together what it knows of others.
    public var unseenCaptions: [String] = []

    /// A model of 28×28 grey images.
    public init(vocabulary: CaptionVocabulary, height: Int = 28, width: Int = 28, channels: Int = 1) {
      self.vocabulary = vocabulary
      (self.height, self.width, self.channels) = (height, width, channels)
    }

    /// Reads a configuration; what checkpoints did not always have has its default value.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        vocabulary: try values.decode(CaptionVocabulary.self, forKey: .vocabulary),
        height: try values.decode(Int.self, forKey: .height), width: try values.decode(Int.self, forKey: .width),
        channels: try values.decode(Int.self, forKey: .channels))
      reading = try values.decode(CaptionReading.self, forKey: .reading)
      matching = try values.decodeIfPresent(CaptionMatching.self, forKey: .matching) ?? matching
      wordSize = try values.decode(Int.self, forKey: .wordSize)
      captionSize = try values.decode(Int.self, forKey: .captionSize)
      latentSize = try values.decode(Int.self, forKey: .latentSize)
      generatorFeatures = try values.decode(Int.self, forKey: .generatorFeatures)
      discriminatorFeatures = try values.decode(Int.self, forKey: .discriminatorFeatures)
      optimizer = try values.decode(OptimizerChoice.self, forKey: .optimizer)
      learningRate = try values.decode(Float.self, forKey: .learningRate)
      averageDecay = try values.decodeIfPresent(Float.self, forKey: .averageDecay)
      unseenCaptions = try values.decode([String].self, forKey: .unseenCaptions)
    }

    func makeReader() -> CaptionReader {
      CaptionReader(tokenCount: vocabulary.tokenCount, wordSize: wordSize, size: captionSize, reading: reading)
    }

    /// What the generator's layers behind its reader are.
    var painter: GANConfiguration {
      var painter = GANConfiguration(
        height: height, width: width, channels: channels, optimizer: optimizer, learningRate: learningRate)
      painter.latentSize = latentSize + captionSize
      (painter.generatorFeatures, painter.discriminatorFeatures) = (generatorFeatures, discriminatorFeatures)
      painter.averageDecay = averageDecay
      return painter
    }

    func validate() throws {
      let kind = TextToImage.kind
      let sizes = [
        ("wordSize", wordSize, 1...65536), ("captionSize", captionSize, 1...65536),
        ("latentSize", latentSize, 1...65536), ("number of words", vocabulary.words.count, 1...65535),
        ("most words of a caption", vocabulary.length, 1...256),
      ]
      for (name, value, range) in sizes where !range.contains(value) {
        throw ConfigurationError("\(kind): \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
      try painter.validate(kind: kind)
      if let word = vocabulary.words.first(where: { CaptionVocabulary.words(in: $0) != [$0] }) {
        throw ConfigurationError("\(kind): \(word.debugDescription) is no word in small letters")
      }
      guard Set(vocabulary.words).count == vocabulary.words.count else {
        throw ConfigurationError("\(kind): a word occurs twice in the vocabulary")
      }
    }
  }
}

extension TextToImage.Configuration: CustomStringConvertible {
  /// The values by name, in the order of their declaration.
  public var description: String { ConfigurationText.line(self) }
}
