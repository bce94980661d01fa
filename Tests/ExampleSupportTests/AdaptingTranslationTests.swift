import Latent
import Testing

@testable import LatentExampleSupport

/// Classifiers that learn translated images.
@Suite struct AdaptingTranslationTests {
  private let images: AdaptationImages

  init() {
    let small = ImagePreparation(size: Tensor.Size2D(height: 8, width: 8))
    images = AdaptationImages(
      source: small(BuiltInDigits.make(count: 30)), target: small(BuiltInDigits.make(count: 25, seed: 2).edges()),
      test: small(BuiltInDigits.make(count: 300, seed: 3).edges()))
  }

  /// They are what a CycleGAN of these settings makes of the images, with the labels of these.
  @Test func translations() throws {
    var count = 0
    let found = try AdaptingTranslation(of: images, steps: 3).translated(seed: 4) { count += 1 }
    #expect(count == 3)
    #expect(found.source.labels == images.source.labels && found.source.classCount == 10)
    var configuration = CycleGAN.Configuration.digits
    (configuration.height, configuration.width, configuration.classCount) = (8, 8, 10)
    let trained = try Trainer(
      CycleGAN(configuration), length: .steps(3), batchSize: 25, seed: 4, schedule: .linear(steps: 3)
    ).train(on: TrainingData(streams: [CycleGAN.streamA: images.source, CycleGAN.streamB: images.target]))
    let places = Array(0..<30)
    let (made, originals) = (found.source.batch(at: places).samples, images.source.batch(at: places).samples)
    // But for the rounding to bytes.
    #expect((made - (try trained.translate(originals, direction: "a-to-b"))).maximumMagnitude < 0.003)
    #expect((made - originals).maximumMagnitude > 0.1)
    // The other kind is what it was.
    #expect(found.target.batch(at: [7]).samples == images.target.batch(at: [7]).samples && found.test.count == 300)
  }

  /// The classifier that learns them is the one that learns images of the one kind alone where these are the translations.
  @Test func comparison() throws {
    var comparison = AdaptationComparison()
    (comparison.steps, comparison.batchSize, comparison.seedCount) = (20, 10, 2)
    (comparison.featureCount, comparison.isQuiet) = (8, true)
    let plain = try comparison.run(on: images, writingTo: nil)
    #expect(plain.rows.allSatisfy { $0.translated == nil && $0.translatedGapClosed == nil })
    #expect(plain.translationSteps == nil && plain.mean?.translated == nil)
    #expect(plain.table.split(separator: "\n")[0].hasSuffix("target only, %  gap closed, %"))

    comparison.translationSteps = 3
    let full = try comparison.run(on: images, writingTo: nil)
    #expect(full.rows.map(\.sourceOnly) == plain.rows.map(\.sourceOnly) && full.translationSteps == 3)
    #expect(full.rows.map(\.adapted) == plain.rows.map(\.adapted))
    #expect(full.rows.map(\.targetOnly) == plain.rows.map(\.targetOnly))
    #expect(full.table.split(separator: "\n")[0].hasSuffix("gap closed, %  translated, %  closed by it, %"))

    (comparison.seedCount, comparison.translationSteps) = (1, 0)
    let translated = try AdaptingTranslation(of: images, steps: 3).translated(seed: 1) {}
    let alone = try comparison.run(on: translated, writingTo: nil)
    #expect(full.rows[0].translated == alone.rows[0].sourceOnly)
    // Colours at random are for the others.
    (comparison.translationSteps, comparison.isRecoloured) = (3, true)
    let recoloured = try comparison.run(on: images, writingTo: nil)
    #expect(recoloured.rows[0].translated == full.rows[0].translated)
  }

  /// Each way closes its own part of the gap, and the mean that of the mean shares.
  @Test func gaps() {
    let rows = [(0.2, 0.4), (0.4, 1.0)].enumerated().map { index, shares in
      AdaptationComparison.Row(
        seed: index, sourceOnly: shares.0, adapted: 0.5, targetOnly: 0.8, translated: shares.1)
    }
    func isNear(_ found: Double?, _ expected: Double) -> Bool { found.map { abs($0 - expected) < 1e-12 } ?? false }
    #expect(isNear(rows[0].gapClosed, 0.5) && isNear(rows[0].translatedGapClosed, 1.0 / 3))
    #expect(isNear(rows[1].gapClosed, 0.25) && isNear(rows[1].translatedGapClosed, 1.5))
    let mean = AdaptationComparison.Row(meanOf: rows)
    #expect(isNear(mean.translated, 0.7) && isNear(mean.translatedGapClosed, 0.8) && isNear(mean.gapClosed, 0.4))
    #expect(rows[0].cells == ["20.0", "50.0", "80.0", "50.0", "40.0", "33.3"])
    let none = AdaptationComparison.Row(seed: 1, sourceOnly: 0.5, adapted: 0.6, targetOnly: 0.5, translated: 0.7)
    #expect(none.gapClosed == nil && none.translatedGapClosed == nil && none.translated == 0.7)
  }

  /// What cannot be translated is told before any training.
  @Test func sizes() throws {
    let odd = ImagePreparation(size: Tensor.Size2D(height: 6, width: 10))
    let others = AdaptationImages(source: odd(images.source), target: odd(images.target), test: odd(images.test))
    var comparison = AdaptationComparison()
    (comparison.steps, comparison.translationSteps, comparison.isQuiet) = (1_000_000, 2, true)
    let error = #expect(throws: UsageError.self) { try comparison.run(on: others, writingTo: nil) }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("--translate: ") && text.contains("6×10") && text.hasSuffix("as --size does"), "\(text)")
  }
}
