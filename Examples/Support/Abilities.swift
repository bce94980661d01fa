import Latent

// What the programs say before any work if a model cannot do what they are for.

extension TrainedModel {
  /// Whether `inpaint` fills holes in images with the model.
  var fillsHoles: Bool {
    // It knows no captions of images.
    guard model.inputs.first?.sampleShape.rank == 3, !(model is any TextConditioned) else { return false }
    return (model as? any Restoring)?.takesMask ?? (model is any StepwiseSampling || model is any LatentDecoding)
  }

  /// Checks that the model has what a task takes.
  ///
  /// - Parameters:
  ///   - isAble: whether it has.
  ///   - task: what is asked of it, as `sample`.
  ///   - lack: why it cannot, as `it makes none of its own`.
  ///   - namesInpainting: whether to name the program that completes images with it, if that can.
  /// - Throws: ``CapabilityError`` if it has not.
  public func check(_ isAble: Bool, to task: String, _ lack: String, namesInpainting: Bool = false) throws {
    guard !isAble else { return }
    let hint = namesInpainting && fillsHoles ? "; inpaint fills holes in images with it" : ""
    throw CapabilityError("\(kind) cannot \(task): \(lack)\(hint)")
  }

  /// Checks that the model has what scores of strangeness are told from.
  /// - Throws: ``CapabilityError`` if it has not.
  public func checkScoring(by evidence: AnomalyEvidence) throws {
    switch evidence {
    case .model:
      try check(
        model is any AnomalyScoring, to: "score anomalies", "it has neither a likelihood nor a reconstruction")
    case .likelihood: try check(model is any LikelihoodEstimating, to: "tell likelihoods", "it has none")
    case .reconstruction: try check(model is any LatentEncoding, to: "reconstruct", "it has no encoder")
    case .discriminator: try check(model is any Discriminating, to: "score samples", "it has no discriminator")
    }
  }
}
