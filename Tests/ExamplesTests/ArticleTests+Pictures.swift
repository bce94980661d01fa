import Latent
import Testing

/// The articles on what becomes of pictures.
extension ArticleTests {
  @Test func restoringImages() throws {
    // Article: RestoringImages
    let digits = BuiltInDigits.make(count: 500)
    let enlarger = try SuperResolution(SuperResolution.Configuration(factor: 2))
    let trained = try Trainer(enlarger, length: .steps(100), batchSize: 16).train(on: digits)
    let small = Tensor(repeating: 0.5, shape: [1, 20, 32, 1])
    let large = try trained.enlarge(small)  // [1, 40, 64, 1]

    let filler = try Inpainting(Inpainting.Configuration(holeSize: 10))
    let fills = try Trainer(filler, length: .steps(100), batchSize: 16).train(on: digits)
    let images = digits.batch(at: [0, 1]).samples
    var known = Tensor.ones(images.shape)
    known[.all, 9..<19, 9..<19] = Tensor(0)
    let filled = try fills.restore(images, mask: known)

    let vae = try VAE(VAE.Configuration(latentSize: 6, hiddenSize: 100))
    let generator = try Trainer(vae, length: .steps(200), batchSize: 50).train(on: digits)
    var search = LatentCompletion()
    (search.steps, search.starts) = (50, 2)
    let completed = try search(images, mask: known, by: generator)

    let denoiser = try Denoiser(Denoiser.Configuration(noise: 0.5))
    let cleans = try Trainer(denoiser, length: .steps(50), batchSize: 16).train(on: digits)
    let clean = try cleans.denoise(images)

    var configuration = SuperResolution.Configuration(factor: 2)
    configuration.perceptualPhase = PerceptualPhase(start: 50, adversarialWeight: 1e-3, features: .random())
    let sharper = try Trainer(SuperResolution(configuration), length: .steps(60), batchSize: 16).train(on: digits)
    let sharp = try sharper.enlarge(small)
    // End of the article
    #expect(large.shape == [1, 40, 64, 1] && clean.shape == images.shape)
    #expect(sharp.shape == large.shape && sharp != large)
    for whole in [filled, completed] {
      #expect(Tensor.where(known, whole, else: 0) == Tensor.where(known, images, else: 0))
    }
    try expectArticle("RestoringImages")
  }

  @Test func styleTransfer() throws {
    // Article: StyleTransfer
    let digits = BuiltInDigits.make(count: 500)
    let stripes = Tensor((0..<32 * 32).map { $0 % 32 / 2 % 2 == 0 ? 1 : 0 }, shape: [1, 32, 32, 1])
    var configuration = StyleTransfer.Configuration()
    (configuration.stylistFeatures, configuration.blockCount) = (4, 1)
    configuration.features = .random(filters: 8, levels: 2)
    let model = try StyleTransfer(configuration)
    var trainer = Trainer(model, length: .steps(20), batchSize: 8, seed: 1)
    trainer.initialState = try model.initialState(style: stripes, seed: trainer.seed)
    let trained = try trainer.train(on: digits)
    let wide = Tensor(repeating: 0.5, shape: [1, 40, 100, 1])
    let striped = try trained.stylize(wide)  // [1, 40, 100, 1]

    var optimization = try StyleOptimization(channels: 1, filters: 8, levels: 2)
    optimization.steps = 10
    let images = digits.batch(at: [0, 1]).samples
    let changed = optimization(images, style: stripes)
    // End of the article
    #expect(striped.shape == [1, 40, 100, 1] && changed.shape == images.shape && changed != images)
    try expectArticle("StyleTransfer")
  }
}
