import Foundation
import Latent
import Testing

/// `train-stylegan`, and what the tools do with its model.
@Suite struct TrainStyleGANTests {
  private let folder: TemporaryFolder
  private let program = Program(name: "train-stylegan")

  init() throws {
    folder = try TemporaryFolder()
    try folder.add("data/train-images-idx3-ubyte", TinyData.images)
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
  }

  private func train(steps: Int = 2, _ more: String...) throws -> String {
    let result = try program.run(
      [
        "--data", folder.path("data"), "--out", folder.path("out"), "--steps", "\(steps)", "--batch-size", "4",
        "--quiet", "--features", "2", "--most-features", "4", "--latent-size", "6",
      ] + more)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return folder.path("out/model.safetensors")
  }

  private func configuration(_ path: String) throws -> StyleGAN.Configuration {
    try #require(ModelRegistry.standard.load(path).model as? StyleGAN).configuration
  }

  @Test func trainedSampledAndMixed() throws {
    let model = try train("--path-length", "2", "--mapping-layers", "2")
    var expected = StyleGAN.Configuration(
      height: 4, width: 5, latentSize: 6, mappingLayerCount: 2, features: 2, mostFeatures: 4)
    expected.pathLength = LazyRegularization(weight: 2, period: 4)
    #expect(try configuration(model) == expected)
    func samples(_ name: String, _ more: String...) throws -> Data {
      let result = try Program.generate.run(
        ["--model", model, "--count", "5", "--quiet", "--out", folder.path(name)] + more)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      return Data(try folder.contents(name))
    }
    let plain = try samples("plain.npy")
    #expect(try samples("again.npy", "--truncation", "1", "--mix", "1") == plain)
    #expect(try samples("usual.npy", "--truncation", "0.5") != plain)
    #expect(try samples("mixed.npy", "--mix", "2") != plain)
    #expect(try samples("average.npy", "--ema") != plain)
    try Program(name: "explore").succeed(
      "mix", "--model", model, "--count", "3", "--rows", "2", "--layer", "1", "--truncation", "0.7", "--quiet", "--out",
      folder.path("mix.png"))
    #expect(try folder.contents("mix.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test func choicesAndResuming() throws {
    let model = try train("--r1", "0", "--average-half-life", "0", "--mixing", "0.9")
    let chosen = try configuration(model)
    #expect(chosen.penalty == nil && chosen.averageHalfLife == nil && chosen.mixing == 0.9 && chosen.pathLength == nil)
    #expect(try configuration(train("--r1-every", "8")).penalty == LazyRegularization(weight: 10, period: 8))
    #expect(try configuration(train(steps: 3, "--resume")).penalty?.period == 8)
  }

  @Test func mistakes() throws {
    try program.fail(
      ["--out", folder.path("none"), "--r1", "0", "--r1-every", "4"], exitCode: 2,
      ["--r1-every: means something only with --r1 above 0"])
    try program.fail(
      ["--out", folder.path("none"), "--data", folder.path("data"), "--batch-size", "6"], exitCode: 1,
      ["stylegan: batches of 6 do not divide into groups of 4 samples, which are compared"])
    try Program.trainVAE.succeed(
      "--data", folder.path("data"), "--steps", "1", "--batch-size", "4", "--hidden-size", "4", "--quiet", "--out",
      folder.path("vae"))
    let vae = folder.path("vae/model.safetensors")
    try Program.generate.fail(
      ["--model", vae, "--mix", "2", "--out", folder.path("no.png")], exitCode: 1,
      ["vae cannot style samples: it does not map its latents"])
    try Program(name: "explore").fail(
      ["mix", "--model", vae, "--out", folder.path("no.png")], exitCode: 1,
      ["vae cannot mix samples: it makes no images of mapped latents"])
    try Program(name: "explore").fail(
      ["traverse", "--model", vae, "--layer", "1", "--out", folder.path("no.png")], exitCode: 2,
      ["--layer: means something only with mix"])
  }
}
