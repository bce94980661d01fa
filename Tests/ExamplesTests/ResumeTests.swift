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
    (.trainVAE, ["--hidden-size", "8", "--augment", "mirror,shift"]),
    (.trainWGANGP, ["--critic-steps", "2"]),
    (
      .trainGAN,
      [
        "--pack", "2", "--virtual-batch", "3", "--historical-averaging", "0.1", "--augment", "translation,cutout",
        "--augment-target", "-0.9", "--augment-images", "16", "--instance-noise", "0.1", "--instance-noise-steps", "4",
      ]
    ),
  ]

  /// Stopped within an epoch of six batches and resumed with other options that do not matter.
  @Test(arguments: 0..<6) func sameBytes(index: Int) throws {
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

  @Test(arguments: [[], ["before-1/model.safetensors"]]) func nothingToResume(_ others: [String]) throws {
    for name in others { try folder.add("out/" + name, [1]) }
    let before = try folder.snapshot()
    try Program.trainVAE.fail(
      options("out", steps: 2) + ["--resume"], exitCode: 2,
      ["--resume: there is no checkpoint in \(folder.path("out")); without --resume a training starts there"])
    #expect(try folder.snapshot() == before)
    #expect(others.isEmpty == !FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test func nothingToDo() throws {
    _ = try Program.trainVAE.run(options("out", steps: 3))
    let before = try folder.snapshot()
    let model = folder.path("out/model.safetensors")
    func resume(_ length: [String]) throws -> String {
      let data = ["--data", images, "--out", folder.path("out"), "--resume"]
      let result = try Program.trainVAE.run(data + length)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      return result.output
    }
    #expect(try resume(["--steps", "3"]).hasSuffix("nothing to do: \(model) has 3 of 3 steps\n"))
    #expect(try resume(["--steps", "2"]).hasSuffix("nothing to do: \(model) has 3 steps, more than the 2 asked for\n"))
    #expect(
      try resume([]).hasSuffix(
        "nothing to do: \(model) has 3 of 3 steps, the whole training; --epochs or --steps can make it longer\n"))
    #expect(try folder.snapshot() == before)
  }

  /// A training that has more steps than are asked for did not end by a schedule of fewer.
  @Test func fewerStepsThanThereAre() throws {
    let first = try Program.trainVAE.run(
      options("out", steps: 60)
        + ["--hidden-size", "8", "--beta", "0", "--schedule", "linear", "--hold", "0.5", "--learning-rate", "0.02"])
    #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
    let again = try Program.trainVAE.run(
      ["--data", images, "--out", folder.path("out"), "--resume", "--steps", "10"])
    let model = folder.path("out/model.safetensors")
    #expect(again.exitCode == 0 && again.errors.isEmpty, "\(again.errors)")
    #expect(again.output.hasSuffix("nothing to do: \(model) has 60 steps, more than the 10 asked for\n"))
    #expect(!again.output.contains("10 steps, too few"))
  }

  /// A checkpoint of a training that was to be longer, as a kill leaves it.
  private func interrupted(
    _ length: TrainingLength, batchSize: Int, at step: Int, _ out: String = "out"
  ) throws {
    struct Killed: Error {}
    let vae = try VAE(VAE.Configuration(height: 8, width: 4, latentSize: 3, hiddenSize: 5))
    let path = try folder.add(out + "/model.safetensors", [])
    #expect(throws: Killed.self) {
      try Trainer(vae, length: length, batchSize: batchSize).train(on: ImageSet.load(images)) { progress in
        guard progress.step == step else { return }
        try progress.checkpoint.save(to: path)
        throw Killed()
      }
    }
  }

  /// Goes on with a training, which may say no worse than that nothing comes of it.
  @discardableResult
  private func resume(_ out: String, _ options: String...) throws -> Program.Result {
    let result = try Program.trainVAE.run(["--data", images, "--out", folder.path(out), "--resume"] + options)
    let complaints = result.errors.split(separator: "\n")
    #expect(result.exitCode == 0 && complaints.allSatisfy { $0.contains("the training ended badly") }, "\(complaints)")
    return result
  }

  @Test(arguments: [TrainingLength.steps(7), .epochs(2), .epochs(1)])
  func theLengthIsRemembered(_ length: TrainingLength) throws {
    try interrupted(length, batchSize: 2, at: 3)
    let total = length == .steps(7) ? 7 : length == .epochs(2) ? 12 : 6
    #expect(try resume("out").output.contains("step \(total)/\(total)"))
    let path = folder.path("out/model.safetensors")
    let checkpoint = try TrainingCheckpoint.load(path)
    #expect(checkpoint.step == total && checkpoint.settings.length == length)
    // What an option says takes its place, for the next time too.
    try resume("out", "--steps", "14")
    #expect(try TrainingCheckpoint.load(path).settings.length == .steps(14))
    #expect(try resume("out").output.contains("has 14 of 14 steps, the whole training"))
  }

  /// As files of earlier versions are: then it is the program's usual length.
  @Test func aLengthThatIsNotKnown() throws {
    try interrupted(.steps(7), batchSize: 12, at: 3)
    let path = folder.path("out/model.safetensors")
    let (tensors, metadata) = try SafeTensors.read(path)
    var texts = metadata
    let text = try #require(texts["latent.training"])
    #expect(text.contains(#""length":{"steps":7},"#))
    texts["latent.training"] = text.replacing(#""length":{"steps":7},"#, with: "")
    texts["latent.checksum"] = nil
    try SafeTensors.write(tensors, metadata: texts, to: path)
    #expect(try TrainingCheckpoint.load(path).settings.length == nil)
    #expect(try resume("out", "--sample-every", "100").output.contains("epoch 60  step 60/60"))
  }

  @Test func warmupAndScheduleAreIndependent() throws {
    func schedule() throws -> LearningRateSchedule {
      try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings.schedule
    }
    let result = try Program.trainVAE.run(options("out", steps: 4) + ["--schedule", "cosine", "--warmup", "2"])
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(try schedule() == .warmup(steps: 2, then: .cosine(steps: 2)))
    // A longer training has its fall over the whole of it.
    try resume("out", "--steps", "5")
    #expect(try schedule() == .warmup(steps: 2, then: .cosine(steps: 3)))
    try resume("out", "--steps", "8", "--schedule", "linear")
    #expect(try schedule() == .warmup(steps: 2, then: .linear(steps: 6)))
    try resume("out", "--steps", "10", "--warmup", "3")
    #expect(try schedule() == .warmup(steps: 3, then: .linear(steps: 7)))
    try resume("out", "--steps", "11", "--warmup", "0")
    #expect(try schedule() == .linear(steps: 11))
    try resume("out", "--steps", "12", "--schedule", "constant")
    #expect(try schedule() == .constant)
    // What is held is a share of what follows the warm-up, and stays that in a longer training.
    try resume("out", "--steps", "14", "--schedule", "linear", "--hold", "0.5", "--warmup", "2")
    #expect(try schedule() == .warmup(steps: 2, then: .hold(steps: 6, then: .linear(steps: 6))))
    try resume("out", "--steps", "18")
    #expect(try schedule() == .warmup(steps: 2, then: .hold(steps: 8, then: .linear(steps: 8))))
    try resume("out", "--steps", "20", "--hold", "0")
    #expect(try schedule() == .warmup(steps: 2, then: .linear(steps: 18)))
  }

  @Test func aWarmupLongerThanTheTraining() throws {
    let result = try Program.trainVAE.run(options("out", steps: 4) + ["--warmup", "5"])
    #expect(
      result.output.contains(
        "\nwarning: a warm-up of 5 steps in a training of 4: the learning rate never gets to its full value\n"))
    #expect(try !resume("out", "--steps", "5").output.contains("warm-up"))
  }

  /// The time goes on where `metrics.jsonl` ends.
  @Test func secondsGoOn() throws {
    _ = try Program.trainVAE.run(options("out", steps: 2))
    let lines = String(decoding: try folder.contents("out/metrics.jsonl"), as: UTF8.self)
    try folder.add("out/metrics.jsonl", Array(lines.replacing(/"seconds":[^,]*,/, with: "\"seconds\":5000,").utf8))
    #expect(try resume("out", "--steps", "3").output.contains("epoch 1  step 3/3  5000 s  loss "))
    let last = String(decoding: try folder.contents("out/metrics.jsonl"), as: UTF8.self).split(separator: "\n").last
    #expect(last?.contains(/"seconds":5000\.\d/) == true)
  }

  /// An option of the model changes what it says; of the rest the checkpoint knows better than the defaults.
  @Test func oneOptionOfTheModel() throws {
    let own = ["--hidden-size", "7", "--beta", "2", "--likelihood", "gaussian", "--deviation", "0.5"]
    _ = try Program.trainVAE.run(options("out", steps: 2) + own)
    let path = folder.path("out/model.safetensors")
    let configuration = try #require(try ModelRegistry.standard.load(path).model as? VAE).configuration
    for (index, same) in [
      ["--hidden-size", "7"], ["--beta", "2"], ["--likelihood", "gaussian"], ["--deviation", "0.5"],
    ]
    .enumerated() {
      try resume("out", "--steps", "\(3 + index)", same[0], same[1])
      #expect(try #require(try ModelRegistry.standard.load(path).model as? VAE).configuration == configuration)
    }
    let before = try folder.snapshot()
    for (other, text) in [
      (["--beta", "3"], "--beta was 2.0, is 3.0"), (["--hidden-size", "8"], "--hidden-size was 7, is 8"),
      (
        ["--deviation", "0.25"],
        "--likelihood was gaussian(standardDeviation: 0.5), is gaussian(standardDeviation: 0.25)"
      ),
      (["--conv"], "--network was dense, is convolutional"), (["--latent-size", "4"], "--latent-size was 3, is 4"),
    ] {
      let data = ["--data", images, "--out", folder.path("out"), "--resume", "--steps", "9"]
      try Program.trainVAE.fail(data + other, exitCode: 1, ["one of another training: \(text); to go on takes"])
    }
    #expect(try folder.snapshot() == before)
  }

  @Test func oneOptionOfAGAN() throws {
    let own = [
      "--variant", "spectral-norm", "--generator-rate", "0.001", "--average-decay", "0.5", "--batch-size", "2",
    ]
    let data = ["--data", images, "--out", folder.path("out")]
    _ = try Program.trainDCGAN.run(data + own + ["--steps", "1"])
    let path = folder.path("out/model.safetensors")
    let configuration = try #require(try ModelRegistry.standard.load(path).model as? DCGAN).configuration
    #expect(configuration.learningRate == 0.001 && configuration.averageDecay == 0.5)
    for (index, same) in [
      [], ["--variant", "spectral-norm"], ["--generator-rate", "0.001"], ["--discriminator-rate", "0.0002"],
      ["--latent-size", "100"], ["--conditional", "none"], ["--label-smoothing", "0"],
    ].enumerated() {
      let result = try Program.trainDCGAN.run(data + ["--resume", "--steps", "\(2 + index)"] + same)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      #expect(try #require(try ModelRegistry.standard.load(path).model as? DCGAN).configuration == configuration)
    }
    try Program.trainDCGAN.fail(
      data + ["--resume", "--steps", "20", "--variant", "least-squares"], exitCode: 1,
      ["another training: loss was hinge, is leastSquares; normalization was spectral, is batch; to go on"])
    for (rate, text) in [
      ("generator", "--generator-rate was 0.001, is 0.5"), ("discriminator", "--discriminator-rate was 0.0002, is 0.5"),
    ] {
      try Program.trainDCGAN.fail(
        data + ["--resume", "--steps", "20", "--\(rate)-rate", "0.5"], exitCode: 1,
        ["another training: \(text); to go on"])
    }
  }

  @Test(arguments: [
    (["--seed", "1"], "--seed was 0, is 1"),
    (["--limit", "11"], "number of images was 12, is 11"), (["--beta", "2"], "--beta was 1.0, is 2.0"),
    (["--hidden-size", "9"], "--hidden-size was 400, is 9"),
    (["--conv", "--seed", "2"], "--network was dense, is convolutional; --seed was 0, is 2"),
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
