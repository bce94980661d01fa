import Foundation
import Latent
import Testing

/// Which samples are learned from, and how they are read, need not be said again with `--resume`.
@Suite struct RememberedOptionsTests {
  /// A training, with the options that are said once.
  struct Case: CustomTestStringConvertible {
    let program: String
    /// What `--data` names; nothing if nil.
    var data: String?
    let options: [String]

    var testDescription: String { "\(program) \(options.joined(separator: " "))" }

    static func vae(_ data: String, _ options: String...) -> Case {
      Case(program: "train-vae", data: data, options: options)
    }
  }

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.add("images.idx", TinyData.evenImages)
    try folder.add("labelled/train-images-idx3-ubyte", TinyData.evenImages)
    try folder.add("labelled/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("nchw.npy", NumPy.encode((0..<768).map { Float($0) / 768 }, shape: [8, 3, 8, 4]))
    // Black pixels that a chunk tRNS behind the header says to be transparent.
    let clear: [UInt8] = [0, 0, 0, 2, 0x74, 0x52, 0x4E, 0x53, 0, 0, 0x76, 0x93, 0xCD, 0x38]
    for index in 0..<4 {
      var file = PNG.encode((0..<8).map { UInt8($0 == index ? 0 : $0 * 30) }, height: 2, width: 4)
      file.insert(contentsOf: clear, at: 33)
      try folder.add("clear/\(index).png", file)
    }
    let rows = (0..<120).map { "day \($0),\($0 * 7 % 10),\($0 * 3 % 11)" }
    try folder.add("table.csv", Array((["day,load,heat"] + rows).joined(separator: "\n").utf8))
    try folder.add("signals.npy", NumPy.encode((0..<120).map { Float($0 * 7 % 11) }, shape: [40, 3]))
    try folder.add("volumes.npy", NumPy.encode((0..<4096).map { Float($0 % 3 == 0 ? 1 : 0) }, shape: [8, 8, 8, 8]))
  }

  /// Runs a program on data, if any, to a folder.
  private func run(_ program: String, _ data: String?, _ out: String, _ options: [String]) throws -> Program.Result {
    let paths = (data.map { ["--data", folder.path($0)] } ?? []) + ["--out", folder.path(out), "--quiet"]
    return try Program(name: program).run(paths + options)
  }

  private static let cases: [Case] = [
    .vae("images.idx", "--limit", "9"),
    .vae("images.idx", "--size", "4", "--crop", "centre"),
    .vae("images.idx", "--channels", "colour"),
    .vae("images.idx", "--stacked", "10"),
    .vae("images.idx", "--hold-out", "0.25", "--limit", "8", "--augment", "mirror"),
    .vae("labelled", "--classes", "0,2"),
    .vae("nchw.npy", "--layout", "nchw"),
    .vae("clear", "--background", "white"),
    Case(
      program: "train-signals", data: "table.csv",
      options: [
        "--columns", "load,heat", "--window", "16", "--stride", "5", "--limit", "12", "--features", "2",
        "--schedule", "constant",
      ]),
    Case(
      program: "train-signals", data: "signals.npy",
      options: ["--layout", "lc", "--window", "16", "--features", "2", "--schedule", "constant"]),
    Case(
      program: "train-voxel-vae", data: "volumes.npy",
      options: ["--size", "12", "--limit", "6", "--features", "2", "--schedule", "constant"]),
    Case(program: "train-voxel-gan", options: ["--size", "8", "--limit", "16", "--features", "2"]),
    Case(
      program: "train-semi-supervised", data: "labelled", options: ["--labels-per-class", "2", "--label-seed", "3"]),
    Case(
      program: "train-text-to-image",
      options: ["--limit", "200", "--scenes", "40", "--scene-size", "20", "--leave-out", "--features", "2"]),
    Case(
      program: "train-cyclegan", data: "images.idx",
      options: ["--to", "built-in", "--size", "8", "--limit", "9", "--schedule", "constant"] + smallCycleGAN),
  ]

  private static let smallCycleGAN = ["--blocks", "0", "--features", "2", "--discriminator-features", "2"]

  /// A training that was stopped, and goes on without them, comes to the same bytes.
  @Test(arguments: cases) func areSaidOnce(_ training: Case) throws {
    func run(_ out: String, _ options: [String]) throws {
      let result = try self.run(training.program, training.data, out, options)
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    let options = training.options + ["--batch-size", "2"]
    try run("whole", options + ["--steps", "3"])
    try run("part", options + ["--steps", "2"])
    try run("part", ["--steps", "3", "--resume"])
    #expect(try folder.contents("part/model.safetensors") == folder.contents("whole/model.safetensors"))
    // It still knows them then.
    try run("part", ["--steps", "4", "--resume"])
    #expect(try TrainingCheckpoint.load(folder.path("part/model.safetensors")).step == 4)
  }

  private let small = ["--batch-size", "2", "--hidden-size", "8", "--latent-size", "2"]

  private func notes() throws -> [String: String] {
    try TrainingCheckpoint.load(folder.path("out/model.safetensors")).settings.notes
  }

  /// Paths are not among them, nor what decides nothing.
  @Test func whatACheckpointKeeps() throws {
    let options = small + ["--limit", "9", "--size", "4", "--memory", "9", "--threads", "1", "--steps", "1"]
    #expect(try run("train-vae", "images.idx", "out", options).exitCode == 0)
    #expect(try notes() == ["data": "files", "limit": "9", "size": "4"])
    // What is said counts, and has to be the same.
    let again = ["--resume", "--steps", "2"]
    #expect(try run("train-vae", "images.idx", "out", again + ["--limit", "9"]).exitCode == 0)
    let other = try run("train-vae", "images.idx", "out", again + ["--limit", "11"])
    #expect(other.exitCode == 1 && other.errors.contains("number of images was 9, is 11; "), "\(other.errors)")
    // The built-in digits are not what it has learned from.
    let none = try run("train-vae", nil, "out", again)
    #expect(
      none.errors == "train-vae: --data: expected the path of the images of the training that goes on; its checkpoint "
        + "keeps no paths\n")
    #expect(none.exitCode == 2)
  }

  /// Of the images of the other kind too a path is said again, not what takes its place.
  @Test func imagesOfTheOtherKind() throws {
    let options = Self.smallCycleGAN + ["--batch-size", "2", "--limit", "8", "--size", "8"]
    let path = ["--to", folder.path("labelled")]
    #expect(try run("train-cyclegan", "images.idx", "out", options + path + ["--steps", "1"]).exitCode == 0)
    #expect(try notes() == ["data": "files", "to": "files", "limit": "8", "size": "8"])
    let again = ["--resume", "--steps", "2"]
    let none = try run("train-cyclegan", "images.idx", "out", again)
    #expect(
      none.errors == "train-cyclegan: --to: expected the path of the images of the training that goes on; its "
        + "checkpoint keeps no paths\n")
    #expect(none.exitCode == 2)
    let same = try run("train-cyclegan", "images.idx", "out", again + path)
    #expect(same.exitCode == 0, "\(same.errors)")
    let drawn = options + ["--to", "built-in", "--steps", "1"]
    #expect(try run("train-cyclegan", "images.idx", "out", drawn).exitCode == 0)
    #expect(try notes() == ["data": "files", "to": "built-in", "limit": "8", "size": "8"])
  }

  /// In files of earlier versions there are none: they are said again.
  @Test func checkpointsThatKeepNothing() throws {
    #expect(try run("train-vae", "images.idx", "out", small + ["--limit", "9", "--steps", "1"]).exitCode == 0)
    let path = folder.path("out/model.safetensors")
    let (tensors, read) = try SafeTensors.read(path)
    var texts = read
    let text = try #require(texts["latent.training"])
    let kept = #""notes":{"data":"files","limit":"9"},"#
    #expect(text.contains(kept))
    texts["latent.training"] = text.replacing(kept, with: "")
    texts["latent.checksum"] = nil
    try SafeTensors.write(tensors, metadata: texts, to: path)
    #expect(try notes().isEmpty)
    let again = ["--resume", "--steps", "2"]
    let refused = try run("train-vae", "images.idx", "out", again)
    #expect(refused.exitCode == 1 && refused.errors.contains("number of images was 9, is 12; "), "\(refused.errors)")
    #expect(try run("train-vae", "images.idx", "out", again + ["--limit", "9"]).exitCode == 0)
    #expect(try notes() == ["data": "files", "limit": "9"])
  }
}
