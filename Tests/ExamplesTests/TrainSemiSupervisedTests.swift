import Latent
import Testing

/// `train-semi-supervised`, and `compare-remedies`.
@Suite struct TrainSemiSupervisedTests {
  private let folder: TemporaryFolder
  private let program = Program(name: "train-semi-supervised")

  init() throws {
    folder = try TemporaryFolder()
    try folder.add("labelled/train-images-idx3-ubyte", TinyData.images)
    try folder.add("labelled/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("images.idx", TinyData.images)
  }

  private func line(_ out: String, _ more: String...) -> [String] {
    ["--data", folder.path("labelled"), "--out", folder.path(out), "--batch-size", "3", "--quiet"] + more
  }

  private func train(_ line: [String]) throws {
    let result = try program.run(line)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  /// Stopped within an epoch of four batches and resumed it comes to the same bytes.
  @Test func trainedAndResumed() throws {
    let choices = ["--labels-per-class", "2", "--label-seed", "5", "--average-decay", "0.5"]
    try train(line("whole", "--steps", "3") + choices)
    try train(line("out", "--steps", "2") + choices)
    try train(line("out", "--steps", "3", "--resume") + choices)
    for name in ["model.safetensors", "samples.png"] {
      #expect(try folder.contents("whole/" + name) == folder.contents("out/" + name), "\(name)")
    }
    let trained = try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
    let configuration = try #require(trained.model as? SemiSupervisedGAN).configuration
    #expect(configuration.classCount == 3 && configuration.averageDecay == 0.5)
    #expect(configuration.height == 4 && configuration.width == 5)
    #expect(try trained.sample(2, seed: 1).shape == [2, 4, 5, 1])
    // Other images with labels are another training.
    let result = try program.run(line("out", "--steps", "4", "--resume", "--label-seed", "6"))
    #expect(result.exitCode == 1 && result.errors.contains("another training"), "\(result.errors)")
  }

  @Test func mistakes() throws {
    // In a training that goes on too.
    try train(line("out", "--steps", "1"))
    for more in [[], ["--resume"]] {
      try program.fail(
        ["--data", folder.path("images.idx"), "--out", folder.path("out"), "--steps", "2"] + more, exitCode: 2,
        ["--data: expected images with labels, found none"])
    }
    try program.fail(
      ["--data", folder.path("labelled"), "--out", folder.path("none"), "--batch-size", "2000"], exitCode: 2,
      ["--batch-size: expected at most 1024 beside so few images with labels, found 2000"])
  }

  @Test func comparedRemedies() throws {
    let compare = Program(name: "compare-remedies")
    let short = ["--steps", "2", "--seeds", "2", "--width", "4", "--quiet"]
    for modes in ["ring", "grid"] {
      let result = try compare.run(short + ["--batch-size", "8", "--modes", modes])
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      #expect(result.output.contains("modes of \(modes == "ring" ? 8 : 25)"), "\(result.output)")
      for name in ["none", "pack-4", "minibatch-deviation", "wgan-gp"] {
        #expect(result.output.contains(name), "\(name)")
      }
    }
    let some = try compare.run(short + ["--remedies", "pack-2,r1"]).output
    #expect(some.contains("pack-2") && some.contains("r1") && !some.contains("pack-4"))
    try compare.fail(short + ["--remedies", "pack-3"], exitCode: 2, ["--remedies: expected some of none,pack-2"])
    try compare.fail(
      short + ["--batch-size", "12"], exitCode: 2, ["--batch-size: expected a multiple of 8, found 12"])
  }
}
