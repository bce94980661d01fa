import Latent
import Testing

/// Errors and warnings that say what helps: done as they say, it does.
@Suite struct RemedyTests {
  struct Case: CustomTestStringConvertible {
    let program: String
    /// What stays as it is.
    var common = ["--batch-size", "4", "--steps", "1"]
    /// What was tried; it follows `--data`, unless it names other data.
    let tried: [String]
    /// What the message says.
    let text: String
    /// What is done instead.
    let cure: [String]

    var testDescription: String { "\(program) \(tried.joined(separator: " "))" }
  }

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.add("images.idx", TinyData.evenImages)
    try folder.add("coloured.idx", TinyData.idx([12, 8, 4, 3]))
    try folder.add("odd.idx", TinyData.idx([12, 6, 5]))
    try folder.add("large.idx", TinyData.idx([12, 16, 8]))
    try folder.add("labelled/train-images-idx3-ubyte", TinyData.evenImages)
    try folder.add("labelled/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("nchw.npy", NumPy.encode([Float](repeating: 0.5, count: 8 * 3 * 8 * 4), shape: [8, 3, 8, 4]))
    for (name, side) in [("a", 1), ("b", 2)] {
      let pixels = [UInt8](repeating: 9, count: 2 * side)
      try folder.add("mixed/\(name).png", PNG.encode(pixels, height: side, width: 2))
    }
  }

  /// The line of a case, with paths in the folder of the test.
  private func line(_ remedy: Case, _ more: [String]) -> [String] {
    let paths = ["data", "to", "out", "model"].map { "--" + $0 }
    var line = more
    if !line.contains("--data") { line += ["--data", "images.idx"] }
    if !line.contains("--out") { line += ["--out", "out"] }
    for index in line.indices.dropFirst() where paths.contains(line[index - 1]) {
      line[index] = folder.path(line[index])
    }
    return line
      + remedy.common.enumerated().filter { place, option in
        !more.contains(option.hasPrefix("--") ? option : remedy.common[place - 1])
      }.map(\.element)
  }

  @Test(arguments: files + uses + lengths + parts) func helps(_ remedy: Case) throws {
    let program = Program(name: remedy.program)
    let failed = try program.run(line(remedy, remedy.tried))
    #expect(failed.exitCode != 0 && failed.errors.contains(remedy.text), "\(failed.output) \(failed.errors)")
    let cured = try program.run(line(remedy, remedy.cure) + ["--quiet"])
    #expect(cured.exitCode == 0, "\(cured.errors)")
  }

  /// About what was read.
  private static let files = [
    Case(
      program: "train-vae", tried: ["--batch-size", "50"], text: "a smaller batch size helps",
      cure: ["--batch-size", "12"]),
    Case(
      program: "train-vae", tried: ["--batch-size", "8", "--hold-out", "0.5"],
      text: "leaves a batch of 8, found 0.5, which leaves 6 of 12 images; --batch-size takes fewer",
      cure: ["--batch-size", "6", "--hold-out", "0.5"]),
    Case(
      program: "train-vae", common: ["--batch-size", "1", "--steps", "1"], tried: ["--data", "mixed"],
      text: "a size (--size) brings all to it", cure: ["--data", "mixed", "--size", "2"]),
    Case(
      program: "train-vae", tried: ["--data", "nchw.npy"], text: "or its layout (--layout)",
      cure: ["--data", "nchw.npy", "--layout", "nchw"]),
    Case(
      program: "train-dcgan", tried: ["--data", "odd.idx"],
      text: "multiples of 4, from 4 to 4096: --size brings the images to another size",
      cure: ["--data", "odd.idx", "--size", "8"]),
    Case(
      program: "train-cyclegan", common: ["--batch-size", "2", "--steps", "1"],
      tried: ["--data", "odd.idx", "--to", "odd.idx"],
      text: "multiples of 4, from 8 to 4096: --size brings the images to another size",
      cure: ["--data", "odd.idx", "--to", "odd.idx", "--size", "8"]),
    Case(
      program: "train-vqvae", tried: ["--data", "odd.idx"], text: "multiples of 4: --size brings the images",
      cure: ["--data", "odd.idx", "--size", "8"]),
    Case(
      program: "train-vae", tried: ["--conv", "--size", "6"], text: "multiples of 4: --size brings the images",
      cure: ["--conv", "--size", "8"]),
    Case(
      program: "train-style", common: ["--batch-size", "4", "--steps", "1", "--features", "2", "--pattern", "waves"],
      tried: ["--data", "odd.idx"], text: "is 6, expected 8 to 4096: --size brings the images to another size",
      cure: ["--data", "odd.idx", "--size", "8"]),
    Case(
      program: "train-cyclegan", common: ["--batch-size", "2", "--steps", "1", "--blocks", "0"],
      tried: ["--to", "large.idx"], text: "--size brings both to one", cure: ["--to", "large.idx", "--size", "8"]),
    Case(
      program: "train-pixelcnn", common: ["--batch-size", "4", "--steps", "1", "--features", "4", "--layers", "2"],
      tried: ["--data", "coloured.idx"], text: "--channels grey makes them",
      cure: ["--data", "coloured.idx", "--channels", "grey"]),
    Case(
      program: "train-dann", tried: ["--data", "labelled", "--to", "coloured.idx"],
      text: "--channels brings both to the same colours",
      cure: ["--data", "labelled", "--to", "coloured.idx", "--channels", "grey"]),
    Case(
      program: "train-vae", tried: ["--data", "coloured.idx", "--stacked", "10"], text: "--channels grey makes them",
      cure: ["--data", "coloured.idx", "--stacked", "10", "--channels", "grey"]),
    Case(
      program: "train-classifier", tried: ["--data", "images.idx"],
      text: "train-labels-idx1-ubyte[.gz] in a folder has", cure: ["--data", "labelled"]),
    Case(
      program: "train-classifier", tried: ["--data", "labelled", "--batch-size", "1"],
      text: "a larger batch size helps", cure: ["--data", "labelled", "--batch-size", "2"]),
    Case(
      program: "train-infogan", tried: ["--batch-size", "1"], text: "a larger batch size helps",
      cure: ["--batch-size", "2"]),
  ]

  /// About how a program is called.
  private static let uses = [
    Case(program: "train-vae", tried: ["--step", "1"], text: "did you mean --steps?", cure: ["--steps", "1"]),
    Case(
      program: "train-vae", tried: ["--likelihood", "Gaussian"], text: "did you mean gaussian?",
      cure: ["--likelihood", "gaussian"]),
    Case(
      program: "train-vae", tried: ["--resume", "--out", "none"], text: "without --resume a training starts there",
      cure: ["--out", "none"]),
    Case(
      program: "train-pixelcnn", tried: ["--binarize", "none"], text: "--levels learns grey pixels",
      cure: ["--levels", "4"]),
  ]

  /// A training that comes to no step, with each of the remedies.
  private static let lengths = [["12", "--epochs", "5"], ["12", "--steps", "1"], ["2", "--epochs", "1"]].map { cure in
    Case(
      program: "train-wgan-gp", common: ["--critic-steps", "5"], tried: ["--batch-size", "12", "--epochs", "1"],
      text: "more epochs, steps instead of epochs, or a smaller batch size help", cure: ["--batch-size"] + cure)
  }

  /// Options that mean something only with others.
  private static let parts: [Case] = [
    part("train-vae", ["--hold", "0.5"], "with --schedule linear or cosine", ["--schedule", "cosine"]),
    part("train-vae", ["--deviation", "0.2"], "with --likelihood gaussian", ["--likelihood", "gaussian"]),
    part("train-vae", ["--levels", "4"], "with --likelihood categorical", ["--likelihood", "categorical"]),
    part("train-vae", ["--flow-steps", "2"], "with --posterior iaf or planar", ["--posterior", "planar"]),
    part("train-vae", ["--flow-size", "8"], "with --posterior iaf", ["--posterior", "iaf"]),
    part("train-vae", ["--ladder"], "with --stochastic-layers 2 or more", ["--stochastic-layers", "2"]),
    part("train-vae", ["--residual-blocks", "1"], "with --network residual", ["--network", "residual"]),
    part(
      "train-vae", ["--importance-gradient", "drawn"], "with --importance-samples above 1",
      ["--importance-samples", "2"]),
    part("train-vae", ["--crop", "centre"], "with --size", ["--size", "4"]),
    part(
      "train-gan", ["--penalty-weight", "1"], "with --regularizer gradient-penalty or r1",
      ["--regularizer", "gradient-penalty", "--normalization", "layer"]),
    part(
      "train-gan", ["--penalty-every", "2"], "with --regularizer r1",
      ["--regularizer", "r1", "--normalization", "none"]),
    // What stands in the way then names a remedy too.
    Case(
      program: "train-gan", tried: ["--regularizer", "r1"],
      text: "use layer, instance, spectral or no normalization in the discriminator",
      cure: ["--regularizer", "r1", "--normalization", "spectral"]),
    part("train-gan", ["--clip", "0.1"], "with --regularizer weight-clipping", ["--regularizer", "weight-clipping"]),
    part("train-gan", ["--preset", "wgan", "--beta1", "0.5"], "with --optimizer adam", ["--optimizer", "adam"]),
    part("train-gan", ["--augment-target", "0.5"], "with --augment and what is judged", ["--augment", "cutout"]),
    part(
      "train-gan", ["--augment", "cutout", "--augment-images", "9"], "with --augment-target",
      ["--augment-target", "0.5"]),
    part("train-gan", ["--instance-noise-steps", "9"], "with --instance-noise", ["--instance-noise", "0.1"]),
    Case(
      program: "train-gan", tried: ["--data", "labelled", "--class-weight", "2"],
      text: "means something only with --conditional auxiliary",
      cure: ["--data", "labelled", "--class-weight", "2", "--conditional", "auxiliary"]),
  ]

  private static func part(_ program: String, _ option: [String], _ text: String, _ other: [String]) -> Case {
    Case(program: program, tried: option, text: "means something only \(text)", cure: option + other)
  }

  // MARK: - Warnings

  /// What is said of a training that goes its way, and of none in which that was done.
  @Test(arguments: [
    (
      ["--beta-warmup", "50", "--steps", "8"], "a smaller one or a longer training helps",
      [["--beta-warmup", "5", "--steps", "8"], ["--beta-warmup", "50", "--steps", "60"]]
    ),
    (["--epochs", "1"], "too few for good results; without --epochs and --steps a new training has 14040", [[]]),
  ])
  func isNotSaidAgain(_ tried: [String], _ text: String, _ cures: [[String]]) throws {
    let common = [
      "--data", folder.path("images.idx"), "--out", folder.path("out"), "--batch-size", "12", "--hidden-size", "2",
      "--latent-size", "1", "--sample-every", "100000", "--checkpoint-every", "100000",
    ]
    let first = try Program.trainVAE.run(common + tried)
    #expect(first.exitCode == 0 && first.output.contains(text), "\(first)")
    for cure in cures {
      let result = try Program.trainVAE.run(common + cure)
      #expect(result.exitCode == 0 && !result.output.contains(text), "\(result.output.prefix(500))")
    }
  }

  /// A judge that sees little, and one that learned from the same images for longer.
  @Test func aJudgeThatSeesLittle() throws {
    // Three kinds, which are bright at the top, in the middle and at the bottom.
    func pixel(_ place: Int, of image: Int) -> UInt8 { place / 22 == image % 3 ? UInt8(150 + image) : 0 }
    let pixels: [UInt8] = (0..<60).flatMap { image in (0..<64).map { pixel($0, of: image) } }
    let header: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 60]
    let labels = header + (0..<60).map { UInt8($0 % 3) }
    for part in ["train", "t10k"] {
      try folder.add("easy/\(part)-images-idx3-ubyte", TinyData.idx([60, 8, 8], byteCount: 0) + pixels)
      try folder.add("easy/\(part)-labels-idx1-ubyte", labels)
    }
    let data = ["--data", folder.path("easy")]
    func output(_ steps: Int) throws -> String {
      let out = folder.path("judge-\(steps)")
      let trained = try Program(name: "train-classifier").run(
        data + ["--steps", "\(steps)", "--batch-size", "12", "--features", "8", "--out", out, "--quiet"])
      #expect(trained.exitCode == 0, "\(trained.errors)")
      let result = try Program(name: "evaluate").run(
        data + [
          "--against", folder.path("easy"), "--judge", out + "/model.safetensors",
          "--picture", folder.path("\(steps).png"),
        ])
      #expect(result.exitCode == 0, "\(result.errors)")
      return result.output + result.errors
    }
    let text = "sees little in the images: figures tell next to nothing; a longer train-classifier with the same --data"
    #expect(try output(1).contains(text))
    #expect(try !output(200).contains("sees little"))
  }

  // MARK: - Files

  /// A program that wrote a checkpoint again, without its texts: with them it is one.
  @Test func metadataIsKept() throws {
    try TinyData.untrainedVAE().save(to: folder.path("model"))
    let (tensors, texts) = try SafeTensors.read(folder.path("model"))
    try SafeTensors.write(tensors, metadata: [:], to: folder.path("rewritten"))
    let line = ["--model", folder.path("rewritten"), "--out", folder.path("samples.png"), "--count", "4"]
    try Program.generate.fail(
      line, exitCode: 1, ["a program that rewrote the file has to keep its metadata, as save_file(…, metadata=…) does"])
    // What Python's library adds is nobody's business.
    try SafeTensors.write(
      tensors, metadata: texts.merging(["format": "pt"]) { $1 }, to: folder.path("rewritten"))
    try Program.generate.succeed(line[0], line[1], line[2], line[3], line[4], line[5])
    // Weights that were changed on purpose.
    try SafeTensors.write(tensors.mapValues { $0 * 2 }, metadata: texts, to: folder.path("rewritten"))
    try Program.generate.fail(line, exitCode: 1, ["without the text latent.checksum "])
    try SafeTensors.write(
      tensors.mapValues { $0 * 2 }, metadata: texts.filter { $0.key != "latent.checksum" },
      to: folder.path("rewritten"))
    try Program.generate.succeed(line[0], line[1], line[2], line[3], line[4], line[5])
  }

  /// More samples than fit in a picture go to a file of numbers.
  @Test func moreSamplesThanAPictureHolds() throws {
    try TinyData.untrainedVAE().save(to: folder.path("model"))
    func line(_ name: String) -> [String] {
      ["--model", folder.path("model"), "--count", "20000", "--out", folder.path(name)]
    }
    try Program.generate.fail(
      line("a.png"), exitCode: 2, ["--out: expected a name that ends in .npy, .idx or .idx.gz for more than"])
    for name in ["a.npy", "a.idx", "a.idx.gz"] {
      let result = try Program.generate.run(line(name))
      #expect(result.exitCode == 0, "\(result.errors)")
    }
  }

  /// A program that needs what another one makes says which.
  @Test func otherProgramsMakeWhatIsMissing() throws {
    let data = ["--data", folder.path("images.idx"), "--batch-size", "4", "--steps", "1", "--quiet"]
    let encoder = Program(name: "train-f-anogan")
    try encoder.fail(
      data + ["--out", folder.path("encoder")], exitCode: 2, ["train-wgan-gp with the same --data makes one"])
    let trained = try Program.trainWGANGP.run(data + ["--out", folder.path("gan")])
    #expect(trained.exitCode == 0, "\(trained.errors)")
    let result = try encoder.run(
      data + ["--gan", folder.path("gan/model.safetensors"), "--out", folder.path("encoder")])
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  /// What was said of few pixels that are not black, and of the pixels that a formula is for.
  @Test func valuesOfArrays() throws {
    let options = ["--batch-size", "4", "--steps", "1", "--hidden-size", "8", "--out", folder.path("out")]
    func run(_ values: [Float]) throws -> Program.Result {
      let path = try folder.add("values.npy", NumPy.encode(values, shape: [4, 3, 5, 1]))
      return try Program.trainVAE.run(["--data", path, "--layout", "nhwc"] + options)
    }
    let values = (0..<60).map { Float($0 * 4) }
    let refused = try run(values)
    #expect(refused.exitCode == 1 && refused.errors.contains("x / 255 brings 0.0…56.0 to 0…1"), "\(refused.errors)")
    #expect(try run(values.map { $0 / 255 }).exitCode == 0)
    // Bytes of 0 and 1 are nearly black; booleans, which are read as floats, are not.
    let warning = "no pixel is brighter than 1 of 255; 0 and 1 are black and white in arrays of floats or booleans"
    try folder.add("bits.idx", TinyData.idx([4, 3, 5], byteCount: 0) + (0..<60).map { UInt8($0 % 2) })
    let dark = try Program.trainVAE.run(["--data", folder.path("bits.idx")] + options)
    #expect(dark.output.contains(warning), "\(dark.output)")
    let bright = try run((0..<60).map { Float($0 % 2) })
    #expect(bright.exitCode == 0 && !bright.output.contains(warning), "\(bright.output)")
  }
}
