import Foundation
import Latent
import Testing

/// Digits that the library draws as images of the other kind.
extension TrainTranslationTests {
  /// Some digits in a folder: those that the library draws with one seed, and test images with another.
  private func digits(_ name: String, _ train: (count: Int, seed: UInt64), _ test: (count: Int, seed: UInt64)) throws
    -> String
  {
    try BuiltInDigits.make(count: train.count, seed: train.seed).save(to: folder.path(name))
    try BuiltInDigits.make(count: test.count, seed: test.seed).save(to: folder.path(name), split: .test)
    return folder.path(name)
  }

  /// They are those that are learned without `--data`, as many as there are then, and with the same test images.
  @Test func drawnDigitsAsTheOtherKind() throws {
    let data = try digits("data", (12, 5), (10, 6))
    let all = try train("cyclegan", "--to", "built-in", "--size", "8", "--blocks", "0", data: data)
    #expect(all.contains("12 images of [8, 8, 1] as a\n30000 images of [8, 8, 1] as b\n"), "\(all)")
    #expect(all.contains("\n--to: 30000 of them brought to [8, 8, 1]\n"), "\(all)")
    let drawn = try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings
    let saved = try digits("saved", (30_000, 0), (3000, 1))
    try train("cyclegan", "--to", saved, "--size", "8", "--blocks", "0", data: data)
    let read = try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings
    #expect(drawn.streams == read.streams && drawn.heldOut == read.heldOut && drawn.heldOut?.count == 2)
    // The first of them, of some classes.
    let some = try train(
      "cyclegan", "--to", "built-in", "--size", "8", "--blocks", "0", "--classes", "0,1,2,3,4", "--limit", "3",
      data: data)
    #expect(some.contains("3 images of [8, 8, 1] as a\n3 images of [8, 8, 1] as b\n"), "\(some)")
  }

  /// Their labels tell how often a classifier of other images is right about them.
  @Test func drawnDigitsThatAreNamed() throws {
    let data = try digits("data", (20, 5), (10, 6))
    let short = [
      "--data", data, "--size", "8", "--limit", "20", "--batch-size", "10", "--features", "5", "--steps", "2",
    ]
    let dann = try Program(name: "train-dann").run(short + ["--to", "built-in", "--out", folder.path("dann")])
    #expect(dann.exitCode == 0 && dann.errors.isEmpty, "\(dann.errors)")
    #expect(dann.output.contains("20 images of [8, 8, 1] as a\n20 images of [8, 8, 1] as b\n"), "\(dann.output)")
    #expect(String(decoding: try folder.contents("dann/metrics.jsonl"), as: UTF8.self).contains("target_accuracy"))
    let saved = try digits("saved", (30, 0), (3000, 1))
    for (name, path) in [("drawn", "built-in"), ("read", saved)] {
      let result = try Program(name: "compare-adaptation").run(
        short + ["--to", path, "--seeds", "1", "--quiet", "--out", folder.path("\(name).json")])
      #expect((result.exitCode, result.errors) == (0, ""))
    }
    let figures = try folder.contents("drawn.json")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(figures)) as? [String: Any])
    #expect(report["target_count"] as? Int == 20 && report["test_count"] as? Int == 3000)
    #expect(try figures == folder.contents("read.json"))
  }

  /// What they cannot be.
  @Test func drawnDigitsOutOfPlace() throws {
    let digits = ["--to", "built-in", "--limit", "4"]
    for (name, options, exitCode, text) in [
      (
        "cyclegan", ["--data", images] + digits, 2,
        "--to: expected images of 8×12 pixels as those of --data, found 28×28; --size brings both to one"
      ),
      // A path, not a name.
      ("cyclegan", ["--data", images, "--to", "./built-in"], 1, "./built-in"),
      ("cyclegan", digits, 2, "--to: expected images of another kind than those of --data"),
      ("dann", digits, 2, "--to: expected images of another kind than those of --data"),
      (
        "pix2pix", ["--data", images] + digits, 2,
        "--to: expected what each of the images of --data should become, found built-in"
      ),
    ] {
      try Program(name: "train-\(name)").fail(
        options + ["--out", folder.path("none")], exitCode: Int32(exitCode), [text])
    }
    try Program(name: "compare-adaptation").fail(
      digits, exitCode: 2, ["--to: expected images of another kind than those of --data"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
  }
}
