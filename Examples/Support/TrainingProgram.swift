import Latent
import LatentSystem

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What all programs that train a model have in common: their options, data, output folder and progress.
public struct TrainingProgram<Subject: TrainingSubject> {
  /// The options so far; a program adds its own.
  public var options: Options
  let common: TrainingOptions<Subject>
  /// What a training begins with in place of first values, nil for these: made of the model of `--from`, if that was given.
  public var initialState:
    (_ arguments: Arguments, _ model: any GenerativeModel, _ seed: UInt64, _ from: TrainedModel?) throws -> State? = {
      _, _, _, from in from?.state
    }

  /// Checks that options which name something that a training begins with do not name something else when it goes on.
  public var checkEarlier: (_ arguments: Arguments, _ earlier: TrainingCheckpoint) throws -> Void = { _, _ in }

  /// A program with the common options, which learns from samples of the given kind.
  ///
  /// - Parameter usualCount: of how many samples the default number of epochs is enough; of fewer there are more. As many as
  ///   the library draws if nil.
  public init(
    _ name: String, summary: String, epochs defaultEpochs: Int, batchSize defaultBatchSize: Int,
    schedule defaultSchedule: ScheduleName = .constant, subject: Subject.Type, usualCount: Int? = nil
  ) {
    self.init(
      name, summary: summary, epochs: defaultEpochs, batchSize: defaultBatchSize, schedule: defaultSchedule,
      usualCount: usualCount, takesModelOptions: false
    ) { subject.init(&$0) }
  }

  init(
    _ name: String, summary: String, epochs defaultEpochs: Int, batchSize defaultBatchSize: Int,
    schedule defaultSchedule: ScheduleName, usualCount: Int?, takesModelOptions: Bool,
    _ declareSubject: (inout Options) -> Subject
  ) {
    options = Options(name, summary: summary)
    common = TrainingOptions(
      &options, epochs: defaultEpochs, batchSize: defaultBatchSize, schedule: defaultSchedule,
      usualCount: usualCount ?? Subject.builtInCount, takesModelOptions: takesModelOptions, declareSubject)
  }

  /// The model of the checkpoint that a training goes on from, or else that of `--from`, for programs that train several
  /// kinds; nil without them, and where it cannot be read, which the training itself says.
  public func earlierModel(_ arguments: Arguments) -> (any GenerativeModel)? {
    let path = arguments[common.isResuming] ? arguments[common.out] + "/model.safetensors" : arguments[common.from]
    return path.flatMap { try? openModel($0) }?.model
  }

  /// Whether a training goes on.
  public func isResuming(_ arguments: Arguments) -> Bool { arguments[common.isResuming] }

  /// How many samples a batch has, if the options say so, or else usually.
  public func batchSize(_ arguments: Arguments) -> Int { arguments[common.batchSize] }

  /// How many steps the training that the options ask for has on such samples, with a batch a step.
  public func stepCount(_ arguments: Arguments, of samples: any SampleSource) -> Int {
    let batches = samples.count / arguments[common.batchSize]
    return common.length(arguments, before: nil, isNew: true, batchesPerEpoch: batches, batchesPerStep: 1)
      .steps(batchesPerEpoch: batches)
  }

  /// Checks that there is one learning rate for both networks of a GAN, or one for each.
  /// - Throws: ``UsageError`` if there are both.
  public func checkRates<Generator, Discriminator>(
    _ arguments: Arguments, generator: Option<Generator>, discriminator: Option<Discriminator>
  ) throws {
    let own = [
      arguments.contains(generator) ? arguments.name(of: generator) : nil,
      arguments.contains(discriminator) ? arguments.name(of: discriminator) : nil,
    ].compactMap(\.self)
    guard !own.isEmpty, arguments.contains(common.learningRate) else { return }
    throw UsageError("\(arguments.name(of: common.learningRate)) excludes \(own.joined(separator: " and "))")
  }

  /// Reads the command line and trains a model of the given kind; ends the process with one line if something is wrong.
  ///
  /// - Parameters:
  ///   - configure: the configuration that the options ask for, for samples like those that are to be learned. With
  ///     `--resume` it starts from the configuration `before` of the checkpoint and changes what options say, with `--from`,
  ///     if the program takes the options of that model, from its; else, and where that is one of another kind, `before` is
  ///     nil.
  ///   - streams: what the model learns from, made of the images; of held-out ones what it is evaluated on.
  public func run<Model: GenerativeModel>(
    _ kind: Model.Type,
    streams: (
      _ arguments: Arguments, _ samples: any SampleSource, _ isHeldOut: Bool
    ) throws -> TrainingData = { _, samples, _ in TrainingData(samples) },
    _ configure: (
      _ arguments: Arguments, _ samples: any SampleSource, _ before: Model.Configuration?
    ) throws -> Model.Configuration
  ) {
    func learned(_ arguments: Arguments, _ samples: any SampleSource, _ isHeldOut: Bool) throws -> LearningData {
      LearningData(try streams(arguments, samples, isHeldOut))
    }
    run(kind, learned) { arguments, samples, before in
      let configuration = try configure(arguments, samples, before)
      return Plan(configuration: configuration, data: try streams(arguments, samples, false))
    }
  }

  /// The same for a model whose configuration depends on all that it learns from.
  ///
  /// - Parameters:
  ///   - streams: what the model learns from, made of the images; of held-out ones what it is evaluated on.
  ///   - configure: the configuration that the options ask for, for streams like those that are to be learned.
  public func run<Model: GenerativeModel>(
    _ kind: Model.Type,
    learningFrom streams: (
      _ arguments: Arguments, _ samples: any SampleSource, _ isHeldOut: Bool
    ) throws -> LearningData,
    _ configure: (
      _ arguments: Arguments, _ data: TrainingData, _ before: Model.Configuration?
    ) throws -> Model.Configuration
  ) {
    run(kind, streams) { arguments, samples, before in
      let learned = try streams(arguments, samples, false)
      let data = learned.data
      let counts = data.names.compactMap { name in
        data[name].map { "\(counted($0.count, Subject.noun)) of \($0.sampleShape) as \(name)" }
      }
      return Plan(
        configuration: try configure(arguments, data, before), data: data,
        remarks: (counts.count == 1 ? Self.remarks(on: data.main) : counts) + learned.remarks, sources: learned.sources)
    }
  }

  /// What is to be said of captions, after a line that tells of the images.
  private static func remarks(on source: (any SampleSource)?) -> [String] {
    guard let source = source as? any CaptionedSource else { return [] }
    let words = counted(source.vocabulary.words.count, "word")
    let captions = "captions of \(words): \(quoted(source.caption(at: 0))), …"
    guard source is CaptionedDigits else { return [captions] }
    return ["\(counted(source.count, "scene")) of \(source.sampleShape) drawn from them, with \(captions)"]
  }

  /// What is trained on what.
  private struct Plan<Configuration> {
    let configuration: Configuration
    let data: TrainingData
    /// What is to be said of it.
    var remarks: [String] = []
    /// Where the streams come from that are not made of the images of `--data`.
    var sources: [String: String] = [:]
  }

  private func run<Model: GenerativeModel>(
    _ kind: Model.Type, _ streams: (Arguments, any SampleSource, _ isHeldOut: Bool) throws -> LearningData,
    _ plan: (Arguments, any SampleSource, Model.Configuration?) throws -> Plan<Model.Configuration>
  ) {
    let arguments = options.parseOrExit()
    do {
      try train(arguments, kind, streams, plan)
    } catch {
      fail(error, program: options.program) { options.namingOptions(in: $0) }
    }
  }

  private func train<Model: GenerativeModel>(
    _ given: Arguments, _ kind: Model.Type,
    _ streams: (Arguments, any SampleSource, _ isHeldOut: Bool) throws -> LearningData,
    _ plan: (Arguments, any SampleSource, Model.Configuration?) throws -> Plan<Model.Configuration>
  ) throws {
    try checkCommon(given)
    if let count = given[common.threads] { Threads.count = count }
    let before = try given[common.isResuming] ? earlierTraining(given) : nil
    let checkpoint = before?.checkpoint
    let arguments = options.recalling(checkpoint?.settings.notes ?? [:], given)
    try checkPaths(arguments, before: checkpoint?.settings)
    let samples = try loadSamples(arguments, before: checkpoint)
    let learned = try checkpoint == nil ? arguments[common.from].map { try openModel($0) } : nil
    let earlier = checkpoint?.model ?? (common.takesModelOptions ? learned?.model : nil)
    let plan = try plan(arguments, samples.train, (earlier as? Model)?.configuration)
    let (model, data) = (try Model(plan.configuration), plan.data)
    let others = try samples.heldOut.map { try streams(arguments, $0, true) }
    let heldOut = others.map(\.data).flatMap { canEvaluate(model, on: $0) ? $0 : nil }
    var trainer = trainer(for: model, arguments, checkpoint, data)
    trainer.augmentation = samples.augmentation
    trainer.notes = options.notes(arguments)
    if let checkpoint {
      try checkEarlier(arguments, checkpoint)
    } else {
      trainer.initialState = try initialState(arguments, model, trainer.seed, learned)
      trainer.beginsTrained = learned != nil
    }
    // Before there is a folder: what is wrong with the data or the settings leaves nothing behind.
    do {
      try trainer.validate(data, heldOut: heldOut, source: source(arguments), sources: plan.sources)
    } catch let error as TrainingError {
      if let excess = excess(of: samples, for: error, trainer.heldOutShare) { throw excess }
      throw options.namingSizes(in: error, arguments)
    }
    if let checkpoint { try trainer.validate(checkpoint, on: data, heldOut: heldOut) }
    let folder = try before?.folder ?? openFolder(arguments)
    if let poverty = samples.poverty, arguments[common.isQuiet] {
      SystemFile.writeError("\(options.program): warning: \(Self.warning(of: poverty))\n")
    }
    say(
      introduction(trainer, on: data, samples, isEvaluated: heldOut != nil, stepsDone: checkpoint?.step ?? 0, arguments)
        + plan.remarks + (others?.remarks ?? []), arguments)
    if let checkpoint, checkpoint.step >= trainer.totalSteps(on: data) {
      say([completion(trainer, on: data, checkpoint, folder, arguments)], arguments)
      return exitIfStrict(endedWell: tellHowItEnded(trainer, checkpoint, folder, samples, arguments), arguments)
    }
    try folder.checkCheckpoints(of: model, isResuming: checkpoint != nil)
    try begin(folder, checkpoint, arguments)
    let endedWell = try run(trainer, data, heldOut, folder, checkpoint, samples, arguments)
    say(["wrote \(folder.path): \(folder.fileNames.joined(separator: ", "))"], arguments)
    exitIfStrict(endedWell: endedWell, arguments)
  }

  private func exitIfStrict(endedWell: Bool, _ arguments: Arguments) {
    if arguments[common.isStrict], !endedWell { exit(3) }
  }

  /// - Returns: whether nothing was going wrong at the end of a training that is over.
  private func tellHowItEnded<Model: GenerativeModel>(
    _ trainer: Trainer<Model>, _ checkpoint: TrainingCheckpoint, _ folder: RunFolder, _ samples: TrainingSamples,
    _ arguments: Arguments
  ) -> Bool {
    let report = ProgressReport(
      isQuiet: arguments[common.isQuiet], secondsBefore: folder.secondsBefore, isPoor: samples.poverty != nil)
    var run = TrainingRun(program: options.program, folder: folder, report: report, poverty: samples.poverty)
    var trainer = trainer
    // A training that was longer than is asked for now ended, if it did, by the schedule that it had.
    trainer.schedule = checkpoint.settings.schedule
    run.take(trainer.warnings(at: checkpoint, isLast: true), at: checkpoint)
    return run.tellHowItEnded(isStrict: arguments[common.isStrict])
  }

  /// - Returns: whether nothing was going wrong at the end.
  private func run<Model: GenerativeModel>(
    _ trainer: Trainer<Model>, _ data: TrainingData, _ heldOut: TrainingData?, _ folder: RunFolder,
    _ checkpoint: TrainingCheckpoint?, _ samples: TrainingSamples, _ arguments: Arguments
  ) throws -> Bool {
    let report = ProgressReport(
      isQuiet: arguments[common.isQuiet], secondsBefore: folder.secondsBefore, isPoor: samples.poverty != nil)
    var run = TrainingRun(program: options.program, folder: folder, report: report, poverty: samples.poverty)
    StopSignal.catchAll()
    folder.onPreviewProgress = { _ in if StopSignal.current != nil { throw CancellationError() } }
    _ = try trainer.train(on: data, heldOut: heldOut, from: checkpoint) { try run.record($0) }
    run.complainAndExitIfIncomplete()
    return run.tellHowItEnded(isStrict: arguments[common.isStrict])
  }

  private func checkCommon(_ arguments: Arguments) throws {
    if arguments.isGiven(common.epochs), arguments.isGiven(common.steps) {
      throw UsageError("--epochs and --steps exclude each other")
    }
    if arguments[common.from] != nil, arguments[common.isResuming] {
      throw UsageError("--from and --resume exclude each other; a training goes on from its own checkpoint")
    }
    if arguments.isGiven(common.hold) {
      let isFalling = arguments[common.schedule] != .constant || arguments[common.isResuming]
      try arguments.check(common.hold, hasMeaning: isFalling, "with --schedule linear or cosine")
    }
    if let data = arguments[common.data], isSameFolder(data, arguments[common.out]) {
      throw UsageError(
        "--out: expected another folder than that of the \(Subject.noun)s, found \"\(arguments[common.out])\"")
    }
  }

  /// Checks that a training which goes on does not fall back to what the library draws.
  private func checkPaths(_ arguments: Arguments, before: TrainingSettings?) throws {
    guard let name = options.missingPath(before?.notes ?? [:], arguments) else { return }
    let content = options.rememberedPaths[name]?.content ?? "\(Subject.noun)s"
    throw UsageError(
      "--\(name): expected the path of the \(content) of the training that goes on; its checkpoint keeps no paths")
  }

  /// The error that too few samples are left for a batch where so many are held out; nil if that is not why.
  private func excess(of samples: TrainingSamples, for error: TrainingError, _ share: Double?) -> UsageError? {
    guard let share, case .tooFewSamples(let left, let batchSize, _) = error, left == samples.train.count,
      let heldOut = samples.heldOut?.count, left + heldOut >= batchSize
    else { return nil }
    return UsageError(
      "--hold-out: expected a share that leaves a batch of \(batchSize), found \(share), which leaves \(left) of "
        + "\(counted(left + heldOut, Subject.noun)); --batch-size takes fewer")
  }

  private func openFolder(_ arguments: Arguments) throws -> RunFolder {
    try RunFolder(
      arguments[common.out], sampleEvery: arguments[common.sampleEvery],
      checkpointEvery: arguments[common.checkpointEvery], leastSeconds: 5, keep: arguments[common.keep])
  }

  /// The training to go on with, in a folder that is there already.
  private func earlierTraining(_ arguments: Arguments) throws -> (folder: RunFolder, checkpoint: TrainingCheckpoint) {
    let path = arguments[common.out]
    guard RunFolder.hasCheckpoint(path) else {
      throw UsageError("--resume: there is no checkpoint in \(path); without --resume a training starts there")
    }
    let folder = try openFolder(arguments)
    guard let checkpoint = try folder.checkpoint() else {
      throw UsageError("--resume: the checkpoint \(folder.modelPath) is gone")
    }
    return (folder, checkpoint)
  }

  /// Makes the folder ready and says where the training starts.
  private func begin(_ folder: RunFolder, _ checkpoint: TrainingCheckpoint?, _ arguments: Arguments) throws {
    let lineCount = try folder.begin(from: checkpoint)
    guard let checkpoint else {
      if let older = folder.pathOfOlderRun {
        say(["\(folder.path) holds a training: its files move to \(older)"], arguments)
      }
      return
    }
    say(["going on after step \(checkpoint.step)"], arguments)
    if lineCount < checkpoint.step {
      say(["warning: metrics.jsonl tells of \(lineCount) of these steps only"], arguments)
    }
  }
}

// MARK: - What is trained

extension TrainingProgram {
  /// Where the samples come from, for messages.
  private func source(_ arguments: Arguments) -> String {
    (arguments[common.data] ?? Subject.builtIn) + (arguments[common.limit].map { " (--limit \($0))" } ?? "")
  }

  /// The samples that the options ask for. What is held out of them is as before in a training that goes on.
  private func loadSamples(_ arguments: Arguments, before: TrainingCheckpoint?) throws -> TrainingSamples {
    let seed = arguments.contains(common.seed) ? UInt64(arguments[common.seed]) : before?.settings.seed ?? 0
    return try common.subject.samples(
      TrainingRequest(
        arguments: arguments, path: arguments[common.data], limit: arguments[common.limit],
        heldOutShare: heldOutShare(arguments, before: before?.settings),
        heldOutGenerator: RandomGenerator(seed: seed, stream: RandomStream.heldOut), before: before,
        isQuiet: arguments[common.isQuiet]))
  }

  /// Which share of the samples is held out.
  private func heldOutShare(_ arguments: Arguments, before: TrainingSettings?) -> Double? {
    arguments[common.heldOutShare] ?? before?.heldOutShare
  }

  /// The training that the options ask for; what they leave open is as in the checkpoint.
  private func trainer<Model: GenerativeModel>(
    for model: Model, _ arguments: Arguments, _ checkpoint: TrainingCheckpoint?, _ data: TrainingData
  ) -> Trainer<Model> {
    let before = checkpoint?.settings
    func chosen<Value, Setting>(_ option: Option<Value>, _ value: Setting, _ old: Setting?) -> Setting {
      arguments.contains(option) ? value : old ?? value
    }
    let batchSize = chosen(common.batchSize, arguments[common.batchSize], before?.batchSize)
    let length = common.length(
      arguments, before: before?.length, isNew: before == nil,
      batchesPerEpoch: batchesPerEpoch(of: data, for: model, batchSize: batchSize), batchesPerStep: model.batchesPerStep
    )
    var trainer = Trainer(
      model, length: length, batchSize: batchSize,
      seed: chosen(common.seed, UInt64(arguments[common.seed]), before?.seed),
      learningRate: chosen(
        common.learningRate, arguments[common.learningRate].map { Float($0) }, before?.learningRate))
    trainer.heldOutShare = heldOutShare(arguments, before: before)
    trainer.schedule = common.schedule(
      arguments, totalSteps: trainer.totalSteps(on: data), before: before?.schedule)
    return trainer
  }

  /// How many batches of the samples that a model learns from there are in a pass over them.
  func batchesPerEpoch(of data: TrainingData, for model: some GenerativeModel, batchSize: Int) -> Int {
    (data[model.inputs.first?.stream ?? TrainingData.mainStream]?.count ?? 0) / batchSize
  }

  /// Whether the model can be evaluated on held-out data: all of its streams are there, and labels if it is told classes.
  private func canEvaluate(_ model: some GenerativeModel, on data: TrainingData) -> Bool {
    model.inputs.allSatisfy { input in
      data[input.stream].map { input.condition == .none || $0.conditions != .none } ?? false
    }
  }
}
