import Foundation
import Latent
import Testing

/// The programs of models that make images a pixel after the other, and the tools that look at them.
@Suite struct TrainPixelModelTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let program: Program
    let options: [String]
    let kind: String
    var testDescription: String { "\(kind) \(options)" }
  }

  static let kinds = [
    Kind(
      program: Program(name: "train-pixelcnn"), options: ["--features", "4", "--layers", "2", "--head-features", "4"],
      kind: "pixelcnn"),
    Kind(
      program: Program(name: "train-pixelrnn"),
      options: ["--kind", "row", "--features", "3", "--layers", "1", "--head-features", "4"], kind: "pixelrnn"),
    Kind(
      program: Program(name: "train-pixelrnn"),
      options: ["--kind", "diagonal", "--features", "3", "--layers", "1", "--head-features", "4", "--no-skips"],
      kind: "pixelrnn"),
    Kind(program: Program(name: "train-made"), options: ["--hidden", "9"], kind: "made"),
    Kind(
      program: Program(name: "train-made"),
      options: ["--hidden", "20,21", "--ordering", "random", "--orders", "2", "--indirect"], kind: "made"),
  ]

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.add("data/train-images-idx3-ubyte", TinyData.images)
    try folder.add("data/train-labels-idx1-ubyte", TinyData.labels)
  }

  private func train(_ kind: Kind, _ more: String...) throws -> String {
    let common = ["--data", folder.path("data"), "--out", folder.path("out"), "--steps", "2", "--batch-size", "4"]
    let result = try kind.program.run(common + kind.options + more + ["--quiet"])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return folder.path("out/model.safetensors")
  }

  private func isPicture(_ name: String) throws -> Bool {
    try folder.contents(name).starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  /// A training that begins with a model has its network without being told.
  @Test(arguments: kinds) func networkOfTheModelToBeginWith(_ kind: Kind) throws {
    let model = try train(kind)
    let result = try kind.program.run([
      "--data", folder.path("data"), "--out", folder.path("again"), "--steps", "1", "--batch-size", "4", "--from",
      model,
      "--quiet",
    ])
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    let (before, after) = (
      try ModelRegistry.standard.load(model), try ModelRegistry.standard.load(folder.path("again/model.safetensors"))
    )
    #expect(after.step == 1 && before.kind == after.kind)
    #expect(after.state.tensors.mapValues(\.shape) == before.state.tensors.mapValues(\.shape))
  }

  @Test(arguments: kinds) func trainedSampledAndCompleted(_ kind: Kind) throws {
    let model = try train(kind)
    #expect(try isPicture("out/samples.png"))
    let opened = try ModelRegistry.standard.load(model)
    #expect(opened.kind == kind.kind && opened.model.inputs[0].binarization == .dynamic)
    try Program.generate.succeed("--model", model, "--count", "5", "--quiet", "--out", folder.path("some.npy"))
    let completed = try Program(name: "explore").succeed(
      "complete", "--model", model, "--data", folder.path("data"), "--count", "3", "--rows", "2", "--given", "0.25",
      "--quiet", "--out", folder.path("complete.png"))
    let layout = "images, below them what is given, the upper 1 of 4 rows, and below that 2 completions of each"
    #expect(completed.output == layout + "\n")
    #expect(try isPicture("complete.png"))
  }

  /// Images of another size than the model's are not taken for those that it learned from without a word.
  @Test func imagesOfAnotherSize() throws {
    let (model, data) = (try train(Self.kinds[0]), try folder.add("other.idx", TinyData.evenImages))
    func explore(_ more: String...) throws -> String {
      let result = try Program(name: "explore").run(
        ["complete", "--model", model, "--data", data, "--count", "2", "--rows", "1", "--out", folder.path("a.png")]
          + more)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      return result.output
    }
    #expect(try explore().hasPrefix("12 of 12 images brought to [4, 5, 1]\n"))
    #expect(try !explore("--quiet").contains("brought to"))
  }

  @Test(arguments: kinds) func classesAndGreyLevels(_ kind: Kind) throws {
    let model = try train(kind, "--conditional", "--levels", "4")
    try Program.generate.succeed(
      "--model", model, "--labels", "2,0", "--count", "4", "--quiet", "--out", folder.path("some.idx"))
    let opened = try ModelRegistry.standard.load(model)
    let report = try #require(
      try LikelihoodReport(on: opened, ImageSet.load(folder.path("data"), split: .train), limit: 9))
    #expect(report.likelihoodKind == "exact" && report.likelihoodDraws == nil && report.negativeElbo == nil)
    #expect(report.likelihoodSubject == "4 levels of grey" && report.binarization == "none")
    #expect(report.likelihoodCondition == "labels of 3 classes")
  }

  @Test(arguments: [
    (["--levels", "8", "--binarize", "static"], "--binarize: means something only without --levels"),
    (["--stacked", "8"], "--stacked: makes images of 3 channels, and this model learns grey ones"),
    (["--binarize", "none"], "--binarize: expected static or dynamic, found \"none\"; --levels learns grey pixels"),
  ])
  func mistakes(_ options: [String], _ text: String) throws {
    for kind in Self.kinds {
      try kind.program.fail(["--out", folder.path("none")] + options, exitCode: 2, [text])
    }
    try Program(name: "train-made").fail(
      ["--out", folder.path("none"), "--orders", "3"], exitCode: 2,
      ["--orders: means something only with --ordering random"])
    try Program(name: "train-made").fail(
      ["--out", folder.path("none"), "--data", folder.path("data"), "--hidden", "8,70000"], exitCode: 1,
      ["train-made: --hidden is 70000, expected 1 to 65536"])
    try Program(name: "train-pixelrnn").fail(
      ["--out", folder.path("none"), "--data", folder.path("data"), "--kernel-size", "4"], exitCode: 1,
      ["train-pixelrnn: --kernel-size is 4, expected an odd number from 3 on"])
  }

  /// There is always a row to complete.
  @Test func almostAllIsGiven() throws {
    try Program(name: "explore").fail(
      ["complete", "--model", "none", "--given", "1"], exitCode: 2,
      ["--given: expected a number of at least 0.0 and below 1.0, found \"1\""])
    let said = try Program(name: "explore").succeed(
      "complete", "--model", train(Self.kinds[0]), "--data", folder.path("data"), "--count", "2", "--rows", "1",
      "--given", "0.9", "--out", folder.path("complete.png"), "--quiet")
    #expect(said.output.contains("the upper 3 of 4 rows"))
  }

  @Test func onlyModelsOfPixelsComplete() throws {
    try Program.trainVAE.succeed(
      "--data", folder.path("data"), "--steps", "1", "--batch-size", "4", "--hidden-size", "4", "--quiet", "--out",
      folder.path("vae"))
    try Program(name: "explore").fail(
      [
        "complete", "--model", folder.path("vae/model.safetensors"), "--data", folder.path("data"), "--out",
        folder.path("no.png"),
      ], exitCode: 1,
      ["vae cannot complete samples: it does not make them step by step; inpaint fills holes in images with it"])
  }
}
