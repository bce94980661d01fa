import Latent
import Testing

/// The article on series of numbers.
extension ArticleTests {
  @Test func signals() throws {
    // Article: Signals
    let signals = BuiltInSignals(count: 2000, length: 64)
    let (means, deviations) = signals.channelStatistics()
    var configuration = SeriesVAE.Configuration(length: 64, means: means, deviations: deviations)
    (configuration.features, configuration.latentSize) = (8, 8)
    let trained = try Trainer(SeriesVAE(configuration), length: .steps(200), batchSize: 64).train(on: signals)

    let test = BuiltInSignals(count: 50, length: 64, seed: 1, anomalyShare: 0.5)
    let series = (0..<test.count).map { test.series(at: $0) }
    let analyses = try series.map { try trained.analyse($0) }
    let quality = RankingQuality(
      scores: analyses.flatMap { $0.scores }, isPositive: series.flatMap { $0.truth ?? [] })
    print(quality.auroc)
    // End of the article
    #expect(quality.auroc > 0.6)
    try expectArticle("Signals")
  }
}
