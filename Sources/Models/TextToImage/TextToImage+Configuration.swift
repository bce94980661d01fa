import Datasets
import Layers
import Tensor
import Training

extension TextToImage {
  /// What the networks are made of, and what they learn from.
  public enum Design: String, Codable, Sendable, CaseIterable {
    /// As Reed et al. have it: captions beside latents and features, batch normalization, cross-entropy.
    case published
    /// Captions in all normalizations of the generator, a discriminator with a projection, spectral normalization and
    /// features of the whole image, the hinge loss, a faster generator, and ``SampleDiversity``.
    case refined

    /// The usual learning rate of the generator.
    public var learningRate: Float { self == .refined ? 1e-3 : 2e-4 }
    /// The usual weight of ``SampleDiversity``.
    public var diversity: Float { self == .refined ? 3 : 0 }
  }

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
    /// What the networks are made of, and what they learn from.
    public var design = Design.refined
    /// The length of the vector of a word.
    public var wordSize = 32
    /// The length of the vector of a caption.
    public var captionSize = 64
    /// How many numbers latents and captions become together in the generator, and how many features of a whole image the
    /// discriminator has; in the refined design.
    public var mixtureSize = 256
    /// The number of latent variables.
    public var latentSize = 100
    /// The generator's channels at half the image size; at a quarter there are twice as many.
    public var generatorFeatures = 64
    /// The discriminator's channels at half the image size; at a quarter there are twice as many.
    public var discriminatorFeatures = 64
    /// The rule both networks are trained with.
    public var optimizer = OptimizerChoice.adam(beta1: 0.5, beta2: 0.999)
    /// The generator's learning rate; that which is usual for the design if nil.
    public var learningRate: Float?
    /// The discriminator's learning rate.
    public var discriminatorLearningRate: Float = 2e-4
    /// The weight of ``SampleDiversity``, 0 for none; that which is usual for the design if nil.
    public var diversity: Float?
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
      design = try values.decodeIfPresent(Design.self, forKey: .design) ?? .published
      wordSize = try values.decode(Int.self, forKey: .wordSize)
      captionSize = try values.decode(Int.self, forKey: .captionSize)
      mixtureSize = try values.decodeIfPresent(Int.self, forKey: .mixtureSize) ?? mixtureSize
      latentSize = try values.decode(Int.self, forKey: .latentSize)
      generatorFeatures = try values.decode(Int.self, forKey: .generatorFeatures)
      discriminatorFeatures = try values.decode(Int.self, forKey: .discriminatorFeatures)
      optimizer = try values.decode(OptimizerChoice.self, forKey: .optimizer)
      learningRate = try values.decodeIfPresent(Float.self, forKey: .learningRate)
      discriminatorLearningRate =
        try values.decodeIfPresent(Float.self, forKey: .discriminatorLearningRate) ?? learningRate
        ?? discriminatorLearningRate
      diversity = try values.decodeIfPresent(Float.self, forKey: .diversity)
      averageDecay = try values.decodeIfPresent(Float.self, forKey: .averageDecay)
      unseenCaptions = try values.decode([String].self, forKey: .unseenCaptions)
    }

    func makeReader() -> CaptionReader {
      CaptionReader(tokenCount: vocabulary.tokenCount, wordSize: wordSize, size: captionSize, reading: reading)
    }

    /// The generator's learning rate.
    var generatorRate: Float { learningRate ?? design.learningRate }

    /// The term that keeps samples of one caption different, if it counts.
    var diversityTerm: SampleDiversity? {
      let weight = diversity ?? design.diversity
      return weight == 0 ? nil : SampleDiversity(weight: weight)
    }

    /// What the generator's layers behind its reader are.
    var painter: GANConfiguration {
      var painter = GANConfiguration(
        height: height, width: width, channels: channels, optimizer: optimizer, learningRate: generatorRate)
      painter.discriminatorLearningRate = discriminatorLearningRate
      painter.latentSize = latentSize + captionSize
      (painter.generatorFeatures, painter.discriminatorFeatures) = (generatorFeatures, discriminatorFeatures)
      painter.averageDecay = averageDecay
      return painter
    }

    func validate() throws {
      let kind = TextToImage.kind
      let sizes = [
        ("wordSize", wordSize, 1...65536), ("captionSize", captionSize, 1...65535),
        ("mixtureSize", mixtureSize, 1...65536),
        // The generator takes both together.
        ("latentSize", latentSize, 1...max(1, 65536 - max(1, captionSize))),
        ("number of words", vocabulary.words.count, 1...65535), ("most words of a caption", vocabulary.length, 1...256),
      ]
      for (name, value, range) in sizes where !range.contains(value) {
        throw ConfigurationError("\(kind): \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
      try painter.validate(kind: kind)
      do { try diversityTerm?.validate() } catch let error as ConfigurationError {
        throw ConfigurationError("\(kind): \(error)")
      }
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
