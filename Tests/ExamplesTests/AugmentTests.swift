import Foundation
import Latent
import Testing

/// `augment` on a few digits.
@Suite struct AugmentTests {
  private static let augment = Program(name: "augment")

  private let folder: TemporaryFolder
  private let data: String
  private let out: String

  init() throws {
    folder = try TemporaryFolder()
    (data, out) = (folder.path("data"), folder.path("out"))
    try BuiltInDigits.make(count: 60, seed: 1).save(to: data)
    try BuiltInDigits.make(count: 30, seed: 2).save(to: data, split: .test)
  }

  private func vae(classCount: Int?, height: Int = 28) throws -> String {
    let vae = try VAE(VAE.Configuration(height: height, latentSize: 2, hiddenSize: 8, classCount: classCount))
    let path = folder.path("vae-\(classCount ?? 0)-\(height).safetensors")
    try TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state).save(to: path)
    return path
  }

  private func judge() throws -> String {
    let model = try ImageClassifier(
      ImageClassifier.Configuration(classCount: 10, convolutionFeatures: 8, featureCount: 9))
    let path = folder.path("judge.safetensors")
    try TrainedModel(model: model, state: model.makeTraining(seed: 1).state).save(to: path)
    return path
  }

  private func figures(_ path: String) throws -> [String: Any] {
    let bytes = try folder.contents(path)
    return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test func byAModelOfClasses() throws {
    let model = try vae(classCount: 10)
    let result = try Self.augment.succeed("--model", model, "--data", data, "--count", "3", "--out", out)
    #expect(result.output.contains("which has seen an unknown number of labelled images"))
    #expect(result.output.hasSuffix("wrote \(out): 60 images, 30 samples after them, and 30 test images\n"))
    let (before, after) = (try ImageSet.load(data), try ImageSet.load(out))
    #expect(after.count == 90 && after.prefix(60) == before)
    #expect(after.labels?.suffix(30) == ArraySlice((0..<30).map { $0 % 10 }))
    #expect(try ImageSet.load(out, split: .test) == ImageSet.load(data, split: .test))
    let record = try figures("out/augmentation.json")
    #expect(record["image_count"] as? Int == 60 && record["sample_count"] as? Int == 30)
    #expect((record["generator"] as? [String: Any])?["sees_same_labels_only"] as? Bool == false)
    // What it wrote may be written again, and every program takes it.
    let second = try folder.snapshot()
    try Self.augment.succeed("--model", model, "--data", data, "--count", "3", "--out", out, "--quiet")
    #expect(try folder.snapshot() == second)
    try Program.trainVAE.succeed(
      "--data", out, "--conditional", "--steps", "1", "--hidden-size", "4", "--batch-size", "90", "--out",
      folder.path("vae"), "--quiet")
  }

  /// Without a model one learns from the same images: as many samples as there are images.
  @Test func byAModelOfItsOwn() throws {
    let result = try Self.augment.succeed(
      "--data", data, "--labels-per-class", "2", "--generator-steps", "2", "--out", out)
    #expect(result.output.contains("a vae that is trained on the same labelled images and has seen no others"))
    #expect(result.output.hasSuffix("20 images, 20 samples after them, and 30 test images\n"))
    #expect(try ImageSet.load(out).classCounts == [Int](repeating: 4, count: 10))
    // The images are those that --measure would take.
    let images = try AugmentationExperiment.labelled(2, of: ImageSet.load(data), seed: 0)
    #expect(try ImageSet.load(out).prefix(20) == images)
    let generator = try figures("out/augmentation.json")["generator"] as? [String: Any]
    #expect(generator?["sees_same_labels_only"] as? Bool == true)
  }

  /// Some numbers have no images: no samples of these are made.
  @Test func classesThatDoNotOccur() throws {
    let (all, some) = (try ImageSet.load(data), folder.path("some"))
    try all.subset((0..<60).filter { [2, 5].contains(all.labels?[$0]) }).save(to: some)
    try Self.augment.succeed("--data", some, "--count", "3", "--generator-steps", "2", "--out", out, "--quiet")
    #expect(try ImageSet.load(out).classCounts == [0, 0, 9, 0, 0, 9])
    try Self.augment.succeed(
      "--model", vae(classCount: 6), "--data", some, "--count", "3", "--out", out, "--quiet")
    #expect(try ImageSet.load(out).labels?.suffix(6) == [2, 5, 2, 5, 2, 5])
  }

  /// Test images of before are not left beside images that have none.
  @Test func whatWasThereBefore() throws {
    let (model, alone) = (try vae(classCount: 10), folder.path("alone"))
    try BuiltInDigits.make(count: 20).save(to: alone)
    func run(_ data: String) throws {
      try Self.augment.succeed("--model", model, "--data", data, "--count", "1", "--out", out, "--quiet")
    }
    try run(data)
    #expect(ImageSet.files(in: out, split: .test).count == 2)
    try run(alone)
    #expect(ImageSet.files(in: out, split: .test).isEmpty && ImageSet.files(in: out, split: .train).count == 2)
    #expect(try ImageSet.load(out).count == 30)
  }

  /// Files that somebody else has put there stay.
  @Test func filesOfOthersStay() throws {
    try Self.augment.succeed(
      "--model", try vae(classCount: 10), "--data", data, "--count", "1", "--out", out, "--quiet")
    for name in ["emnist-test-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "train-labels.idx1-ubyte"] {
      try folder.add("out/\(name)", [1, 2, 3])
      let before = try folder.snapshot()
      try Self.augment.fail(
        ["--model", try vae(classCount: 10), "--data", data, "--out", out], exitCode: 2,
        ["--out: expected a folder without images but those that augment wrote, found", name])
      #expect(try folder.snapshot() == before)
      try FileManager.default.removeItem(atPath: folder.path("out/\(name)"))
    }
  }

  /// A judge names the classes of images that have none.
  @Test func byAModelAndAJudge() throws {
    let arguments = ["--model", try vae(classCount: nil), "--data", data, "--judge", try judge(), "--count", "2"]
    let result = try Self.augment.run(arguments + ["--confidence", "0", "--out", out])
    #expect(result.exitCode == 0 && result.output.contains("their classes are named by"), "\(result.errors)")
    #expect(result.output.contains("which has seen an unknown number of images without their labels"))
    #expect(try ImageSet.load(out).count > 60)
    // Nobody is as sure as that.
    let none = try Self.augment.run(arguments + ["--confidence", "1", "--out", folder.path("none"), "--quiet"])
    #expect(none.exitCode == 1 && none.errors == "augment: no sample looks to the judge like any class\n")
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }

  @Test func measuring() throws {
    let json = folder.path("gain.json")
    let result = try Self.augment.succeed(
      "--measure", "--data", data, "--labels-per-class", "1,3", "--trials", "2", "--steps", "2", "--generator-steps",
      "2", "--out", json)
    for text in ["1 label a class", "3 labels a class", "gain", "with samples, %", "has seen no others"] {
      #expect(result.output.contains(text), "\(result.output)")
    }
    let figures = try figures("gain.json")
    let rows = try #require(figures["rows"] as? [[String: Any]])
    #expect(rows.map { $0["labels_per_class"] as? Int } == [1, 3] && figures["classifier_updates"] as? Int == 2)
    let row = try #require(rows[1]["result"] as? [String: Any])
    #expect((row["trials"] as? [Any])?.count == 2 && row["gain"] is Double && row["gain_deviation"] is Double)
    // Of a model that has seen other labels it is said so.
    let told = try Self.augment.succeed(
      "--measure", "--model", vae(classCount: 10), "--data", data, "--labels-per-class", "1", "--trials", "1",
      "--steps", "1")
    #expect(told.output.contains("so the gain is not one at so few labels"))
  }

  @Test func mistakes() throws {
    let model = try vae(classCount: 10)
    func fails(_ arguments: [String], _ text: String, exitCode: Int32 = 2) throws {
      try Self.augment.fail(arguments + ["--quiet"], exitCode: exitCode, [text])
    }
    try fails(
      ["--model", model, "--data", data, "--out", data], "--out: expected another folder than that of the images")
    for (index, name) in ["train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz", "train-labels-idx1-ubyte"]
      .enumerated()
    {
      try folder.add("other\(index)/\(name)", [1])
      try fails(
        ["--model", model, "--data", data, "--out", folder.path("other\(index)")],
        "--out: expected a folder without images, or one that augment wrote")
    }
    try fails(
      ["--model", model, "--data", data, "--count", "10000000", "--out", out],
      "--count: expected samples of at most 64 GiB, found 10000000 of 784 bytes for each of 10 classes")
    try fails(
      ["--labels-per-class", "99", "--data", data, "--out", out],
      "expected 99 labelled images of each class, found 6", exitCode: 1)
    try fails(
      ["--model", try vae(classCount: nil), "--data", data, "--out", out],
      "makes images of no class; --judge FILE can name a classifier that says what they are")
    try fails(
      ["--model", try vae(classCount: 10, height: 20), "--data", data, "--out", out],
      "--model: expected a model of images [28, 28, 1], found one of [20, 28, 1]")
    try fails(
      ["--labels-per-class", "1,2", "--data", data, "--out", out], "--labels-per-class: expected one whole number")
    try fails(["--data", data, "--out", out, "--trials", "2"], "--trials: means something only with --measure")
    try fails(["--confidence", "0.5"], "--confidence: means something only with --judge")
    try fails(
      ["--measure", "--data", data, "--out", "x.txt"], "--out: expected a name that ends in .json with --measure")
    try fails(
      ["--measure", "--data", data, "--labels-per-class", "99"], "expected 99 labelled images of each class, found 6",
      exitCode: 1)
    try FileManager.default.removeItem(atPath: data + "/train-labels-idx1-ubyte")
    try fails(
      ["--data", data, "--out", out], "--data: expected images with labels, found none: no train-labels-idx1-ubyte")
    try BuiltInDigits.make(count: 20).save(to: folder.path("alone"))
    try fails(["--measure", "--data", folder.path("alone")], "--data: expected test images to measure with")
    #expect(!FileManager.default.fileExists(atPath: out))
  }
}
