import Foundation
import Latent
import Testing

/// Captions and scenes that nothing can be learned from: one line says what is wrong and what helps, and no folder is made.
@Suite struct CaptionFaultsTests {
  private static let train = Program(name: "train-text-to-image")
  private let folder: TemporaryFolder
  private let sizes = ["--steps", "1", "--features", "2", "--quiet"]

  init() throws { folder = try TemporaryFolder() }

  private func fail(
    _ options: [String], exitCode: Int32, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try Self.train.fail(
      sizes + ["--out", folder.path("none")] + options, exitCode: exitCode, [text], sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: folder.path("none")), sourceLocation: sourceLocation)
  }

  private static let digits = ["--limit", "200"]

  @Test(arguments: [
    (
      digits + ["--scenes", "50"], 1,
      "--scenes 50: expected at least one batch of 64, found 50 samples; a smaller batch"
    ),
    (digits + ["--size", "1"], 2, "--size: expected digits of 7×7 pixels or more to draw scenes from, found 1×1"),
    (digits + ["--size", "28x6"], 2, "--size: expected digits of 7×7 pixels or more to draw scenes from, found 28×6"),
    (["--latent-size", "65473"], 2, "--latent-size: expected a whole number from 1 to 65472, found \"65473\""),
    (
      digits + ["--learning-rate", "0.1", "--generator-rate", "0.1"], 2,
      "--learning-rate excludes --generator-rate"
    ),
    (
      digits + ["--learning-rate", "0.1", "--discriminator-rate", "0.1"], 2,
      "--learning-rate excludes --discriminator-rate"
    ),
  ])
  func scenes(options: [String], exitCode: Int32, text: String) throws {
    try fail(options, exitCode: exitCode, text)
  }

  @Test func smallDigits() throws {
    try folder.add("digits/train-images-idx3-ubyte", TinyData.images)
    try folder.add("digits/train-labels-idx1-ubyte", TinyData.labels)
    try fail(
      ["--data", folder.path("digits")], exitCode: 2,
      "--data: expected digits of 7×7 pixels or more to draw scenes from, found 4×5")
  }

  /// Twelve images with a file of captions.
  private func described(_ captions: String) throws -> [String] {
    [
      "--data", try folder.add("pictures.idx", TinyData.idx([12, 8, 8])), "--captions",
      try folder.add("told.txt", Array(captions.utf8)), "--batch-size", "4", "--latent-size", "3",
    ]
  }

  private static func lines(_ first: String, _ second: String) -> String {
    (0..<12).map { ($0 % 2 == 0 ? first : second) + "\n" }.joined()
  }

  @Test func linesWithoutWords() throws {
    let captions = Self.lines("a house", "a tree")
    let reason = ", which has no word: words are made of letters and digits"
    for line in ["!!!", ""] {
      try fail(
        described("a house\n\(line)\n" + captions.dropFirst(15)), exitCode: 1,
        "told.txt: expected a caption in line 2, found \"\(line)\"\(reason)")
    }
    // At the end a blank line is none.
    let result = try Self.train.run(sizes + ["--out", folder.path("out")] + described(captions + "\n \n\n"))
    #expect((result.exitCode, result.errors) == (0, ""))
  }

  @Test func captionsThatAreNotThere() throws {
    let path = folder.path("nowhere.txt")
    try fail(
      ["--captions", path, "--scenes", "64"] + Self.digits, exitCode: 1,
      path + ": expected a file of captions, found none; without --captions scenes are drawn from labelled digits")
    let images = try folder.add("pictures.idx", TinyData.images)
    try fail(
      ["--data", images, "--scenes", "64"], exitCode: 2,
      "--data: expected images with captions, or labelled digits to draw scenes from: digits with labels, found none")
    try fail(["--data", images, "--scenes", "64"], exitCode: 2, "; --captions names a file of captions")
  }

  /// What was learned of a word is found by its number: a model of as many other words has learned something else.
  @Test func otherWords() throws {
    func options(_ out: String, _ first: String, _ second: String) throws -> [String] {
      try sizes + ["--out", folder.path(out)] + described(Self.lines(first, second))
    }
    let model = folder.path("first/model.safetensors")
    func succeed(_ options: [String]) throws {
      let result = try Self.train.run(options)
      #expect((result.exitCode, result.errors) == (0, ""))
    }
    try succeed(options("first", "a red house", "two green trees"))
    let words = "--from: expected a model of the words of these captions, found one that "
    let helps = "; without --from a training learns them from the start"
    for (first, second, difference) in [
      ("a blue castle", "two yellow trees", #"does not know "blue", "castle", "yellow""#),
      ("one dog", "five fat black wild cats", #"does not know "black", "cats", "dog", "fat", "five", …"#),
      ("a red house", "two red trees", #"knows "green", which they do not have"#),
    ] {
      try Self.train.fail(
        options("second", first, second) + ["--from", model], exitCode: 2, [words + difference + helps])
      #expect(!FileManager.default.fileExists(atPath: folder.path("second")))
    }
    // The same words may be put otherwise.
    try succeed(options("second", "two red trees", "a green house") + ["--from", model])
  }
}
