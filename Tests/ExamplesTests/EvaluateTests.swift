import Foundation
import Latent
import Testing

/// The programs that look at trained models.
@Suite struct EvaluateTests {
  private static let trainClassifier = Program(name: "train-classifier")
  private static let evaluate = Program(name: "evaluate")
  private static let explore = Program(name: "explore")
  private static let detectAnomalies = Program(name: "detect-anomalies")
  private static let denoise = Program(name: "denoise")

  private let folder: TemporaryFolder
  private let judge: String
  private let vae: String

  init() throws {
    folder = try TemporaryFolder()
    judge = folder.path("judge/model.safetensors")
    vae = folder.path("vae/model.safetensors")
    try Self.trainClassifier.succeed(
      "--limit", "256", "--steps", "3", "--batch-size", "32", "--features", "9", "--out", folder.path("judge"),
      "--quiet")
    try Program.trainVAE.succeed(
      "--limit", "256", "--steps", "5", "--hidden-size", "9", "--out", folder.path("vae"), "--quiet")
  }

  private func isPicture(_ name: String) throws -> Bool {
    try folder.contents(name).starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  @Test func classifiersWriteNoSamples() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("judge")).sorted()
    #expect(files == [".latent-lock", "curves.png", "metrics.jsonl", "model.safetensors"])
    let said = try Self.trainClassifier.succeed(
      "--limit", "64", "--steps", "1", "--batch-size", "32", "--out", folder.path("said")
    ).output
    #expect(said.hasSuffix("wrote \(folder.path("said")): curves.png, metrics.jsonl, model.safetensors\n"))
  }

  @Test func figuresOfAModelAndOfImages() throws {
    let (json, picture) = (folder.path("figures.json"), folder.path("picture.png"))
    let samples = folder.path("samples.idx")
    try Program.generate.succeed("--model", vae, "--count", "50", "--out", samples, "--quiet")
    let result = try Self.evaluate.succeed(
      "--model", vae, "--against", samples, "--judge", judge, "--count", "40", "--likelihood", "5", "--out", json,
      "--picture", picture)
    for name in ["Fréchet distance", "kernel distance", "precision", "negative ELBO", "a cross-entropy bound, 5 draws"]
    {
      #expect(result.output.contains(name), "\(result.output)")
    }
    #expect(try isPicture("picture.png"))
    let columns = try #require(
      try JSONSerialization.jsonObject(with: Data(folder.contents("figures.json"))) as? [[String: Any]])
    #expect(columns.count == 2 && columns[0]["name"] as? String == vae)
    let common = ["fid", "fid_floor", "kid", "precision", "recall", "density", "coverage", "class_shares", "judge"]
    for column in columns { #expect(Set(column.keys).isSuperset(of: common), "\(column.keys)") }
    #expect(columns[0]["negative_log_likelihood"] is Double && columns[1]["negative_elbo"] == nil)
    // The same samples, the same figures.
    #expect(columns[0]["sample_count"] as? Int == 40 && columns[1]["sample_count"] as? Int == 40)
  }

  @Test(arguments: [
    ([], "--model: expected the path of a checkpoint, or --against the path of images"),
    (["--against", "x", "--judge", "nowhere"], "--judge: expected a trained classifier, found no file nowhere"),
  ])
  func mistakes(_ arguments: [String], _ text: String) throws {
    try Self.evaluate.fail(arguments, exitCode: 2, [text])
  }

  @Test(arguments: ["reconstruct", "interpolate", "traverse", "manifold", "neighbours", "project", "directions"])
  func picturesOfAVAE(_ mode: String) throws {
    let name = mode + ".png"
    try Self.explore.succeed(
      mode, "--model", vae, "--count", "4", "--rows", "2", "--out", folder.path(name), "--quiet")
    #expect(try isPicture(name))
  }

  @Test(arguments: ["saliency", "attribution", "interpolate"]) func picturesOfAGAN(_ mode: String) throws {
    let gan = folder.path("gan")
    try Program.trainWGANGP.succeed(
      "--limit", "64", "--steps", "1", "--batch-size", "4", "--critic-steps", "1", "--out", gan, "--quiet")
    let name = mode + ".png"
    try Self.explore.succeed(
      mode, "--model", gan + "/model.safetensors", "--count", "3", "--rows", "2", "--out", folder.path(name), "--quiet")
    #expect(try isPicture(name))
    try Self.explore.fail(
      ["reconstruct", "--model", gan + "/model.safetensors", "--count", "3", "--out", folder.path("none.png")],
      exitCode: 1, ["wgan-gp cannot reconstruct: it has no encoder"])
  }

  @Test(arguments: [
    ([], "what to do is missing: expected one of reconstruct, interpolate"),
    (["manifolds", "--model", "m"], "did you mean manifold?"),
    (["manifold"], "--model: expected the path of a checkpoint"),
  ])
  func whatToExplore(_ arguments: [String], _ text: String) throws {
    try Self.explore.fail(arguments, exitCode: 2, [text])
  }

  /// Models with classes draw what they were told, with classes of any number.
  @Test func picturesOfClasses() throws {
    let data = folder.path("data")
    try folder.add(
      "data/train-images-idx3-ubyte", Self.idx([0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 8], 12 * 64))
    try folder.add("data/train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 12] + (0..<12).map { UInt8($0 % 3) })
    let gan = folder.path("classes")
    try Program.trainDCGAN.succeed(
      "--data", data, "--conditional", "projection", "--steps", "1", "--batch-size", "4", "--out", gan, "--quiet")
    try Self.explore.succeed(
      "saliency", "--model", gan + "/model.safetensors", "--data", data, "--count", "4", "--rows", "2", "--out",
      folder.path("saliency.png"), "--quiet")
    #expect(try isPicture("saliency.png"))
    let vae = folder.path("classes-vae")
    try Program.trainVAE.succeed(
      "--data", data, "--conditional", "--steps", "1", "--batch-size", "4", "--hidden-size", "5", "--out", vae,
      "--quiet")
    for mode in ["interpolate", "traverse", "reconstruct"] {
      try Self.explore.succeed(
        mode, "--model", vae + "/model.safetensors", "--data", data, "--count", "4", "--rows", "2", "--out",
        folder.path("\(mode).png"), "--quiet")
      #expect(try isPicture("\(mode).png"))
    }
  }

  private static func idx(_ header: [UInt8], _ count: Int) -> [UInt8] {
    header + (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
  }

  @Test func anomalies() throws {
    let out = folder.path("strange")
    let result = try Self.detectAnomalies.succeed(
      "--model", vae, "--score", "reconstruction", "--normal", "1", "--out", out)
    #expect(result.output.contains("AUROC") && result.output.contains("class 0") && !result.output.contains("class 1 "))
    let lines = try String(decoding: folder.contents("strange.csv"), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "index,label,score" && lines.count == 10_001)
    #expect(try isPicture("strange.png"))
    try Self.detectAnomalies.fail(
      ["--model", vae, "--normal", "42"], exitCode: 2,
      ["--normal: expected some of the classes of the images, and not all of them, found 42"])
    try Self.explore.fail(
      ["traverse", "--model", vae, "--variables", "99"], exitCode: 1, ["vae has no latent variable 99"])
    try Self.detectAnomalies.fail(
      ["--model", vae, "--score", "discriminator"], exitCode: 1, ["vae cannot score samples: it has no discriminator"])
  }

  @Test func denoising() throws {
    let file = folder.path("clean.idx")
    let result = try Self.denoise.succeed("--model", vae, "--noise", "0.3", "--count", "70", "--out", file)
    #expect(result.output.contains("denoised") && result.output.hasSuffix("wrote \(file): 70 images\n"))
    #expect(try folder.contents("clean.idx").count == 16 + 70 * 784)
  }
}
