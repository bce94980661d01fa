import Datasets
import Foundation
import LatentSystem
import Tensor
import Testing

@testable import Models
@testable import Training

@Suite struct RunFolderTests {
  private let folder: TemporaryFolder
  private let out: String

  init() throws {
    folder = try TemporaryFolder()
    out = folder.path("out")
  }

  private let registry = ModelRegistry().registering(Recorder.self)

  /// Trains a recorder on ten images in batches of three, from the checkpoint in the folder if asked to.
  @discardableResult
  private func train(
    _ steps: Int, resuming: Bool = false, sampleEvery: Int? = nil, checkpointEvery: Int? = nil, keep: Int = 0
  ) throws -> Int {
    let run = try RunFolder(out, sampleEvery: sampleEvery, checkpointEvery: checkpointEvery, keep: keep)
    let checkpoint = resuming ? try run.checkpoint(registry: registry) : nil
    let count = try run.begin(from: checkpoint)
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(steps), batchSize: 3)
    _ = try trainer.train(on: tinyImages(10), heldOut: tinyImages(2), from: checkpoint) { progress in
      let failure = try run.record(progress)
      #expect(failure == nil)
    }
    #expect(run.failure == nil && run.savedStep == steps)
    return count
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: out).filter { !$0.hasPrefix(".") }.sorted()
  }

  private func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(out)/\(name)")) }

  /// The lines of `metrics.jsonl` without times.
  private func lines() throws -> [String] {
    String(decoding: try contents("metrics.jsonl"), as: UTF8.self).split(separator: "\n").map {
      String($0).replacing(/"seconds":[^,]*,/, with: "")
    }
  }

  @Test func historyGoesOn() throws {
    try train(8)
    let (whole, curves) = (try lines(), try contents("curves.png"))
    for stop in 1...7 {
      try train(stop)
      #expect(try train(8, resuming: true) == stop)
      #expect(try lines() == whole, "\(stop)")
      let isSame = try contents("curves.png") == curves
      #expect(isSame, "\(stop)")
    }
  }

  /// What was written after the checkpoint is written again; what is broken is cut off.
  @Test func linesAfterTheCheckpoint() throws {
    try train(8)
    let whole = try lines()
    let text = String(decoding: try contents("metrics.jsonl"), as: UTF8.self)
    try train(6)
    func resume(_ metrics: String, _ steps: [Int], sourceLocation: SourceLocation = #_sourceLocation) throws {
      try metrics.write(toFile: "\(out)/metrics.jsonl", atomically: true, encoding: .utf8)
      let run = try RunFolder(out)
      let checkpoint = try #require(try run.checkpoint(registry: registry))
      #expect(try run.begin(from: checkpoint) == steps.count, sourceLocation: sourceLocation)
      #expect(try lines() == steps.map { whole[$0 - 1] }, sourceLocation: sourceLocation)
    }
    let rows = text.split(separator: "\n")
    try resume(text, [1, 2, 3, 4, 5, 6])
    try resume(text + text, [1, 2, 3, 4, 5, 6])
    try resume(text + "{\"step\":9,\"ep", [1, 2, 3, 4, 5, 6])
    try resume(rows.prefix(4).joined(separator: "\n") + "\n" + rows[4].prefix(20), [1, 2, 3, 4])
    try resume(rows[0] + "\nnonsense\n{\"step\":1.5}\n{}\n" + rows[3...].joined(separator: "\n"), [1, 4, 5, 6])
    try resume("", [])
    try FileManager.default.removeItem(atPath: "\(out)/metrics.jsonl")
    #expect(try train(8, resuming: true) == 0)
    #expect(try lines() == Array(whole.suffix(2)))
  }

  @Test func checkpointsThatAreKept() throws {
    try train(7, checkpointEvery: 2, keep: 2)
    let kept = ["model-000006.safetensors", "model-000007.safetensors", "model.safetensors"]
    #expect(try files().filter { $0.hasPrefix("model") } == kept)
    #expect(try contents("model-000007.safetensors") == contents("model.safetensors"))
    #expect(try TrainingCheckpoint.load("\(out)/model-000006.safetensors", registry: registry).step == 6)
    // Resumed with fewer, then with none: those that are there stay.
    try train(9, resuming: true, checkpointEvery: 4, keep: 1)
    #expect(try files().filter { $0.hasPrefix("model") } == ["model-000009.safetensors", "model.safetensors"])
    try train(11, resuming: true)
    #expect(try files().filter { $0.hasPrefix("model") } == ["model-000009.safetensors", "model.safetensors"])
    // A new run replaces what an older one left.
    try train(3, keep: 3)
    #expect(try files().filter { $0.hasPrefix("model") } == ["model-000003.safetensors", "model.safetensors"])
  }

  /// A new run moves the grids and metrics of an older one, and its checkpoints only when there is a new one.
  @Test func aNewRunInAnOldFolder() throws {
    try train(6, sampleEvery: 2, keep: 1)
    for name in ["samples-mine.png", "samples-1.png", "notes.txt"] {
      try "x".write(toFile: "\(out)/\(name)", atomically: true, encoding: .utf8)
    }
    let old = try contents("model.safetensors")
    do {
      let run = try RunFolder(out)
      #expect(try files().contains("samples-000004.png") && lines().count == 6)
      try run.begin()
      #expect(try lines().isEmpty && contents("model.safetensors") == old)
      let expected = [
        "before-1", "metrics.jsonl", "model-000006.safetensors", "model.safetensors", "notes.txt", "samples-1.png",
        "samples-mine.png",
      ]
      #expect(try files() == expected)
      #expect(run.pathOfOlderRun == "\(out)/before-1")
    }
    let oldLines = String(decoding: try contents("before-1/metrics.jsonl"), as: UTF8.self).split(separator: "\n")
    #expect(oldLines.count == 6)
    _ = try contents("before-1/samples-000004.png")
    try train(1)
    #expect(try contents("model.safetensors") != old)
    #expect(try !files().contains("model-000006.safetensors"))
    #expect(try contents("before-2/model.safetensors") == old)
    #expect(try contents("before-2/model-000006.safetensors") == old)
  }

  /// An older training that cannot be moved stays, and the new one does not begin.
  @Test func anOldRunThatCannotBeMoved() throws {
    try train(2)
    let old = (try contents("model.safetensors"), try contents("metrics.jsonl"))
    try FileManager.default.createSymbolicLink(atPath: "\(out)/before-1", withDestinationPath: "\(out)/nowhere")
    let error = try #require(throws: FileError.self) { try train(3) }
    #expect(error.path == "\(out)/before-1" && error.expected == "room for the files of an older training")
    #expect(try contents("model.safetensors") == old.0 && contents("metrics.jsonl") == old.1)
  }

  /// Without a checkpoint there was no training worth keeping, and without metrics none at all: then grids are not ours.
  @Test func aNewRunBesideForeignGrids() throws {
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    let mine = "\(out)/samples-000123.png"
    try "x".write(toFile: mine, atomically: true, encoding: .utf8)
    try train(1)
    #expect(FileManager.default.fileExists(atPath: mine))
    #expect(try RunFolder(out).pathOfOlderRun == nil)
    try FileManager.default.removeItem(atPath: "\(out)/model.safetensors")
    try train(1)
    #expect(!FileManager.default.fileExists(atPath: mine))
  }

  @Test func dueSteps() throws {
    func saved(_ steps: Int, checkpointEvery: Int?, sampleEvery: Int?) throws -> ([Int], [String]) {
      let run = try RunFolder(out, sampleEvery: sampleEvery, checkpointEvery: checkpointEvery)
      try run.begin()
      var saved: [Int] = []
      let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(steps), batchSize: 3)
      _ = try trainer.train(on: tinyImages(10)) {
        try run.record($0)
        if run.savedStep == $0.step { saved.append($0.step) }
      }
      return (saved, try files().filter { $0.hasPrefix("samples-") })
    }
    #expect(
      try saved(7, checkpointEvery: nil, sampleEvery: 4) == ([3, 6, 7], ["samples-000004.png", "samples-000007.png"]))
    #expect(
      try saved(7, checkpointEvery: 2, sampleEvery: nil)
        == ([2, 4, 6, 7], ["samples-000003.png", "samples-000006.png", "samples-000007.png"]))
  }

  @Test(arguments: ["samples.png", "curves.png", "metrics.jsonl", "model.safetensors"])
  func aFolderInTheWay(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(out)/\(name)", withIntermediateDirectories: true)
    let error = try #require(throws: FileError.self) { _ = try RunFolder(out) }
    #expect(error.description == "\(out)/\(name): expected a file or nothing yet, found a folder")
  }

  @Test func oneAtATime() throws {
    let run = try RunFolder(out)
    let error = try #require(throws: FileError.self) { _ = try RunFolder(out) }
    #expect(
      error.description == "\(out): expected a folder that nobody writes to, found a training that is running in it")
    withExtendedLifetime(run) {}
  }

  @Test func anotherOneWhenTheFirstIsGone() throws {
    do { try RunFolder(out).begin() }
    try RunFolder(out).begin()
  }

  /// The files of a step fail one by one, the training goes on, and the next step tries again.
  @Test func filesThatCannotBeWritten() throws {
    let run = try RunFolder(out, sampleEvery: 1, checkpointEvery: 1)
    try run.begin()
    var failures: [String?] = []
    let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(3), batchSize: 3)
    _ = try trainer.train(on: tinyImages(10)) { progress in
      let curves = "\(out)/curves.png"
      if progress.step == 2 {
        try FileManager.default.removeItem(atPath: curves)
        try FileManager.default.createDirectory(atPath: curves, withIntermediateDirectories: false)
      }
      if progress.step == 3 { try FileManager.default.removeItem(atPath: curves) }
      let failure = try run.record(progress)
      failures.append(failure?.description)
      #expect(run.failure == failure && run.savedStep == progress.step)
    }
    #expect(failures == [nil, "\(out)/curves.png: expected a file or nothing yet, found a folder", nil])
    #expect(try lines().count == 3)
  }

  @Test func recordingBeforeTheBeginning() async {
    await #expect(processExitsWith: .failure) {
      let folder = try TemporaryFolder()
      let run = try RunFolder(folder.path("out"))
      let trainer = Trainer(try Recorder(Recorder.Configuration()), length: .steps(1), batchSize: 3)
      _ = try trainer.train(on: tinyImages(10)) { try run.record($0) }
    }
  }

  @Test func roomForAModelNobodyHas() throws {
    let run = try RunFolder(out)
    try run.checkCheckpoints(of: Recorder(Recorder.Configuration()))
    // 16 TB: more than a test machine has.
    let vae = try VAE(VAE.Configuration(height: 4096, width: 4096, latentSize: 1, hiddenSize: 1 << 15))
    let error = try #require(throws: FileError.self) { try run.checkCheckpoints(of: vae) }
    #expect(error.expected.hasPrefix("a disk with room for two checkpoints, ") && error.found.hasSuffix(" left"))
  }

  /// What processes left behind that died while they wrote is removed; what somebody still writes is not.
  @Test func temporaryFilesOfTheDead() throws {
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    for name in [".latent-tmp-1-0.tmp", ".latent-tmp-x.tmp", ".latent-tmp-1-0", "latent-tmp-1.tmp"] {
      try "x".write(toFile: "\(out)/\(name)", atomically: false, encoding: .utf8)
    }
    try AtomicFile.write(to: "\(out)/file") { append in
      _ = try RunFolder(out)
      let names = try FileManager.default.contentsOfDirectory(atPath: out).filter { $0.contains("tmp") }
      #expect(names.count == 3 && names.contains { $0.hasSuffix("-1-0") } && names.contains("latent-tmp-1.tmp"))
      try [1, 2, 3].withUnsafeBytes { try append($0) }
    }
    #expect(try contents("file").count == 24)
  }
}
