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

  @Test func modesOfStackedImages() throws {
    let (json, model) = (folder.path("modes.json"), folder.path("stacked/model.safetensors"))
    try Program.trainVAE.succeed(
      "--limit", "256", "--stacked", "300", "--steps", "2", "--hidden-size", "9", "--out", folder.path("stacked"),
      "--quiet")
    let result = try Self.evaluate.succeed(
      "--stacked", "--model", model, "--judge", judge, "--count", "30", "--out", json)
    #expect(result.output.contains(" of 1000"), "\(result.output)")
    let figures = try #require(
      try JSONSerialization.jsonObject(with: Data(folder.contents("modes.json"))) as? [String: Any])
    #expect(figures["sample_count"] as? Int == 30 && (1...30).contains(figures["modes"] as? Int ?? 0))
    #expect(figures["mode_kl"] as? Double ?? 0 > 3)
    let refused = try Self.evaluate.run(["--stacked", "--model", model, "--judge", judge, "--gan-train", "3"])
    #expect(refused.exitCode == 2 && refused.errors.contains("--stacked"), "\(refused.errors)")
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
    #expect(columns[0]["path_length"] is Double && columns[1]["path_length"] == nil)
    #expect(columns[0]["modes"] is Int && columns[0]["gan_test"] == nil)
    #expect(columns[0]["sample_count"] as? Int == 40 && columns[1]["sample_count"] as? Int == 40)
    // The same samples, the same figures, but for the rounding to bytes.
    let distances = columns.compactMap { $0["fid"] as? Double }
    #expect(distances.count == 2 && abs(distances[0] - distances[1]) < 0.01 * distances[0], "\(distances)")
  }

  /// A classifier learns from samples of classes; of models without there are none.
  @Test func whatSamplesAreWorthToAClassifier() throws {
    let (json, classes) = (folder.path("figures.json"), folder.path("classes"))
    try Program.trainVAE.succeed(
      "--conditional", "--limit", "256", "--steps", "5", "--hidden-size", "9", "--out", classes, "--quiet")
    let result = try Self.evaluate.succeed(
      "--model", "\(classes)/model.safetensors,\(vae)", "--against", fewDigits(), "--judge", judge, "--count", "40",
      "--gan-train", "2", "--out", json, "--picture", folder.path("picture.png"), "--quiet")
    #expect(result.output.contains("right after learning from samples"))
    #expect(result.output.contains("  from training images"))
    let columns = try #require(
      try JSONSerialization.jsonObject(with: Data(folder.contents("figures.json"))) as? [[String: Any]])
    for key in ["gan_train", "gan_train_floor", "gan_test"] {
      #expect(columns[0][key] is Double && columns[1][key] == nil, "\(key)")
    }
    #expect(columns[0]["gan_test"] as? Double == columns[0]["label_accuracy"] as? Double)
    // Images that were there are no samples.
    #expect(columns[2]["label_accuracy"] is Double && columns[2]["gan_test"] == nil)
    try Self.evaluate.fail(
      ["--model", vae, "--judge", judge, "--count", "40", "--gan-train", "2", "--quiet"], exitCode: 2,
      ["--gan-train: expected a model that makes images of a class, found none"])
  }

  @Test(arguments: [
    ([], "--model: expected the path of a checkpoint, or --against the path of images"),
    (["--against", "x", "--out", "x.txt"], "--out: expected a name that ends in .json, found \"x.txt\""),
    (["--against", "x", "--judge", "nowhere"], "--judge: expected a trained classifier, found no file nowhere"),
  ])
  func mistakes(_ arguments: [String], _ text: String) throws {
    try Self.evaluate.fail(arguments, exitCode: 2, [text])
  }

  @Test(arguments: ["reconstruct", "interpolate", "traverse", "manifold", "neighbours", "project", "directions"])
  func picturesOfAVAE(_ mode: String) throws {
    let name = mode + ".png"
    let said = try Self.explore.succeed(
      mode, "--model", vae, "--count", "4", "--rows", "2", "--out", folder.path(name))
    #expect(try isPicture(name))
    // What the picture shows is told with every one.
    #expect(said.output.hasSuffix("\nwrote \(folder.path(name))\n") && said.output.count { $0.isNewline } >= 2)
  }

  /// The first of several layers has no standard normal prior, and the others change nothing that the decoder sees.
  @Test func layersAreNotTraversed() throws {
    let out = folder.path("layers")
    try Program.trainVAE.succeed(
      "--limit", "64", "--steps", "1", "--batch-size", "4", "--hidden-size", "5", "--latent-size", "4",
      "--stochastic-layers", "2", "--out", out, "--quiet")
    for (mode, task) in [("traverse", "traverse latents"), ("manifold", "show a manifold")] {
      try Self.explore.fail(
        [mode, "--model", out + "/model.safetensors", "--out", folder.path("none.png"), "--quiet"], exitCode: 1,
        ["vae cannot \(task) variable by variable: they form layers, each of which depends on the one above it"])
    }
    let said = try Self.explore.succeed(
      "traverse", "--model", vae, "--variables", "1", "--count", "3", "--out", folder.path("one.png")
    ).output
    #expect(said.contains("the variables 1 of 6, from -3 to 3 standard deviations of the prior"))
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

  /// Weights that are finite, but too large to make samples with.
  @Test func samplesThatAreNoNumbers() throws {
    var configuration = GANConfiguration.dcgan
    (configuration.generatorFeatures, configuration.discriminatorFeatures, configuration.latentSize) = (4, 4, 4)
    let model = try DCGAN(configuration)
    let tensors = model.makeTraining(seed: 1).state.tensors.map { name, tensor in
      (name, name.hasPrefix("generator.") && name.hasSuffix("weight") ? tensor * 1e38 : tensor)
    }
    let bad = folder.path("bad")
    try TrainedModel(model: model, state: State(Dictionary(uniqueKeysWithValues: tensors))).save(to: bad)
    let result = try Self.evaluate.run([
      "--model", bad, "--judge", judge, "--count", "64", "--quiet", "--picture", folder.path("none.png"),
    ])
    #expect(result.exitCode == 1)
    #expect(result.errors == "evaluate: \(bad): the samples of this dcgan hold an infinity or NaN\n")
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
    // A class can be asked for of all samples, and said of images that have none.
    let bare = try folder.add("bare.idx", Self.idx([0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 8, 0, 0, 0, 8], 12 * 64))
    for (mode, images) in [("neighbours", data), ("saliency", bare)] {
      try Self.explore.succeed(
        mode, "--model", gan + "/model.safetensors", "--data", images, "--label", "1", "--count", "4", "--rows", "2",
        "--out", folder.path("\(mode)-of-1.png"), "--quiet")
      #expect(try isPicture("\(mode)-of-1.png"))
    }
    try Self.explore.fail(
      ["traverse", "--model", gan + "/model.safetensors", "--text", "seven"], exitCode: 2,
      ["--text: means something only with models that were told captions", "was not; it takes --label"])
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
    // A name that ends as one of the files is that file's.
    for name in ["named.csv", "named.png"] {
      try Self.detectAnomalies.succeed("--model", vae, "--data", fewDigits(), "--out", folder.path(name), "--quiet")
      #expect(try isPicture("named.png") && !folder.contents("named.csv").isEmpty)
      try FileManager.default.removeItem(atPath: folder.path("named.csv"))
    }
    try Self.detectAnomalies.fail(
      ["--model", vae, "--normal", "42"], exitCode: 2,
      ["--normal: expected some of the classes of the images, and not all of them, found 42"])
    try Self.explore.fail(
      ["traverse", "--model", vae, "--variables", "99"], exitCode: 1, ["vae has no latent variable 99"])
    try Self.explore.fail(
      ["traverse", "--model", vae, "--label", "3"], exitCode: 2,
      ["--label: means something only with models that were told classes, which \(vae) was not"])
    try Self.explore.fail(
      ["project", "--model", vae, "--label", "3"], exitCode: 2,
      [
        "--label: means something only with interpolate, traverse, manifold, neighbours, saliency, attribution, directions, "
      ]
    )
    try Self.explore.fail(
      ["traverse", "--model", vae, "--text", "seven"], exitCode: 2,
      ["--text: means something only with models that were told captions, which \(vae) was not"])
    try Self.explore.fail(
      ["traverse", "--model", vae, "--out", folder.path("none/x.png")], exitCode: 1, ["no such folder"])
    // Before anything is made or looked at.
    let small = folder.path("small.safetensors")
    try TinyData.untrainedVAE().save(to: small)
    try Self.evaluate.fail(
      ["--model", small, "--judge", judge, "--count", "50"], exitCode: 1,
      ["\(small): ", "cannot judge samples of shape [4, 5, 1]: it learned from [28, 28, 1]"])
    try Self.evaluate.fail(
      ["--model", vae, "--judge", judge, "--out", folder.path("none/x.json")], exitCode: 1, ["no such folder"])
    // Copies of one image have one latent.
    let pixels = [UInt8](repeating: 0, count: 20 * 784)
    try IDXFile.write(IDXArray(bytes: pixels, shape: [20, 28, 28]), to: folder.path("same.idx"))
    try Self.explore.fail(
      ["project", "--model", vae, "--data", folder.path("same.idx"), "--out", folder.path("none.png")], exitCode: 1,
      ["their latents are all alike"])
    try Self.detectAnomalies.fail(
      ["--model", vae, "--score", "discriminator"], exitCode: 1, ["vae cannot score samples: it has no discriminator"])
  }

  /// Of a codebook it is told how much of it is used.
  @Test func codebooks() throws {
    let (out, json) = (folder.path("vqvae"), folder.path("codes.json"))
    try Program(name: "train-vqvae").succeed(
      "--limit", "64", "--steps", "4", "--batch-size", "8", "--features", "4", "--prior-features", "4",
      "--prior-layers", "1", "--codes", "8", "--quiet", "--out", out)
    let result = try Self.evaluate.succeed(
      "--model", out + "/model.safetensors", "--judge", judge, "--count", "40", "--out", json, "--picture",
      folder.path("codes.png"))
    #expect(result.output.contains("codes used") && result.output.contains(" of 8"), "\(result.output)")
    let figures = try #require(
      try JSONSerialization.jsonObject(with: Data(folder.contents("codes.json"))) as? [String: Any])
    let codebook = try #require(figures["codebook"] as? [String: Any])
    #expect(codebook["count"] as? Int == 8 && (1...8).contains(codebook["used"] as? Int ?? 0))
    #expect((0.999...8.001).contains(codebook["perplexity"] as? Double ?? 0))
  }

  /// The likelihood is that of the missing pixels, beside that of the baseline; there is nothing to draw.
  @Test func missingQuadrants() throws {
    let (out, picture) = (folder.path("quadrants"), folder.path("no.png"))
    try Program.trainVAE.succeed(
      "--limit", "64", "--steps", "1", "--batch-size", "8", "--hidden-size", "4", "--quadrants", "1", "--binarize",
      "dynamic", "--quiet", "--out", out)
    let output = try Self.evaluate.succeed(
      "--model", out + "/model.safetensors", "--judge", judge, "--count", "40", "--picture", picture
    ).output
    #expect(output.contains("a bound, 1 draw, the missing pixels, dynamic binary"), "\(output)")
    #expect(output.contains("  of the baseline") && output.hasSuffix("no \(picture): there are no samples to draw\n"))
  }

  @Test func denoising() throws {
    let file = folder.path("clean.idx")
    let result = try Self.denoise.succeed("--model", vae, "--noise", "0.3", "--count", "70", "--out", file)
    #expect(result.output.contains("denoised") && result.output.hasSuffix("wrote \(file): 70 images\n"))
    #expect(try folder.contents("clean.idx").count == 16 + 70 * 784)
    // Images without noise can only become worse, those of nothing but noise hardly.
    for (noise, isWarned) in [("0", true), ("10", false)] {
      let said = try Self.denoise.succeed(
        "--model", vae, "--noise", noise, "--count", "9", "--out", folder.path("few.png"), "--quiet"
      ).output
      #expect(said.contains("warning: the images are farther from the clean ones") == isWarned, "\(said)")
    }
  }

  /// Noisy images, denoised ones and clean ones: three blocks of eight images a row and two columns between them.
  @Test func pictureOfDenoising() throws {
    let picture = folder.path("clean.png")
    let result = try Self.denoise.succeed("--model", vae, "--data", fewDigits(), "--noise", "0.3", "--out", picture)
    #expect(result.output.hasSuffix("wrote \(picture): 20 images\n"))
    #expect(try size(of: "clean.png") == [26 * 30 + 2, 3 * 30 + 2])
    // Without noise of our own nobody knows the clean ones.
    let all = try Self.denoise.succeed("--model", vae, "--out", folder.path("given.png")).output
    #expect(all.hasSuffix("given.png: 96 of 10000 images\n") && !all.contains("dB"))
    #expect(try size(of: "given.png") == [17 * 30 + 2, 12 * 30 + 2])
    try Self.denoise.succeed("--model", vae, "--count", "9", "--out", folder.path("few.png"), "--quiet")
    #expect(try size(of: "few.png") == [17 * 30 + 2, 2 * 30 + 2])
  }

  /// The path of twenty digits.
  private func fewDigits() throws -> String {
    try BuiltInDigits.make(count: 20).save(to: folder.path("few"))
    return folder.path("few")
  }

  /// Width and height in the header of a PNG file.
  private func size(of name: String) throws -> [Int] {
    let bytes = try folder.contents(name)
    return [16, 20].map { start in bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
  }
}
