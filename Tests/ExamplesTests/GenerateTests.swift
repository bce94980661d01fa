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
