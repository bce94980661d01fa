import Foundation
import Latent
import Testing

/// Programs that enlarge images and fill holes, run as users do.
@Suite struct RestorationTests {
  private static let upscale = Program(name: "upscale")
  private static let inpaint = Program(name: "inpaint")
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func train(_ name: String, _ options: String...) throws -> String {
    let result = try Program(name: "train-" + name).run(
      ["--limit", "32", "--steps", "1", "--batch-size", "4", "--features", "2", "--quiet", "--out", folder.path(name)]
        + options)
    #expect(result.exitCode == 0, "\(result.errors)")
    return folder.path("\(name)/model.safetensors")
  }

  @Test func pictures() throws {
    let model = try train("super-resolution", "--blocks", "1")
    let (pixels, wide) = ([UInt8](repeating: 200, count: 5 * 9), [UInt8](repeating: 9, count: 3 * 4 * 3))
    try FileManager.default.createDirectory(atPath: folder.path("small"), withIntermediateDirectories: true)
    try PNG.write(pixels, height: 5, width: 9, to: folder.path("small/a.png"))
    try PNG.write(wide, height: 3, width: 4, channels: 3, to: folder.path("small/b.png"))
    // One picture to a file.
    let one = folder.path("large.png")
    let result = try Self.upscale.succeed("--model", model, "--data", folder.path("small/a.png"), "--out", one)
    #expect(result.output.hasSuffix("wrote \(one): 1 picture, 2 times larger\n"))
    let large = try ImageSet.load(one)
    #expect((large.height, large.width, large.channels) == (10, 18, 1))
    // A folder to a folder; colours become grey, as the model has it.
    try Self.upscale.succeed("--model", model, "--data", folder.path("small"), "--out", folder.path("large"), "--quiet")
    let second = try ImageSet.load(folder.path("large/b.png"))
    #expect((second.height, second.width, second.channels) == (6, 8, 1))
    #expect(try ImageSet.load(folder.path("large/a.png")).pixels == large.pixels)
    for (options, text) in [
      (["--data", folder.path("small"), "--out", one], "--out: expected a folder for the pictures of a folder"),
      (["--data", folder.path("small/a.png"), "--out", folder.path("x")], "--out: expected a name that ends in .png"),
      (["--out", one], "--data: expected the path of a picture or of a folder"),
    ] {
      try Self.upscale.fail(["--model", model] + options, exitCode: 2, [text])
    }
  }

  /// What is read is not written over, and where nothing can be written is said before any work.
  @Test func places() throws {
    let picture = folder.path("digit.png")
    try PNG.write(Array(BuiltInDigits.make(count: 1)[0]), height: 28, width: 28, to: picture)
    let bytes = try folder.contents("digit.png")
    let enlarger = try train("super-resolution", "--blocks", "1")
    let (filler, cleaner) = (try train("inpainting"), try train("denoiser"))
    try FileManager.default.createSymbolicLink(atPath: folder.path("link.png"), withDestinationPath: picture)
    for (program, model, options) in [
      ("upscale", enlarger, []), ("upscale", enlarger, ["--shrink"]), ("inpaint", filler, []),
      ("denoise", cleaner, ["--noise", "0.1"]),
    ] {
      let program = Program(name: program)
      for out in [picture, folder.path("link.png")] {
        try program.fail(
          ["--model", model, "--data", picture, "--out", out] + options, exitCode: 2,
          ["--out: expected another file than those that are read, found"])
      }
      try program.fail(
        ["--model", model, "--data", picture, "--out", folder.path("nowhere/x.png")] + options, exitCode: 1,
        ["expected a file that can be created, found no such folder"])
    }
    try Self.inpaint.fail(
      ["--model", filler, "--mask", picture, "--out", picture], exitCode: 2, ["--out: expected another file"])
    try Program(name: "stylize").fail(
      ["--style", picture, "--data", picture, "--out", picture, "--steps", "1"], exitCode: 2,
      ["--out: expected another file"])
    #expect(try folder.contents("digit.png") == bytes)
  }

  /// A second phase by a classifier's features, what it goes on from, and what the classifier says of what comes out.
  @Test func judged() throws {
    let judge = folder.path("judge")
    try Program(name: "train-classifier").succeed(
      "--limit", "64", "--batch-size", "8", "--steps", "2", "--features", "4", "--quiet", "--out", judge)
    let classifier = judge + "/model.safetensors"
    let plain = try train("super-resolution", "--blocks", "1")
    let out = folder.path("sharper")
    let training = Program(name: "train-super-resolution")
    let options = [
      "--limit", "32", "--batch-size", "4", "--features", "2", "--blocks", "1", "--quiet", "--out", out,
    ]
    let first = try training.run(
      options + [
        "--steps", "4", "--adversarial", "0.01", "--feature-loss", classifier, "--pixel-share", "0.25", "--from", plain,
      ])
    #expect(first.exitCode == 0, "\(first.errors)")
    let second = try training.run(options + ["--steps", "5", "--resume"])
    #expect(second.exitCode == 0, "\(second.errors)")
    // With the same classifier too, but not with another of the same form.
    let other = folder.path("other")
    try Program(name: "train-classifier").succeed(
      "--limit", "64", "--batch-size", "8", "--steps", "2", "--features", "4", "--seed", "1", "--quiet", "--out", other)
    let third = try training.run(options + ["--steps", "5", "--resume", "--feature-loss", classifier])
    #expect(third.exitCode == 0, "\(third.errors)")
    try training.fail(
      options + ["--steps", "6", "--resume", "--feature-loss", other + "/model.safetensors"], exitCode: 2,
      ["--feature-loss: expected the classifier of the training that goes on, or none, found another"])
    let trained = try ModelRegistry.standard.load(out + "/model.safetensors")
    let phase = try #require((trained.model as? SuperResolution)?.configuration.perceptualPhase)
    #expect((trained.step, phase.start, phase.adversarialWeight) == (5, 1, 0.01))
    #expect(phase.features == .classifier(features: 32))
    let known = try ModelRegistry.standard.load(classifier).state["body.layers.0.weight"]
    #expect(trained.state["judges.features.body.layers.0.weight"] == known)
    let lines = try String(contentsOfFile: out + "/metrics.jsonl", encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 5 && !lines[0].contains("feature_error") && lines[1].contains("feature_error"))

    try folder.add("data.idx", TinyData.idx([12, 28, 28]))
    let table = try Self.upscale.succeed(
      "--model", out + "/model.safetensors", "--shrink", "--judge", classifier, "--data", folder.path("data.idx"),
      "--out", folder.path("check.png"), "--quiet"
    ).output
    #expect(table.contains("to the whole images, dB") && table.contains("named as the originals, %"), "\(table)")
    #expect(try folder.contents("check.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let filled = try Self.inpaint.succeed(
      "--model", train("inpainting"), "--count", "9", "--judge", classifier, "--out", folder.path("f.png"), "--quiet")
    #expect(filled.output.contains("named as the originals, %"))
    let cleaned = try Program(name: "denoise").succeed(
      "--model", train("denoiser"), "--count", "9", "--noise", "0.3", "--judge", classifier, "--out",
      folder.path("d.png"), "--quiet")
    #expect(cleaned.output.contains("to the clean images, dB") && cleaned.output.contains("named as the originals, %"))
    for (program, options, code, text) in [
      ("upscale", ["--model", plain, "--judge", classifier], 2, "--judge: means something only with --shrink"),
      ("denoise", ["--model", plain, "--judge", classifier], 2, "--judge: means something only with --noise"),
      ("upscale", ["--model", plain, "--shrink", "--judge", plain], 1, "super-resolution cannot"),
      ("train-denoiser", ["--feature-loss", plain], 1, "super-resolution cannot compare images"),
      ("train-denoiser", ["--pixel-share", "0.1"], 2, "--pixel-share: means something only with --adversarial or"),
      ("train-denoiser", ["--adversarial", "1", "--feature-weight", "1"], 2, "--feature-weight: means something only"),
    ] {
      try Program(name: program).fail(
        options + ["--out", folder.path("x.png")], exitCode: Int32(code), [text])
    }
  }

  /// An image without any error counts for 60 decibels wherever a mean is printed.
  @Test func perfectImages() throws {
    try folder.add("black.idx", Array(TinyData.idx([2, 28, 28], byteCount: 0)) + [UInt8](repeating: 0, count: 2 * 784))
    func figures(_ program: String, _ model: String, _ options: String...) throws -> String {
      let result = try Program(name: program).run(
        ["--model", model, "--data", folder.path("black.idx"), "--out", folder.path("x.png"), "--quiet"] + options)
      #expect((result.exitCode, result.errors) == (0, ""))
      return result.output
    }
    let cleaned = try figures("denoise", train("denoiser"), "--noise", "0")
    #expect(cleaned.contains("60.00") && !cleaned.contains("inf"), "\(cleaned)")
    for table in [
      try figures("inpaint", train("inpainting")),
      try figures("upscale", train("super-resolution", "--blocks", "1"), "--shrink"),
    ] {
      #expect(table.contains("60.00"), "\(table)")
    }
  }

  /// It is said that images are not looked at as they are.
  @Test func imagesOfAnotherSize() throws {
    let data = ["--data", try folder.add("small.idx", TinyData.idx([12, 14, 20])), "--out", folder.path("x.png")]
    for (name, model, options) in [
      ("inpaint", try train("inpainting"), ["--count", "2"]),
      ("upscale", try train("super-resolution", "--blocks", "1"), ["--shrink"]),
    ] {
      let line = ["--model", model] + data + options
      for (more, isSaid) in [([], true), (["--quiet"], false)] {
        let result = try Program(name: name).run(line + more)
        #expect((result.exitCode, result.errors) == (0, ""))
        #expect(result.output.contains("12 of 12 images brought to [28, 28, 1]\n") == isSaid, "\(result.output)")
      }
    }
  }

  @Test func holes() throws {
    let model = try train("inpainting", "--hole", "6")
    let picture = folder.path("filled.png")
    let result = try Self.inpaint.succeed("--model", model, "--count", "9", "--hole", "8", "--out", picture)
    #expect(result.output.contains("in the hole, dB") && result.output.hasSuffix("wrote \(picture): 9 images\n"))
    // Images with holes, filled ones and whole ones side by side.
    func blocks() throws -> [[UInt8]] {
      let image = try ImageSet.load(picture)
      // Eight images each, and a grey one between them.
      let gap = (image.width - 26 * 28) / 27
      let (cell, shown) = (28 + gap, 8 * (28 + gap) - gap)
      return (0..<3).map { block in
        (0..<image.height).flatMap { row in
          let start = row * image.width + gap + 9 * block * cell
          return Array(image.pixels[start..<start + shown])
        }
      }
    }
    let filled = try blocks()
    #expect(filled[0] != filled[1] && filled[1] != filled[2] && filled[0] != filled[2])
    // Somewhere else in each image, and somewhere else again with another seed.
    try Self.inpaint.succeed(
      "--model", model, "--count", "9", "--hole", "8", "--place", "random", "--out", picture, "--quiet")
    let elsewhere = try blocks()
    #expect(elsewhere[0] != filled[0] && elsewhere[2] == filled[2])
    try Self.inpaint.succeed(
      "--model", model, "--count", "9", "--hole", "8", "--place", "random", "--seed", "1", "--out", picture, "--quiet")
    #expect(try blocks()[0] != elsewhere[0])
    // White where pixels are missing: a hole of nothing changes nothing.
    try PNG.write([UInt8](repeating: 0, count: 784), height: 28, width: 28, to: folder.path("mask.png"))
    try Self.inpaint.succeed(
      "--model", model, "--count", "2", "--mask", folder.path("mask.png"), "--out", picture, "--quiet")
    let unchanged = try blocks()
    #expect(unchanged[0] == unchanged[2] && unchanged[1] == unchanged[2] && Set(unchanged[2]).count > 10)
    // A model that was not trained for that.
    let vae = folder.path("vae")
    try Program.trainVAE.succeed(
      "--limit", "64", "--batch-size", "8", "--steps", "1", "--hidden-size", "4", "--quiet", "--out", vae)
    try Self.inpaint.succeed(
      "--model", vae + "/model.safetensors", "--count", "2", "--steps", "2", "--starts", "1", "--out", picture,
      "--quiet")
    try Program(name: "train-inpainting").fail(
      ["--hole", "28", "--limit", "8", "--batch-size", "4", "--out", folder.path("none")], exitCode: 1,
      ["--hole is 28, expected 1 to 27, less than the image"])
    for (options, text) in [
      (["--hole", "28"], "--hole: expected less than the images' 28×28 pixels, found 28"),
      (["--hole", "4", "--mask", picture], "--hole"),
      (["--place", "random", "--mask", picture], "--place"),
      (["--mask", picture], "--mask: expected a picture of 28×28 pixels"),
      (["--out", "x.jpg"], "--out: expected a name that ends in .png"),
    ] {
      try Self.inpaint.fail(["--model", model] + options, exitCode: 2, [text])
    }
  }
  /// A model of missing quadrants fills these, and nothing that it has to know; other programs say where to go.
  @Test func quadrants() throws {
    let out = folder.path("quadrants")
    try Program.trainVAE.succeed(
      "--limit", "64", "--batch-size", "8", "--steps", "1", "--quadrants", "2", "--hidden-size", "4", "--binarize",
      "dynamic", "--quiet", "--out", out)
    let (model, picture) = (out + "/model.safetensors", folder.path("filled.png"))
    let result = try Self.inpaint.succeed("--model", model, "--count", "9", "--out", picture)
    #expect(result.output.contains("in the hole, dB") && result.output.hasSuffix("wrote \(picture): 9 images\n"))
    // The right half is missing: a hole of part of it can be filled, one in the middle cannot.
    func mask(_ name: String, _ columns: Range<Int>) throws -> String {
      let pixels = (0..<784).map { columns.contains($0 % 28) ? 255 : 0 as UInt8 }
      try PNG.write(pixels, height: 28, width: 28, to: folder.path(name))
      return folder.path(name)
    }
    try Self.inpaint.succeed(
      "--model", model, "--count", "2", "--mask", mask("right.png", 20..<28), "--out", picture, "--quiet")
    let hides = "hides pixels that the model has to know"
    try Self.inpaint.fail(["--model", model, "--hole", "12", "--out", picture], exitCode: 2, ["--hole: " + hides])
    try Self.inpaint.fail(
      ["--model", model, "--mask", mask("left.png", 0..<4), "--out", picture], exitCode: 2, ["--mask: " + hides])
    let hint = "; inpaint fills holes in images with it"
    try Program.generate.fail(
      ["--model", model, "--out", folder.path("x.png")], exitCode: 1,
      ["quadrant-vae cannot sample: it makes none of its own" + hint])
    try Program(name: "explore").fail(
      ["complete", "--model", model, "--out", folder.path("x.png")], exitCode: 1,
      ["quadrant-vae cannot complete samples: it does not make them step by step" + hint])
    try Program(name: "denoise").fail(
      ["--model", model, "--out", folder.path("x.png")], exitCode: 1,
      ["quadrant-vae cannot denoise: it fills in what is missing and keeps what is there"])
    try folder.add("data.idx", TinyData.idx([12, 28, 28]))
    try Program(name: "detect-anomalies").succeed(
      "--model", model, "--data", folder.path("data.idx"), "--out", folder.path("strange"), "--quiet")
  }
}
