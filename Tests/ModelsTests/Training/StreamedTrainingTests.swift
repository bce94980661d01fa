import Datasets
import Foundation
import LatentFormats
import LatentSystem
import Tensor
import Testing

@testable import Models
@testable import Training

/// Trainings on images that stay on the disk, and on images that are changed at each use.
@Suite struct StreamedTrainingTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("pictures")
    try SystemFile.createFolder(path)
    for index in 10..<33 {
      let pixels = (0..<32).map { UInt8(truncatingIfNeeded: ($0 * 37) ^ (index * 11)) }
      try PNG.write(pixels, height: 8, width: 4, channels: 1, to: path + "/\(index).png")
    }
  }

  private func streamed() throws -> StreamedImages {
    try #require(try ImageSet.open(path, memory: 1) as? StreamedImages)
  }

  private func trainer(_ steps: Int) throws -> Trainer<VAE> {
    Trainer(
      try VAE(VAE.Configuration(height: 8, width: 4, latentSize: 3, hiddenSize: 5)), length: .steps(steps),
      batchSize: 4, seed: 3)
  }

  /// The bytes of the checkpoint after the last step.
  private func checkpoint<Model: GenerativeModel>(
    _ trainer: Trainer<Model>, _ source: any SampleSource, from before: TrainingCheckpoint? = nil
  ) throws -> (bytes: [UInt8], checkpoint: TrainingCheckpoint) {
    var last: TrainingCheckpoint?
    _ = try trainer.train(on: source, from: before) { last = $0.checkpoint }
    let checkpoint = try #require(last)
    try checkpoint.save(to: folder.path("model"))
    return (try AtomicFile.read(folder.path("model")), checkpoint)
  }

  @Test func sameBytesAsInMemory() throws {
    let expected = try checkpoint(trainer(13), ImageSet.load(path)).bytes
    #expect(try checkpoint(trainer(13), streamed()).bytes == expected)
    // Begun in memory, gone on from the disk, and the other way round.
    let half = try checkpoint(trainer(7), ImageSet.load(path)).checkpoint
    #expect(try checkpoint(trainer(13), streamed(), from: half).bytes == expected)
    let other = try checkpoint(trainer(7), streamed()).checkpoint
    #expect(try checkpoint(trainer(13), ImageSet.load(path), from: other).bytes == expected)
  }

  /// A model that takes several batches a step.
  @Test func severalBatchesAStep() throws {
    var configuration = GANConfiguration.wganGP
    (configuration.height, configuration.width, configuration.latentSize) = (8, 4, 3)
    (configuration.generatorFeatures, configuration.discriminatorFeatures) = (4, 4)
    configuration.discriminatorSteps = 2
    let trainer = Trainer(try WGANGP(configuration), length: .steps(6), batchSize: 4, seed: 3)
    #expect(try checkpoint(trainer, streamed()).bytes == checkpoint(trainer, ImageSet.load(path)).bytes)
  }

  @Test func aFileThatVanishes() throws {
    let images = try streamed()
    let run = try RunFolder(folder.path("out"), sampleEvery: 1000, checkpointEvery: 1000)
    try run.begin()
    var failures: [Int] = []
    let error = try #require(throws: FileError.self) {
      _ = try trainer(1000).train(on: images) { progress in
        try run.record(progress)
        if progress.failure != nil { failures.append(progress.step) }
        if progress.step == 2 { try SystemFile.remove(path + "/20.png") }
      }
    }
    #expect(error.description == "\(path)/20.png: expected a readable file, found no such file")
    // It was told once, after the last step that had all of its samples; an epoch has five.
    #expect(failures.count == 1 && (2...30).contains(failures[0]))
    #expect(run.savedStep == failures[0])
    // The checkpoint is that of a training to which nothing happened.
    let checkpoint = try TrainingCheckpoint.load(
      run.modelPath, registry: ModelRegistry().registering(VAE.self))
    try PNG.write(
      (0..<32).map { UInt8(truncatingIfNeeded: ($0 * 37) ^ (20 * 11)) }, height: 8, width: 4, channels: 1,
      to: path + "/20.png")
    let whole = try self.checkpoint(trainer(failures[0]), streamed()).checkpoint
    #expect(whole.training.state == checkpoint.training.state)
  }

  @Test func aFileThatIsGoneBeforeTheFirstStep() throws {
    let images = try streamed()
    for index in 10..<33 { try SystemFile.remove(path + "/\(index).png") }
    #expect(throws: FileError.self) {
      _ = try trainer(3).train(on: images) { _ in Issue.record("a step was made") }
    }
  }

  // MARK: Changed at each use

  @Test func augmentedTrainingsGoOn() throws {
    let images = try ImageSet.load(path)
    var trainer = try trainer(13)
    let plain = try checkpoint(trainer, images).bytes
    #expect(String(decoding: plain.prefix(4000), as: UTF8.self).contains("augmentation") == false)
    trainer.augmentation = ImageAugmentation(isMirrored: true, isShifted: true)
    let (expected, last) = try checkpoint(trainer, images)
    #expect(expected != plain && last.settings.augmentation == trainer.augmentation)
    trainer.length = .steps(7)
    let half = try checkpoint(trainer, images).checkpoint
    let opened = try TrainingCheckpoint.load(folder.path("model"), registry: ModelRegistry().registering(VAE.self))
    #expect(opened.settings == half.settings)
    trainer.length = .steps(13)
    #expect(try checkpoint(trainer, images, from: opened).bytes == expected)
    #expect(try checkpoint(trainer, streamed(), from: opened).bytes == expected)
    trainer.augmentation = ImageAugmentation(isMirrored: true)
    let error = try #require(throws: TrainingError.self) { _ = try trainer.train(on: images, from: opened) }
    #expect(error == .otherTraining(["augmentation was mirror,shift, is mirror"]))
  }

  @Test func whatCannotBeAugmented() throws {
    var trainer = try trainer(3)
    trainer.augmentation = ImageAugmentation(isMirrored: true)
    let images = try ImageSet.load(path)
    #expect(throws: ConfigurationError.self) {
      try trainer.validate(TrainingData(PairedSource(images, given: images)))
    }
  }
}
