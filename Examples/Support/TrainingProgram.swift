import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What all programs that train a model have in common: their options, data, output folder and progress.
public struct TrainingProgram {
  /// The options so far; a program adds its own.
  public var options: Options
  private let common: TrainingOptions

  /// A program with the common options.
  public init(
    _ name: String, summary: String, epochs defaultEpochs: Int, batchSize defaultBatchSize: Int,
    schedule defaultSchedule: TrainingOptions.ScheduleName = .constant
  ) {
    options = Options(name, summary: summary)
    common = TrainingOptions(
      &options, epochs: defaultEpochs, batchSize: defaultBatchSize, schedule: defaultSchedule)
  }

  /// Whether the images are those drawn by the library.
  public func usesBuiltInDigits(_ arguments: Arguments) -> Bool { !arguments.contains(common.data) }

  /// Whether a learning rate was given for all of the model.
  func hasLearningRate(_ arguments: Arguments) -> Bool { arguments.contains(common.learningRate) }

  /// The number of classes of samples that a conditional model is to learn.
  /// - Throws: ``UsageError`` if they have no labels.
  public func classCount(of samples: any SampleSource) throws -> Int {
    guard case .classes(let count) = samples.conditions else {
      let reason = samples.missingConditions ?? "the images have none"
      throw UsageError("--conditional: expected images with labels, found none: \(reason)")
    }
    return max(2, count)
  }

  /// Reads the command line, trains the model that `makeModel` makes for samples like those that are to be learned, and
  /// ends the process with one line if something is wrong.
  ///
  /// - Parameter augment: gives what is learned from instead of the images.
  public func run<Model: GenerativeModel>(
    augmenting augment: (_ arguments: Arguments, _ images: any SampleSource) -> any SampleSource = { $1 },
    _ makeModel: (_ arguments: Arguments, _ samples: any SampleSource) throws -> Model
  ) {
    let arguments = options.parseOrExit()
    do {
      try train(arguments, augment, makeModel)
    } catch {
      fail(error, program: options.program)
    }
  }

  private func train<Model: GenerativeModel>(
    _ arguments: Arguments, _ augment: (Arguments, any SampleSource) -> any SampleSource,
    _ makeModel: (Arguments, any SampleSource) throws -> Model
  ) throws {
    try checkCommon(arguments)
    if let count = arguments[common.threads] { Threads.count = count }
    let say = { (text: String) in
      guard !arguments[common.isQuiet] else { return }
      print(text)
      fflush(nil)  // a pipe or a log file sees the line now, not when the buffer is full
    }
    let (images, heldOut) = try loadImages(arguments)
    let (data, heldOutData) = (TrainingData(augment(arguments, images)), heldOut.map { TrainingData($0) })
    let model = try makeModel(arguments, images)
    if !arguments[common.isResuming] {
      // Before there is a folder: what is wrong with the data or the settings leaves nothing behind.
      try trainer(for: model, arguments, nil, data)
        .validate(data, heldOut: heldOutData, source: source(arguments))
    }
    let folder = try RunFolder(
      arguments[common.out], sampleEvery: arguments[common.sampleEvery],
      checkpointEvery: arguments[common.checkpointEvery], keep: arguments[common.keep])
    let checkpoint = arguments[common.isResuming] ? try folder.checkpoint() : nil
    let trainer = trainer(for: self.model(model, arguments, checkpoint), arguments, checkpoint, data)
    say("\(images.count) images of \(images.sampleShape), \(trainer.model.network.parameterCount) parameters")
    if let poverty = images.poverty { say("warning: \(poverty): there is nothing to learn from them") }
    try trainer.validate(data, heldOut: heldOutData, source: source(arguments))
    if let checkpoint {
      try trainer.validate(checkpoint, on: data, heldOut: heldOutData)
      let total = trainer.totalSteps(on: data)
      guard checkpoint.step < total else {
        return say("nothing to do: \(folder.modelPath) has \(checkpoint.step) of \(total) steps")
      }
    }
    try folder.checkCheckpoints(of: trainer.model, isResuming: checkpoint != nil)
    try begin(folder, checkpoint, arguments, say)
    try run(trainer, data, heldOutData, folder, checkpoint, arguments)
    say("wrote \(folder.path): samples.png, curves.png, metrics.jsonl, model.safetensors")
  }

  private func run<Model: GenerativeModel>(
    _ trainer: Trainer<Model>, _ data: TrainingData, _ heldOut: TrainingData?, _ folder: RunFolder,
    _ checkpoint: TrainingCheckpoint?, _ arguments: Arguments
  ) throws {
    var run = TrainingRun(
      program: options.program, folder: folder, report: ProgressReport(isQuiet: arguments[common.isQuiet]))
    StopSignal.catchAll()
    folder.onPreviewProgress = { _ in if StopSignal.current != nil { throw CancellationError() } }
    _ = try trainer.train(on: data, heldOut: heldOut, from: checkpoint) { try run.record($0) }
    run.complainAndExitIfIncomplete()
    run.complainOfWarnings()
  }

  private func checkCommon(_ arguments: Arguments) throws {
    if arguments.contains(common.epochs), arguments.contains(common.steps) {
      throw UsageError("--epochs and --steps exclude each other")
    }
    if let data = arguments[common.data], isSameFolder(data, arguments[common.out]) {
      throw UsageError(
        "--out: expected another folder than that of the images, found \"\(arguments[common.out])\"")
    }
  }

  /// Makes the folder ready and says where the training starts.
  private func begin(
    _ folder: RunFolder, _ checkpoint: TrainingCheckpoint?, _ arguments: Arguments, _ say: (String) -> Void
  ) throws {
    let lineCount = try folder.begin(from: checkpoint)
    guard let checkpoint else {
      if arguments[common.isResuming] { say("there is no \(folder.modelPath): starting from the beginning") }
      if let older = folder.pathOfOlderRun { say("\(folder.path) holds a training: its files move to \(older)") }
      return
    }
    say("going on after step \(checkpoint.step)")
    if lineCount < checkpoint.step {
      say("warning: metrics.jsonl tells of \(lineCount) of these steps only")
    }
  }
}

// MARK: - What is trained

extension TrainingProgram {
  /// The model of the checkpoint, if there is one and no option asks for another.
  private func model<Model: GenerativeModel>(
    _ model: Model, _ arguments: Arguments, _ checkpoint: TrainingCheckpoint?
  ) -> Model {
    guard let before = checkpoint?.model as? Model, arguments.names.isSubset(of: common.names) else { return model }
    return before
  }

  /// The training that the options ask for; what they leave open is as in the checkpoint.
  private func trainer<Model: GenerativeModel>(
    for model: Model, _ arguments: Arguments, _ checkpoint: TrainingCheckpoint?, _ data: TrainingData
  ) -> Trainer<Model> {
    let before = checkpoint?.settings
    func chosen<Value, Setting>(_ option: Option<Value>, _ value: Setting, _ old: Setting?) -> Setting {
      arguments.contains(option) ? value : old ?? value
    }
    var trainer = Trainer(
      model, length: common.length(arguments, of: Model.self),
      batchSize: chosen(common.batchSize, arguments[common.batchSize], before?.batchSize),
      seed: chosen(common.seed, UInt64(arguments[common.seed]), before?.seed),
      learningRate: chosen(
        common.learningRate, arguments[common.learningRate].map { Float($0) }, before?.learningRate))
    let schedule = common.schedule(arguments, totalSteps: trainer.totalSteps(on: data))
    let isGiven = arguments.contains(common.schedule) || arguments.contains(common.warmup)
    trainer.schedule = isGiven ? schedule : before?.schedule ?? schedule
    return trainer
  }

  /// Where the images come from, for messages.
  private func source(_ arguments: Arguments) -> String {
    (arguments[common.data] ?? "built-in digits") + (arguments[common.limit].map { " (--limit \($0))" } ?? "")
  }

  private func isSameFolder(_ first: String, _ second: String) -> Bool {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().standardized.path }
    return resolved(first) == resolved(second)
  }

  private func loadImages(_ arguments: Arguments) throws -> (images: ImageSet, heldOut: ImageSet?) {
    let limit = arguments[common.limit]
    guard let path = arguments[common.data] else {
      let count = min(limit ?? Self.builtInCount, Self.builtInCount)
      return (BuiltInDigits.make(count: count, seed: 0), BuiltInDigits.make(count: Self.builtInCount / 10, seed: 1))
    }
    let images = try ImageSet.load(path, split: .train, limit: limit)
    return (images, ImageSet.exists(at: path, split: .test) ? try ImageSet.load(path, split: .test) : nil)
  }

  private static let builtInCount = 30_000
}
