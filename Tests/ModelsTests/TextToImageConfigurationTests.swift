import Datasets
import Foundation
import Layers
import Tensor
import Testing
import Training

@testable import Models

@Suite struct TextToImageConfigurationTests {
  /// Files that say nothing of a design are of the time when there was one, with one learning rate.
  @Test func earlierFiles() throws {
    let configuration = TextToImageTests.tiny {
      ($0.averageDecay, $0.unseenCaptions, $0.wordSize) = (nil, ["two ones"], 9)
      ($0.design, $0.learningRate, $0.discriminatorLearningRate) = (.published, 1e-3, 1e-3)
    }
    func edited(_ change: (inout [String: Any]) -> Void) throws -> TextToImage.Configuration {
      let data = try JSONEncoder().encode(configuration)
      var values = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      change(&values)
      return try JSONDecoder().decode(
        TextToImage.Configuration.self, from: JSONSerialization.data(withJSONObject: values))
    }
    let names = ["design", "discriminatorLearningRate", "mixtureSize", "diversity"]
    var expected = configuration
    expected.mixtureSize = 256
    #expect(try edited { values in for name in names { values[name] = nil } } == expected)
    #expect(try edited { $0["design"] = "refined" }.design == .refined)
  }

  /// What is not said of rates and diversity is the design's own; a rate for all keeps their ratio.
  @Test func designs() throws {
    func rates(_ learningRate: Float? = nil, _ change: (inout TextToImage.Configuration) -> Void) throws -> [Float] {
      let optimizers = try TextToImage(TextToImageTests.tiny(change)).makeOptimizers(learningRate: learningRate)
      return ["generator", "discriminator"].compactMap { (optimizers[$0] as? Adam)?.learningRate }
    }
    #expect(try rates { $0.design = .published } == [2e-4, 2e-4])
    #expect(try rates { $0.design = .refined } == [1e-3, 2e-4])
    #expect(try rates { ($0.learningRate, $0.discriminatorLearningRate) = (4e-3, 1e-3) } == [4e-3, 1e-3])
    #expect(try rates(4e-3) { ($0.learningRate, $0.discriminatorLearningRate) = (2e-3, 1e-3) } == [4e-3, 2e-3])
    // What no ratio of numbers can say is the largest rate there is.
    #expect(
      try rates { ($0.learningRate, $0.discriminatorLearningRate) = (1e-3, 1e38) } == [1e-3, 1e38])
    #expect(
      try rates(1) { ($0.learningRate, $0.discriminatorLearningRate) = (1e-3, 1e38) } == [1, .greatestFiniteMagnitude])
    func terms(_ change: (inout TextToImage.Configuration) -> Void) throws -> [String] {
      try TextToImage(TextToImageTests.tiny(change)).procedure.terms.map { type(of: $0).name }
    }
    #expect(try terms { $0.design = .refined } == ["wrong_captions", "diversity"])
    #expect(try terms { $0.design = .published } == ["wrong_captions"])
    #expect(try terms { ($0.design, $0.diversity) = (.refined, 0) } == ["wrong_captions"])
    let scores = Tensor([-3, 0.5, 2])
    let refined = try TextToImage(TextToImageTests.tiny()).procedure.loss.objective
    #expect(refined.discriminatorTerms(real: scores, target: 1) == Tensor([4, 0.5, 0]))
    #expect(refined.discriminatorTerms(fake: scores) == Tensor([0, 0.75, 1.5]))
    #expect(refined.generatorTerms(fake: scores) == -scores)
  }

  @Test func badConfigurations() throws {
    func message(_ change: (inout TextToImage.Configuration) -> Void) -> String? {
      #expect(throws: ConfigurationError.self) { try TextToImage(TextToImageTests.tiny(change)) }?.description
    }
    #expect(message { $0.wordSize = 0 } == "text-to-image: wordSize is 0, expected 1 to 65536")
    // Latents and captions become 65536 numbers together at most.
    #expect(
      message { ($0.captionSize, $0.latentSize) = (64, 65473) }
        == "text-to-image: latentSize is 65473, expected 1 to 65472")
    #expect(message { $0.captionSize = 65536 } == "text-to-image: captionSize is 65536, expected 1 to 65535")
    #expect(message { $0.captionSize = .min } == "text-to-image: captionSize is \(Int.min), expected 1 to 65535")
    #expect(message { $0.height = 21 }?.contains("must be multiples of 4") == true)
    #expect(
      message { $0.vocabulary = CaptionVocabulary(words: [], length: 3) }
        == "text-to-image: number of words is 0, expected 1 to 65535")
    #expect(
      message { $0.vocabulary = CaptionVocabulary(words: ["Two"], length: 3) }
        == "text-to-image: \"Two\" is no word in small letters")
    #expect(
      message { $0.vocabulary = CaptionVocabulary(words: ["a", "a"], length: 3) }
        == "text-to-image: a word occurs twice in the vocabulary")
    #expect(message { $0.mixtureSize = 0 } == "text-to-image: mixtureSize is 0, expected 1 to 65536")
    #expect(
      message { $0.diversity = -1 } == "text-to-image: the weight of diversity is -1.0, expected 0 or more")
    #expect(message { $0.discriminatorLearningRate = 0 }?.contains("discriminatorLearningRate") == true)
    let model = try TextToImage(TextToImageTests.tiny())
    #expect(throws: ConfigurationError.self) { try model.check(batchSize: 1) }
  }
}
