import Latent
import Testing

/// The articles on models that tell how likely an image is.
extension ArticleTests {
  @Test func variationalAutoencoders() throws {
    // Article: VariationalAutoencoders
    var configuration = VAE.Configuration(latentSize: 8, hiddenSize: 64, binarization: .dynamic)
    configuration.posterior = .iaf
    configuration.flowHiddenSize = 32
    configuration.freeBits = 0.05
    let vae = try VAE(configuration)
    let trained = try Trainer(vae, length: .steps(100), batchSize: 50).train(on: BuiltInDigits.make(count: 1000))
    // End of the article
    #expect(try trained.sample(2).shape == [2, 28, 28, 1])
    try expectArticle("VariationalAutoencoders")
  }

  @Test func imagesPixelByPixel() throws {
    // Article: ImagesPixelByPixel
    let digits = BuiltInDigits.make(count: 1000)
    let unseen = BuiltInDigits.make(count: 200, seed: 1)
    let model = try PixelCNN(PixelCNN.Configuration(features: 8, layerCount: 3, headFeatures: 16))
    let trained = try Trainer(model, length: .epochs(1), batchSize: 10, seed: 1, learningRate: 4e-3).train(on: digits)

    if let report = try LikelihoodReport(on: trained, unseen) {
      print("\(report.negativeLogLikelihood ?? 0) nats, \(report.likelihoodKind ?? "")")  // exact
    }

    let samples = try trained.sample(16, seed: 1)
    let images = model.prepared(unseen).batch(at: [0, 1, 2, 3]).samples
    var mask = Tensor.zeros(images.shape)
    mask[.all, 0..<14] = Tensor(1)  // the upper half is known
    let completed = try trained.complete(images, mask: mask, seed: 2) { share in
      if share == 1 { print("done") }
    }
    // End of the article
    #expect(samples.shape == [16, 28, 28, 1])
    #expect(completed[.all, 0..<14] == images[.all, 0..<14] && completed != images)
    #expect(try #require(LikelihoodReport(on: trained, unseen)?.negativeLogLikelihood) < 150)
    try expectArticle("ImagesPixelByPixel")
  }
}
