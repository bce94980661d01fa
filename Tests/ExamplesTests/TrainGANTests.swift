import Foundation
import Latent
import Testing

/// What `train-gan`, `train-dcgan`, `train-wgan-gp` and `train-vae --conv` write and print.
@Suite struct TrainGANTests {
  private let folder: TemporaryFolder
  private let images: String

  init() throws {
    folder = try TemporaryFolder()
    images = try folder.add("images.idx", TinyData.evenImages)
  }

  @discardableResult
  private func train(_ program: Program, _ options: String...) throws -> Program.Result {
    let common = ["--data", images, "--out", folder.path("out"), "--batch-size", "2", "--steps", "2"]
    let result = try program.run(common + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return result
  }

  private func lastMetrics() throws -> [String: Double] {
    let lines = try folder.contents("out/metrics.jsonl").split(separator: UInt8(ascii: "\n"))
    return try JSONDecoder().decode([String: Double].self, from: Data(#require(lines.last)))
  }

  private func trained() throws -> TrainedModel {
    try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
  }

  @Test func dcgan() throws {
    let result = try train(.trainDCGAN, "--latent-size", "3", "--label-smoothing", "0.1")
    #expect(result.output.contains("12 images of [8, 4, 1], ") && result.output.contains("step 2/2"))
    let expected = [
      "step", "epoch", "seconds", "discriminator_loss", "generator_loss", "real_score", "fake_score",
      "discriminator_gradient_norm", "generator_gradient_norm", "real_spread", "fake_spread",
    ]
    #expect(try Set(lastMetrics().keys) == Set(expected))
    let model = try #require(try trained().model as? DCGAN)
    #expect(model.configuration.labelSmoothing == 0.1 && model.configuration.latentSize == 3)
    for name in ["samples.png", "samples-000002.png", "curves.png"] {
      #expect(try folder.contents("out/" + name).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  @Test(arguments: ["dcgan", "least-squares", "spectral-norm", "wgan"]) func variants(_ name: String) throws {
    // Two steps of the clipped variant take ten batches.
    try train(.trainDCGAN, "--variant", name, "--average-decay", "0")
    #expect(try trained().average == nil)
  }

  @Test func wganGP() throws {
    try train(.trainWGANGP, "--critic-steps", "2", "--penalty-weight", "3", "--normalization", "layer")
    let metrics = try lastMetrics()
    #expect(metrics["penalty"] != nil && metrics["wasserstein_estimate"] != nil)
    let configuration = try #require(try trained().model as? WGANGP).configuration
    #expect(configuration.regularizer == .gradientPenalty(weight: 3) && configuration.discriminatorSteps == 2)
    #expect(configuration.normalization == .layer)
  }

  /// Every option ends in the configuration.
  @Test func partsOfAGAN() throws {
    let result = try train(
      .trainGAN, "--loss", "hinge", "--regularizer", "r1", "--penalty-weight", "2", "--penalty-every", "4",
      "--normalization", "spectral", "--discriminator-steps", "2", "--beta1", "0", "--feature-matching", "3",
      "--adversarial-weight", "0.5", "--virtual-batch", "4", "--historical-averaging", "0.25", "--consistency", "5",
      "--augment", "cutout,translation", "--augment-target", "0.5", "--augment-images", "100", "--instance-noise",
      "0.2",
      "--instance-noise-steps", "9", "--pack", "2")
    #expect(result.output.contains("step 2/2"))
    #expect(try lastMetrics()["consistency"] != nil && lastMetrics()["augmentation"] != nil)
    let model = try #require(try trained().model as? GAN)
    var expected = GANConfiguration(
      height: 8, width: 4, loss: .hinge, regularizer: DiscriminatorRegularizer(R1Penalty(weight: 2, period: 4)),
      normalization: .spectral, discriminatorSteps: 2, optimizer: .adam(beta1: 0, beta2: 0.999))
    expected.techniques.featureMatching = FeatureMatching(weight: 3)
    expected.techniques.adversarialWeight = 0.5
    expected.techniques.virtualBatchSize = 4
    expected.techniques.historicalAveraging = HistoricalAveraging(weight: 0.25)
    expected.techniques.consistency = ConsistencyRegularization(weight: 5)
    expected.techniques.augmentation = Augmentation(
      [.cutout, .translation], adaptation: .init(target: 0.5, sampleCount: 100))
    expected.techniques.instanceNoise = InstanceNoise(deviation: 0.2, steps: 9)
    expected.techniques.packSize = 2
    #expect(model.configuration == expected)
    try train(.trainGAN, "--minibatch-discrimination", "--minibatch-deviation", "--label-smoothing", "0.1")
    let other = try #require(try trained().model as? GAN).configuration
    #expect(other.techniques.hasMinibatchDiscrimination && other.techniques.hasMinibatchDeviation)
    #expect(other.labelSmoothing == 0.1)
  }

  /// Those of other programs are the same networks, trained to the same numbers.
  @Test func presetsAreTheOtherPrograms() throws {
    for (preset, program, variant) in [
      ("least-squares", Program.trainDCGAN, ["--variant", "least-squares"]),
      ("spectral-norm", .trainDCGAN, ["--variant", "spectral-norm"]), ("wgan", .trainDCGAN, ["--variant", "wgan"]),
      ("wgan-gp", .trainWGANGP, []), ("dcgan", .trainDCGAN, []),
    ] {
      let common = ["--data", images, "--out", folder.path("out"), "--batch-size", "2", "--steps", "1", "--quiet"]
      #expect(try program.run(common + variant).exitCode == 0)
      let expected = try trained().state
      #expect(try Program.trainGAN.run(common + ["--preset", preset]).exitCode == 0)
      #expect(try trained().state == expected, "\(preset)")
    }
  }

  private func labelled() throws -> String {
    try folder.add("labelled/train-images-idx3-ubyte", TinyData.evenImages)
    try folder.add("labelled/train-labels-idx1-ubyte", TinyData.labels)
    return folder.path("labelled")
  }

  /// What it is for is said, and its length and schedule give way to what is given.
  @Test func theBestPreset() throws {
    let help = try Program.trainGAN.run(["--help"]).output.split { $0.isWhitespace }.joined(separator: " ")
    #expect(help.contains("best, meant for the least Fréchet distance"))
    let line = ["--preset", "best", "--out", folder.path("out"), "--batch-size", "2", "--quiet"]
    let result = try Program.trainGAN.run(line + ["--data", labelled(), "--steps", "2"])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let checkpoint = try TrainingCheckpoint.load(folder.path("out/model.safetensors"))
    #expect(checkpoint.settings.length == .steps(2) && checkpoint.settings.schedule == .linear(steps: 2))
    let configuration = try #require(checkpoint.model as? GAN).configuration
    var expected = GANConfiguration(height: 8, width: 4, loss: .hinge, normalization: .spectral, learningRate: 1e-3)
    (expected.discriminatorLearningRate, expected.averageDecay) = (2e-4, 0.9995)
    expected.conditioning = .projection(classCount: 3)
    #expect(configuration == expected)
    try Program.trainGAN.fail(
      line + ["--data", images], exitCode: 2, ["--conditional: expected images with labels, found none"])
  }

  @Test func weightOfTheClassHead() throws {
    func train(_ options: String...) throws {
      let common = ["--out", folder.path("out"), "--data", try labelled(), "--batch-size", "2", "--quiet"]
      let result = try Program.trainGAN.run(common + options)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      let conditioning = try #require(try trained().model as? GAN).configuration.conditioning
      #expect(conditioning == .auxiliary(classCount: 3, weight: 0.5))
    }
    try train("--steps", "1", "--conditional", "auxiliary", "--class-weight", "0.5")
    // Said again without its weight, it is what it was.
    try train("--steps", "2", "--resume", "--conditional", "auxiliary")
  }

  /// A message names the option, and the preset that set it.
  @Test func learningRatesThatExcludeEachOther() throws {
    for (options, text) in [
      (["--learning-rate", "0.1", "--generator-rate", "0.1"], "--learning-rate excludes --generator-rate"),
      (
        ["--preset", "wgan-gp", "--discriminator-rate", "0.1"],
        "--learning-rate of --preset wgan-gp excludes --discriminator-rate"
      ),
      (
        ["--preset", "best", "--learning-rate", "0.1", "--data", try labelled()],
        "--learning-rate excludes --generator-rate of --preset best"
      ),
      (["--generator-rate", "1e-50"], "--generator-rate: expected a number from 1e-30 to 1e+38, found \"1e-50\""),
    ] {
      let data = options.contains("--data") ? [] : ["--data", images]
      try Program.trainGAN.fail(
        data + ["--out", folder.path("out"), "--batch-size", "2"] + options, exitCode: 2, [text])
    }
  }

  @Test func whatDoesNotGoTogether() throws {
    func refuse(_ options: [String], _ text: String) throws {
      try Program.trainGAN.fail(
        ["--data", images, "--out", folder.path("out"), "--batch-size", "2"] + options, exitCode: 1,
        ["train-gan: " + text])
    }
    try refuse(["--pack", "3"], "batches of 2 do not make packs of 3")
    try refuse(
      ["--preset", "wgan-gp", "--minibatch-deviation"],
      "the penalty GradientPenalty(weight: 10.0) is one of each sample's")
    try Program.trainGAN.fail(
      ["--data", labelled(), "--out", folder.path("out"), "--pack", "2", "--conditional", "projection"], exitCode: 1,
      ["--pack is 2, but the conditioning projection(classCount: 3) is by the class of each image"])
    try refuse(["--adversarial-weight", "0"], "--adversarial-weight is 0, which leaves the generator nothing to learn")
  }

  @Test func convolutionalVAE() throws {
    try train(.trainVAE, "--conv", "--latent-size", "3")
    #expect(try #require(try trained().model as? VAE).configuration.architecture == .convolutional)
  }

  @Test func samplesOfTheMovingAverage() throws {
    try train(.trainDCGAN)
    func generate(_ name: String, _ options: String...) throws -> [UInt8] {
      let common = ["--model", folder.path("out/model.safetensors"), "--count", "3", "--out", folder.path(name)]
      let result = try Program.generate.run(common + options)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      return try folder.contents(name)
    }
    let average = try #require(try trained().averaged)
    #expect(try generate("a.npy") != generate("b.npy", "--ema"))
    #expect(try generate("a.idx", "--ema").dropFirst(16).elementsEqual(ImageSet(average.sample(3)).pixels))
    try train(.trainVAE, "--conv")
    try Program.generate.fail(
      ["--model", folder.path("out/model.safetensors"), "--ema", "--out", folder.path("c.png")], exitCode: 2,
      ["--ema: ", "has no moving average"])
  }

  @Test func sameSeedSameBytes() throws {
    var models: [[UInt8]] = []
    for options in [["--seed", "3"], ["--seed", "3", "--threads", "1"], ["--seed", "4"]] {
      _ = try Program.trainWGANGP.run(
        ["--data", images, "--out", folder.path("out"), "--batch-size", "2", "--steps", "2", "--quiet"] + options)
      models.append(try folder.contents("out/model.safetensors"))
    }
    #expect(models[0] == models[1] && models[0] != models[2])
  }

  @Test func imagesOfOddSize() throws {
    let odd = try folder.add("odd.idx", TinyData.images)
    for program in [Program.trainDCGAN, .trainWGANGP] {
      try program.fail(
        ["--data", odd, "--out", folder.path("out")], exitCode: 1,
        ["\(program.name): an image of 4×5; height and width must be multiples of 4"])
    }
    try Program.trainVAE.fail(["--conv", "--data", odd, "--out", folder.path("out")], exitCode: 1, ["multiples of 4"])
  }

  /// Numbers that are no longer finite end the run with step and tensor, and the checkpoint of the run before is kept.
  @Test(arguments: [Program.trainDCGAN, .trainWGANGP]) func learningRateTooLarge(_ program: Program) throws {
    try train(program)
    let model = try folder.contents("out/model.safetensors")
    let result = try program.run(
      ["--data", images, "--out", folder.path("out"), "--learning-rate", "1e38", "--batch-size", "2", "--quiet"])
    #expect(result.exitCode == 1)
    let pattern = /[a-z-]+: step \d+: [a-z.A-Z0-9_ ]+ is not a finite number; .*\n/
    #expect(result.errors.wholeMatch(of: pattern) != nil, "\(result.errors)")
    #expect(try folder.contents("out/model.safetensors") == model)
  }
}
