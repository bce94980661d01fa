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
}
