import Foundation
import Latent
import Testing

/// Programs that find what is unlike what was learned, run as users do.
@Suite struct AnomalyTests {
  private static let trainFAnoGAN = Program(name: "train-f-anogan")
  private static let detectAnomalies = Program(name: "detect-anomalies")
  private static let table = Program(name: "anomaly-table")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func encoderOfAGAN() throws {
    let short = ["--limit", "64", "--batch-size", "8", "--quiet"]
    let (gan, out) = (folder.path("gan"), folder.path("f-anogan"))
    _ = try Program.trainWGANGP.run(
      short + ["--steps", "1", "--critic-steps", "1", "--latent-size", "4", "--out", gan])
    let result = try Self.trainFAnoGAN.run(
      short + ["--steps", "2", "--features", "4", "--gan", gan + "/model.safetensors", "--out", out])
    #expect((result.exitCode, result.errors) == (0, ""))
    // The checkpoint says which GAN it is for, and a training goes on without it.
    try FileManager.default.removeItem(atPath: gan)
    let resumed = try Self.trainFAnoGAN.run(["--limit", "64", "--steps", "3", "--resume", "--quiet", "--out", out])
    #expect((resumed.exitCode, resumed.errors) == (0, ""))
    let model = out + "/model.safetensors"
    #expect(try TrainingCheckpoint.load(model).step == 3)
    // The names of files that images were read from stand beside their scores.
    let digits = BuiltInDigits.make(count: 3)
    try FileManager.default.createDirectory(atPath: folder.path("some, images"), withIntermediateDirectories: true)
    for (index, name) in ["b.png", "a, \"1\".png", "c.png"].enumerated() {
      try PNG.write(Array(digits[index]), height: 28, width: 28, to: folder.path("some, images/\(name)"))
    }
    let scored = try Self.detectAnomalies.run(
      ["--model", model, "--data", folder.path("some, images"), "--out", folder.path("found"), "--quiet"])
    #expect((scored.exitCode, scored.errors) == (0, ""))
    let lines = try String(decoding: folder.contents("found.csv"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 4 && lines[0] == "index,label,score,file")
    #expect(lines[1].hasPrefix("0,,") && lines[1].hasSuffix(",\"a, \"\"1\"\".png\"") && lines[2].hasSuffix(",b.png"))
    // Neither file is there if there is no place for one of them.
    try FileManager.default.createDirectory(atPath: folder.path("taken.png"), withIntermediateDirectories: true)
    try Self.detectAnomalies.fail(
      ["--model", model, "--data", folder.path("some, images"), "--out", folder.path("taken")], exitCode: 1,
      ["taken.png"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("taken.csv")))
    for (options, text) in [
      ([], "--gan: expected the path of a trained GAN; train-wgan-gp with the same --data makes one"),
      (
        ["--gan", model, "--resume", "--out", out], "--gan: means something only for a new training, not with --resume"
      ),
    ] {
      try Self.trainFAnoGAN.fail(["--limit", "64"] + options, exitCode: 2, [text])
    }
    try Self.trainFAnoGAN.fail(
      ["--limit", "64", "--gan", model], exitCode: 1, ["f-anogan cannot be given an encoder: expected a GAN of images"])
  }

  @Test func aFigureForEachClass() throws {
    let out = folder.path("table")
    let options = [
      "--classes", "1,7", "--steps", "2", "--gan-steps", "1", "--encoder-steps", "1", "--batch-size", "8",
      "--latent-size", "3", "--out", out,
    ]
    let first = try Self.table.run(options)
    #expect((first.exitCode, first.errors) == (0, ""))
    #expect(first.output.contains("vae, AUROC") && first.output.contains("f-anogan, average precision"))
    let model = out + "/f-anogan-one-normal-7.safetensors"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
    let figures = try folder.contents("table/one-normal.json")
    #expect(String(decoding: figures, as: UTF8.self).contains("\"mean_auroc\""))
    // What is there is not trained again, what is missing is, with the same result.
    try FileManager.default.removeItem(atPath: model)
    try FileManager.default.removeItem(atPath: out + "/one-normal.json")
    let again = try Self.table.run(options + ["--resume", "--quiet"])
    #expect((again.exitCode, again.errors) == (0, ""))
    #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == bytes)
    #expect(try folder.contents("table/one-normal.json") == figures)
    try Self.table.fail(
      [
        "--classes", "1", "--kind", "vae", "--steps", "3", "--batch-size", "8", "--latent-size", "3", "--out", out,
        "--resume",
      ], exitCode: 2,
      [
        "--resume: expected a model of the kind vae and of the same settings after 3 updates",
        "found another: --steps was 2, is 3; another --out, or what it was, helps",
      ])
    // What it was is what was seen above.
    let elsewhere = try Self.table.run([
      "--classes", "1", "--kind", "vae", "--steps", "3", "--latent-size", "3", "--out", out + "-2", "--resume",
      "--quiet",
    ])
    #expect((elsewhere.exitCode, elsewhere.errors) == (0, ""))
    try Self.table.fail(["--classes", "11", "--out", out], exitCode: 2, ["--classes: expected classes of the images"])
  }

  /// A table does not go on with models of other settings or images than its own, which it would call by its own.
  @Test func otherModels() throws {
    for (folder, images) in [("data", TinyData.evenImages), ("others", TinyData.idx([12, 8, 4]).map { $0 ^ 1 })] {
      // The header of the other file is the same.
      let bytes = Array(TinyData.evenImages.prefix(16)) + images.dropFirst(16)
      for part in ["train", "t10k"] {
        try self.folder.add("\(folder)/\(part)-images-idx3-ubyte", bytes)
        try self.folder.add("\(folder)/\(part)-labels-idx1-ubyte", TinyData.labels)
      }
    }
    let out = folder.path("table")
    func options(_ data: String, _ more: String...) -> [String] {
      ["--data", folder.path(data), "--classes", "0", "--steps", "1", "--latent-size", "2", "--out", out] + more
    }
    let rows = ["--kind", "all", "--gan-steps", "1", "--encoder-steps", "1"]
    let first = try Self.table.run(options("data", "--batch-size", "2", "--quiet") + rows)
    #expect((first.exitCode, first.errors) == (0, ""))
    #expect(first.output.contains("autoencoder, AUROC") && first.output.contains("vae, AUROC"))
    func beta(_ kind: String) throws -> Float? {
      let trained = try ModelRegistry.standard.load(out + "/\(kind)-one-normal-0.safetensors")
      return (trained.model as? VAE)?.configuration.beta
    }
    #expect(try (beta("autoencoder"), beta("vae")) == (0, 1))
    let before = try folder.snapshot()
    for (options, difference) in [
      (options("data", "--kind", "vae", "--batch-size", "2", "--seed", "1"), "--seed was 0, is 1;"),
      (options("data", "--kind", "autoencoder", "--batch-size", "4"), "--batch-size was 2, is 4;"),
      (options("others", "--kind", "vae", "--batch-size", "2"), "--data was 4 images of [8, 4, 1] with the checksum"),
      (
        options("data", "--kind", "f-anogan", "--batch-size", "2", "--gan-steps", "2", "--encoder-steps", "1"),
        "--gan-steps was 1, is 2;"
      ),
    ] {
      try Self.table.fail(options + ["--resume"], exitCode: 2, ["--resume: expected a model of the kind", difference])
    }
    #expect(try folder.snapshot() == before)
    // A record that is gone or damaged says nothing, and only of its own model.
    let vae = options("data", "--kind", "vae", "--batch-size", "2", "--resume", "--quiet")
    let refusal =
      "one of which vae-one-normal-0.settings.json says nothing; without vae-one-normal-0.safetensors it is trained again"
    try FileManager.default.removeItem(atPath: out + "/vae-one-normal-0.settings.json")
    try Self.table.fail(vae, exitCode: 2, [refusal])
    try folder.add("table/vae-one-normal-0.settings.json", Array("{\"steps".utf8))
    try Self.table.fail(vae, exitCode: 2, [refusal])
    let other = try Self.table.run(options("data", "--kind", "autoencoder", "--batch-size", "2", "--resume", "--quiet"))
    #expect((other.exitCode, other.errors) == (0, ""))
    // What the refusal says helps: all is as before, but for the figures, which are of one row now.
    try FileManager.default.removeItem(atPath: out + "/vae-one-normal-0.safetensors")
    let again = try Self.table.run(vae)
    #expect((again.exitCode, again.errors) == (0, ""))
    var (after, expected) = (try folder.snapshot(), before)
    (after["table/one-normal.json"], expected["table/one-normal.json"]) = (nil, nil)
    #expect(after == expected)
  }
}
