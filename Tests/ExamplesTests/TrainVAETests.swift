import Foundation
import Latent
import Testing

/// What `train-vae` writes and prints.
@Suite struct TrainVAETests {
  private let folder: TemporaryFolder
  private let images: String

  init() throws {
    folder = try TemporaryFolder()
    images = try folder.add("images.idx", TinyData.images)
  }

  /// Trains on the tiny images into the folder `out`.
  @discardableResult
  private func train(_ out: String, _ options: String...) throws -> Program.Result {
    let common = ["--data", images, "--out", folder.path(out), "--batch-size", "4", "--hidden-size", "8"]
    let result = try Program.trainVAE.run(common + ["--latent-size", "2"] + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return result
  }

  /// The lines of `metrics.jsonl` in `out`.
  private func metrics(_ out: String) throws -> [[String: Double]] {
    let lines = try folder.contents(out + "/metrics.jsonl").split(separator: UInt8(ascii: "\n"))
    return try lines.map { try JSONDecoder().decode([String: Double].self, from: Data($0)) }
  }

  @Test func filesOfARun() throws {
    let result = try train("out", "--epochs", "2")
    #expect(result.output.contains("12 images of [4, 5, 1], "))
    #expect(result.output.contains("epoch 2  step 6/6"))
    let written = "samples.png, curves.png, metrics.jsonl, model.safetensors"
    #expect(result.output.hasSuffix("wrote \(folder.path("out")): \(written)\n"))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
    let expected = [
      ".latent-lock", "curves.png", "metrics.jsonl", "model.safetensors", "samples-000003.png", "samples-000006.png",
      "samples.png",
    ]
    #expect(files == expected)
    for name in files where name.hasSuffix(".png") {
      #expect(try folder.contents("out/" + name).starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    }
    #expect(try folder.contents("out/samples.png") == folder.contents("out/samples-000006.png"))
    let lines = try metrics("out")
    #expect(lines.map { $0["step"] } == [1, 2, 3, 4, 5, 6])
    #expect(lines.map { $0["epoch"] } == [1, 1, 1, 2, 2, 2])
    #expect(lines.allSatisfy { Set($0.keys) == ["step", "epoch", "seconds", "loss", "reconstruction", "kl"] })
    let trained = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    #expect(trained.step == 6 && trained.model is VAE && trained.model.inputs[0].sampleShape == [4, 5, 1])
  }

  /// A model that no memory holds is refused before it is made, with the options that made it so large.
  @Test func tooLargeForTheMachine() throws {
    let sizes = ["--hidden-size", "65536", "--hidden-layers", "64"]
    try Program.trainVAE.fail(
      ["--data", images, "--out", folder.path("none"), "--batch-size", "4"] + sizes, exitCode: 1,
      [
        "train-vae: a training of ", " parameters takes at least ", " of memory for them and ",
        "; lower values help: --hidden-size, --hidden-layers\n",
      ])
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }

  /// Pictures of several sizes and colours, in a folder for each class.
  @Test func folderOfPictures() throws {
    for (index, name) in ["cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png"].enumerated() {
      let below = folder.path("pictures/" + name.prefix(4))
      try FileManager.default.createDirectory(atPath: below, withIntermediateDirectories: true)
      let (size, channels) = (8 + 4 * index, index == 1 ? 3 : 1)
      let pixels = (0..<size * size * channels).map { UInt8($0 * 37 % 256) }
      try PNG.write(pixels, height: size, width: size, channels: channels, to: folder.path("pictures/" + name))
    }
    let (data, out) = (folder.path("pictures"), folder.path("out"))
    let common = ["--data", data, "--batch-size", "4", "--steps", "2", "--hidden-size", "9"]
    let refused = try Program.trainVAE.run(common + ["--out", out])
    #expect(refused.exitCode == 1 && refused.errors.contains("dogs/1.png: expected an image of 8×8 pixels"))
    let result = try Program.trainVAE.run(
      common + ["--out", out, "--size", "12", "--crop", "centre", "--channels", "grey", "--conditional"])
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("4 images of [12, 12, 1], "), "\(result.output)")
    // One of the four has the size, but is coloured.
    #expect(result.output.contains("4 of them brought to [12, 12, 1]\n2 classes: \"cats\", \"dogs\"\n"))
    let drawn = folder.path("drawn.png")
    let model = out + "/model.safetensors"
    try Program(name: "explore").succeed(
      "reconstruct", "--model", model, "--data", data, "--count", "4", "--out", drawn)
    #expect(try folder.contents("drawn.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  /// A training that begins with what another one, with another loss, has learned.
  @Test func fromATrainedModel() throws {
    try train("first", "--epochs", "2")
    let first = folder.path("first/model.safetensors")
    try train("second", "--steps", "1", "--importance-samples", "4", "--learning-rate", "1e-9", "--from", first)
    let (before, after) = (
      try ModelRegistry.standard.load(first), try ModelRegistry.standard.load(folder.path("second/model.safetensors"))
    )
    #expect(after.step == 1 && after.state.names == before.state.names)
    for name in before.state.names {
      let (old, new) = (try #require(before.state[name]), try #require(after.state[name]))
      #expect(zip(old.scalars, new.scalars).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
    }
    let other = try Program.trainVAE.run([
      "--data", images, "--out", folder.path("third"), "--batch-size", "4", "--hidden-size", "9", "--from", first,
    ])
    #expect(other.exitCode == 1 && !FileManager.default.fileExists(atPath: folder.path("third")))
    #expect(other.errors.contains("the numbers to begin with are those of another network: tensor encoder."))
  }

  /// Options that are not given are those of the model to begin with, and can be others.
  @Test func optionsOfTheModelToBeginWith() throws {
    func begin(_ out: String, with model: String, _ options: String...) throws -> any GenerativeModel {
      let common = ["--data", images, "--out", folder.path(out), "--batch-size", "4", "--steps", "1", "--quiet"]
      let result = try Program.trainVAE.run(common + ["--from", folder.path(model + "/model.safetensors")] + options)
      #expect(result.exitCode == 0, "\(result.errors)")
      return try ModelRegistry.standard.load(folder.path(out + "/model.safetensors")).model
    }
    try train(
      "flow", "--steps", "1", "--posterior", "iaf", "--flow-size", "7", "--beta", "0.5", "--beta-warmup", "9",
      "--free-bits", "0.1", "--binarize", "dynamic")
    var expected = try #require(ModelRegistry.standard.load(folder.path("flow/model.safetensors")).model as? VAE)
      .configuration
    #expect((expected.hiddenSize, expected.latentSize, expected.flowHiddenSize, expected.beta) == (8, 2, 7, 0.5))
    #expect((expected.betaWarmup, expected.freeBits, expected.binarization) == (9, 0.1, .dynamic))
    // The weight has grown already.
    expected.betaWarmup = 0
    #expect(try (begin("same", with: "flow") as? VAE)?.configuration == expected)
    // What has no meaning with other options is dropped: free bits with several latents, drawing with grey pixels, and
    // which of the latents are differentiated with one.
    (expected.beta, expected.importanceSamples, expected.importanceGradient, expected.freeBits) = (1, 3, .drawn, 0)
    let weighted = try begin(
      "weighted", with: "flow", "--beta", "1", "--importance-samples", "3", "--importance-gradient", "drawn")
    #expect((weighted as? VAE)?.configuration == expected)
    (expected.boundCount, expected.importanceGradient) = (2, .weighted)
    let bounds = try begin("bounds", with: "weighted", "--importance-bounds", "2")
    #expect((bounds as? VAE)?.configuration == expected)
    (expected.boundCount, expected.importanceSamples) = (1, 1)
    (expected.likelihood, expected.binarization) = (.gaussian(standardDeviation: 0.1), .none)
    let grey = try begin("grey", with: "weighted", "--importance-samples", "1", "--likelihood", "gaussian")
    #expect((grey as? VAE)?.configuration == expected)
    // Another kind of model of the same program.
    try Program.trainVAE.succeed(
      "--data", images, "--out", folder.path("quadrants"), "--quadrants", "2", "--size", "4", "--steps", "1",
      "--batch-size", "4", "--hidden-size", "5", "--quiet")
    let completed = try #require(begin("completed", with: "quadrants", "--size", "4") as? QuadrantVAE).configuration
    #expect((completed.givenQuadrants, completed.hiddenSize) == (2, 5))
  }

  /// Options that say what the model is put together from; with `--resume` they are as before.
  @Test(arguments: [
    (["--importance-samples", "3", "--importance-bounds", "2"], "importanceSamples 3  boundCount 2"),
    (
      ["--posterior", "iaf", "--flow-steps", "3", "--flow-size", "5", "--free-bits", "0.25"],
      "posterior iaf  flowSteps 3"
    ),
    (["--posterior", "planar", "--beta-warmup", "50"], "betaWarmup 50"),
    (["--stochastic-layers", "2"], "stochasticLayers 2  isLadder false"),
    (["--stochastic-layers", "3", "--ladder"], "stochasticLayers 3  isLadder true"),
    (["--network", "burda"], "hiddenLayerCount 2  activation tanh"),
    (["--likelihood", "learned-gaussian"], "likelihood learnedGaussian"),
    (["--likelihood", "discretized-logistic"], "likelihood discretizedLogistic(levels: 256)"),
  ])
  func parts(options: [String], text: String) throws {
    let common = ["--data", images, "--out", folder.path("out"), "--batch-size", "4"]
    func run(_ more: [String]) throws {
      let result = try Program.trainVAE.run(common + more)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    }
    try run(options + ["--hidden-size", "8", "--latent-size", "4", "--steps", "8"])
    let straight = try folder.contents("out/model.safetensors")
    let trained = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let configuration = try #require((trained.model as? VAE)?.configuration)
    #expect(configuration.description.contains(text), "\(configuration)")
    try run(options + ["--hidden-size", "8", "--latent-size", "4", "--steps", "5"])
    try run(["--resume", "--steps", "8"])
    #expect(try folder.contents("out/model.safetensors") == straight)
  }

  @Test(arguments: ["conditional", "burda", "iwae", "iwae2", "quadrants", "iaf", "ladder", "residual-iaf"])
  func presets(name: String) throws {
    let result = try Program.trainVAE.run([
      "--out", folder.path("out"), "--preset", name, "--limit", "32", "--batch-size", "8", "--steps", "2",
    ])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.contains("step 2/2"))
  }

  @Test func missingQuadrants() throws {
    let options = ["--data", images, "--out", folder.path("out"), "--batch-size", "4", "--hidden-size", "8"]
    let refused = try Program.trainVAE.run(options + ["--quadrants", "2", "--steps", "2", "--latent-size", "2"])
    #expect(refused.errors.contains("for quadrants height and width must be even"), "\(refused.errors)")
    let even = try folder.add("even.idx", TinyData.evenImages)
    let result = try Program.trainVAE.run([
      "--data", even, "--out", folder.path("out"), "--batch-size", "4", "--hidden-size", "8", "--quadrants", "2",
      "--steps", "3",
    ])
    #expect(result.exitCode == 0 && result.output.contains("baseline "), "\(result)")
    #expect(try ModelRegistry.standard.load(folder.path("out/model.safetensors")).model is QuadrantVAE)
    let resumed = try Program.trainVAE.run(["--data", even, "--out", folder.path("out"), "--steps", "5", "--resume"])
    #expect(resumed.exitCode == 0 && resumed.output.contains("step 5/5"), "\(resumed)")
  }

  @Test func someClassesOnly() throws {
    try folder.add("data/train-images-idx3-ubyte", TinyData.images)
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
    let labels = try #require(try ImageSet.load(folder.path("data")).labels)
    let count = labels.filter { $0 == labels[0] }.count
    let options = ["--data", folder.path("data"), "--steps", "1", "--batch-size", "1", "--hidden-size", "4"]
    let result = try Program.trainVAE.run(options + ["--out", folder.path("some"), "--classes", "\(labels[0])"])
    #expect(result.output.hasPrefix("\(count) image") && result.exitCode == 0, "\(result)")
    try Program.trainVAE.fail(
      options + ["--out", folder.path("none"), "--classes", "99"], exitCode: 2, ["--classes: expected classes"])
    // All of them have to be there.
    try Program.trainVAE.fail(
      options + ["--out", folder.path("none"), "--classes", "0,99"], exitCode: 2,
      ["--classes: expected classes from 0 to 2, found 99"])
    let header = TinyData.labels.prefix(8)
    try folder.add("data/train-labels-idx1-ubyte", header + labels.map { $0 == 1 ? 2 : UInt8($0) })
    try Program.trainVAE.fail(
      options + ["--out", folder.path("none"), "--classes", "0,1"], exitCode: 2,
      ["--classes: expected classes that there are images of, found 1, of which there are none"])
  }

  /// A script can tell whether a training came to something.
  @Test(arguments: [
    ("40", "0", 0, ""), ("2", "0", 3, "too short to tell"), ("60", "10000", 3, "the posterior has collapsed"),
  ])
  func strictness(steps: String, beta: String, exitCode: Int32, text: String) throws {
    let options = ["--data", images, "--out", folder.path("strict"), "--batch-size", "4", "--hidden-size", "8"]
    let rest = ["--latent-size", "2", "--steps", steps, "--beta", beta, "--learning-rate", "0.02", "--strict"]
    let result = try Program.trainVAE.run(options + rest)
    #expect(result.exitCode == exitCode, "\(result.errors)")
    #expect(text.isEmpty ? result.errors.isEmpty : result.errors.contains(text), "\(result.errors)")
    #expect(result.output.contains("wrote "))
    // A training that is over ended as it ended.
    let again = try Program.trainVAE.run(
      ["--data", images, "--out", folder.path("strict"), "--resume", "--strict", "--quiet"])
    #expect(again.exitCode == exitCode && again.errors.contains(text) != text.isEmpty, "\(again)")
  }

  @Test func aFolderWithHeldOutImagesAndLabels() throws {
    try folder.add("data/train-images-idx3-ubyte.gz", Gzip.compress(TinyData.images))
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("data/t10k-images.idx3-ubyte", TinyData.idx([3, 4, 5]))
    let result = try train("single", "--steps", "1")
    #expect(!result.output.contains("test_"))
    let options = ["--batch-size", "5", "--epochs", "2", "--hidden-size", "8"]
    let withHeldOut = try Program.trainVAE.run(["--data", folder.path("data"), "--out", folder.path("out")] + options)
    #expect(withHeldOut.exitCode == 0 && withHeldOut.output.contains("test_negative_elbo "))
    // Twelve images make two batches of five; the held-out figures stand at each epoch's end.
    let lines = try metrics("out")
    #expect(lines.map { $0["test_negative_elbo"] != nil } == [false, true, false, true])
    #expect(lines.allSatisfy { $0.keys.filter { $0.hasPrefix("test_") }.count % 3 == 0 })
  }

  /// Classes are those of the whole file, and held-out images without labels leave the figures out, not the training.
  @Test func classesOfAFolder() throws {
    try folder.add("data/train-images-idx3-ubyte", TinyData.images)
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("data/t10k-images-idx3-ubyte", TinyData.idx([3, 4, 5]))
    func run(_ options: String...) throws -> String {
      let data = [
        "--data", folder.path("data"), "--out", folder.path("out"), "--hidden-size", "8", "--batch-size", "2",
      ]
      let result = try Program.trainVAE.run(data + ["--conditional", "--limit", "2"] + options)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      return result.output
    }
    // Of three classes, the first two images have two.
    let output = try run("--steps", "2")
    #expect(
      output.contains(
        "\nwarning: no figures on the held-out images, which have no labels: no t10k-labels-idx1-ubyte[.gz] in "
          + "\(folder.path("data"))\n"))
    #expect(!output.contains("test_"))
    let trained = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    #expect((trained.model as? VAE)?.configuration.classCount == 3)
    #expect(try run("--steps", "3", "--resume").contains("going on after step 2"))
    try folder.add("data/t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2])
    let labeled = try run("--steps", "4", "--resume")
    #expect(labeled.contains("test_negative_elbo ") && !labeled.contains("no figures on the held-out images"))
  }

  @Test func sameSeedSameBytes() throws {
    try train("a", "--steps", "5", "--seed", "3")
    try train("b", "--steps", "5", "--seed", "3", "--threads", "1")
    try train("c", "--steps", "5", "--seed", "3", "--threads", "2", "--quiet")
    try train("d", "--steps", "5", "--seed", "4")
    let files = ["model.safetensors", "samples.png", "curves.png"]
    for name in files {
      let first = try folder.contents("a/" + name)
      #expect(try folder.contents("b/" + name) == first, "\(name)")
      #expect(try folder.contents("c/" + name) == first, "\(name)")
      #expect(try folder.contents("d/" + name) != first, "\(name)")
    }
  }

  @Test func aWarmupLongerThanTheTraining() throws {
    let text = "\nwarning: --beta-warmup is 9 steps, more than the 4 of the training: the weight of the divergence "
    #expect(try train("out", "--steps", "4", "--beta-warmup", "9").output.contains(text))
    let complete = try train("other", "--steps", "4", "--beta-warmup", "4").output
    #expect(!complete.contains("the weight of the divergence"))
  }

  @Test func quiet() throws {
    #expect(try train("out", "--steps", "4", "--quiet").output.isEmpty)
  }

  @Test func sampleEvery() throws {
    try train("out", "--steps", "5", "--sample-every", "2")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted()
    let grids = files.filter { $0.hasPrefix("samples-") }
    #expect(grids == ["samples-000002.png", "samples-000004.png", "samples-000005.png"])
  }

  @Test func limit() throws {
    #expect(try train("out", "--epochs", "1", "--limit", "8").output.contains("8 images of"))
    #expect(try metrics("out").count == 2)
    let all = try train("out", "--epochs", "1", "--limit", "8000").output
    #expect(all.contains("12 images of") && all.contains("\n--limit 8000: there are only 12\n"))
    #expect(try metrics("out").count == 3)
  }

  @Test func everyOptionOfTheModel() throws {
    let options = ["--likelihood", "gaussian", "--deviation", "0.5", "--beta", "2", "--initialization", "pytorch"]
    let result = try Program.trainVAE.run(
      ["--data=\(images)", "--out=\(folder.path("out"))", "--learning-rate", "0.01", "--latent-size", "3"] + options
        + ["--hidden-size", "9", "--batch-size", "4", "--steps", "2"])
    #expect(result.exitCode == 0, "\(result.errors)")
    let trained = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let configuration = VAE.Configuration(
      height: 4, width: 5, latentSize: 3, hiddenSize: 9, likelihood: .gaussian(standardDeviation: 0.5), beta: 2,
      initialization: .pytorch)
    #expect((trained.model as? VAE)?.configuration == configuration)
  }

  @Test func builtInDigits() throws {
    try Program.trainVAE.succeed(
      "--steps", "1", "--limit", "16", "--batch-size", "16", "--hidden-size", "8", "--out", folder.path("out"))
    let line = try #require(try metrics("out").last)
    #expect(line["test_negative_elbo"] != nil)
    #expect(
      try ModelRegistry.standard.load(folder.path("out/model.safetensors")).model.inputs[0].sampleShape == [28, 28, 1])
  }

  /// Numbers that are no longer finite end the run, and the checkpoint of the run before is kept.
  @Test(arguments: [["--steps", "50"], ["--steps", "1"], ["--steps", "2", "--sample-every", "1"]])
  func learningRateTooLarge(_ length: [String]) throws {
    try train("out", "--steps", "1")
    let model = try folder.contents("out/model.safetensors")
    let result = try Program.trainVAE.run(
      ["--data", images, "--out", folder.path("out"), "--learning-rate", "1e38", "--batch-size", "4", "--quiet"]
        + ["--hidden-size", "8"] + length)
    #expect(result.exitCode == 1)
    #expect(result.errors.wholeMatch(of: /train-vae: step \d: [a-z.A-Z0-9]+ is not a finite number; .*\n/) != nil)
    #expect(try folder.contents("out/model.safetensors") == model)
  }
}
