import Foundation
import Latent
import Testing

/// The programs of the model that makes images of captions.
@Suite struct TrainTextToImageTests {
  private static let train = Program(name: "train-text-to-image")
  private let folder: TemporaryFolder
  private let sizes = ["--batch-size", "4", "--features", "2", "--latent-size", "3", "--quiet"]

  init() throws { folder = try TemporaryFolder() }

  private func trained(_ options: String..., steps: Int = 2) throws -> String {
    let result = try Self.train.run(["--steps", "\(steps)", "--out", folder.path("out")] + sizes + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return folder.path("out/model.safetensors")
  }

  @Test func scenes() throws {
    let model = try trained("--limit", "200", "--scenes", "40", "--scene-size", "20", "--leave-out")
    let captions = String(decoding: try folder.contents("out/captions.txt"), as: UTF8.self).split(separator: "\n")
    #expect(captions.count == 10 && Set(captions).count == 10)
    let opened = try #require(try ModelRegistry.standard.load(model).model as? TextToImage)
    #expect(opened.configuration.unseenCaptions.count == 16 && opened.sampleShape == [20, 20, 1])
    // It goes on with scenes of the same size and without the same ones, though nobody says so again.
    _ = try trained("--limit", "200", "--scenes", "40", "--resume", steps: 3)
    let later = try ModelRegistry.standard.load(model)
    #expect(later.step == 3 && (later.model as? TextToImage)?.configuration == opened.configuration)
    let picture = folder.path("text.png")
    try Program.generate.succeed(
      "--model", model, "--text", "Three thin fours; seven", "--count", "8", "--ema", "--out", picture, "--quiet")
    let grid = try ImageSet.load(picture)
    #expect(grid.height < grid.width)
    let faults: [(options: [String], exitCode: Int32, text: String)] = [
      (["--text", "three purple fours"], 2, "found \"purple\""),
      (["--text", "tree fours"], 2, "did you mean three?"),
      (["--text", "tree fours"], 2, "--text: expected words out of eight, eights, five"),
      (["--text", "!"], 2, "found none"),
      (["--text", "one two three four five"], 2, "expected at most 4 words, found 5"),
      ([], 2, "--text: expected what the samples of a text-to-image should show"),
      (["--text", "seven", "--label", "3"], 2, "--text and --label exclude each other"),
      (["--text", "one;two;three", "--count", "2"], 2, "at least one sample of each of 3 texts, found 2"),
      (["--label", "3"], 2, "--label: means something only for models that were told classes; --text says what the"),
      (
        ["--labels", "3,4"], 2, "--text says what the samples of a text-to-image should show, out of the words eight, e"
      ),
    ]
    for (options, exitCode, text) in faults {
      try Program.generate.fail(["--model", model, "--out", picture] + options, exitCode: exitCode, [text])
    }
    let between = folder.path("between.png")
    try Program(name: "explore").succeed(
      "interpolate", "--model", model, "--text", "two sevens", "--to-text", "four", "--count", "5", "--rows", "2",
      "--out", between, "--quiet")
    #expect(try ImageSet.load(between).width > ImageSet.load(between).height)
    try Program(name: "explore").fail(
      ["interpolate", "--model", model, "--text", "two", "--out", between], exitCode: 2,
      ["--text: expected the caption to begin with, and --to-text the one to end with"])
    // No judge learns for figures that cannot be written.
    for (judges, out, text) in [
      (folder.path("none"), folder.path("nowhere/x.json"), "expected a file that can be created"),
      (model, folder.path("x.json"), "expected a folder that can be made"),
    ] {
      try Program(name: "judge-captions").fail(
        ["--model", model, "--judges", judges, "--judge-steps", "1", "--out", out, "--quiet"], exitCode: 1, [text])
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
    try Program(name: "judge-captions").fail(
      ["--model", model, "--out", model], exitCode: 2, ["--out: expected another file"])
    let figures = folder.path("figures.json")
    let result = try Program(name: "judge-captions").succeed(
      "--model", model, "--judges", folder.path("judges"), "--judge-steps", "1", "--count", "1", "--out", figures,
      "--quiet")
    #expect(result.output.contains("samples of unseen captions") && result.output.contains("stroke"))
    #expect(String(decoding: try folder.contents("figures.json"), as: UTF8.self).contains("\"unseen\""))
  }

  /// What samples should show is said in words wherever `explore` makes some, and nothing that is given is ignored.
  @Test func explored() throws {
    let (explore, model) = (
      Program(name: "explore"), try trained("--limit", "200", "--scenes", "8", "--scene-size", "20")
    )
    let data = ["--data", try folder.add("few.idx", TinyData.idx([12, 8, 8]))]
    func line(_ mode: String) -> [String] {
      [mode, "--model", model, "--count", "3", "--rows", "2", "--out", folder.path("\(mode).png"), "--quiet"]
    }
    for (mode, more, shown) in [
      ("traverse", [], "each row changes one of the variables 0, 1, 2 of 3"),
      ("manifold", [], "the plane of the variables 0, to the right, and 1, upwards"),
      ("neighbours", data, "each row of samples has the images nearest to them below it"),
      ("saliency", data, "white pixels change the score most"), ("attribution", data, "white pixels raise the score"),
    ] {
      let result = try explore.run(line(mode) + ["--text", "two sevens"] + more)
      #expect(result.exitCode == 0 && result.errors.isEmpty && result.output.contains(shown), "\(mode) \(result)")
      try explore.fail(
        line(mode) + more, exitCode: 2, ["--text: expected what the samples of a text-to-image should show, out of"])
    }
    let (opened, expected) = (try ModelRegistry.standard.load(model), folder.path("expected.png"))
    let caption = try opened.captions(["two sevens"])
    let start = try opened.drawLatents(1, given: caption)[0]
    try PNG.writeGrid(
      ImageSet(opened.traversal(from: start, count: 3, given: caption).clamped(to: 0...1)), columns: 3, to: expected)
    #expect(try folder.contents("traverse.png") == folder.contents("expected.png"))

    let way = ["--text", "two sevens", "--to-text", "four"]
    let faults: [(mode: String, options: [String], exitCode: Int32, text: String)] = [
      ("traverse", ["--label", "3"], 2, "--label: means something only with models that were told classes, which"),
      ("traverse", ["--label", "3"], 2, "was not; it takes --text"),
      ("traverse", ["--text", "one; two"], 2, "--text: expected one caption, found \"one; two\""),
      ("traverse", ["--text", "tree fours"], 2, "did you mean three?"),
      ("traverse", way, 2, "--to-text: means something only with interpolate"),
      ("reconstruct", ["--text", "two"], 2, "--text: means something only with interpolate, traverse, manifold"),
      ("directions", ["--text", "two"], 1, "text-to-image cannot tell directions"),
      ("complete", ["--text", "two"], 1, "cannot complete samples: it does not make them step by step\n"),
      ("interpolate", way + ["--label", "3"], 2, "--label: means something only with models that were told classes"),
      ("interpolate", way + data, 2, "--data: means something only between images; this model's interpolate goes from"),
      ("interpolate", way + ["--path", "straight"], 2, "--path: means something only between latents"),
    ]
    for (mode, options, exitCode, text) in faults {
      try explore.fail(line(mode) + options, exitCode: exitCode, [text])
    }
  }

  /// What is said before the first step: of images once, and how long a training is if nobody says so.
  @Test func introduction() throws {
    let small = ["--features", "2", "--latent-size", "3", "--steps", "1", "--out", folder.path("out")]
    let scenes = try Self.train.run(small + ["--limit", "200", "--scene-size", "20"])
    #expect(scenes.exitCode == 0 && scenes.output.hasPrefix("200 images of [28, 28, 1], "), "\(scenes)")
    #expect(scenes.output.split(separator: "\n").count { $0.contains("images of [") } == 1, "\(scenes.output)")
    #expect(scenes.output.contains("\n60000 scenes of [20, 20, 1] drawn from them, with captions of 24 words: \""))
    // Nine epochs of 937 batches.
    #expect(scenes.output.contains("without --epochs and --steps a new training has 8433\n"), "\(scenes.output)")
    let data = ["--data", try folder.add("pictures.idx", TinyData.idx([12, 8, 8])), "--batch-size", "4"]
    let captions = try folder.add("told.txt", Array((0..<12).map { "house \($0)\n" }.joined().utf8))
    let pictures = try Self.train.run(small + data + ["--captions", captions])
    #expect(pictures.exitCode == 0 && pictures.output.hasPrefix("12 images of [8, 8, 1], "), "\(pictures)")
    #expect(pictures.output.split(separator: "\n").count { $0.contains("images of [") } == 1, "\(pictures.output)")
    #expect(pictures.output.contains("\ncaptions of 13 words: \"house 0\", …\n"), "\(pictures.output)")
    // As few images are learned in as many steps as the built-in digits would take.
    #expect(pictures.output.contains("without --epochs and --steps a new training has 4212\n"), "\(pictures.output)")
  }

  /// The design is said once, and what is not said is the design's own.
  @Test func designs() throws {
    let scenes = ["--limit", "200", "--scenes", "40", "--scene-size", "20"]
    func configuration(_ options: [String], steps: Int) throws -> TextToImage.Configuration {
      let out = ["--steps", "\(steps)", "--out", folder.path("out")]
      let result = try Self.train.run(out + sizes + options)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      let trained = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
      #expect(trained.step == steps)
      return try #require(trained.model as? TextToImage).configuration
    }
    let first = try configuration(scenes + ["--design", "published"], steps: 2)
    #expect(first.design == .published && first.learningRate == 2e-4 && first.diversity == 0)
    #expect(try configuration(["--resume"], steps: 3) == first)
    #expect(try configuration(["--resume", "--generator-rate", "0.0002", "--diversity", "0"], steps: 4) == first)
    let other = ["--resume", "--steps", "5", "--out", folder.path("out"), "--batch-size", "4", "--latent-size", "3"]
    try Self.train.fail(
      other + ["--features", "3", "--quiet"], exitCode: 1,
      ["the checkpoint is one of another training: --features was 2, is 3; to go on takes the same options"])
    let rates = ["--generator-rate", "0.002", "--discriminator-rate", "0.0003", "--diversity", "0"]
    let second = try configuration(scenes + rates, steps: 1)
    #expect(second.design == .refined && second.diversity == 0)
    #expect(second.learningRate == 0.002 && second.discriminatorLearningRate == 0.0003)
  }

  /// Judges that have learned from other digits, or for longer, are others.
  @Test func judges() throws {
    let model = try trained("--limit", "200", "--scenes", "8", "--scene-size", "20", steps: 1)
    try folder.add("digits/train-images-idx3-ubyte", TinyData.idx([12, 8, 8]))
    try folder.add("digits/train-labels-idx1-ubyte", TinyData.labels)
    // The same images, of which two are called otherwise.
    let labels = Array(TinyData.labels.dropLast(2)) + [TinyData.labels[19], TinyData.labels[18]]
    try folder.add("others/train-images-idx3-ubyte", TinyData.idx([12, 8, 8]))
    try folder.add("others/train-labels-idx1-ubyte", labels)
    func judged(_ data: String, steps: Int) throws -> (output: String, judges: [String: [UInt8]]) {
      let output = try Program(name: "judge-captions").succeed(
        "--model", model, "--judges", folder.path("judges"), "--judge-steps", "\(steps)", "--count", "1", "--data",
        folder.path(data)
      ).output
      return (output, try folder.snapshot().filter { $0.key.hasPrefix("judges/") })
    }
    let learning = "has no judges of digit, count, size, stroke after 1 step with these digits: they learn now"
    let first = try judged("digits", steps: 1)
    #expect(first.output.contains(learning) && first.judges.count == 4, "\(first.output)")
    #expect(first.output.contains("digits has no test images: judges learn from the digits that drawn scenes are"))
    let again = try judged("digits", steps: 1)
    #expect(!again.output.contains("they learn now") && again.judges == first.judges, "\(again.output)")
    let others = try judged("others", steps: 1)
    #expect(others.output.contains(learning) && others.judges.count == 8, "\(others.output)")
    let longer = try judged("digits", steps: 2)
    #expect(longer.output.contains("after 2 steps") && longer.judges.count == 12, "\(longer.output)")
    #expect(first.judges.allSatisfy { longer.judges[$0.key] == $0.value })
    // A file that is no judge is named before any judge learns, with what helps, and that does help.
    let names = first.judges.keys.sorted()
    let (counts, digits) = (names[0], names[1])
    let line = [
      "--model", model, "--judges", folder.path("judges"), "--judge-steps", "1", "--count", "1", "--data",
      folder.path("digits"), "--quiet",
    ]
    let good = try #require(first.judges[counts])
    try FileManager.default.removeItem(atPath: folder.path(digits))
    for (bytes, text) in [
      (Array(good.dropLast(10)), "expected two ascending places"),
      (
        try Array(Data(contentsOf: URL(fileURLWithPath: model))),
        "expected a judge of the count of scenes of 20×20 pixels"
      ),
    ] {
      try folder.add(counts, bytes)
      let helps = "; if the file is deleted, the judge learns again"
      try Program(name: "judge-captions").fail(line, exitCode: 1, [folder.path(counts) + ": ", text, helps])
      #expect(!FileManager.default.fileExists(atPath: folder.path(digits)))
    }
    try FileManager.default.removeItem(atPath: folder.path(counts))
    let mended = try judged("digits", steps: 1)
    #expect(mended.output.contains("has no judges of digit, count after 1 step"), "\(mended.output)")
    #expect(mended.judges == longer.judges)
  }

  @Test func ownCaptions() throws {
    let pictures = folder.path("pictures")
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
    for index in 0..<8 {
      let pixels = (0..<8 * 12 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + index * 31) }
      try PNG.write(pixels, height: 8, width: 12, channels: 3, to: "\(pictures)/\(index + 10).png")
    }
    let lines = (0..<8).map { $0 % 2 == 0 ? "a red house" : "Two green trees, far away" }
    func write(_ lines: [String]) throws {
      try (lines.joined(separator: "\n") + "\n").write(
        toFile: pictures + "/captions.txt", atomically: true, encoding: .utf8)
    }
    try write(lines)
    let model = try trained("--data", pictures)
    let opened = try #require(try ModelRegistry.standard.load(model).model as? TextToImage)
    #expect(opened.sampleShape == [8, 12, 3])
    #expect(opened.vocabulary.words == ["a", "away", "far", "green", "house", "red", "trees", "two"])
    try Program.generate.succeed(
      "--model", model, "--text", "two red trees", "--count", "2", "--out", folder.path("x.png"), "--quiet")
    // It goes on, and what no option says stays.
    _ = try trained("--data", pictures, "--resume", steps: 3)
    #expect(try ModelRegistry.standard.load(model).step == 3)
    try Program(name: "judge-captions").fail(
      ["--model", model], exitCode: 2, ["--model: expected one that makes scenes of digits"])
    func fail(_ options: String..., exitCode: Int32 = 1, _ text: String) throws {
      try Self.train.fail(["--steps", "1", "--out", folder.path("no")] + sizes + options, exitCode: exitCode, [text])
    }
    try fail("--data", pictures, "--hold-out", "0.5", exitCode: 2, "--hold-out: expected all images in their order")
    try fail("--data", pictures, "--scenes", "9", exitCode: 2, "--scenes: means something only without captions")
    try write(Array(lines.prefix(7)))
    try fail("--data", pictures, exitCode: 1, "expected a caption for each of 8 images, found 7")
    try FileManager.default.removeItem(atPath: pictures + "/captions.txt")
    try fail(
      "--data", pictures, exitCode: 2, "--data: expected images with captions, or labelled digits to draw scenes from")
    try fail("--captions", folder.path("none"), exitCode: 1, "none")
  }

  /// Captions that are elsewhere are named again, also where scenes could be drawn of the images.
  @Test(arguments: ["digits", "pictures.idx"]) func captionsElsewhere(_ data: String) throws {
    try folder.add("pictures.idx", TinyData.idx([12, 8, 8]))
    try folder.add("digits/train-images-idx3-ubyte", TinyData.idx([12, 8, 8]))
    try folder.add("digits/train-labels-idx1-ubyte", TinyData.labels)
    let captions = try folder.add(
      "told.txt", Array((0..<12).map { $0 % 2 == 0 ? "a house\n" : "a tree\n" }.joined().utf8))
    let own = ["--data", folder.path(data)]
    _ = try trained("--data", folder.path(data), "--captions", captions)
    let line = ["--steps", "3", "--out", folder.path("out"), "--resume"] + sizes + own
    try Self.train.fail(
      line, exitCode: 2,
      ["--captions: expected the path of the captions of the training that goes on; its checkpoint keeps no paths"])
    let again = try Self.train.run(line + ["--captions", captions])
    #expect((again.exitCode, again.errors) == (0, ""))
    #expect(try ModelRegistry.standard.load(folder.path("out/model.safetensors")).step == 3)
  }

  @Test func otherModelsFollowNoText() throws {
    let vae = folder.path("vae.safetensors")
    try TinyData.untrainedVAE().save(to: vae)
    try Program.generate.fail(
      ["--model", vae, "--text", "seven", "--out", folder.path("x.png")], exitCode: 1,
      ["vae cannot follow a text: it was not trained on captions"])
  }
}
