import Datasets
import LatentSystem
import Tensor

/// The folder of a training run: `samples.png`, `samples-NNNNNN.png`, `metrics.jsonl`, `curves.png`,
/// `model.safetensors`, for a model that is told in words what to make `captions.txt`, a line for each row of samples, and,
/// if asked for, the checkpoints before the last, `model-NNNNNN.safetensors`. A new training in the
/// same folder moves the files of the one before to `before-1`, `before-2`, ….
///
/// ```swift
/// let folder = try RunFolder("runs/vae", checkpointEvery: 100)
/// let checkpoint = try folder.checkpoint()
/// try folder.begin(from: checkpoint)
/// _ = try trainer.train(on: images, from: checkpoint) { try folder.record($0) }
/// ```
///
/// As long as the object lives, no other process can open the folder.
public final class RunFolder {
  /// The path of the folder.
  public let path: String
  /// How many steps lie between sample grids; after every epoch if nil, but for ``leastSeconds``.
  public let sampleEvery: Int?
  /// How many steps lie between checkpoints; after every epoch if nil, but for ``leastSeconds``.
  public let checkpointEvery: Int?
  /// How much time has gone at least since the last sample grid, or checkpoint, when one is written because an epoch is
  /// over: of few images an epoch takes no time. Those of the first epoch and of the last step are always written.
  public let leastSeconds: Double
  /// How many checkpoints are kept beside `model.safetensors`.
  public let keep: Int
  /// Why the latest files could not be written; nil if they could. The next that are due are tried all the same.
  public private(set) var failure: FileError?
  /// The step of this training that `model.safetensors` is of; nil if it is of none.
  public private(set) var savedStep: Int?
  /// Called now and then while a preview is made, with the share that is done. What it throws, a `CancellationError` for
  /// instance, ends the preview, and the other files are written without it.
  public var onPreviewProgress: (Double) throws -> Void = { _ in }
  private let lock: FolderLock
  private var metricsFile: LineFile?
  private var history = RunHistory()
  /// The time that the training had taken before it went on, in seconds, as `metrics.jsonl` tells; 0 for a new one.
  public private(set) var secondsBefore = 0.0
  /// What the training that goes on was set to.
  private var settingsBefore: TrainingSettings?
  private var olderRun: OlderRun?
  /// The times since the training started or went on at which an epoch's grid and checkpoint were written last.
  private var (lastSamples, lastCheckpoint): (Double?, Double?)

  /// Opens the folder at `path`, which is created if it is not there. What is in it stays as it is.
  ///
  /// - Throws: ``FileError`` if it cannot be created or written to, if another process trains in it, or if there are
  ///   folders where files should be.
  public init(
    _ path: String, sampleEvery: Int? = nil, checkpointEvery: Int? = nil, leastSeconds: Double = 0, keep: Int = 0
  ) throws {
    self.path = path
    self.sampleEvery = sampleEvery
    self.checkpointEvery = checkpointEvery
    self.leastSeconds = leastSeconds
    self.keep = keep
    do {
      try SystemFile.createFolder(path)
    } catch {
      throw FileError(path: path, expected: "a folder that can be created", found: Self.obstacle(to: path))
    }
    lock = try FolderLock(path)
    try SystemFile.checkWritable(path)
    for name in Self.usualFiles {
      try AtomicFile.checkPlace("\(path)/\(name)")
    }
    AtomicFile.removeAbandoned(in: path)
  }

  /// What is in the way of a folder at `path`: the nearest thing on its path that is there.
  private static func obstacle(to path: String) -> String {
    var place = path[...]
    while !place.isEmpty {
      let kind = AtomicFile.kind(of: String(place))
      if kind.exists { return kind.isFolder ? "a folder \(place) that does not allow it" : "a file at \(place)" }
      place = place.lastIndex(of: "/").map { place[..<$0] } ?? ""
    }
    return "a folder that does not allow it"
  }

  /// The path of the checkpoint.
  public var modelPath: String { path + "/model.safetensors" }

  /// The names of the files that tell of the training, as far as they are there.
  public var fileNames: [String] {
    Self.usualFiles.filter { AtomicFile.kind(of: "\(path)/\($0)").exists }
  }

  private static let usualFiles = [
    "samples.png", CaptionedImages.fileName, "curves.png", "metrics.jsonl", "model.safetensors",
  ]

  /// Where the files of an older training are moved to by a new one; nil if there was none.
  public var pathOfOlderRun: String? { olderRun?.path }

  /// Whether there is a checkpoint in the folder at `path`. The folder is not opened, nor made if it is not there.
  public static func hasCheckpoint(_ path: String) -> Bool { AtomicFile.kind(of: path + "/model.safetensors").exists }

  /// The checkpoint in the folder; nil if there is none.
  /// - Throws: ``FileError`` if a training cannot go on from it.
  public func checkpoint(registry: ModelRegistry) throws -> TrainingCheckpoint? {
    Self.hasCheckpoint(path) ? try TrainingCheckpoint.load(modelPath, registry: registry) : nil
  }

  /// Checks that checkpoints of `model` can be opened, and that there is room for two of them: the old one stays until the
  /// new one is whole.
  ///
  /// - Parameter isResuming: whether the old one is there already.
  /// - Throws: ``UnregisteredError`` if its configuration has a part that is not registered; ``FileError``.
  public func checkCheckpoints(of model: some GenerativeModel, isResuming: Bool = false) throws {
    _ = try CheckpointKey.text(model.configuration)
    // Four bytes each for a parameter, its average and two moments; and what else there is.
    let size = 16 * model.network.parameterCount + (1 << 16)
    let needed = isResuming ? size : 2 * size
    guard let free = SystemFile.freeSpace(at: path), free < needed else { return }
    throw FileError(
      path: path,
      expected: "a disk with room for \(isResuming ? "a checkpoint" : "two checkpoints"), \(counted(needed, "byte"))",
      found: "\(counted(free, "byte")) left")
  }

  /// Makes the folder ready for the first step.
  ///
  /// - Parameter checkpoint: where the training goes on. Metrics of later steps are removed. If nil, it starts from the
  ///   beginning: metrics and samples of an older training are moved to ``pathOfOlderRun``, and its checkpoints when
  ///   there is a new one. If it has none, its metrics and samples are removed.
  /// - Returns: how many of the steps up to the checkpoint have a line in `metrics.jsonl`.
  /// - Throws: ``FileError`` if files cannot be changed.
  @discardableResult
  public func begin(from checkpoint: TrainingCheckpoint? = nil) throws -> Int {
    let metricsPath = path + "/metrics.jsonl"
    if let checkpoint {
      let old = AtomicFile.kind(of: metricsPath).exists ? try AtomicFile.read(metricsPath) : []
      history = RunHistory(old, through: checkpoint.step, endsEpoch: checkpoint.endsEpoch)
    } else {
      olderRun = OlderRun(in: path)
      if let olderRun {
        try olderRun.moveRecords()
      } else if AtomicFile.kind(of: metricsPath).exists {
        for name in numbered("samples-", ".png") { try SystemFile.remove("\(path)/\(name)") }
      }
      history = RunHistory()
    }
    savedStep = checkpoint?.step
    settingsBefore = checkpoint?.settings
    secondsBefore = history.seconds
    metricsFile = try LineFile(metricsPath, contents: history.lines)
    history.dropLines()
    return history.lineCount
  }

  /// Takes down a step; writes samples, curves and the checkpoint when they are due.
  ///
  /// After its first two steps a run writes samples and curves too, unless the model's previews are slow: so there is
  /// something to look at, a folder that does not take them is noticed, and the memory that sampling needs beside a
  /// step's is taken at once (the second step is the first that is like all others).
  ///
  /// - Returns: why a file could not be written, for instance because the disk is full. What was there before is still
  ///   whole, and the training can go on.
  /// - Throws: ``TrainingError`` instead of a checkpoint with a number that is not finite, so that the last good one is
  ///   kept; ``UnregisteredError`` at the first step if no checkpoint could be opened, which
  ///   ``checkCheckpoints(of:isResuming:)`` tells before it.
  /// - Precondition: ``begin(from:)`` was called.
  @discardableResult
  public func record(_ progress: TrainingProgress) throws -> FileError? {
    let metricsFile = requireSome(metricsFile, "RunFolder: begin(from:) comes before the first step")
    if progress.step == progress.firstStep + 1 { _ = try progress.trained.contents }
    let changes = settingsBefore?.changes(to: progress.checkpoint.settings) ?? []
    settingsBefore = nil
    metricsFile.append(try history.add(progress, secondsBefore: secondsBefore, changes: changes))
    let isLast = progress.step == progress.totalSteps
    let areSamplesDue = isLast || isDue(sampleEvery, progress, since: lastSamples)
    let isCheckpointDue =
      isLast || progress.failure != nil || isDue(checkpointEvery, progress, since: lastCheckpoint)
    if areSamplesDue { lastSamples = progress.seconds }
    if isCheckpointDue { lastCheckpoint = progress.seconds }
    let isFirst = progress.step <= progress.firstStep + 2 && !progress.checkpoint.model.isPreviewSlow
    guard areSamplesDue || isCheckpointDue || isFirst else { return nil }
    return try write(progress, numberedSamples: areSamplesDue, checkpoint: isCheckpointDue)
  }

  /// Whether something that is written every so many steps, or else after an epoch, is to be written now.
  private func isDue(_ steps: Int?, _ progress: TrainingProgress, since last: Double?) -> Bool {
    if let steps { return progress.step % steps == 0 }
    return progress.endsEpoch && last.map { progress.seconds - $0 >= leastSeconds } ?? true
  }

  /// Writes all files as they are after a step that was recorded, for a training that ends early.
  /// - Returns: why a file could not be written.
  /// - Throws: ``TrainingError`` as ``record(_:)``.
  @discardableResult
  public func stop(_ progress: TrainingProgress) throws -> FileError? {
    try write(progress, numberedSamples: false, checkpoint: true)
  }

  /// Writes the files of a step. A failure of one does not keep the others from being written, above all not the
  /// checkpoint.
  private func write(_ progress: TrainingProgress, numberedSamples: Bool, checkpoint: Bool) throws -> FileError? {
    if let name = progress.checkpoint.training.firstNonFinite {
      throw TrainingError.notFinite(name, step: progress.step)
    }
    var failures: [FileError] = []
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch let error as FileError { failures.append(error) }
    }
    // A checkpoint's lines are on the disk before it is.
    try attempt { try metricsFile?.sync() }
    if numberedSamples || !progress.checkpoint.model.isPreviewSlow {
      do {
        try attempt { try writeSamples(progress, numbered: numberedSamples) }
      } catch is CancellationError {
        // Whoever wants the training to end does not wait for a picture.
      }
    }
    try attempt { try writeCurves() }
    if checkpoint { try attempt { try writeCheckpoint(progress.checkpoint) } }
    failure = failures.last
    return failure
  }

  private func writeCheckpoint(_ checkpoint: TrainingCheckpoint) throws {
    try olderRun?.moveCheckpoints()
    try checkpoint.save(to: modelPath)
    savedStep = checkpoint.step
    guard keep > 0 else { return }
    try checkpoint.save(to: "\(path)/model-\(Self.number(checkpoint.step)).safetensors")
    for name in numbered("model-", ".safetensors").dropLast(keep) { try SystemFile.remove("\(path)/\(name)") }
  }

  private func writeSamples(_ progress: TrainingProgress, numbered: Bool) throws {
    let (model, state) = (progress.checkpoint.model, progress.trained.state)
    guard let preview = try model.preview(with: state, from: progress.data, progress: onPreviewProgress) else { return }
    if numbered {
      let name = "samples-\(Self.number(progress.step)).png"
      try PNG.writeGrid(preview.images, columns: preview.columns, to: "\(path)/\(name)")
    }
    try PNG.writeGrid(preview.images, columns: preview.columns, to: "\(path)/samples.png")
    guard let titles = preview.titles else { return }
    try AtomicFile.write(Array((titles.joined(separator: "\n") + "\n").utf8), to: "\(path)/\(CaptionedImages.fileName)")
  }

  private func writeCurves() throws {
    let plot = CurvePlot.render(series: history.series, width: 900, height: 600)
    try PNG.write(plot.pixels, height: plot.height, width: plot.width, channels: 3, to: path + "/curves.png")
  }

  private func numbered(_ prefix: String, _ suffix: String) -> [String] { Self.numbered(in: path, prefix, suffix) }

  /// The names in the folder at `path` that are `prefix`, a number and `suffix`, by number.
  static func numbered(in path: String, _ prefix: String, _ suffix: String) -> [String] {
    let names = (try? SystemFile.names(in: path)) ?? []
    let pairs = names.compactMap { name -> (number: Int, name: String)? in
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
      let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
      guard digits.count >= 6, digits.allSatisfy(\.isASCII), let number = Int(digits), number >= 0 else { return nil }
      return (number, name)
    }
    return pairs.sorted { $0.number < $1.number }.map(\.name)
  }

  /// The number with at least six digits.
  private static func number(_ step: Int) -> String {
    let digits = String(step)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }
}
