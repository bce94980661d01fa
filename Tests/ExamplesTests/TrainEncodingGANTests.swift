import Foundation
import Latent
import Testing

/// The programs of GANs with codes and encoders, and the tools that look at them.
@Suite struct TrainEncodingGANTests {
  private let folder: TemporaryFolder
  private let images: String

  init() throws {
    folder = try TemporaryFolder()
    images = try folder.add("images.idx", TinyData.evenImages)
  }

  @discardableResult
  private func train(_ name: String, _ options: String..., out: String = "out", steps: Int = 2) throws -> String {
    let common = ["--data", images, "--out", folder.path(out), "--batch-size", "2", "--steps", "\(steps)"]
    let result = try Program(name: "train-\(name)").run(common + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return folder.path(out + "/model.safetensors")
  }

  private func lastMetrics() throws -> [String: Double] {
    let lines = try folder.contents("out/metrics.jsonl").split(separator: UInt8(ascii: "\n"))
    return try JSONDecoder().decode([String: Double].self, from: Data(#require(lines.last)))
  }

  @Test(arguments: ["vae-gan", "alpha-gan", "bigan"]) func encoders(_ name: String) throws {
    let sizes = ["--latent-size", "3", "--features", "2", "--generator-features", "3"]
    let model = try train(name, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5])
    let opened = try ModelRegistry.standard.load(model)
    #expect(opened.kind == name && (opened.model as? any LatentEncoding)?.latentShape == [3])
    #expect(try lastMetrics()["encoder_gradient_norm"] != nil && opened.averaged != nil)
    for mode in ["reconstruct", "interpolate"] {
      try Program(name: "explore").succeed(
        mode, "--model", model, "--data", images, "--count", "3", "--rows", "2", "--quiet", "--out",
        folder.path("\(mode).png"))
      #expect(try folder.contents("\(mode).png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
    // What no option says stays when a training goes on.
    try train(name, "--resume", steps: 3)
    #expect(try ModelRegistry.standard.load(model).step == 3)
  }

  @Test func choices() throws {
    try train("vae-gan", "--no-waiting", "--feature-weight", "0.5", "--reconstruction-share", "0.25", "--beta", "0.5")
    var opened = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let first = try #require(opened.model as? VAEGAN).configuration
    #expect(first.equilibrium == nil && first.featureWeight == 0.5 && first.reconstructionShare == 0.25)
    #expect(first.divergenceWeight == 0.5)
    try train("vae-gan", "--margin", "0.2", "--average-decay", "0")
    opened = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let second = try #require(opened.model as? VAEGAN).configuration
    #expect(second.equilibrium == Equilibrium(margin: 0.2) && second.averageDecay == nil && opened.average == nil)
    try train("alpha-gan", "--fooling", "log-ratio", "--reconstruction-weight", "3", "--code-hidden-size", "5")
    opened = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let third = try #require(opened.model as? AlphaGAN).configuration
    #expect(third.fooling == .logRatio && third.reconstructionWeight == 3 && third.codeHiddenSize == 5)
    try train("bigan", "--generator-rate", "0.001")
    opened = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let fourth = try #require(opened.model as? BiGAN).configuration
    #expect(fourth.learningRate == 1e-3 && fourth.discriminatorLearningRate == 2e-4)
    try Program(name: "train-vae-gan").fail(
      ["--out", folder.path("none"), "--margin", "1", "--no-waiting"], exitCode: 2,
      ["--margin: means something only without --no-waiting"])
    try Program(name: "train-alpha-gan").fail(
      ["--out", folder.path("none"), "--learning-rate", "0.1", "--discriminator-rate", "0.2"], exitCode: 2,
      ["--learning-rate excludes --discriminator-rate"])
  }

  @Test func infoGAN() throws {
    let model = try train(
      "infogan", "--features", "2", "--head-features", "3", "--categories", "4,2", "--continuous", "1", "--noise", "5")
    let opened = try ModelRegistry.standard.load(model)
    let codes = try #require(opened.model as? any CodeRecovering).codes
    #expect(codes == LatentCodes(noiseSize: 5, categories: [4, 2], continuousCount: 1))
    #expect(try lastMetrics()["information"] != nil && opened.average != nil)
    let other = try train("infogan", "--features", "2", "--average-decay", "0", out: "other")
    #expect(try ModelRegistry.standard.load(other).average == nil)
    try Program(name: "explore").succeed(
      "traverse", "--model", model, "--quiet", "--out", folder.path("codes.png"))
    #expect(try folder.contents("codes.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    try Program(name: "train-infogan").fail(
      ["--out", folder.path("none"), "--categories", "x"], exitCode: 2, ["--categories: expected whole numbers"])
  }
}
