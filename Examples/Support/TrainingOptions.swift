import Latent

/// The options that all programs which train a model have in common, with those of what they learn from in their midst.
public struct TrainingOptions<Subject: TrainingSubject> {
  let subject: Subject
  let data: Option<String?>
  let epochs: Option<Int>
  let steps: Option<Int?>
  let batchSize: Option<Int>
  let learningRate: Option<Double?>
  let schedule: Option<ScheduleName>
  let warmup: Option<Int>
  let hold: Option<Double>
  let limit: Option<Int?>
  let heldOutShare: Option<Double?>
  let seed: Option<Int>
  let threads: Option<Int?>
  let out: Option<String>
  let sampleEvery: Option<Int?>
  let checkpointEvery: Option<Int?>
  let keep: Option<Int>
  let from: Option<String?>
  let isResuming: Option<Bool>
  let isQuiet: Option<Bool>
  let isStrict: Option<Bool>
  /// Whether options of the model that are not given are those of the model of `--from`.
  let takesModelOptions: Bool
  /// The length of a usual training, and of what.
  private let usual: (epochs: Int, batchSize: Int, count: Int)

  /// Declares the options.
  /// - Parameter declareSubject: declares those of what is learned from.
  init(
    _ options: inout Options, epochs defaultEpochs: Int, batchSize defaultBatchSize: Int,
    schedule defaultSchedule: ScheduleName, usualCount: Int, takesModelOptions: Bool,
    _ declareSubject: (inout Options) -> Subject
  ) {
    let noun = Subject.noun
    self.takesModelOptions = takesModelOptions
    usual = (defaultEpochs, defaultBatchSize, usualCount)
    options.usualOption = "data"
    data = options.string("data", placeholder: "PATH", help: Subject.dataHelp)
    epochs = options.integer(
      "epochs", default: defaultEpochs, range: 1...1_000_000, placeholder: "N",
      help: "passes over the \(noun)s; of few \(noun)s more, for as many steps as with \(usualCount) of them")
    steps = options.integer(
      "steps", range: 1...1_000_000_000, placeholder: "N", help: "updates of the model, instead of --epochs")
    batchSize = options.integer(
      "batch-size", default: defaultBatchSize, range: 1...65536, placeholder: "N", help: "\(noun)s in a batch")
    learningRate = options.number(
      // What is neither 0 nor infinite as Float.
      "learning-rate", range: 1e-30...1e38, placeholder: "X", help: "the optimizer's step size, instead of the model's")
    schedule = options.choice(
      "schedule", default: defaultSchedule, placeholder: "NAME",
      help: "how learning rates fall to 0 over the training")
    warmup = options.integer(
      "warmup", default: 0, range: 0...1_000_000_000, placeholder: "N", help: "steps in which learning rates rise first"
    )
    hold = options.number(
      "hold", default: 0, range: 0...0.999, placeholder: "SHARE",
      help: "share of the training in which learning rates stay before they fall, as 0.5; takes a --schedule")
    limit = options.integer("limit", range: 1..., placeholder: "N", help: "use the first N \(noun)s only")
    heldOutShare = options.number(
      "hold-out", range: 0.0001...0.9, placeholder: "SHARE",
      help: "keep this share of the \(noun)s, drawn by the seed, out of the training, for figures on them")
    options.remember(limit.name)
    options.rememberPath(data.name)
    subject = declareSubject(&options)
    seed = options.integer("seed", default: 0, range: 0..., placeholder: "N", help: "decides all randomness")
    threads = options.threads()
    out = options.string("out", default: "runs/\(options.program)", placeholder: "DIR", help: "where to write to")
    sampleEvery = options.integer(
      "sample-every", range: 1..., placeholder: "N",
      help: "steps between sample grids; each epoch if not given, but not within five seconds")
    checkpointEvery = options.integer(
      "checkpoint-every", range: 1..., placeholder: "N",
      help: "steps between checkpoints; each epoch if not given, but not within five seconds")
    keep = options.integer(
      "keep", default: 0, range: 0...1_000_000, placeholder: "N",
      help: "how many of the last checkpoints stay as model-NNNNNN.safetensors, beside model.safetensors")
    from = options.string(
      "from", placeholder: "FILE",
      help:
        "begin with what this trained model has learned; it has to have the same network, to the number of its outputs; its loss may be another"
        + (takesModelOptions ? "; options of the model that are not given are as there" : "")
    )
    isResuming = options.flag(
      "resume",
      help:
        "go on from the checkpoint in the folder; what no option says is as before, but for the paths of what is learned "
        + "from, and of what was said only the length, the learning rate and its schedule may change")
    isQuiet = options.flag("quiet", help: "print nothing but errors")
    isStrict = options.flag(
      "strict", help: "end with exit code 3 if the training ended badly, or was too short to tell")
  }

  /// How long to train: as the options say, or else as `before`; or else the usual number of epochs, but as many steps at
  /// least as these are of the usual number of samples.
  ///
  /// - Parameters:
  ///   - isNew: whether the training does not go on with another one.
  ///   - batchesPerEpoch: of the samples that there are.
  ///   - batchesPerStep: as the model takes them.
  func length(
    _ arguments: Arguments, before: TrainingLength?, isNew: Bool, batchesPerEpoch: Int, batchesPerStep: Int
  ) -> TrainingLength {
    // Of the two, what is on the command line counts, not what a preset says.
    if let steps = arguments[steps], !arguments.isGiven(epochs) { return .steps(steps) }
    if arguments.contains(epochs) { return .epochs(arguments[epochs]) }
    if let before { return before }
    guard isNew else { return .epochs(usual.epochs) }
    return usualLength(batchesPerEpoch: batchesPerEpoch, batchesPerStep: batchesPerStep)
  }

  /// How long a new training is if nobody says so: the usual number of epochs, but as many steps at least as these are of
  /// the usual number of samples.
  func usualLength(batchesPerEpoch: Int, batchesPerStep: Int) -> TrainingLength {
    let length = TrainingLength.epochs(usual.epochs)
    let least = usualSteps(batchesPerStep: batchesPerStep)
    let isLong = length.steps(batchesPerEpoch: batchesPerEpoch, batchesPerStep: batchesPerStep) >= least
    return isLong ? length : .steps(least)
  }

  /// The number of steps of a usual training on the usual number of samples.
  func usualSteps(batchesPerStep: Int) -> Int {
    TrainingLength.epochs(usual.epochs).steps(
      batchesPerEpoch: usual.count / usual.batchSize, batchesPerStep: batchesPerStep)
  }

  /// Whether the options say how long to train.
  func saysLength(_ arguments: Arguments) -> Bool { arguments.contains(epochs) || arguments.contains(steps) }

  /// The schedule of a training of so many steps. Warm-up and what follows it are each as the options say, or else as
  /// `before`; what falls to 0 does so over the new length, if another one is given.
  func schedule(
    _ arguments: Arguments, totalSteps: Int, before: LearningRateSchedule?
  ) -> LearningRateSchedule {
    let isGiven = (schedule: arguments.contains(schedule), warmup: arguments.contains(warmup))
    if let before, !isGiven.schedule, !isGiven.warmup, !arguments.contains(hold), !saysLength(arguments) {
      return before
    }
    var (oldWarmup, oldHold, old) = (0, 0.0, before)
    if case .warmup(let steps, let then)? = old { (oldWarmup, old) = (steps, then) }
    if case .hold(let steps, let then)? = old { (oldHold, old) = (Self.share(of: steps, before: then), then) }
    let steps = isGiven.warmup || before == nil ? arguments[warmup] : oldWarmup
    let name = isGiven.schedule || old == nil ? arguments[schedule] : old.flatMap(ScheduleName.init)
    let share = arguments.contains(hold) || before == nil ? arguments[hold] : oldHold
    let held = name == .constant ? 0 : Int((Double(max(0, totalSteps - steps)) * share).rounded())
    // What the option cannot say stays as it is.
    var falling = name?.schedule(steps: totalSteps - steps - held) ?? old ?? .constant
    if held > 0 { falling = .hold(steps: held, then: falling) }
    return steps == 0 ? falling : .warmup(steps: steps, then: falling)
  }

  /// The share of a training in which learning rates stay, that has so many such steps before a schedule.
  private static func share(of steps: Int, before schedule: LearningRateSchedule) -> Double {
    switch schedule {
    case .linear(_, let falling), .cosine(_, let falling): Double(steps) / Double(max(1, steps + falling))
    default: 0
    }
  }
}
