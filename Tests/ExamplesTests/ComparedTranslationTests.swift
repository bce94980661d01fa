import Foundation
import Latent
import Testing

/// What adaptation by translation gains, beside that by features.
extension TrainTranslationTests {
  /// Labelled images with test images, and the same with other colours.
  private func kinds(_ shape: [Int]) throws -> (data: String, others: String) {
    for name in ["data", "others"] {
      for part in ["train", "t10k"] {
        let pixels = TinyData.idx(shape)
        let header = pixels.prefix(4 + 4 * shape.count)
        try folder.add(
          "\(name)/\(part)-images-idx3-ubyte",
          name == "data" ? pixels : header + pixels.dropFirst(header.count).map { ~$0 })
        try folder.add("\(name)/\(part)-labels-idx1-ubyte", TinyData.labels)
      }
    }
    return (folder.path("data"), folder.path("others"))
  }

  /// The share is that of the classifier of the one kind alone, where that learns what `train-cyclegan` and `translate` make
  /// of these images.
  @Test func comparedTranslation() throws {
    let (data, others) = try kinds([12, 8, 12])
    func compared(_ data: String, _ options: String...) throws -> (table: String, figures: [String: Any]) {
      let result = try Program(name: "compare-adaptation").run(
        [
          "--data", data, "--to", others, "--batch-size", "4", "--features", "5", "--steps", "12", "--seeds", "1",
          "--out", folder.path("figures.json"), "--quiet",
        ] + options)
      #expect((result.exitCode, result.errors) == (0, ""))
      let json = try JSONSerialization.jsonObject(with: Data(folder.contents("figures.json")))
      return (result.output, try #require(json as? [String: Any]))
    }
    let full = try compared(data, "--translate", "3")
    #expect(full.table.split(separator: "\n")[0].hasSuffix("translated, %  closed by it, %"), "\(full.table)")
    #expect(full.figures["translation_steps"] as? Int == 3)
    let row = try #require((full.figures["rows"] as? [[String: Any]])?.first)
    let share = try #require(row["translated"] as? Double)

    let cycleGAN = try Program(name: "train-cyclegan").run([
      "--data", data, "--to", others, "--preset", "digits", "--steps", "3", "--batch-size", "12", "--seed", "1",
      "--out", folder.path("cyclegan"), "--quiet",
    ])
    #expect((cycleGAN.exitCode, cycleGAN.errors) == (0, ""))
    try Program(name: "translate").succeed(
      "--model", folder.path("cyclegan/model.safetensors"), "--data", data, "--part", "train", "--out",
      folder.path("made"), "--quiet")
    let plain = try compared(folder.path("made"))
    let alone = try #require((plain.figures["rows"] as? [[String: Any]])?.first)
    #expect(alone["source_only"] as? Double == share)
    // Nothing of it where it was not asked for.
    #expect(Set(alone.keys).subtracting(["gap_closed"]) == ["seed", "source_only", "adapted", "target_only"])
    #expect(plain.figures["translation_steps"] == nil)
    #expect(plain.table.split(separator: "\n")[0].hasSuffix("gap closed, %"), "\(plain.table)")
  }

  /// Where there is no terminal, a line for each part tells how far it is.
  @Test func whatIsToldOfAComparison() throws {
    let (data, others) = try kinds([12, 8, 12])
    let result = try Program(name: "compare-adaptation").run([
      "--data", data, "--to", others, "--batch-size", "4", "--features", "5", "--steps", "2", "--seeds", "2",
      "--translate", "1",
    ])
    #expect((result.exitCode, result.errors) == (0, ""))
    let lines = result.output.split(separator: "\n")
    let parts = (1...2).flatMap { seed in
      ["source only: ", "adapted: ", "target only: "].map { "seed \(seed), \($0)" }
        + ["seed \(seed): 12 images translated", "seed \(seed), translated: "]
    }
    try #require(lines.count == 1 + parts.count + 4, "\(result.output)")
    #expect(lines[0] == "for each of 2 seeds 4 classifiers of 2 updates, and translations of 1 update")
    for (line, part) in zip(lines.dropFirst(), parts) { #expect(line.hasPrefix(part), "\(result.output)") }
    // The figures are those of the table.
    let shares = lines[1].split(separator: " ").last.map { $0.dropLast() }
    #expect(shares == lines[1 + parts.count + 1].split(separator: " ")[2], "\(result.output)")
  }

  /// Test images of one's own are in a folder beside those to learn from, as the help says.
  @Test func testImagesOfOnesOwn() throws {
    let compare = Program(name: "compare-adaptation")
    for part in ["train", "test"] { for name in ["bee", "cat"] { _ = try pictures("own/\(part)/\(name)", count: 4) } }
    let short = ["--batch-size", "2", "--features", "5", "--steps", "2", "--seeds", "1", "--quiet"]
    let own = folder.path("own")
    let result = try compare.run(short + ["--data", own, "--to", own])
    #expect((result.exitCode, result.errors) == (0, ""))
    try compare.fail(
      short + ["--data", own, "--to", own + "/train"], exitCode: 2,
      [
        "--to: expected images with test images beside them, as in a folder that holds folders train and test, "
          + "found none"
      ])
    let help = try compare.run(["--help"]).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(help.contains("a folder that holds folders train and test, each with a folder a class"), "\(help)")
  }

  @Test func whatIsNotTranslatedForAComparison() throws {
    let compare = Program(name: "compare-adaptation")
    let (odd, others) = try kinds([12, 6, 5])
    let short = ["--data", odd, "--batch-size", "2", "--steps", "2", "--seeds", "1", "--translate", "1"]
    let out = ["--out", folder.path("figures.json")]
    try compare.fail(
      short + ["--to", others] + out, exitCode: 2,
      ["--translate: ", "images of 6×5", "multiples of 4", "as --size does"])
    try folder.add("coloured/train-images-idx3-ubyte", TinyData.idx([12, 6, 5, 3]))
    try folder.add("coloured/train-labels-idx1-ubyte", TinyData.labels)
    try folder.add("coloured/t10k-images-idx3-ubyte", TinyData.idx([12, 6, 5, 3]))
    try folder.add("coloured/t10k-labels-idx1-ubyte", TinyData.labels)
    try compare.fail(
      short + ["--to", folder.path("coloured")] + out, exitCode: 2,
      ["--to: expected images of [6, 5, 1] as those of --data, found [6, 5, 3]"])
    #expect(!FileManager.default.fileExists(atPath: folder.path("figures.json")))
    let cured = try compare.run(
      short + ["--to", folder.path("coloured"), "--channels", "grey", "--size", "8", "--quiet"] + out)
    #expect((cured.exitCode, cured.errors) == (0, ""))
    #expect(cured.output.contains("translated, %"))
  }
}
