import Latent
import Testing

/// The article on models with codes and encoders.
extension ArticleTests {
  @Test func codesAndEncoders() throws {
    // Article: CodesAndEncoders
    let digits = BuiltInDigits.make(count: 1000)
    var configuration = VAEGAN.Configuration()
    configuration.latentSize = 10
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (16, 16)
    let model = try VAEGAN(configuration)
    let trained = try Trainer(model, length: .steps(10), batchSize: 50, seed: 1).train(on: digits)

    let images = digits.batch(at: [0, 1]).samples
    let again = try trained.reconstruct(images)
    let way = try trained.interpolate(from: images[0], to: images[1], count: 8)

    var sizes = InfoGAN.Configuration()
    sizes.features = 8
    let infoGAN = try Trainer(try InfoGAN(sizes), length: .steps(10), batchSize: 50, seed: 1).train(on: digits)
    let (rows, columns) = try infoGAN.codeTraversal(from: infoGAN.drawLatents(1)[0])
    if let agreement = try CodeAgreement(on: infoGAN, digits, limit: 500) {
      print(agreement.share, agreement.table)
    }

    var codebook = VQVAE.Configuration(codeCount: 16, features: 8, priorFeatures: 8, priorLayerCount: 2)
    codebook.codeSteps = 60  // of 80; the rest is for the distribution of the codes
    let vqvae = try VQVAE(codebook)
    let quantized = try Trainer(vqvae, length: .steps(80), batchSize: 32, seed: 1, learningRate: 3e-3).train(on: digits)
    let codes = vqvae.codePictures(of: images, with: quantized.state)  // [2, 7, 7, 1], whole numbers
    let figures = vqvae.evaluate(on: TrainingData(digits), with: quantized.state)
    print(figures["codes_used"] ?? 0, figures["perplexity"] ?? 0)
    let drawn = try quantized.sample(16, seed: 1)
    // End of the article
    #expect(codes.shape == [2, 7, 7, 1] && codes.scalars.allSatisfy { (0..<16).contains($0) && $0 == $0.rounded() })
    #expect((figures["perplexity"] ?? 0) > 1 && drawn.shape == [16, 28, 28, 1])
    #expect(again.shape == [2, 28, 28, 1] && way.shape == [8, 28, 28, 1])
    #expect(rows.shape == [30, 28, 28, 1] && columns == 10)
    try expectArticle("CodesAndEncoders")
  }
}
