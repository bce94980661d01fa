import Latent
import Testing

/// Data that cannot be trained on: one line that names the file, the place and what was expected; exit code 1; and what
/// an earlier run left in the output folder stays as it was.
@Suite struct BadDataTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    /// By name in the data folder.
    let files: [String: [UInt8]]
    /// What follows the folder in `--data`.
    var data = ""
    var options: [String] = []
    /// What the line says, besides naming the program.
    let texts: [String]

    var testDescription: String { name }
  }

  @Test(arguments: fileCases + folderCases) func badData(_ bad: Case) throws {
    let folder = try TemporaryFolder()
    for (name, bytes) in bad.files { try folder.add("data/" + name, bytes) }
    try Program.trainVAE.succeed(
      "--data", folder.add("good.idx", TinyData.images), "--out", folder.path("out"), "--quiet", "--batch-size", "4",
      "--hidden-size", "8", "--latent-size", "2", "--steps", "1")
    let before = try folder.snapshot()
    try Program.trainVAE.fail(
      ["--data", folder.path("data\(bad.data)"), "--out", folder.path("out")] + TinyData.options + bad.options,
      exitCode: 1, bad.texts)
    #expect(try folder.snapshot() == before)
  }

  /// Samples would be written over images of the same names.
  @Test func outputAmongTheImages() throws {
    let folder = try TemporaryFolder()
    try folder.add("data/" + Self.images, TinyData.images)
    let before = try folder.snapshot()
    try Program.trainVAE.fail(
      ["--data", folder.path("data"), "--out", folder.path("data/../data/")] + TinyData.options, exitCode: 2,
      ["--out: expected another folder than that of the images"])
    #expect(try folder.snapshot() == before)
  }

  private static let images = "train-images-idx3-ubyte"
  private static let labels = "train-labels-idx1-ubyte"
  private static let heldOut = "t10k-images-idx3-ubyte"

  private static func oneFile(_ name: String, _ bytes: [UInt8], _ texts: String...) -> Case {
    Case(name: name, files: ["file": bytes], data: "/file", texts: ["data/file: "] + texts)
  }

  /// A compressed file with `change` made to it.
  private static func compressed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var bytes = Gzip.compress(TinyData.images)
    change(&bytes)
    return bytes
  }

  private static let fileCases = [
    oneFile("text", Array("hello, world".utf8), "expected images in an IDX, PNG,", "found text"),
    oneFile("an empty file", [], "expected images in an IDX, PNG,", "found an empty file"),
    oneFile("an unknown element type", TinyData.idx([12, 4, 5], type: 7), "at byte 2: expected an IDX element type"),
    oneFile(
      "integers of 16 bits", TinyData.idx([2, 2, 2], type: 0x0B, byteCount: 16),
      "expected pixels in 0…255, found 19055 in image 0, element 1; "),
    oneFile("labels as images", TinyData.labels, "expected images [N, H, W]", "found the shape [12]"),
    oneFile("five axes", TinyData.idx([12, 2, 2, 5, 1]), "[N, H, W, C]", "found the shape [12, 2, 2, 5, 1]"),
    oneFile("cut short", Array(TinyData.images.dropLast()), "at byte 255: expected 240 bytes of elements", "found 239"),
    oneFile("cut in the header", Array(TinyData.images[..<10]), "at byte 10: expected 3 sizes of 4 bytes"),
    oneFile("bytes after the end", TinyData.images + [0], "at byte 256: expected 240 bytes of elements", "found 241"),
    oneFile("a wrong checksum", compressed { $0[$0.count - 8] ^= 1 }, "at byte 271: expected the data's checksum"),
    oneFile("cut gzip", compressed { $0.removeLast(12) }, "at byte", "expected"),
    oneFile("corrupt gzip", compressed { $0[10] |= 6 }, "at byte", "expected"),
    oneFile("short inside gzip", Gzip.compress(Array(TinyData.images[..<99])), "at byte 99 of the decompressed data"),
    oneFile("no images", TinyData.idx([0, 4, 5]), "expected at least one image, found none"),
    oneFile("images without pixels", TinyData.idx([12, 0, 5]), "images of at least 1×1 pixels"),
    oneFile(
      "too few for a batch", TinyData.idx([3, 4, 5]),
      "at least one batch of 4, found 3 samples; a smaller batch size helps"),
    Case(
      name: "limited too much", files: ["file": TinyData.images], data: "/file", options: ["--limit", "3"],
      texts: ["data/file (--limit 3): expected at least one batch of 4, found 3 samples"]),
    Case(name: "no such file", files: ["file": []], data: "/other", texts: ["data/other: expected a readable file"]),
  ]

  private static let folderCases = [
    Case(name: "an empty folder", files: ["other": []], texts: ["data: expected train-images-idx3-ubyte[.gz]"]),
    Case(
      name: "labels of other images", files: [images: TinyData.images, labels: TinyData.idx([11])],
      texts: ["data/\(labels): expected 12 labels, found 11"]),
    Case(
      name: "images as labels", files: [images: TinyData.images, labels: TinyData.images],
      texts: ["data/\(labels): expected labels of rank 1"]),
    Case(
      name: "negative labels", files: [images: TinyData.images, labels: [0, 0, 9, 1, 0, 0, 0, 12] + Array(244...255)],
      texts: ["data/\(labels): expected labels from 0 on, found -12 as label 0"]),
    Case(
      name: "held-out images of another size", files: [images: TinyData.images, heldOut: TinyData.idx([12, 5, 4])],
      texts: ["data (held out): expected images of shape [4, 5, 1], found [5, 4, 1]"]),
    Case(
      name: "broken held-out images", files: [images: TinyData.images, heldOut: [1, 2, 3, 4]],
      texts: ["data/\(heldOut): at byte 0: expected an IDX magic number"]),
  ]

  @Test(arguments: ["file", "file/below", "file/far/below"])
  func outputFolderThatCannotBe(_ out: String) throws {
    let folder = try TemporaryFolder()
    try folder.add("file", [1, 2, 3])
    try folder.add("images.idx", TinyData.images)
    let before = try folder.snapshot()
    try Program.trainVAE.fail(
      ["--data", folder.path("images.idx"), "--out", folder.path(out)] + TinyData.options, exitCode: 1,
      [folder.path(out) + ": expected a folder that can be created, found a file at \(folder.path("file"))"])
    #expect(try folder.snapshot() == before)
  }
}
