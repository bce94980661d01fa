import Latent

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What all programs that train a model have in common: their options, data, output folder and progress.
public struct TrainingProgram {
  /// The options so far; a program adds its own.
  public var options: Options
  private let data: Option<String?>
  private let epochs: Option<Int>
  private let steps: Option<Int?>
  private let batchSize: Option<Int>
  private let learningRate: Option<Double?>
  private let limit: Option<Int?>
  private let seed: Option<Int>
  private let threads: Option<Int?>
  private let out: Option<String>
  private let sampleEvery: Option<Int?>
  private let checkpointEvery: Option<Int?>
  private let keep: Option<Int>
  private let isResuming: Option<Bool>
  private let isQuiet: Option<Bool>

  /// A program with the common options.
  public init(_ name: String, summary: String, epochs defaultEpochs: Int, batchSize defaultBatchSize: Int) {
    options = Options(name, summary: summary)
    data = options.string(
      "data", placeholder: "PATH",
      help:
        "a folder with train-images-idx3-ubyte[.gz] or .png files, or an IDX or .npy file; built-in digits if not given"
    )
    epochs = options.integer(
      "epochs", default: defaultEpochs, range: 1...1_000_000, placeholder: "N", help: "passes over the images")
    steps = options.integer(
      "steps", range: 1...1_000_000_000, placeholder: "N", help: "updates of the model, instead of --epochs")
    batchSize = options.integer(
      "batch-size", default: defaultBatchSize, range: 1...65536, placeholder: "N", help: "images in a batch")
    learningRate = options.number(
      // What is neither 0 nor infinite as Float.
      "learning-rate", range: 1e-30...1e38, placeholder: "X", help: "the optimizer's step size, instead of the model's")
    limit = options.integer("limit", range: 1..., placeholder: "N", help: "use the first N images only")
    seed = options.integer("seed", default: 0, range: 0..., placeholder: "N", help: "decides all randomness")
    threads = options.integer(
      "threads", range: 1...Threads.limit, placeholder: "N", help: "processor cores to use; also LATENT_THREADS")
    out = options.string("out", default: "runs/\(name)", placeholder: "DIR", help: "where to write to")
    sampleEvery = options.integer(
      "sample-every", range: 1..., placeholder: "N", help: "steps between sample grids; each epoch if not given")
    checkpointEvery = options.integer(
      "checkpoint-every", range: 1..., placeholder: "N", help: "steps between checkpoints; each epoch if not given")
    keep = options.integer(
      "keep", default: 0, range: 0...1_000_000, placeholder: "N",
      help: "how many of the last checkpoints stay as model-NNNNNN.safetensors, beside model.safetensors")
    isResuming = options.flag(
      "resume",
      help: "go on from the checkpoint in the folder; all other options must be as before, but for --epochs, --steps, "
        + "--threads, --sample-every, --checkpoint-every, --keep and --quiet")
    isQuiet = options.flag("quiet", help: "print nothing but errors")
  }

  /// Whether the images are those drawn by the library.
  public func usesBuiltInDigits(_ arguments: Arguments) -> Bool { !arguments.contains(data) }

  /// Reads the command line, trains the model that `makeModel` makes for images of the given shape, and ends the
  /// process with one line if something is wrong.
  public func run<Model: GenerativeModel>(
    _ makeModel: (_ arguments: Arguments, _ imageShape: Tensor.Shape) throws -> Model
  ) {
    let arguments = options.parseOrExit()
    do {
      try train(arguments, makeModel)
    } catch {
      fail(error, program: options.program)
    }
  }

  private func train<Model: GenerativeModel>(
    _ arguments: Arguments, _ makeModel: (Arguments, Tensor.Shape) throws -> Model
  ) throws {
    if arguments.contains(epochs), arguments.contains(steps) {
      throw UsageError("--epochs and --steps exclude each other")
    }
    if let count = arguments[threads] { Threads.count = count }
    let (images, heldOut) = try loadImages(arguments)
    let trainer = Trainer(
      try makeModel(arguments, images.imageShape),
      length: arguments[steps].map { .steps($0) } ?? .epochs(arguments[epochs]), batchSize: arguments[batchSize],
      seed: UInt64(arguments[seed]), learningRate: arguments[learningRate].map { Float($0) })
    let source =
      (arguments[data] ?? "built-in digits") + (arguments[limit].map { " (--limit \($0))" } ?? "")
    try trainer.validate(images, source: source)
    if let heldOut, heldOut.imageShape != images.imageShape {
      throw TrainingError.imageShape(
        expected: images.imageShape, found: heldOut.imageShape, source: source + " (held-out images)")
    }
    if let data = arguments[data], isSameFolder(data, arguments[out]) {
      throw UsageError("--out: expected another folder than that of the images, found \"\(arguments[out])\"")
    }
    let folder = try RunFolder(
      arguments[out], sampleEvery: arguments[sampleEvery], checkpointEvery: arguments[checkpointEvery],
      keep: arguments[keep])
    let say = { (text: String) in if !arguments[isQuiet] { print(text) } }
    say("\(images.count) images of \(images.imageShape), \(trainer.model.network.parameterCount) parameters")
    let checkpoint = arguments[isResuming] ? try folder.checkpoint() : nil
    if let checkpoint {
      try trainer.validate(checkpoint, on: images, heldOut: heldOut)
      let total = trainer.totalSteps(on: images)
      guard checkpoint.step < total else {
        return say("nothing to do: \(folder.modelPath) has \(checkpoint.step) of \(total) steps")
      }
    }
    try folder.checkSpace(for: trainer.model, isResuming: checkpoint != nil)
    try begin(folder, checkpoint, isResuming: arguments[isResuming], say)
    var run = TrainingRun(
      program: options.program, folder: folder, report: ProgressReport(isQuiet: arguments[isQuiet]))
    StopSignal.catchAll()
    _ = try trainer.train(on: images, heldOut: heldOut, from: checkpoint) { try run.record($0) }
    run.complainAndExitIfIncomplete()
    say("wrote \(arguments[out]): samples.png, curves.png, metrics.jsonl, model.safetensors")
    run.complainOfWarnings()
  }

  /// Makes the folder ready and says where the training starts.
  private func begin(
    _ folder: RunFolder, _ checkpoint: TrainingCheckpoint?, isResuming: Bool, _ say: (String) -> Void
  ) throws {
    let lineCount = try folder.begin(from: checkpoint)
    guard let checkpoint else {
      if isResuming { say("there is no \(folder.modelPath): starting from the beginning") }
      if let older = folder.pathOfOlderRun { say("\(folder.path) holds a training: its files move to \(older)") }
      return
    }
    say("going on after step \(checkpoint.step)")
    if lineCount < checkpoint.step {
      say("warning: metrics.jsonl tells of \(lineCount) of these steps only")
    }
  }

  private func isSameFolder(_ first: String, _ second: String) -> Bool {
    func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().standardized.path }
    return resolved(first) == resolved(second)
  }

  private func loadImages(_ arguments: Arguments) throws -> (images: ImageSet, heldOut: ImageSet?) {
    let limit = arguments[limit]
    guard let path = arguments[data] else {
      let count = min(limit ?? Self.builtInCount, Self.builtInCount)
      return (BuiltInDigits.make(count: count, seed: 0), BuiltInDigits.make(count: Self.builtInCount / 10, seed: 1))
    }
    let images = try ImageSet.load(path, split: .train, limit: limit)
    return (images, ImageSet.exists(at: path, split: .test) ? try ImageSet.load(path, split: .test) : nil)
  }

  private static let builtInCount = 30_000
}
