import Foundation
import Latent
import Testing

/// The programs of models of volumes, and what they write.
@Suite struct TrainVoxelsTests {
  private let folder: TemporaryFolder
  private let sizes = ["--features", "2", "--latent-size", "3", "--batch-size", "4"]

  init() throws { folder = try TemporaryFolder() }

  @discardableResult
  private func train(_ kind: String, _ options: String...) throws -> String {
    let result = try Program(name: "train-voxel-\(kind)").run(["--out", folder.path("out")] + sizes + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    return result.output
  }

  private func opened() throws -> TrainedModel {
    try ModelRegistry.standard.load(folder.path("out/model.safetensors"))
  }

  @Test func drawnShapes() throws {
    let output = try train("vae", "--size", "8", "--limit", "40", "--steps", "2", "--full-weight", "3")
    #expect(output.hasPrefix("40 volumes of [8, 8, 8, 1], "), "\(output)")
    #expect(output.contains("shapes drawn by the library: sphere, box, ") && output.contains("test_iou"))
    let configuration = try #require(try opened().model as? VoxelVAE).configuration
    #expect((configuration.depth, configuration.fullWeight, configuration.latentSize) == (8, 3, 3))
    for name in ["samples.png", "curves.png"] {
      #expect(try folder.contents("out/" + name).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }
    // It goes on, and what no option says stays.
    try train("vae", "--size", "8", "--limit", "40", "--steps", "3", "--resume")
    #expect(try opened().step == 3)
  }

  /// What comes out goes in again: arrays, in a file or in a folder, of any size.
  @Test func ownVolumes() throws {
    let output = try train("gan", "--size", "8", "--limit", "16", "--steps", "1")
    #expect(output.contains("test_volume_distance") && output.contains("test_connected"))
    let model = folder.path("out/model.safetensors")
    let array = folder.path("volumes.npy")
    try Program.generate.succeed("--model", model, "--count", "10", "--out", array, "--quiet")
    #expect(try NumPy.read(array).shape == [10, 8, 8, 8])
    let volumes = try VolumeSet.load(array)
    let samples = try opened().sample(10)
    #expect((volumes.batch(at: Array(0..<10)).samples - samples).maximumMagnitude < 0.003)

    let told = try train("vae", "--data", array, "--size", "12", "--hold-out", "0.2", "--steps", "2")
    #expect(told.contains("8 volumes of [12, 12, 12, 1], ") && told.contains("8 of them brought to [12, 12, 12, 1]"))
    #expect(told.contains("2 volumes held out of the training") && told.contains("test_iou"))
    try FileManager.default.createDirectory(atPath: folder.path("some"), withIntermediateDirectories: true)
    for index in 0..<5 {
      try NumPy.write([Float](repeating: 1, count: 512), shape: [8, 8, 8], to: folder.path("some/\(index).npy"))
    }
    #expect(try train("gan", "--data", folder.path("some"), "--steps", "1").hasPrefix("5 volumes of [8, 8, 8, 1], "))
  }

  @Test func meshesAndPictures() throws {
    try train("gan", "--size", "8", "--limit", "16", "--steps", "1", "--loss", "wasserstein")
    let model = folder.path("out/model.safetensors")
    let mesh = folder.path("a.obj")
    try Program.generate.succeed(
      "--model", model, "--count", "3", "--out", mesh, "--threshold", "0.45", "--quiet", "--ema")
    let lines = String(decoding: try folder.contents("a.obj"), as: UTF8.self).split(separator: "\n")
    #expect(lines.filter { $0.hasPrefix("o ") }.count == 3)
    let averaged = try #require(try opened().averaged)
    let surface = SurfaceMesh(of: try averaged.sample(3)[0], threshold: 0.45)
    let second = lines.firstIndex { $0 == "o 1" } ?? 0
    #expect(second == 1 + surface.vertices.count + surface.triangles.count)
    try Program.generate.succeed("--model", model, "--count", "4", "--out", folder.path("a.png"), "--quiet")
    #expect(try PNG.decode(folder.contents("a.png")).width == 2 * 98 + 2)
    try Program(name: "explore").succeed(
      "traverse", "--model", model, "--count", "3", "--variables", "0,2", "--out", folder.path("b.png"), "--quiet")
    #expect(try folder.contents("b.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  /// What lies between volumes, drawn by the library or one's own.
  @Test func ways() throws {
    try train("vae", "--size", "8", "--limit", "16", "--steps", "1")
    let model = folder.path("out/model.safetensors")
    let array = folder.path("volumes.npy")
    try NumPy.write([Float](repeating: 1, count: 4 * 64), shape: [4, 4, 4, 4], to: array)
    let cases: [(String, [String])] = [
      ("reconstruct", []), ("interpolate", ["--data", array]), ("interpolate", []),
    ]
    for (mode, data) in cases {
      let options = ["--model", model, "--count", "3", "--rows", "1", "--out", folder.path("a.png"), "--quiet"]
      let result = try Program(name: "explore").run([mode] + options + data)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      #expect(try PNG.decode(folder.contents("a.png")).width == 3 * 98 + 2)
    }
    try Program(name: "explore").fail(
      ["project", "--model", model, "--quiet"], exitCode: 1, ["voxel-vae cannot look at images"])
  }

  /// The families of drawn shapes among the samples, by a judge that is kept.
  @Test func families() throws {
    try train("vae", "--size", "8", "--limit", "16", "--steps", "1")
    let program = Program(name: "judge-shapes")
    let (model, judge) = (folder.path("out/model.safetensors"), folder.path("judge.safetensors"))
    let common = ["--model", model, "--judge", judge, "--quiet"]
    let first = try program.run(
      common + ["--count", "7", "--judge-steps", "1", "--out", folder.path("figures.json")])
    #expect(first.exitCode == 0 && first.errors.isEmpty, "\(first.errors)")
    for name in ["sphere", "chair", "families found", "in one piece", "told right"] {
      #expect(first.output.contains("\n" + name), "\(first.output)")
    }
    struct Figures: Decodable {
      struct Part: Decodable {
        let volumes: Int
        let families: [String: Int]
        let familiesFound: Int
      }

      let judgeAccuracy: Double
      let drawn: Part
      let samples: Part
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let figures = try decoder.decode(Figures.self, from: Data(folder.contents("figures.json")))
    #expect(figures.samples.volumes == 7 && figures.samples.families.values.reduce(0, +) == 7)
    #expect(figures.samples.familiesFound == figures.samples.families.values.count { $0 > 0 })
    #expect(figures.drawn.volumes == 1000 && figures.samples.families.count == VoxelFamily.allCases.count)
    #expect((0...1).contains(figures.judgeAccuracy))
    // One that has hardly learned is not taken at its word.
    let warned = #/^warning: a judge that tells ([0-9.]+)% of shapes right .* chance tells 12.5%, sees little/#
    let found = try #require(first.output.firstMatch(of: warned), "\(first.output)")
    #expect(abs(try #require(Double(found.1)) - 100 * figures.judgeAccuracy) < 0.05)
    #expect(first.output.contains("drawn shapes, to compare  samples of the model\n"), "\(first.output)")
    // The judge that is there is used, if no other is asked for.
    let kept = try folder.contents("judge.safetensors")
    for steps in [[], ["--judge-steps", "1"]] {
      let again = try program.run(common + ["--count", "7"] + steps)
      #expect((again.exitCode, again.output) == (0, first.output))
    }
    let helps = "; another --judge learns, and without --judge-steps this one is used"
    try program.fail(
      common + ["--judge-steps", "2"], exitCode: 2,
      ["--judge: expected one of 2 steps as --judge-steps says, found one of 1\(helps)"])
    #expect(try folder.contents("judge.safetensors") == kept)
    // A file that does not say how long its judge has learned.
    let (tensors, metadata) = try SafeTensors.read(judge)
    let silent = folder.path("silent.safetensors")
    try SafeTensors.write(tensors, metadata: metadata.filter { $0.key == "latent.shape-judge" }, to: silent)
    let silence = ["--model", model, "--judge", silent, "--quiet", "--count", "7"]
    #expect(try program.run(silence).output == first.output)
    try program.fail(
      silence + ["--judge-steps", "1"], exitCode: 2, ["1 step as --judge-steps says, found one that does not say its"])
    try program.fail(common + ["--out", judge], exitCode: 2, ["--out: expected another file"])
    try program.fail(
      ["--model", model, "--judge", folder.path("none/judge")], exitCode: 1, ["expected a file that can be created"])
    try train("vae", "--size", "12", "--limit", "16", "--steps", "1")
    try program.fail(common, exitCode: 2, ["--judge: expected one of 12×12×12 voxels as the model's, found one of 8"])
    let vae = folder.path("vae.safetensors")
    try TinyData.untrainedVAE().save(to: vae)
    try program.fail(["--model", vae], exitCode: 2, ["--model: expected one that makes volumes of N×N×N voxels"])
  }

  @Test func refusals() throws {
    try Program(name: "train-voxel-vae").fail(["--size", "10"], exitCode: 2, ["--size: expected a multiple of 4"])
    try Program(name: "train-voxel-vae").fail(
      ["--hold-out", "0.1"], exitCode: 2, ["--hold-out: means something only with --data"])
    try Program(name: "train-voxel-gan").fail(["--crop", "centre"], exitCode: 2, ["unknown option \"--crop\""])
    let odd = folder.path("odd.npy")
    try NumPy.write([Float](repeating: 1, count: 4 * 10 * 10 * 10), shape: [4, 10, 10, 10], to: odd)
    try Program(name: "train-voxel-gan").fail(
      ["--data", odd, "--batch-size", "2", "--out", folder.path("none")], exitCode: 1,
      ["depth is 10, expected a multiple of 4 in 8…256"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
    // Images have no surface.
    let path = folder.path("vae.safetensors")
    try TinyData.untrainedVAE().save(to: path)
    try Program.generate.fail(
      ["--model", path, "--out", folder.path("a.obj"), "--quiet"], exitCode: 2, ["are no volumes, and have no surface"])
    try Program.generate.fail(
      ["--model", path, "--threshold", "0.3"], exitCode: 2, ["--threshold: means something only for models of volumes"])
    // Nor have volumes without a voxel that is full enough, and a program for images takes none.
    try train("vae", "--size", "8", "--limit", "16", "--steps", "1")
    let volumes = ["--model", folder.path("out/model.safetensors"), "--quiet", "--out", folder.path("a.obj")]
    try Program.generate.fail(
      volumes + ["--threshold", "0.999"], exitCode: 2,
      ["--threshold: expected one that voxels pass, as there is no surface otherwise, found 0.999; the fullest voxel"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("a.obj")))
    try Program(name: "detect-anomalies").fail(
      volumes, exitCode: 1, ["voxel-vae cannot score images: it has learned samples of shape [8, 8, 8, 1]"])
  }
}
