import Latent
import Testing

@testable import LatentExampleSupport

/// How long a training is if nobody says so: a number of epochs, but of few images as many steps as of many.
@Suite struct TrainingLengthTests {
  private func length(
    _ arguments: [String], images: Int, batchSize: Int = 64, batchesPerStep: Int = 1, before: TrainingLength? = nil,
    isNew: Bool = true
  ) throws -> TrainingLength {
    let program = TrainingProgram("train-x", summary: "S.", epochs: 4, batchSize: 64)
    return program.common.length(
      try program.options.parse(arguments), before: before, isNew: isNew, batchesPerEpoch: images / batchSize,
      batchesPerStep: batchesPerStep)
  }

  /// MNIST, the built-in digits, and what is more.
  @Test(arguments: [60_000, 30_000, 1_000_000]) func manyImages(_ count: Int) throws {
    for batchesPerStep in [1, 5] {
      #expect(try length([], images: count, batchesPerStep: batchesPerStep) == .epochs(4))
    }
  }

  @Test func fewImages() throws {
    // 468 batches of the digits, four times.
    for count in [64, 400, 10_000, 29_000] { #expect(try length([], images: count) == .steps(1872)) }
    #expect(try length([], images: 400, batchesPerStep: 5) == .steps(374))
    // Smaller batches are more of them.
    #expect(try length([], images: 400, batchSize: 1) == .steps(1872))
    #expect(try length([], images: 4000, batchSize: 1) == .epochs(4))
  }

  /// What is told to somebody who says a length: of many images that is more than of a usual number of them.
  @Test func whatIsNotSaid() {
    let common = TrainingProgram("train-x", summary: "S.", epochs: 4, batchSize: 64).common
    #expect(common.usualLength(batchesPerEpoch: 60_000 / 64, batchesPerStep: 1) == .epochs(4))
    #expect(common.usualLength(batchesPerEpoch: 400 / 64, batchesPerStep: 1) == .steps(1872))
  }

  @Test func whatIsSaid() throws {
    #expect(try length(["--epochs", "4"], images: 400) == .epochs(4))
    #expect(try length(["--steps", "7"], images: 400) == .steps(7))
    #expect(try length([], images: 400, before: .epochs(2), isNew: false) == .epochs(2))
    #expect(try length([], images: 400, isNew: false) == .epochs(4))
  }

  @Test func changes() throws {
    let program = TrainingProgram("train-x", summary: "S.", epochs: 4, batchSize: 64)
    func changes(_ list: String) throws -> ImageAugmentation? {
      try program.common.subject.imageAugmentation(program.options.parse(["--augment", list]))
    }
    #expect(try changes("mirror") == ImageAugmentation(isMirrored: true))
    #expect(try changes("shift,mirror") == ImageAugmentation(isMirrored: true, isShifted: true))
    #expect(try changes("none") == nil)
    for list in ["cutout", "mirror,", "none,shift"] { #expect(throws: UsageError.self) { try changes(list) } }
  }
}
