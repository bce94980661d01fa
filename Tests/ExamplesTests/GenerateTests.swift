import Foundation
import Latent
import Testing

/// What `generate` writes.
@Suite struct GenerateTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try TinyData.untrainedVAE().save(to: folder.path("model"))
  }

  /// The bytes of the file `name` after generating into it.
  private func generate(_ name: String, _ options: String...) throws -> [UInt8] {
    let result = try Program.generate.run(["--model", folder.path("model"), "--out", folder.path(name)] + options)
    #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(result.output.hasPrefix("wrote \(folder.path(name)): ") && result.output.hasSuffix("samples\n"))
    return try folder.contents(name)
  }

  @Test func everyFormat() throws {
    let idx = try generate("a.idx", "--count", "5")
    #expect(idx.count == 16 + 5 * 20)
    #expect(Array(idx[..<16]) == [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 5])
    let compressed = try generate("a.idx.gz", "--count", "5")
    #expect(compressed.starts(with: [0x1F, 0x8B]))
    #expect(try Gzip.decompress(compressed, path: "a.idx.gz") == idx)
    let numpy = try generate("a.npy", "--count", "5")
    #expect(numpy.count == 128 + 5 * 20 * 4)
    #expect(String(decoding: numpy[10..<128], as: UTF8.self).contains("'shape': (5, 4, 5, 1)"))
    let pixel = numpy[128..<132].enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }
    #expect(abs(Float(bitPattern: pixel) * 255 - Float(idx[16])) <= 0.5)
    let png = try generate("a.png", "--count", "5")
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    // Generated images are data like any other.
    #expect(try ImageSet.load(folder.path("a.idx.gz")).count == 5)
  }

  @Test func colour() throws {
    let vae = try VAE(VAE.Configuration(height: 2, width: 3, channels: 3, latentSize: 2, hiddenSize: 4))
    try TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state).save(to: folder.path("model"))
    let header: [UInt8] = [0, 0, 8, 4] + [2, 2, 3, 3].flatMap { [0, 0, 0, $0] }
    #expect(try generate("a.idx", "--count", "2").starts(with: header))
    _ = try generate("a.png", "--count", "2")
  }

  @Test func seeds() throws {
    let first = try generate("a.npy", "--seed", "7")
    #expect(try generate("b.npy", "--seed", "7", "--threads", "1") == first)
    #expect(try generate("b.npy", "--seed", "8") != first)
    // The first images of a longer list are the same.
    let short = try generate("a.idx", "--count", "3")
    let long = try generate("b.idx", "--count", "300")
    #expect(long.count == 16 + 300 * 20 && long[16...].starts(with: short[16...]))
  }

  @Test func aPictureOfEach() throws {
    let out = folder.path("many")
    func generate(_ count: Int, _ out: String) throws {
      let result = try Program.generate.run(["--model", folder.path("model"), "--count", "\(count)", "--out", out])
      #expect(result.exitCode == 0 && result.output == "wrote \(out): \(count) samples\n", "\(result)")
    }
    try generate(12, out + "/")
    let pictures = try ImageSet.load(out)
    #expect(try pictures.pixels == Array(self.generate("a.idx", "--count", "12")[16...]))
    #expect(pictures.fileNames?.last == "000011.png")
    // Others take their place; what somebody else put there stays.
    try generate(3, out)
    #expect(try ImageSet.load(out).pixels == Array(pictures.pixels.prefix(3 * 20)))
    let own = try folder.add("own/000000.png", PNG.encode([7], height: 1, width: 1))
    let bytes = try folder.contents("own/000000.png")
    try Program.generate.fail(
      ["--model", folder.path("model"), "--out", folder.path("own")], exitCode: 2,
      ["--out: expected a folder without images, or one that generate wrote, found"])
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: own))) == bytes)
  }

  /// Stopped on the way, it says how far it came, and can begin anew.
  @Test func stoppedOnTheWay() throws {
    let out = folder.path("many")
    let options = ["--model", folder.path("model"), "--out", out + "/"]
    let stopped = try Program.generate.run(options + ["--count", "10000000"]) {
      FileManager.default.fileExists(atPath: out + "/000000.png")
    }
    let count = try ImageSet.load(out).count
    #expect(stopped.exitCode == 143 && stopped.output.isEmpty)
    #expect(stopped.errors == "generate: stopped by SIGTERM after \(count) of 10000000 samples\n")
    let again = try Program.generate.run(options + ["--count", "5"])
    #expect(again.exitCode == 0 && again.output == "wrote \(out)/: 5 samples\n", "\(again)")
    #expect(try ImageSet.load(out).count == 5)
  }

  /// Nobody waits for the other rows of images that are made row by row.
  @Test func stoppedWithinABatch() throws {
    let model = try PixelCNN(
      PixelCNN.Configuration(
        height: 128, width: 128, features: 16, layerCount: 4, firstKernelSize: 5, headFeatures: 16))
    try TrainedModel(model: model, state: model.makeTraining(seed: 1).state).save(to: folder.path("pixels"))
    let out = folder.path("many")
    let stopped = try Program.generate.run([
      "--model", folder.path("pixels"), "--count", "64", "--out", out + "/",
    ]) { FileManager.default.fileExists(atPath: out + "/samples.json") }
    #expect(stopped.exitCode == 143 && stopped.output.isEmpty)
    #expect(stopped.errors == "generate: stopped by SIGTERM after 0 of 64 samples\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: out) == ["samples.json"])
  }

  @Test func columns() throws {
    // A row of five, where there would be three and two.
    for (options, isWide) in [(["--columns", "5"], true), ([], false)] {
      _ = try Program.generate.run(
        ["--model", folder.path("model"), "--count", "5", "--out", folder.path("a.png")] + options)
      let grid = try ImageSet.load(folder.path("a.png"))
      #expect((grid.width > 3 * grid.height) == isWide, "\(grid.width) \(grid.height)")
    }
    try Program.generate.fail(
      ["--model", folder.path("model"), "--columns", "5", "--out", folder.path("a.npy")], exitCode: 2,
      ["--columns: means something only with a .png grid"])
  }

  @Test func replacesAnEarlierFile() throws {
    let first = try generate("a.idx", "--count", "9")
    #expect(try generate("a.idx", "--count", "2").count < first.count)
  }
}
