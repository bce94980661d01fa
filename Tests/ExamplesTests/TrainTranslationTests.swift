import Foundation
import Latent
import Testing

/// The programs of models that translate images, and what they write.
@Suite struct TrainTranslationTests {
  let folder: TemporaryFolder
  let images: String
  private let sizes = ["--features", "2", "--discriminator-features", "2"]

  init() throws {
    folder = try TemporaryFolder()
    images = try folder.add("images.idx", TinyData.idx([12, 8, 12]))
  }

  @discardableResult
  func train(_ name: String, _ options: String..., data: String? = nil, steps: Int = 2) throws -> String {
    let common = ["--data", data ?? images, "--out", folder.path("out"), "--batch-size", "2", "--steps", "\(steps)"]
    let result = try Program(name: "train-\(name)").run(common + sizes + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return result.output
  }

  func opened() throws -> TrainedModel {
    try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
  }

  /// Twelve pictures in a folder, of the given channels.
  func pictures(_ name: String, channels: Int = 1, count: Int = 12, height: Int = 8) throws -> String {
    try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
    for index in 0..<count {
      let pixels = (0..<height * 12 * channels).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31) }
      try PNG.write(
        pixels, height: height, width: 12, channels: channels, to: folder.path("\(name)/\(index + 10).png"))
    }
    return folder.path(name)
  }

  @Test func unpairedImages() throws {
    let (horses, zebras) = (try pictures("horses"), try pictures("zebras", channels: 3, count: 9))
    let output = try train("cyclegan", "--to", zebras, "--blocks", "1", "--pool", "3", data: horses)
    #expect(output.contains("12 images of [8, 12, 1] as a\n9 images of [8, 12, 3] as b\n"), "\(output)")
    #expect(output.contains("\nno identity loss: images of 1 and 3 channels cannot stay as they are\n"), "\(output)")
    let first = try #require(try opened().model as? CycleGAN).configuration
    #expect((first.channels, first.targetChannels, first.identityWeight) == (1, 3, 0))
    #expect((first.blockCount, first.poolSize, first.features, first.discriminatorFeatures) == (1, 3, 2, 2))
    for name in ["samples.png", "curves.png"] {
      #expect(try folder.contents("out/" + name).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
    // It goes on, and what no option says stays.
    try train("cyclegan", "--to", zebras, "--resume", data: horses, steps: 3)
    #expect(try opened().step == 3)
    // Files of the same names.
    let model = folder.path("out/model.safetensors")
    try Program(name: "translate").succeed(
      "--model", model, "--data", horses, "--out", folder.path("made"), "--quiet")
    let made = try ImageSet.load(folder.path("made"))
    #expect(made.fileNames == (10..<22).map { "\($0).png" } && made.sampleShape == [8, 12, 3])
    let expected = try opened().translate(ImageSet.load(horses).batch(at: Array(0..<12)).samples)
    #expect((made.batch(at: Array(0..<12)).samples - expected).maximumMagnitude < 0.003)
    try Program(name: "translate").succeed(
      "--model", model, "--direction", "b-to-a", "--data", zebras, "--out", folder.path("back.png"), "--quiet")
    #expect(try folder.contents("back.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  /// Without `--to`, half of the images and the edges of the others; with labels, their classes are kept.
  @Test func edgesAndLabels() throws {
    try folder.add("data/train-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("data/t10k-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("data/t10k-labels-idx1-ubyte", TinyData.labels)
    let data = folder.path("data")
    let output = try train(
      "cyclegan", "--preset", "digits", "--blocks", "0", "--mirror", "--sample-every", "1", data: data)
    #expect(output.contains("6 images of [8, 12, 1] as a\n6 images of [8, 12, 1] as b\n"), "\(output)")
    let configuration = try #require(try opened().model as? CycleGAN).configuration
    #expect(configuration.classCount == 3 && configuration.isMirrored && configuration.targetWeight == 2)
    #expect((configuration.cycleWeight, configuration.identityWeight) == (1, 0))
    let lines = try folder.contents("out/metrics.jsonl").split(separator: UInt8(ascii: "\n"))
    let metrics = try JSONSerialization.jsonObject(with: Data(#require(lines.last))) as? [String: Any]
    #expect(metrics?["labels_kept"] != nil && metrics?["classifier_gradient_norm"] != nil)
    // Labelled images that a training takes.
    let model = folder.path("out/model.safetensors")
    for part in ["train", "test"] {
      try Program(name: "translate").succeed(
        "--model", model, "--data", data, "--part", part, "--out", folder.path("made"), "--quiet")
    }
    let made = try ImageSet.load(folder.path("made"))
    #expect(made.labels == (0..<12).map { $0 % 3 } && made.sampleShape == [8, 12, 1])
    #expect(ImageSet.exists(at: folder.path("made"), split: .test))
    let figures = try Program(name: "translate").succeed(
      "--model", model, "--direction", "b-to-a", "--data", data, "--edges", "--out", folder.path("made.idx"))
    #expect(figures.output.contains("to what they should be, dB") && figures.output.hasSuffix("12 images\n"))
    // Images without labels have nothing to keep.
    let omission = try train("cyclegan", "--preset", "digits", "--blocks", "0")
    #expect(omission.contains("--semantic labelled: the images of --data have no labels, so no classes are kept"))
    #expect(try #require(try opened().model as? CycleGAN).configuration.classCount == nil)
  }

  /// Held-out images of one kind alone tell nothing; it is said why.
  @Test(arguments: ["cyclegan", "pix2pix"]) func heldOutImagesOfOneKind(_ name: String) throws {
    for file in ["train-images", "t10k-images"] {
      try folder.add("data/\(file)-idx3-ubyte", TinyData.idx([12, 8, 12]))
    }
    let output = try train(name, "--to", images, data: folder.path("data"))
    #expect(output.contains("warning: no figures on the held-out images, as there are none of --to\n"), "\(output)")
    try train(name, data: folder.path("data"))
    #expect(String(decoding: try folder.contents("out/metrics.jsonl"), as: UTF8.self).contains("test_"))
  }

  @Test func pairs() throws {
    let (drawings, photographs) = (try pictures("drawings"), try pictures("photographs", channels: 3))
    try train("pix2pix", "--to", photographs, "--error-weight", "10", "--dropout", "0", data: drawings)
    let configuration = try #require(try opened().model as? Pix2Pix).configuration
    #expect((configuration.channels, configuration.targetChannels, configuration.depth) == (1, 3, 2))
    #expect((configuration.errorWeight, configuration.dropout) == (10, 0))
    try train("pix2pix", "--to", photographs, "--resume", data: drawings, steps: 3)
    #expect(try opened().step == 3)
    let model = folder.path("out/model.safetensors")
    let figures = try Program(name: "translate").succeed(
      "--model", model, "--data", drawings, "--truth", photographs, "--out", folder.path("made.png"), "--count", "9")
    #expect(figures.output.contains("to what they should be, dB") && figures.output.hasSuffix("9 images\n"))
    // Translations that are what they should be.
    let translate = ["--model", model, "--data", drawings, "--quiet"]
    _ = try Program(name: "translate").run(translate + ["--out", folder.path("made.idx")])
    let same = try Program(name: "translate").run(
      translate + ["--truth", folder.path("made.idx"), "--out", folder.path("again.png")])
    #expect(same.output.contains("to what they should be, dB") && same.output.contains("60.00"), "\(same.output)")
    // Without --to, digits of their edges.
    try train("pix2pix", "--depth", "1", "--adversarial-weight", "0")
    let own = try #require(try opened().model as? Pix2Pix).configuration
    #expect((own.channels, own.targetChannels, own.depth, own.adversarialWeight) == (1, 1, 1, 0))
  }

  /// A classifier for images whose labels are not used, and how often it is right about them.
  @Test func classesOfTheOtherKind() throws {
    try folder.add("data/train-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("data/t10k-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("data/t10k-labels-idx1-ubyte", TinyData.labels)
    let out = ["--data", folder.path("data"), "--out", folder.path("dann"), "--batch-size", "2", "--features", "5"]
    let result = try Program(name: "train-dann").run(out + ["--steps", "4"])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let trained = try ModelRegistry.standard.load(folder.path("dann/model.safetensors"))
    let configuration = try #require(trained.model as? DomainAdversarialClassifier).configuration
    #expect((configuration.classCount, configuration.featureCount, configuration.rampSteps) == (3, 5, 4))
    let lines = String(decoding: try folder.contents("dann/metrics.jsonl"), as: UTF8.self)
    #expect(lines.contains("target_accuracy") && lines.contains("domain_accuracy"))
    // What no option says stays when it goes on, and longer.
    let more = try Program(name: "train-dann").run(out + ["--steps", "6", "--resume"])
    #expect(more.exitCode == 0 && more.errors.isEmpty, "\(more.errors)")
    #expect(try ModelRegistry.standard.load(folder.path("dann/model.safetensors")).step == 6)
    let program = Program(name: "train-dann")
    try program.fail(
      ["--data", images, "--out", folder.path("none")], exitCode: 2, ["--data: expected images with labels"])
    try program.fail(
      ["--data", folder.path("data"), "--to", try pictures("colours", channels: 3), "--out", folder.path("none")],
      exitCode: 2, ["--to: expected images of [8, 12, 1] as those of --data, found [8, 12, 3]"])
  }

  /// Images on coloured textures in place of edges: the same digits with the same labels, of another kind.
  @Test func textures() throws {
    try folder.add("data/train-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("data/t10k-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("data/t10k-labels-idx1-ubyte", TinyData.labels)
    let data = folder.path("data")
    let output = try train("cyclegan", "--drawn", "textures", "--blocks", "0", data: data)
    #expect(output.contains("6 images of [8, 12, 1] as a\n6 images of [8, 12, 3] as b\n"), "\(output)")
    try train("pix2pix", "--drawn", "textures", data: data)
    let configuration = try #require(try opened().model as? Pix2Pix).configuration
    #expect((configuration.channels, configuration.targetChannels) == (3, 1))
    let program = Program(name: "train-dann")
    let options = ["--data", data, "--drawn", "textures", "--out", folder.path("dann"), "--batch-size", "2"]
    try program.fail(
      options, exitCode: 2,
      [
        "--drawn: expected images of [8, 12, 1] as those of --data, found [8, 12, 3]; "
          + "--channels brings both to the same colours"
      ])
    let result = try program.run(options + ["--channels", "colour", "--features", "5", "--steps", "2"])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.contains("6 images of [8, 12, 3] as a\n6 images of [8, 12, 3] as b\n"), "\(result.output)")
    // The held-out images have textures and labels too.
    #expect(String(decoding: try folder.contents("dann/metrics.jsonl"), as: UTF8.self).contains("target_accuracy"))
  }

  /// Three classifiers for each seed, asked about the test images of the other kind.
  @Test func comparedAdaptation() throws {
    let compare = Program(name: "compare-adaptation")
    for name in ["data", "others"] {
      for part in ["train", "t10k"] {
        let pixels = TinyData.idx([12, 8, 12])
        try folder.add(
          "\(name)/\(part)-images-idx3-ubyte",
          name == "data" ? pixels : Array(pixels.prefix(16)) + pixels.dropFirst(16).map { ~$0 })
        try folder.add("\(name)/\(part)-labels-idx1-ubyte", TinyData.labels)
      }
    }
    let (data, others, out) = (folder.path("data"), folder.path("others"), folder.path("figures.json"))
    let short = ["--data", data, "--batch-size", "2", "--features", "5", "--steps", "2", "--quiet"]
    let result = try compare.run(
      short + ["--to", others, "--seeds", "2", "--out", out, "--recolour", "--self-training", "0.5"])
    #expect((result.exitCode, result.errors) == (0, ""))
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 4 && lines[0].contains("source only, %") && lines[0].hasSuffix("gap closed, %"))
    #expect(zip(lines.dropFirst(), ["seed 1", "seed 2", "mean"]).allSatisfy { $0.hasPrefix($1) }, "\(result.output)")

    struct Figures: Decodable {
      struct Row: Decodable {
        let seed: Int?
        let sourceOnly: Double
        let adapted: Double
        let targetOnly: Double
      }
      let sourceCount: Int
      let targetCount: Int
      let testCount: Int
      let rows: [Row]
      let mean: Row
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    func written() throws -> Figures { try decoder.decode(Figures.self, from: Data(folder.contents("figures.json"))) }
    let figures = try written()
    #expect((figures.sourceCount, figures.targetCount, figures.testCount) == (12, 12, 12))
    #expect(figures.rows.map(\.seed) == [1, 2] && figures.mean.seed == nil)
    let adapted = figures.rows.map(\.adapted)
    #expect(abs(figures.mean.adapted - (adapted[0] + adapted[1]) / 2) < 1e-12)
    // What train-dann says of the same training is what stands there.
    for (reversal, share) in [("1", adapted[0]), ("0", figures.rows[0].sourceOnly)] {
      let own = ["--reversal", reversal, "--self-training", reversal == "1" ? "0.5" : "0", "--recolour"]
      let run = try Program(name: "train-dann").run(
        short + own + ["--to", others, "--seed", "1", "--out", folder.path("dann-\(reversal)")])
      #expect((run.exitCode, run.errors) == (0, ""))
      let last = try #require(
        String(decoding: folder.contents("dann-\(reversal)/metrics.jsonl"), as: UTF8.self).split(separator: "\n").last)
      let found = try #require(last.firstMatch(of: #/target_accuracy":([0-9.]+)/#))
      #expect(abs(try #require(Double(found.1)) - share) < 1e-6, "\(last)")
    }
    // The one that may learn the labels of the other kind is the classifier of that kind alone, in its own colours.
    let other = try compare.run(
      ["--data", others, "--to", others, "--seeds", "1", "--out", out] + short.dropFirst(2))
    #expect((other.exitCode, other.errors) == (0, ""))
    let same = try written()
    // Not beside its own target-only, which with equal paths is the same training: beside that of other --data.
    #expect(same.rows[0].sourceOnly == figures.rows[0].targetOnly)
    // What is drawn of the second half of the images, which halves them.
    let drawn = try compare.run(short + ["--drawn", "textures", "--channels", "colour", "--seeds", "1", "--out", out])
    #expect((drawn.exitCode, drawn.errors) == (0, ""))
    let halves = try written()
    #expect((halves.sourceCount, halves.targetCount, halves.testCount) == (6, 6, 12))
    for part in ["train", "t10k"] {
      try folder.add("high/\(part)-images-idx3-ubyte", TinyData.idx([12, 16, 12]))
      try folder.add("high/\(part)-labels-idx1-ubyte", TinyData.labels)
    }
    for (options, text) in [
      (
        ["--drawn", "textures"],
        "--drawn: expected images of [8, 12, 1] as those of --data, found [8, 12, 3]; --channels colour makes all alike"
      ),
      (
        ["--to", folder.path("high")],
        "--to: expected images of [8, 12, 1] as those of --data, found [16, 12, 1]; --channels and --size bring both"
      ),
      (["--to", others, "--drawn", "textures"], "--drawn: means something only without --to"),
      (["--to", images], "--to: expected images with labels"),
    ] {
      try compare.fail(short + options, exitCode: 2, [text])
    }
  }

  @Test func refusals() throws {
    let (some, more) = (try pictures("some"), try pictures("more", count: 13))
    let high = try pictures("high", height: 16)
    let cycleGAN = Program(name: "train-cyclegan")
    let out = ["--out", folder.path("none"), "--data", some]
    try cycleGAN.fail(
      out + ["--to", high], exitCode: 2,
      ["--to: expected images of 8×12 pixels as those of --data, found 16×12; --size brings both to one"])
    try cycleGAN.fail(out + ["--to", folder.path("nowhere")], exitCode: 1, ["nowhere"])
    try cycleGAN.fail(out + ["--semantic", "always"], exitCode: 2, ["--semantic: expected images with labels"])
    try cycleGAN.fail(
      out + ["--semantic-weight", "2"], exitCode: 2,
      ["--semantic-weight: means something only with --semantic and labels"])
    try cycleGAN.fail(
      out + ["--to", more, "--drawn", "textures"], exitCode: 2, ["--drawn: means something only without --to"])
    try cycleGAN.fail(out + ["--stacked", "9"], exitCode: 2, ["--stacked: expected images as they are"])
    try cycleGAN.fail(out + ["--limit", "1"], exitCode: 2, ["--to: expected images to translate to"])
    let pix2pix = Program(name: "train-pix2pix")
    try pix2pix.fail(
      out + ["--to", more], exitCode: 2,
      ["--to: expected an image for each of the 12 training images of --data, found 13"])
    try FileManager.default.moveItem(atPath: more + "/10.png", toPath: folder.path("away.png"))
    try pix2pix.fail(
      out + ["--to", more], exitCode: 2,
      ["--to: expected files of the names of those of --data, found 11.png beside 10.png"])
    try cycleGAN.fail(
      ["--out", folder.path("none"), "--data", images, "--to", try pictures("few", count: 3), "--batch-size", "4"],
      exitCode: 1, ["few: expected at least one batch of 4, found 3 samples"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }

  @Test func translateRefuses() throws {
    let translate = Program(name: "translate")
    try translate.fail([], exitCode: 2, ["--model: expected the path of a checkpoint"])
    let vae = folder.path("vae.safetensors")
    try TinyData.untrainedVAE().save(to: vae)
    try translate.fail(["--model", vae], exitCode: 1, ["vae cannot translate: it was not trained to"])
    try train("pix2pix")
    let model = folder.path("out/model.safetensors")
    try translate.fail(
      ["--model", model, "--direction", "b-to-a"], exitCode: 2,
      ["--direction: expected one of a-to-b, found \"b-to-a\""])
    try translate.fail(
      ["--model", model, "--edges", "--truth", images], exitCode: 2, ["--edges and --truth exclude each other"])
    let some = try pictures("some")
    try translate.fail(
      ["--model", model, "--data", some, "--out", some], exitCode: 2,
      ["--out: expected another place than that of the images"])
    try translate.fail(
      ["--model", model, "--data", images, "--truth", try pictures("few", count: 3), "--out", folder.path("m.idx")],
      exitCode: 2, ["--truth: expected 12 images of [8, 12, 1], found 3 of [8, 12, 1]"])
    let others = try pictures("others")
    try FileManager.default.moveItem(atPath: others + "/10.png", toPath: others + "/1.png")
    try translate.fail(
      ["--model", model, "--data", some, "--truth", others, "--out", folder.path("m.idx")], exitCode: 2,
      ["--truth: expected files of the names of those of --data, found 1.png beside 10.png"])
  }
}
