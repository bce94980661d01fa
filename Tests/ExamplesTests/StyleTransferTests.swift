import Foundation
import Latent
import Testing

/// The programs that give images a style, run as users do.
@Suite struct StyleTransferTests {
  private static let training = Program(name: "train-style")
  private static let stylize = Program(name: "stylize")
  private let folder: TemporaryFolder
  private let style: String

  init() throws {
    folder = try TemporaryFolder()
    style = folder.path("style.png")
    try picture("style.png", height: 20, width: 30, channels: 1)
  }

  private func picture(_ name: String, height: Int, width: Int, channels: Int) throws {
    let pixels = (0..<height * width * channels).map { UInt8(truncatingIfNeeded: $0 * 37 ^ $0 >> 3) }
    try PNG.write(pixels, height: height, width: width, channels: channels, to: folder.path(name))
  }

  @Test func network() throws {
    let out = folder.path("out")
    let options = ["--limit", "16", "--batch-size", "4", "--features", "2", "--blocks", "1", "--out", out, "--quiet"]
    let first = try Self.training.run(options + ["--steps", "1", "--style", style, "--style-weight", "3"])
    #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
    // It goes on without the picture.
    let second = try Self.training.run(options + ["--steps", "2", "--resume"])
    #expect(second.exitCode == 0, "\(second.errors)")
    // With the same picture too, but not with another.
    let third = try Self.training.run(options + ["--steps", "2", "--resume", "--style", style])
    #expect(third.exitCode == 0, "\(third.errors)")
    try picture("other.png", height: 30, width: 20, channels: 1)
    try Self.training.fail(
      options + ["--steps", "3", "--resume", "--style", folder.path("other.png")], exitCode: 2,
      ["--style: expected the picture of the training that goes on, or none, found another"])
    let path = out + "/model.safetensors"
    let trained = try ModelRegistry.standard.load(path)
    let configuration = try #require(trained.model as? StyleTransfer).configuration
    #expect((configuration.styleWeight, configuration.stylistFeatures, trained.step) == (3, 2, 2))
    // Pictures of any size, in the colours of the model.
    try FileManager.default.createDirectory(atPath: folder.path("small"), withIntermediateDirectories: true)
    try picture("small/a.png", height: 13, width: 21, channels: 3)
    try picture("small/b.png", height: 40, width: 18, channels: 1)
    let result = try Self.stylize.succeed("--model", path, "--data", folder.path("small"), "--out", folder.path("made"))
    #expect(result.output.hasSuffix("wrote \(folder.path("made")): 2 pictures\n"))
    let made = try ImageSet.load(folder.path("made/a.png"))
    #expect(made.sampleShape == [13, 21, 1])
    #expect(try ImageSet.load(folder.path("made/b.png")).sampleShape == [40, 18, 1])
    try Self.stylize.succeed(
      "--model", path, "--data", folder.path("small/b.png"), "--size", "20", "--out", folder.path("b.png"), "--quiet")
    try picture("long.png", height: 40, width: 9, channels: 1)
    for (options, code, text) in [
      ([], 2, "expected either --model, the path of a checkpoint, or --style"),
      (["--model", path, "--style", style], 2, "expected either --model"),
      (["--model", path, "--steps", "3"], 2, "--steps: means something only with --style"),
      (["--model", path, "--style-weight", "3"], 2, "--style-weight: means something only with --style"),
      (["--model", path], 2, "--data: expected the path of a picture or of a folder"),
      (
        ["--model", path, "--data", folder.path("long.png"), "--size", "16", "--out", folder.path("x.png")], 2,
        "--size: expected a number that leaves a picture of 40×9 pixels 8×8 or more, found 16, which leaves 16×4"
      ),
      (["--style", style, "--data", style, "--out", folder.path("x")], 2, "--out: expected a name that ends in .png"),
    ] {
      try Self.stylize.fail(options, exitCode: Int32(code), [text])
    }
    try Self.training.fail(
      ["--limit", "16", "--out", folder.path("none")], exitCode: 2, ["--style: expected the path"])
    try Self.training.fail(
      ["--limit", "16", "--out", folder.path("none"), "--style", style, "--style-size", "16"], exitCode: 2,
      ["--style-size: expected a number that leaves a picture of 20×30 pixels 16×16 or more, found 16"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }

  /// Nothing of one's own is needed: the library draws styles, too.
  @Test func patterns() throws {
    let out = folder.path("out")
    let options = ["--limit", "16", "--batch-size", "4", "--features", "2", "--blocks", "1", "--out", out, "--quiet"]
    let first = try Self.training.run(options + ["--steps", "1", "--pattern", "waves"])
    #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
    let trained = try ModelRegistry.standard.load(out + "/model.safetensors")
    let model = try #require(trained.model as? StyleTransfer)
    for pattern in DrawnPattern.allCases {
      let picture = pattern.picture(height: 128, width: 128, channels: 1).batch(at: [0]).samples
      #expect(try model.hasStyle(trained.state, of: picture) == (pattern == .waves), "\(pattern)")
    }
    let second = try Self.training.run(options + ["--steps", "2", "--resume", "--pattern", "waves"])
    #expect(second.exitCode == 0, "\(second.errors)")
    let other =
      "--pattern: expected the pattern of the training that goes on, or none, found another or another --style"
    for (given, text) in [
      (["--pattern", "rings"], other), (["--pattern", "waves", "--style-size", "64"], other),
      (["--style", style], "--style: expected the picture of the training that goes on, or none, found another"),
      (["--style", style, "--pattern", "waves"], "--style and --pattern exclude each other"),
      (["--style-size", "64"], "--style-size: means something only with --style or --pattern"),
    ] {
      try Self.training.fail(options + ["--steps", "3", "--resume"] + given, exitCode: 2, [text])
    }
    let none = ["--limit", "16", "--out", folder.path("none")]
    for (given, text) in [
      ([], "--style: expected the path of a picture, or --pattern and the name of a pattern"),
      (["--style", style, "--pattern", "dots"], "--style and --pattern exclude each other"),
      (["--pattern", "wave"], "expected one of stripes, waves, checks, dots, bricks, hatching, rings, clouds, found "),
    ] {
      try Self.training.fail(none + given, exitCode: 2, [text])
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }

  /// What `judge-style` writes with `--out`.
  private struct Figures: Decodable {
    struct Part: Decodable {
      let images: Int
      let styleError: Double
      let namedAsStyle: Double
      let namedAsImages: Double
      let names: [String: Int]
    }

    let judgeAccuracy: Double
    let images: Part
    let stylized: Part
    let namedAsOriginals: Double?

    init(_ bytes: [UInt8]) throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      self = try decoder.decode(Figures.self, from: Data(bytes))
    }
  }

  /// A model of a style that has hardly learned, and some images with others that are not learned from.
  private func hardlyTrained(_ style: String...) throws -> (model: String, data: String) {
    let (out, data) = (folder.path("out"), folder.path("digits"))
    try BuiltInDigits.make(count: 24).save(to: data)
    try BuiltInDigits.make(count: 9, seed: 1).save(to: data, split: .test)
    let sizes = ["--steps", "1", "--batch-size", "4", "--features", "2", "--blocks", "1"]
    let result = try Self.training.run(sizes + ["--data", data, "--out", out, "--quiet"] + style)
    #expect((result.exitCode, result.errors) == (0, ""))
    return (out + "/model.safetensors", data)
  }

  /// How well a model gives images the pattern that it learned from.
  @Test func judgement() throws {
    let program = Program(name: "judge-style")
    let (model, data) = try hardlyTrained("--pattern", "waves")
    let common = ["--model", model, "--data", data, "--judge-steps", "2", "--quiet"]
    let waves = common + ["--pattern", "waves"]
    let first = try program.run(waves + ["--out", folder.path("figures.json")])
    #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
    for name in ["distance to the style", "lower by, %", "named as the style, %", "named as they are, %", "crops not"] {
      #expect(first.output.contains("\n" + name), "\(first.output)")
    }
    #expect(!first.output.contains("named as the originals"))
    let figures = try Figures(folder.contents("figures.json"))
    let trained = try ModelRegistry.standard.load(model)
    let transfer = try #require(trained.model as? StyleTransfer)
    let images = BuiltInDigits.make(count: 9, seed: 1).batch(at: Array(0..<9)).samples
    for (part, images) in [(figures.images, images), (figures.stylized, try trained.stylize(images))] {
      let error = Double(transfer.styleErrors(of: images, with: trained.state).mean().scalar)
      #expect(abs(part.styleError - error) < 1e-4 * error)
      #expect(Set(part.names.keys) == Set(["images"] + DrawnPattern.allCases.map(\.rawValue)))
      #expect(part.images == 9 && part.names.values.reduce(0, +) == 9)
      #expect(part.namedAsStyle == Double(part.names["waves"] ?? -1) / 9)
      #expect(part.namedAsImages == Double(part.names["images"] ?? -1) / 9)
    }
    #expect((0...1).contains(figures.judgeAccuracy) && figures.namedAsOriginals == nil)
    // A classifier has more to say, and fewer images can be asked for.
    let classifier = folder.path("judge")
    try Program(name: "train-classifier").succeed(
      "--limit", "64", "--batch-size", "8", "--steps", "2", "--features", "4", "--quiet", "--out", classifier)
    let judge = ["--judge", classifier + "/model.safetensors", "--count", "5", "--out", folder.path("named.json")]
    let second = try program.run(waves + judge)
    #expect(second.exitCode == 0 && second.output.contains("\nnamed as the originals, %"), "\(second.errors)")
    let named = try Figures(folder.contents("named.json"))
    let kept = try #require(named.namedAsOriginals)
    #expect(named.images.images == 5 && (0...1).contains(kept))
    for (given, code, text) in [
      (
        ["--pattern", "rings"], 2,
        "--pattern: expected the pattern that the model learned its style from, found another"
      ),
      (["--style", style], 2, "--style: expected the picture that the model learned its style from, found another"),
      (["--pattern", "waves", "--style", style], 2, "--style and --pattern exclude each other"),
      ([], 2, "--style: expected the path of a picture, or --pattern and the name of a pattern"),
      (["--pattern", "waves", "--out", model], 2, "--out: expected another file"),
      (
        ["--pattern", "waves", "--judge", folder.path("none")], 2,
        "--judge: expected a trained classifier, found no file"
      ),
    ] {
      try program.fail(common + given, exitCode: Int32(code), [text])
    }
    try program.fail(["--pattern", "waves"], exitCode: 2, ["--model: expected the path of a checkpoint"])
    let vae = folder.path("vae.safetensors")
    try TinyData.untrainedVAE().save(to: vae)
    try program.fail(
      ["--model", vae, "--pattern", "waves"], exitCode: 1, ["vae cannot stylize: train-style makes a model that can"])
  }

  /// A picture of one's own is a class more, and without other images the judge learns from the same ones.
  @Test func judgementOfOwnStyle() throws {
    let (model, data) = try hardlyTrained("--style", style)
    let images = data + "/train-images-idx3-ubyte"
    let result = try Program(name: "judge-style").run([
      "--model", model, "--data", images, "--style", style, "--judge-steps", "1", "--out", folder.path("figures.json"),
    ])
    #expect(result.exitCode == 0, "\(result.errors)")
    let remark =
      "\(images) has no test images: the judge of textures learns what images are from those that are stylized"
    #expect(result.output.contains(remark), "\(result.output)")
    let figures = try Figures(folder.contents("figures.json"))
    #expect(figures.images.images == 24 && figures.images.names.count == 10)
    #expect(figures.stylized.namedAsStyle == Double(figures.stylized.names["style"] ?? -1) / 24)
  }

  /// By changing pixels, pictures get a pattern in their own colours: grey or two of its own.
  @Test(arguments: [1, 3]) func pixelsOfAPattern(channels: Int) throws {
    try picture("photograph.png", height: 24, width: 28, channels: channels)
    let out = folder.path("made.png")
    let options = ["--data", folder.path("photograph.png"), "--out", out, "--quiet"]
    let result = try Self.stylize.run(options + ["--pattern", "dots", "--steps", "2"])
    #expect((result.exitCode, result.errors) == (0, ""))
    #expect(try ImageSet.load(out).sampleShape == [24, 28, channels])
    try Self.stylize.fail(
      options + ["--style", style, "--pattern", "dots"], exitCode: 2, ["--style and --pattern exclude each other"])
    try Self.stylize.fail(
      options + ["--model", "m", "--pattern", "dots"], exitCode: 2,
      ["expected either --model, the path of a checkpoint"])
  }

  @Test func pixels() throws {
    try picture("photograph.png", height: 24, width: 40, channels: 3)
    let out = folder.path("made.png")
    let options = ["--style", style, "--data", folder.path("photograph.png"), "--out", out, "--steps", "2"]
    let result = try Self.stylize.run(options)
    #expect(result.exitCode == 0 && result.output.hasSuffix("wrote \(out): 1 picture\n"), "\(result.errors)")
    let made = try ImageSet.load(out)
    #expect(made.sampleShape == [24, 40, 3])
    // The same again, and smaller.
    _ = try Self.stylize.run(options + ["--quiet"])
    #expect(try ImageSet.load(out).pixels == made.pixels)
    #expect(try Self.stylize.run(options + ["--quiet", "--size", "32"]).exitCode == 0)
    #expect(try ImageSet.load(out).sampleShape == [19, 32, 3])
    try picture("tiny.png", height: 9, width: 40, channels: 1)
    try Self.stylize.fail(
      ["--style", style, "--data", folder.path("tiny.png"), "--out", out], exitCode: 2,
      ["--data: expected a picture of 16×16 pixels or more, found 9×40"])
    // What an option made too small is no fault of the picture.
    try Self.stylize.fail(
      options + ["--size", "16"], exitCode: 2,
      ["--size: expected a number that leaves a picture of 24×40 pixels 16×16 or more, found 16, which leaves 10×16"])
    try picture("wide.png", height: 20, width: 2000, channels: 1)
    try Self.stylize.fail(
      ["--style", style, "--data", folder.path("wide.png"), "--out", out], exitCode: 2,
      ["--size: expected a number that leaves", "found none, and so 512, which leaves 5×512"])
    try Self.stylize.fail(
      options + ["--style-size", "16"], exitCode: 2,
      ["--style-size: expected a number that leaves a picture of 20×30", "found 16, which leaves 11×16"])
  }

  /// In a folder of grey and coloured pictures each becomes what it becomes by itself.
  @Test func pixelsOfAFolder() throws {
    try FileManager.default.createDirectory(atPath: folder.path("some"), withIntermediateDirectories: true)
    for (name, channels) in [("a", 3), ("b", 1), ("c", 3), ("d", 1)] {
      try picture("some/\(name).png", height: 24, width: 28, channels: channels)
    }
    let options = ["--style", style, "--steps", "2", "--quiet"]
    let all = try Self.stylize.run(options + ["--data", folder.path("some"), "--out", folder.path("all")])
    #expect((all.exitCode, all.errors) == (0, ""))
    for name in ["a", "b", "c", "d"] {
      let one = folder.path("\(name)-alone.png")
      let result = try Self.stylize.run(options + ["--data", folder.path("some/\(name).png"), "--out", one])
      #expect((result.exitCode, result.errors) == (0, ""))
      #expect(try folder.contents("\(name)-alone.png") == folder.contents("all/\(name).png"), "\(name)")
    }
  }
}
