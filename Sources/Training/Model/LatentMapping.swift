import Datasets
import LatentSystem
import Layers
import Tensor

/// A model that maps its latents first, and makes a sample of one mapped latent for each layer of its generator: those of
/// the first layers decide what is coarse in it, those of the last ones what is fine.
///
/// Reference: Karras, Laine and Aila, "A style-based generator architecture for generative adversarial networks",
/// arXiv:1812.04948.
public protocol LatentMapping: LatentDecoding {
  /// The number of scalars in a mapped latent.
  var mappedSize: Int { get }

  /// How many layers take one.
  var layerCount: Int { get }

  /// How samples are made. ``TrainedModel/styled(_:)`` changes it.
  var styling: Styling { get set }

  /// The mapped latent of each latent: `[N] + latentShape` → `[N, mappedSize]`.
  func map(_ latents: Tensor, given condition: Condition, with state: State) -> Tensor

  /// The samples of mapped latents, moved towards their mean as ``styling`` says: `[N, layerCount, mappedSize]` →
  /// `[N] + sampleShape`. The same latents give the same samples: what else is random in them is what a seed gives.
  func decode(mapped: Tensor, given condition: Condition, with state: State) -> Tensor
}

/// How samples are made by a model that maps its latents.
public struct Styling: Sendable, Equatable {
  /// How much of a mapped latent's distance from the mean stays, usually called ψ: below 1 samples are more usual and
  /// more alike, at 0 they are all the same but for noise.
  public var truncation: Float = 1
  /// How many of the first layers that goes for; all if nil.
  public var truncatedLayers: Int?
  /// How many latents a new sample is made of, each for some layers in a row, that change at places drawn at random.
  public var mixedLatents = 1
  /// What the noise of samples of given latents is drawn with; as the model has it if nil. New samples have noise of their
  /// own.
  public var noiseSeed: UInt64?

  /// New samples as they are trained to be.
  public init() {}
}

extension TrainedModel {
  /// The same model, whose samples are made otherwise: more usual ones, or mixtures.
  ///
  /// ```swift
  /// let usual = try trained.styled { $0.truncation = 0.7 }
  /// let images = try usual.sample(64, seed: 1)
  /// ```
  /// - Throws: ``CapabilityError`` if the model does not map its latents, or a choice is out of range.
  public func styled(_ change: (inout Styling) throws -> Void) throws -> TrainedModel {
    var model = try mapper("style samples")
    try change(&model.styling)
    let styling = model.styling
    func check(_ condition: Bool, _ reason: String) throws {
      if !condition { throw CapabilityError(kind, cannot: "style samples", because: reason) }
    }
    try check(
      styling.truncation >= 0 && styling.truncation.isFinite,
      "expected a truncation of 0 or more, found \(styling.truncation)")
    try check(
      (1...model.layerCount).contains(styling.mixedLatents),
      "expected 1 to \(model.layerCount) latents to mix, one for each layer, found \(styling.mixedLatents)")
    if let layers = styling.truncatedLayers {
      try check(
        (0...model.layerCount).contains(layers), "expected 0 to \(model.layerCount) layers to truncate, found \(layers)"
      )
    }
    return TrainedModel(model: model, state: state, average: average, step: step)
  }

  /// The mapped latent of each latent, `[N, …]` → `[N, size]`.
  /// - Throws: ``CapabilityError`` if the model does not map its latents, or these are of another shape.
  public func map(_ latents: Tensor, given condition: Condition = .none) throws -> Tensor {
    let model = try mapper("map latents")
    try check(latents, model.latentShape, "map latents")
    try check(condition, model.sampleConditions, latents.shape[0], "map latents")
    return inBatches(latents, condition) { latents, condition, _ in
      model.map(latents, given: condition, with: state)
    }
  }

  /// The samples of mapped latents, one for each layer, `[N, layers, size]`, or one for all, `[N, size]`.
  /// - Throws: ``CapabilityError`` if the model does not map its latents, or these are of another shape.
  public func decode(mapped: Tensor, given condition: Condition = .none) throws -> Tensor {
    let model = try mapper("decode mapped latents")
    let all = mapped.rank == 2 ? MappedLatents.repeated(mapped, layers: model.layerCount) : mapped
    try check(all, [model.layerCount, model.mappedSize], "decode mapped latents")
    try check(condition, model.sampleConditions, all.shape[0], "decode mapped latents")
    return inBatches(all, condition, to: model.sampleShape) { mapped, condition, _ in
      model.decode(mapped: mapped, given: condition, with: state)
    }
  }

  private func mapper(_ task: String) throws -> any LatentMapping {
    try ability(task, "it does not map its latents") { $0 as? any LatentMapping }
  }
}
