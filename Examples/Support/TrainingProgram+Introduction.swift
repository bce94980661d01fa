import Latent
import LatentSystem

// What a training program says of itself before the first step.

extension TrainingProgram {
  /// Tells lines, unless nothing is to be said.
  func say(_ lines: [String], _ arguments: Arguments) {
    guard !arguments[common.isQuiet] else { return }
    for line in lines { tell(line) }
  }

  /// What is said before the first step: what is trained on what, and what is odd about it.
  /// - Parameter stepsDone: how many steps a training that goes on has, which may be more than are asked for.
  func introduction<Model: GenerativeModel>(
    _ trainer: Trainer<Model>, on data: TrainingData, _ samples: TrainingSamples, isEvaluated: Bool,
    stepsDone: Int = 0, _ arguments: Arguments
  ) -> [String] {
    let (train, noun) = (samples.train, Subject.noun)
    let parameters = counted(trainer.model.network.parameterCount, "parameter")
    var lines = ["\(counted(train.count, noun)) of \(train.sampleShape), \(parameters)"]
    lines += samples.remarks
    if let limit = arguments[common.limit], limit > samples.loadedCount {
      lines.append("--limit \(limit): there are only \(samples.loadedCount)")
    }
    if trainer.heldOutShare != nil, let heldOut = samples.heldOut {
      lines.append("\(counted(heldOut.count, noun)) held out of the training")
    }
    if let poverty = samples.poverty { lines.append("warning: \(Self.warning(of: poverty))") }
    if let heldOut = samples.heldOut, !isEvaluated {
      lines.append("warning: no figures on the held-out \(noun)s, \(lack(of: heldOut, for: trainer.model))")
    }
    let total = max(stepsDone, trainer.totalSteps(on: data))
    lines += remarks(on: total, trainer, data, arguments)
    lines += trainer.model.remarks(onTrainingOf: total).map { "warning: \(options.namingOptions(in: $0))" }
    if case .warmup(let steps, _) = trainer.schedule, steps > total {
      lines.append(
        "warning: a warm-up of \(counted(steps, "step")) in a training of \(total): the learning rate never gets to its "
          + "full value")
    }
    return lines
  }

  /// What is said of samples that there is nothing to learn from.
  static func warning(of poverty: String) -> String { "\(poverty): there is nothing to learn from them" }

  /// What is said of a length that is another than people may expect, or does not make sense.
  private func remarks<Model: GenerativeModel>(
    on total: Int, _ trainer: Trainer<Model>, _ data: TrainingData, _ arguments: Arguments
  ) -> [String] {
    let batchesPerStep = trainer.model.batchesPerStep
    let usual = common.usualSteps(batchesPerStep: batchesPerStep)
    if total < max(trainer.model.leastStepsToJudge, usual / 50) {
      let batches = batchesPerEpoch(of: data, for: trainer.model, batchSize: trainer.batchSize)
      let unsaid = common.usualLength(batchesPerEpoch: batches, batchesPerStep: batchesPerStep)
        .steps(batchesPerEpoch: batches, batchesPerStep: batchesPerStep)
      return [
        "warning: \(counted(total, "step")), too few for good results; without --epochs and --steps a new training has "
          + "\(unsaid)"
      ]
    }
    guard trainer.length == .steps(usual), !common.saysLength(arguments) else { return [] }
    return ["\(counted(total, "step")), as the \(Subject.noun)s are few; --epochs or --steps says otherwise"]
  }

  /// Why a model cannot be evaluated on held-out samples, in words.
  private func lack(of samples: any SampleSource, for model: some GenerativeModel) -> String {
    if model is any TextConditioned { return "which have no captions" }
    let takesClasses = model.inputs.contains { if case .classes = $0.condition { true } else { false } }
    guard takesClasses, samples.conditions == .none else {
      let hasOthers = options.declarations.contains { $0.name == TranslationOptions.name }
      return hasOthers
        ? "as there are none of --\(TranslationOptions.name)" : "which are not what the model learns from"
    }
    return "which have no labels" + (samples.missingConditions.map { ": \($0)" } ?? "")
  }

  /// What is said where there is nothing left to do.
  func completion<Model: GenerativeModel>(
    _ trainer: Trainer<Model>, on data: TrainingData, _ checkpoint: TrainingCheckpoint, _ folder: RunFolder,
    _ arguments: Arguments
  ) -> String {
    let total = trainer.totalSteps(on: data)
    guard checkpoint.step <= total else {
      let steps = counted(checkpoint.step, "step")
      return "nothing to do: \(folder.modelPath) has \(steps), more than the \(total) asked for"
    }
    let line = "nothing to do: \(folder.modelPath) has \(checkpoint.step) of \(counted(total, "step"))"
    guard !common.saysLength(arguments), checkpoint.settings.length != nil else { return line }
    return "\(line), the whole training; --epochs or --steps can make it longer"
  }
}
