import Foundation
import Latent
import Testing

/// What people have: pictures with transparent parts, of other kinds, in arrays of any layout, and no test images.
@Suite struct OwnPicturesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func arguments(_ data: String, _ more: String...) -> [String] {
    let common = ["--batch-size", "2", "--hidden-size", "8", "--latent-size", "2", "--out", folder.path("out")]
    return ["--data", folder.path(data)] + common + more
  }

  @Test func imagesAreHeldOut() throws {
    try folder.add("images.idx", TinyData.images)
    let first = try Program.trainVAE.run(arguments("images.idx", "--epochs", "2", "--hold-out", "0.25"))
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.output.contains("9 images of [4, 5, 1], ") && first.output.contains("3 images held out of the train"))
    #expect(first.output.contains("test_negative_elbo"))
    // What was held out is held out for good.
    let second = try Program.trainVAE.run(arguments("images.idx", "--epochs", "3", "--resume"))
    #expect(second.exitCode == 0 && second.output.contains("3 images held out of the training"), "\(second.errors)")
    let checkpoint = try TrainingCheckpoint.load(folder.path("out/model.safetensors"))
    #expect(checkpoint.settings.heldOutShare == 0.25 && checkpoint.step == 12)
    #expect(checkpoint.settings.heldOut?.values.map(\.count) == [3])
    try Program.trainVAE.fail(
      arguments("images.idx", "--epochs", "4", "--resume", "--hold-out", "0.5"), exitCode: 1,
      ["number of images was 9, is 6"])
  }

  @Test func nothingIsHeldOutBesideTestImages() throws {
    try folder.add("data/train-images-idx3-ubyte", TinyData.images)
    try folder.add("data/t10k-images-idx3-ubyte", TinyData.images)
    try Program.trainVAE.fail(
      arguments("data", "--steps", "1", "--hold-out", "0.5"), exitCode: 2,
      ["--hold-out: means something only for images without a part of test images"])
  }

  @Test func aLimitIsThatOfAllImages() throws {
    try folder.add("images.idx", TinyData.images)
    let result = try Program.trainVAE.run(
      arguments("images.idx", "--steps", "1", "--hold-out", "0.25", "--limit", "12"))
    #expect(result.exitCode == 0 && !result.output.contains("there are only"), "\(result.errors)")
    try folder.add("one.idx", TinyData.idx([1, 4, 5]))
    try Program.trainVAE.fail(
      arguments("one.idx", "--steps", "1", "--hold-out", "0.5"), exitCode: 2,
      ["--hold-out: expected at least 2 images, found 1"])
  }

  /// What was done to all images is told of all, not of those that are not held out.
  @Test func remarksAreAboutAllThatWasRead() throws {
    for index in 0..<4 { try folder.add("data/\(index).png", PNG.encode([7, UInt8(index)], height: 1, width: 2)) }
    let result = try Program.trainVAE.run(
      arguments("data", "--steps", "1", "--hold-out", "0.5", "--size", "2"))
    #expect(
      result.output.contains("4 of the 4 that were read brought to [2, 2, 1]"), "\(result.output) \(result.errors)")
  }

  @Test func namesOfClassesAreVisible() throws {
    for name in ["a\u{1b}[2J", "b"] { try folder.add("data/\(name)/1.png", PNG.encode([7, 9], height: 1, width: 2)) }
    let result = try Program.trainVAE.run(arguments("data", "--steps", "1"))
    #expect(result.output.contains(#"2 classes: "a\u{1b}[2J", "b""#), "\(result.output) \(result.errors)")
  }

  @Test func endsOfLinesInNamesAreVisible() throws {
    let options = ["--data", try folder.add("images.idx", TinyData.images), "--out", folder.path("a\nb")]
    let result = try Program.trainVAE.run(options + TinyData.options)
    #expect(result.output.contains(#"wrote \#(folder.path)/a\u{a}b: samples.png"#), "\(result.output)")
    #expect(try !folder.contents("a\nb/model.safetensors").isEmpty)
  }

  @Test func transparentPictures() throws {
    // Two black pixels, whose colour a chunk tRNS behind the header says to be transparent.
    let clear: [UInt8] = [0, 0, 0, 2, 0x74, 0x52, 0x4E, 0x53, 0, 0, 0x76, 0x93, 0xCD, 0x38]
    for name in ["a", "b"] {
      var file = PNG.encode([0, 0], height: 1, width: 2)
      file.insert(contentsOf: clear, at: 33)
      try folder.add("data/\(name).png", file)
    }
    let black = try Program.trainVAE.run(arguments("data", "--steps", "1"))
    #expect(black.output.contains("2 of them transparent in parts; --background says what is seen there"))
    #expect(black.output.contains("warning: all 2 images are black"), "\(black.output) \(black.errors)")
    let white = try Program.trainVAE.run(arguments("data", "--steps", "1", "--background", "white"))
    #expect(white.output.contains("warning: all 2 images are white"), "\(white.output) \(white.errors)")
  }

  @Test func arraysOfSeveralReadings() throws {
    try folder.add("one.npy", NumPy.encode([Float](repeating: 0.5, count: 8 * 8 * 3), shape: [8, 8, 3]))
    try Program.trainVAE.fail(
      arguments("one.npy", "--steps", "1"), exitCode: 1, ["nhw: 8 images of 8×3, or hwc: 1 image of 8×8×3"])
    let result = try Program.trainVAE.run(arguments("one.npy", "--steps", "1", "--layout", "nhw"))
    #expect(result.exitCode == 0 && result.output.contains("8 images of [8, 3, 1], "), "\(result.errors)")
    try folder.add("data/a.png", PNG.encode([7, 9], height: 1, width: 2))
    try Program.trainVAE.fail(
      arguments("data", "--steps", "1", "--layout", "nhw"), exitCode: 2,
      ["--layout: expected --data with an array (IDX, .npy or .npz), found pictures"])
  }

  @Test func picturesThatAreLeftOutAreTold() throws {
    for name in ["a", "b"] { try folder.add("data/\(name).png", PNG.encode([7, 9], height: 1, width: 2)) }
    try folder.add("data/c.gif", Array("GIF89a".utf8))
    let result = try Program.trainVAE.run(arguments("data", "--steps", "1"))
    #expect(result.exitCode == 0, "\(result.errors)")
    #expect(result.output.contains("1 picture left out: GIF, BMP, TIFF, WebP and others are not read"))
  }

  @Test func coloursThatAreNone() throws {
    try folder.add("data/a.png", PNG.encode([7, 9], height: 1, width: 2))
    try Program.trainVAE.fail(
      arguments("data", "--steps", "1", "--background", "blue-ish"), exitCode: 2,
      [#"--background: expected black, white, grey or #rrggbb, found "blue-ish""#])
  }

  // MARK: More than fits into memory

  /// What comes of images that are streamed is what comes of them in memory, and so it goes on.
  @Test func imagesThatAreStreamed() throws {
    try folder.add("many.idx", TinyData.idx([1500, 32, 32]))
    func train(_ out: String, _ more: String...) throws -> String {
      let options = ["--data", folder.path("many.idx"), "--out", folder.path(out), "--hidden-size", "8"]
      let result = try Program.trainVAE.run(options + ["--batch-size", "16"] + more)
      #expect(result.exitCode == 0 && result.errors.isEmpty, "\(result.errors)")
      return result.output
    }
    #expect(try !train("memory", "--steps", "5", "--memory", "4").contains("streamed"))
    let output = try train("disk", "--steps", "3", "--memory", "2")
    #expect(output.contains("streamed from the disk: 2 MB of pixels, as --memory allows 2 MB\n"), "\(output)")
    _ = try train("disk", "--steps", "5", "--memory", "2", "--resume")
    let isSame = try folder.contents("memory/model.safetensors") == folder.contents("disk/model.safetensors")
    #expect(isSame)
    // Some were drawn out of them: the same.
    _ = try train("memory-part", "--steps", "2", "--memory", "4", "--hold-out", "0.1")
    let part = try train("disk-part", "--steps", "2", "--memory", "2", "--hold-out", "0.1")
    #expect(part.contains("150 images held out"))
    let arePartsSame =
      try folder.contents("memory-part/model.safetensors") == folder.contents("disk-part/model.safetensors")
    #expect(arePartsSame)
  }

  /// What cannot be streamed says what to do, and that helps.
  @Test func imagesThatCannotBeStreamed() throws {
    let bytes = TinyData.idx([1500, 32, 32])
    try folder.add("many.idx.gz", Gzip.compress(bytes))
    let options = ["--steps", "1", "--memory", "1"]
    func arguments(_ data: String, _ more: [String]) -> [String] { self.arguments(data) + more }
    try Program.trainVAE.fail(
      arguments("many.idx.gz", options), exitCode: 1,
      ["found 1536016 for the shape [1500, 32, 32]; a limit of 1023 fits; what gunzip makes of it need not fit"])
    try folder.add("many.idx", bytes)
    for more in [["--limit", "1000"], []] {
      let result = try Program.trainVAE.run(arguments(more.isEmpty ? "many.idx" : "many.idx.gz", options + more))
      #expect(result.exitCode == 0, "\(result.errors)")
    }
    let stacked = ["--stacked", "100"] + options
    try Program.trainVAE.fail(
      arguments("many.idx", stacked), exitCode: 2,
      ["--stacked: expected images in memory, found some that are streamed; --memory 3 has room for them, or --limit"])
    let result = try Program.trainVAE.run(arguments("many.idx", ["--stacked", "100", "--steps", "1", "--memory", "3"]))
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  @Test func imagesThatAreChanged() throws {
    try folder.add("images.idx", TinyData.images)
    let first = try Program.trainVAE.run(arguments("images.idx", "--steps", "2", "--augment", "mirror"))
    #expect(first.exitCode == 0, "\(first.errors)")
    let path = folder.path("out/model.safetensors")
    #expect(try TrainingCheckpoint.load(path).settings.augmentation == ImageAugmentation(isMirrored: true))
    // As before, if nothing is said; and nothing else.
    let second = try Program.trainVAE.run(arguments("images.idx", "--steps", "4", "--resume"))
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(try TrainingCheckpoint.load(path).settings.augmentation == ImageAugmentation(isMirrored: true))
    try Program.trainVAE.fail(
      arguments("images.idx", "--steps", "6", "--resume", "--augment", "none"), exitCode: 1,
      ["--augment was mirror, is none"])
    try Program.trainVAE.fail(
      arguments("images.idx", "--steps", "6", "--augment", "mirrored"), exitCode: 2,
      [#"expected some of mirror, shift, separated by commas, or none, found "mirrored"; did you mean mirror?"#])
  }

  // MARK: Few images

  /// The length is that of a training with more of them, unless somebody says otherwise.
  @Test func fewImages() throws {
    try folder.add("images.idx", TinyData.idx([12, 4, 4]))
    let short = try Program.trainVAE.run(arguments("images.idx", "--epochs", "2"))
    #expect(short.output.contains("warning: 12 steps, too few for good results; without --epochs and --steps"))
    #expect(short.exitCode == 0)
  }

  /// With images that are all the same no remedy is named, and the fault is told though nothing else is.
  @Test func imagesThatAreAlike() throws {
    try folder.add("black.idx", TinyData.idx([16, 4, 4], byteCount: 0) + [UInt8](repeating: 0, count: 256))
    let result = try Program.trainVAE.run(arguments("black.idx", "--steps", "200", "--quiet"))
    let lines = result.errors.split(separator: "\n")
    #expect(lines.first == "train-vae: warning: all 16 images are black: there is nothing to learn from them")
    #expect(lines.dropFirst().allSatisfy { $0.contains("badly: all 16 images are black: there is") }, "\(lines)")
    // The collapse that comes of it is no news, and has no remedy.
    let told = try Program.trainVAE.run(arguments("black.idx", "--steps", "200"))
    #expect(told.output.contains("warning: all 16 images are black") && told.exitCode == 0, "\(told.output)")
    #expect(!told.output.contains("may help") && !told.output.contains("step 30:"), "\(told.output)")
  }
}
