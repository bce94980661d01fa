import Foundation
import Latent
import Testing

/// What `--resume` goes on from, what it refuses, and what it says.
@Suite struct ResumeTests {
  private let folder: TemporaryFolder
  private let images: String

  init() throws {
    folder = try TemporaryFolder()
    images = try folder.add("images.idx", TinyData.evenImages)
  }

  private func options(_ out: String, steps: Int) -> [String] {
    ["--data", images, "--out", folder.path(out), "--batch-size", "2", "--latent-size", "3", "--steps", "\(steps)"]
  }

  private static let programs: [(Program, [String])] = [
    (.trainVAE, ["--hidden-size", "8"]), (.trainVAE, ["--conv"]), (.trainDCGAN, []),
    (.trainWGANGP, ["--critic-steps", "2"]),
  ]

  /// Stopped within an epoch of six batches and resumed with other options that do not matter.
  @Test(arguments: 0..<4) func sameBytes(index: Int) throws {
    let (program, own) = Self.programs[index]
    _ = try program.run(options("whole", steps: 5) + own)
    for (steps, others) in [
      (2, ["--threads", "1"]), (4, ["--keep", "2", "--quiet"]), (5, ["--checkpoint-every", "1"]),
    ] {
      let result = try program.run(options("out", steps: steps) + own + others + (steps > 2 ? ["--resume"] : []))
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      #expect(result.output.contains("going on after step \(steps == 5 ? 4 : 2)\n") == (steps == 5), "\(result.output)")
    }
    for name in ["model.safetensors", "samples.png", "curves.png"] {
      let isSame = try folder.contents("whole/" + name) == folder.contents("out/" + name)
      #expect(isSame, "\(name)")
    }
    let lines = try ["whole", "out"].map {
      String(decoding: try folder.contents($0 + "/metrics.jsonl"), as: UTF8.self)
        .replacing(/"seconds":[^,]*,/, with: "")
    }
    #expect(lines[0] == lines[1])
    try Program.generate.succeed(
      "--model", folder.path("out/model.safetensors"), "--count", "2", "--out", folder.path("samples.npy"))
  }

  @Test func nothingToResume() throws {
    let result = try Program.trainVAE.run(options("out", steps: 2) + ["--resume"])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let model = folder.path("out/model.safetensors")
    #expect(result.output.contains("there is no \(model): starting from the beginning\n"))
    #expect(try folder.contents("out/metrics.jsonl").filter { $0 == UInt8(ascii: "\n") }.count == 2)
  }

  @Test func nothingToDo() throws {
    _ = try Program.trainVAE.run(options("out", steps: 3))
    let before = try folder.snapshot()
    for steps in [3, 2] {
      let result = try Program.trainVAE.run(options("out", steps: steps) + ["--resume"])
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      let model = folder.path("out/model.safetensors")
      #expect(result.output.hasSuffix("nothing to do: \(model) has 3 of \(steps) steps\n"), "\(result.output)")
    }
    #expect(try folder.snapshot() == before)
  }

  @Test(arguments: [
    (["--seed", "1"], "seed was 0, is 1"),
    (["--limit", "11"], "number of images was 12, is 11"), (["--beta", "2"], "beta was 1.0, is 2.0"),
    (["--hidden-size", "9"], "hiddenSize was 400, is 9"),
    (["--conv", "--seed", "2"], "architecture was dense, is convolutional; seed was 0, is 2"),
  ])
  func otherOptions(_ others: [String], _ text: String) throws {
    _ = try Program.trainVAE.run(options("out", steps: 2))
    let before = try folder.snapshot()
    let result = try Program.trainVAE.run(options("out", steps: 4) + others + ["--resume", "--quiet"])
    #expect(result.exitCode == 1)
    #expect(
      result.errors == "train-vae: the checkpoint is one of another training: \(text); "
        + "to go on takes the same options and samples as before\n")
    #expect(try folder.snapshot() == before)
  }

  @Test func otherImagesAndModels() throws {
    _ = try Program.trainVAE.run(options("out", steps: 2))
    var bytes = TinyData.evenImages
    bytes[20] ^= 1
    try folder.add("images.idx", bytes)
    let before = try folder.snapshot()
    let changed = try Program.trainVAE.run(options("out", steps: 4) + ["--resume", "--quiet"])
    #expect(changed.exitCode == 1 && changed.errors.contains(": the images are others; "))
    let other = try Program.trainDCGAN.run(options("out", steps: 4) + ["--resume", "--quiet"])
    #expect(other.exitCode == 1 && other.errors.contains(": model was vae, is dcgan; "), "\(other.errors)")
    #expect(try folder.snapshot() == before)
  }

  /// What is not said is as before: seed, batch size and model are those of the checkpoint.
  @Test func theCheckpointKnowsItsOptions() throws {
    let others = ["--seed", "4", "--batch-size", "3", "--hidden-size", "7", "--beta", "2", "--schedule", "cosine"]
    func run(_ out: String, _ options: [String]) throws {
      let data = ["--data", images, "--out", folder.path(out), "--quiet", "--steps"]
      let result = try Program.trainVAE.run(data + options)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    }
    try run("whole", ["4"] + others)
    try run("part", ["2"] + others + ["--warmup", "0"])
    // A cosine over four steps is another than one over two, so it is given again.
    try run("part", ["4", "--resume", "--schedule", "cosine"])
    let (whole, part) = (
      try ModelRegistry.standard.load(folder.path("whole/model.safetensors")),
      try ModelRegistry.standard.load(folder.path("part/model.safetensors"))
    )
    #expect(part.step == 4 && (part.model as? VAE)?.configuration == (whole.model as? VAE)?.configuration)
    let checkpoint = try TrainingCheckpoint.load(folder.path("part/model.safetensors"))
    #expect(checkpoint.settings.seed == 4 && checkpoint.settings.batchSize == 3)
  }

  /// Another learning rate is taken over.
  @Test func anotherLearningRate() throws {
    _ = try Program.trainVAE.run(options("out", steps: 2))
    let result = try Program.trainVAE.run(
      options("out", steps: 4) + ["--learning-rate", "0.5", "--resume", "--quiet"])
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings.learningRate == 0.5)
  }

  @Test func checkpointsThatAreNone() throws {
    let model = try folder.add("out/model.safetensors", [1, 2, 3])
    let broken = try Program.trainVAE.run(options("out", steps: 4) + ["--resume", "--quiet"])
    #expect(broken.exitCode == 1 && broken.errors.hasPrefix("train-vae: \(model): "), "\(broken.errors)")
    try TinyData.untrainedVAE().save(to: model)
    let alone = try Program.trainVAE.run(options("out", steps: 4) + ["--resume", "--quiet"])
    #expect(
      alone.errors == "train-vae: \(model): expected a checkpoint of a training, found one of a model alone\n")
  }

  @Test func metricsThatAreGone() throws {
    _ = try Program.trainVAE.run(options("out", steps: 3))
    try FileManager.default.removeItem(atPath: folder.path("out/metrics.jsonl"))
    let result = try Program.trainVAE.run(options("out", steps: 4) + ["--resume"])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.contains("going on after step 3\nwarning: metrics.jsonl tells of 0 of these steps only\n"))
  }

  @Test(arguments: ["samples.png", "curves.png", "metrics.jsonl", "model.safetensors"])
  func aFolderInTheWay(_ name: String) throws {
    try folder.add("out/\(name)/file", [1])
    let before = try folder.snapshot()
    let result = try Program.trainVAE.run(options("out", steps: 2) + ["--quiet"])
    #expect(result.exitCode == 1)
    #expect(
      result.errors
        == "train-vae: \(folder.path("out"))/\(name): expected a file or nothing yet, found a folder\n")
    #expect(try folder.snapshot().filter { !$0.key.hasSuffix(".latent-lock") } == before)
  }
}
