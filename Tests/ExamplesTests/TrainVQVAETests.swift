import Foundation
import Latent
import Testing

/// The program that trains codes of images and then their distribution.
@Suite struct TrainVQVAETests {
  private static let program = Program(name: "train-vqvae")
  private let folder: TemporaryFolder
  private let images: String

  init() throws {
    folder = try TemporaryFolder()
    images = try folder.add("images.idx", TinyData.evenImages)
  }

  private func options(_ out: String, steps: Int, share: String? = nil) -> [String] {
    [
      "--data", images, "--out", folder.path(out), "--steps", "\(steps)", "--batch-size", "4", "--features", "4",
      "--codes", "5", "--code-size", "3", "--prior-features", "4", "--prior-layers", "1", "--quiet",
    ] + (share.map { ["--prior-share", $0] } ?? [])
  }

  /// Trains, and returns what the program complains about.
  @discardableResult
  private func train(_ options: [String]) throws -> String {
    let result = try Self.program.run(options)
    #expect(result.exitCode == 0, "\(result.errors)")
    return result.errors
  }

  private func codeSteps(_ out: String) throws -> Int? {
    let model = try ModelRegistry.standard.load(folder.path(out + "/model.safetensors")).model
    return (model as? VQVAE)?.configuration.codeSteps
  }

  @Test func trainedSampledAndReconstructed() throws {
    #expect(try train(options("out", steps: 4)).isEmpty)
    #expect(try codeSteps("out") == 2)
    let model = folder.path("out/model.safetensors")
    try Program.generate.succeed("--model", model, "--count", "5", "--quiet", "--out", folder.path("some.npy"))
    try Program(name: "explore").succeed(
      "reconstruct", "--model", model, "--data", images, "--count", "3", "--quiet", "--out", folder.path("some.png"))
    for name in ["out/samples.png", "some.png"] {
      #expect(try folder.contents(name).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
  }

  /// How many steps are for the codes, as the model has it and as the metrics tell it.
  @Test(arguments: [("0.25", 8, 6), ("0.99", 4, 1), ("0.5", 5, 3)])
  func shareOfThePrior(_ share: String, steps: Int, codeSteps: Int) throws {
    #expect(try train(options("out", steps: steps, share: share)).isEmpty)
    #expect(try self.codeSteps("out") == codeSteps)
    let lines = String(decoding: try folder.contents("out/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == steps)
    #expect(lines.map { $0.contains("\"commitment\":") } == (0..<steps).map { $0 < codeSteps })
  }

  /// A training that has come to the end of the codes only says what is missing; with the rest it is the same as one that
  /// was never interrupted.
  @Test func resumed() throws {
    #expect(try train(options("whole", steps: 6, share: "0.5")).isEmpty)
    let complaint = try train(options("out", steps: 3, share: "0.01"))
    #expect(try codeSteps("out") == 3)
    #expect(
      complaint.hasPrefix("train-vqvae: the training ended badly: the distribution of the codes has learned nothing"))
    #expect(complaint.filter(\.isNewline).count == 1)
    for steps in [4, 6] { #expect(try train(options("out", steps: steps) + ["--resume"]).isEmpty) }
    for name in ["model.safetensors", "samples.png"] {
      let isSame = try folder.contents("whole/" + name) == folder.contents("out/" + name)
      #expect(isSame, "\(name)")
    }
    try Self.program.fail(
      options("out", steps: 7, share: "0.5") + ["--resume"], exitCode: 2,
      ["--prior-share: means something only without --resume"])
  }

  @Test func strictTrainingsNeedAPrior() throws {
    let result = try Self.program.run(options("out", steps: 2, share: "0.01") + ["--strict"])
    #expect(result.exitCode == 3 && result.errors.contains("the distribution of the codes has learned nothing"))
  }

  @Test(arguments: [
    (["--prior-share", "1"], "--prior-share: expected a number from 0.01 to 0.99, found \"1\""),
    (["--codes", "1"], "--codes: expected a whole number from 2 to 65536, found \"1\""),
  ])
  func mistakes(_ options: [String], _ text: String) throws {
    try Self.program.fail(["--out", folder.path("none")] + options, exitCode: 2, [text])
  }
}
