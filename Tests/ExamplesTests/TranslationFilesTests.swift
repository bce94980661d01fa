import Foundation
import Latent
import Testing

extension TrainTranslationTests {
  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path(path)).sorted()
  }

  private func table(_ path: String, _ name: (Int) -> String) throws {
    try folder.add(path + "/labels.csv", Array((10..<22).map { "\($0).png,\(name($0))\n" }.joined().utf8))
  }

  // MARK: - Which images belong together

  /// Of some classes, the partners are taken from the same places: the training is that on a folder of these pairs.
  @Test func pairsOfSomeClasses() throws {
    let (drawings, photographs) = (try pictures("drawings"), try pictures("photographs", channels: 3))
    try table("drawings") { "\($0 % 3)" }
    let (some, partners) = (try pictures("some"), try pictures("partners", channels: 3))
    for number in 10..<22 where number % 3 != 1 || number > 16 {
      for path in [some, partners] { try FileManager.default.removeItem(atPath: "\(path)/\(number).png") }
    }
    try train("pix2pix", "--to", partners, data: some)
    let streams = try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings.streams
    try train("pix2pix", "--to", photographs, "--classes", "1", "--limit", "3", data: drawings)
    #expect(try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings.streams == streams)
  }

  /// Images of the other kind are of the same classes, by their names, where they have labels.
  @Test func otherImagesOfSomeClasses() throws {
    let (a, b) = (try pictures("a"), try pictures("b"))
    try table("a") { ["ape", "bee", "cat"][$0 % 3] }
    try table("b") { ["cat", "dog", "ape", "ape"][$0 % 4] }
    let output = try train("cyclegan", "--to", b, "--classes", "0,2", "--blocks", "0", data: a)
    #expect(output.contains("8 images of [8, 12, 1] as a\n9 images of [8, 12, 1] as b\n"), "\(output)")
    #expect(output.contains("\n--to: 3 classes: \"ape\", \"cat\", \"dog\"\n"), "\(output)")
    let unlabelled = try train("cyclegan", "--to", try pictures("c"), "--classes", "1", "--blocks", "0", data: a)
    #expect(unlabelled.contains("4 images of [8, 12, 1] as a\n12 images of [8, 12, 1] as b\n--to: no labels, so that"))
    try Program(name: "train-cyclegan").fail(
      ["--data", a, "--to", b, "--classes", "1", "--out", folder.path("none")], exitCode: 2,
      ["--classes: expected images of the classes bee in --to, found none"])
  }

  /// Classes of the other kind count by their names; where some have no counterpart it is said why there is no figure.
  @Test func classesByTheirNames() throws {
    for (kind, classes) in [("one", ["bee", "cat"]), ("two", ["ant", "bee", "cat"]), ("three", ["bee", "cat"])] {
      for part in ["train", "test"] {
        for name in classes { _ = try pictures("\(kind)/\(part)/\(name)", count: 4) }
      }
    }
    func output(_ other: String) throws -> (output: String, lines: String) {
      let out = folder.path("dann-\(other)")
      let result = try Program(name: "train-dann").run([
        "--data", folder.path("one"), "--to", folder.path(other), "--out", out, "--batch-size", "2", "--steps", "2",
        "--features", "3",
      ])
      #expect(result.exitCode == 0, "\(result.errors)")
      return (result.output, String(decoding: try folder.contents("dann-\(other)/metrics.jsonl"), as: UTF8.self))
    }
    let (same, more) = (try output("three"), try output("two"))
    #expect(same.lines.contains("target_accuracy") && !same.output.contains("no target_accuracy"))
    #expect(!more.lines.contains("target_accuracy"))
    #expect(
      more.output.contains("no target_accuracy: the images of --data have no class called ant\n"), "\(more.output)")
  }

  /// What was tried together may be made shorter.
  @Test func aShorterPreset() throws {
    try train("cyclegan", "--preset", "pictures", "--blocks", "0", steps: 4)
    #expect(try opened().step == 4)
    let schedule = try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings.schedule
    #expect(schedule == .hold(steps: 2, then: .linear(steps: 2)))
  }

  // MARK: - What is written, and where

  private func model() throws -> String {
    try train("pix2pix")
    return folder.path("out/model.safetensors")
  }

  /// Pictures of an earlier run go, with their classes; somebody's own stay, and nothing is written beside them.
  @Test func foldersOfTranslations() throws {
    let (model, some, few) = (try model(), try pictures("some"), try pictures("few", count: 3))
    try table("some") { ["\"a, b\"", "c", "\"\"\"d\"\"\""][$0 % 3] }
    let translate = Program(name: "translate")
    try translate.fail(
      ["--model", model, "--data", some, "--out", few], exitCode: 2,
      ["--out: expected a folder without images, or one that translate wrote"])
    #expect(try names("few").count == 3)
    try translate.succeed("--model", model, "--data", some, "--edges", "--out", folder.path("made"), "--quiet")
    #expect(try names("made") == (10..<22).map { "\($0).png" } + ["labels.csv", "translation.json"])
    let (made, originals) = (try ImageSet.load(folder.path("made")), try ImageSet.load(some))
    #expect(made.labels == originals.labels && made.classNames == originals.classNames)
    try translate.succeed("--model", model, "--data", few, "--out", folder.path("made"), "--quiet")
    #expect(try names("made") == ["10.png", "11.png", "12.png", "translation.json"])
    // IDX files take their place.
    try translate.succeed("--model", model, "--data", images, "--out", folder.path("made"), "--quiet")
    #expect(try names("made") == ["train-images-idx3-ubyte", "translation.json"])
    try folder.add("made/own.png", try folder.contents("few/10.png"))
    try translate.fail(
      ["--model", model, "--data", few, "--out", folder.path("made")], exitCode: 2,
      ["--out: expected a folder without other images than translations, found own.png"])
    try folder.add("mnist/train-images-idx3-ubyte.gz", [1])
    try translate.fail(
      ["--model", model, "--data", few, "--out", folder.path("mnist")], exitCode: 2, ["a folder without images"])
    #expect(try names("mnist") == ["train-images-idx3-ubyte.gz"])
  }

  /// Folders of classes become such folders.
  @Test func foldersOfClasses() throws {
    let model = try model()
    for name in ["bee", "cat"] { _ = try pictures("animals/\(name)", count: 2) }
    try Program(name: "translate").succeed(
      "--model", model, "--data", folder.path("animals"), "--out", folder.path("made"), "--quiet")
    #expect(try names("made") == ["bee", "cat", "translation.json"])
    #expect(try ImageSet.load(folder.path("made")).classNames == ["bee", "cat"])
    // A table above the folders says other classes.
    try folder.add("animals/labels.csv", Array("bee/10,a\nbee/11,b\ncat/10,b\ncat/11,a\n".utf8))
    try Program(name: "translate").succeed(
      "--model", model, "--data", folder.path("animals"), "--out", folder.path("made"), "--quiet")
    #expect(try names("made") == ["bee", "cat", "labels.csv", "translation.json"])
    #expect(try ImageSet.load(folder.path("made")).labels == [0, 1, 1, 0])
  }

  /// What cannot be written is told before anything is done.
  @Test(arguments: [
    ("some", "another place than that of the images"), ("some/made.png", "another place than that of the images"),
    ("some/made", "another place than that of the images"), ("made.jpg", "a folder, or a name that ends in .png"),
    ("made.npz", "a folder whose name ends in .npz is"), ("some.idx/made", "a folder that can be made"),
  ])
  func targets(_ out: String, _ text: String) throws {
    let (model, some) = (try model(), try pictures("some"))
    try folder.add("some.idx", TinyData.idx([2, 8, 12]))
    let before = try folder.snapshot()
    let result = try Program(name: "translate").run(["--model", model, "--data", some, "--out", folder.path(out)])
    #expect(result.exitCode != 0 && result.errors.contains(text), "\(result.errors)")
    #expect(try folder.snapshot() == before)
  }

  @Test func channelsThatDoNotGoTogether() throws {
    let translate = Program(name: "translate")
    func model(_ channels: Int, _ target: Int) throws -> String {
      var configuration = CycleGAN.Configuration()
      (configuration.height, configuration.width, configuration.features) = (8, 12, 2)
      (configuration.channels, configuration.targetChannels, configuration.identityWeight) = (channels, target, 0)
      let model = try CycleGAN(configuration)
      let path = folder.path("model-\(channels)-\(target).safetensors")
      try TrainedModel(model: model, state: model.makeTraining(seed: 1).state, step: 1).save(to: path)
      return path
    }
    try translate.fail(
      ["--model", try model(1, 3), "--data", images, "--edges", "--out", folder.path("made.png")], exitCode: 2,
      ["--edges: expected a model whose translations have the colours of the images"])
    try translate.fail(
      ["--model", try model(2, 1), "--data", images, "--out", folder.path("made.png")], exitCode: 2,
      ["--out: expected grey or coloured images for a picture, found those of 2 channels"])
  }

  // MARK: - What is said of translations

  /// Which classes a classifier sees in the translations of each class: those of one that sees the same in all of them, and
  /// those of one that sees something.
  @Test func judgedTranslations() throws {
    let (model, data, made) = (try model(), folder.path("labelled"), folder.path("made"))
    try folder.add("labelled/train-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add(
      "labelled/train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 12] + [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 0])
    let classifier = try ImageClassifier(
      ImageClassifier.Configuration(height: 8, width: 12, classCount: 3, convolutionFeatures: 2, featureCount: 4))
    func judged(_ state: State, _ name: String) throws -> (judge: TrainedModel, output: String) {
      let judge = TrainedModel(model: classifier, state: state, step: 1)
      let path = folder.path("\(name).safetensors")
      try judge.save(to: path)
      let result = try Program(name: "translate").succeed(
        "--model", model, "--data", data, "--judge", path, "--out", made, "--quiet")
      return (judge, result.output)
    }
    let first = classifier.makeTraining(seed: 1).state
    var certain = first
    let bias = try #require(first["head.layers.1.bias"])
    certain["head.layers.1.bias"] = bias + Tensor([0, 1000, 0])
    #expect(
      try judged(certain, "certain").output == """
           as 0  as 1  as 2
        0     0     5     0
        1     0     4     0
        2     0     3     0
        of the class that they were made of: 33.3%

        """)
    let seen = try judged(first, "seen")
    let accuracy = try ClassificationAccuracy(of: seen.judge, on: ImageSet.load(made))
    let lines = seen.output.split(separator: "\n")
    try #require(lines.count == 5, "\(seen.output)")
    for (label, row) in accuracy.confusion.enumerated() {
      #expect(lines[label + 1].split(separator: " ").map { Int($0) } == [label] + row, "\(seen.output)")
    }
  }

  /// What says nothing of them is no judge, which is said before anything is made.
  @Test func judgesThatCannotJudge() throws {
    let (model, vae) = (try model(), folder.path("vae.safetensors"))
    try TinyData.untrainedVAE().save(to: vae)
    try folder.add("labelled/train-images-idx3-ubyte", TinyData.idx([12, 8, 12]))
    try folder.add("labelled/train-labels-idx1-ubyte", TinyData.labels)
    for (data, judge, code, text) in [
      (folder.path("labelled"), vae, 1, "vae cannot tell classes: it knows none"),
      (images, vae, 1, "a classifier is tested on samples with labels, found none"),
      (images, folder.path("none"), 2, "--judge: expected a trained classifier, found no file"),
    ] {
      // Figures would come first if it were opened when it is needed.
      try Program(name: "translate").fail(
        ["--model", model, "--data", data, "--edges", "--judge", judge, "--out", folder.path("made")],
        exitCode: Int32(code), [text])
      #expect(!FileManager.default.fileExists(atPath: folder.path("made")))
    }
  }

  /// It is said that images are not looked at as they are.
  @Test func imagesOfAnotherSize() throws {
    let model = try model()
    let high = try pictures("high", height: 16)
    let line = ["--model", model, "--data", high, "--count", "5", "--out", folder.path("made.png")]
    let remark = "12 of 12 images brought to [8, 12, 1]\n"
    for (options, remarks) in [
      ([], remark), (["--quiet"], ""), (["--truth", high], remark + "--truth: \(remark)"),
    ] {
      let result = try Program(name: "translate").run(line + options)
      #expect((result.exitCode, result.errors) == (0, ""))
      let lines = result.output.split(separator: "\n").filter { $0.contains("brought to") }
      #expect(lines.map { "\($0)\n" }.joined() == remarks, "\(result.output)")
    }
  }

  /// The picture has the first of many; it is said how many.
  @Test func theFirstOfMany() throws {
    let model = try model()
    let many = try folder.add("many.idx", TinyData.idx([100, 8, 12]))
    let result = try Program(name: "translate").succeed(
      "--model", model, "--data", many, "--out", folder.path("made.png"))
    #expect(result.output.hasSuffix("made.png: the first 96 of 100 images\n"), "\(result.output)")
  }
}
