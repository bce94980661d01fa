import Datasets
import LatentSystem
import Layers
import Tensor

/// A model with its numbers, ready to be used, from any number of tasks at once.
///
/// What the model is able to do is a call of one line; what it is not, an error that says what it lacks:
///
/// ```swift
/// let trained = try ModelRegistry.standard.load("runs/train-vae/model.safetensors")
/// let images = try trained.sample(64, seed: 1)
/// let again = try trained.reconstruct(images)
/// ```
public struct TrainedModel: Sendable {
  /// The model.
  public let model: any GenerativeModel
  /// Its parameters and buffers.
  public let state: State
  /// A moving average of some of them, if the model's training kept one.
  public let average: State?
  /// The number of training steps behind them.
  public let step: Int

  /// A model with the given numbers.
  public init(model: any GenerativeModel, state: State, average: State? = nil, step: Int = 0) {
    self.model = model
    self.state = state
    self.average = average
    self.step = step
  }

  /// What a training has come to.
  init(_ model: any GenerativeModel, _ training: TrainingState) {
    self.init(model: model, state: training.state, average: training.average, step: training.step)
  }

  /// The model with the moving average in the place of the numbers of the last step; nil if there is none.
  ///
  /// Samples of an average are as a rule calmer.
  public var averaged: TrainedModel? {
    guard let average else { return nil }
    var state = state
    state.merge(average)
    return TrainedModel(model: model, state: state, step: step)
  }

  /// The same model for use in a program: it gives the same bits with less work, from any number of tasks at once.
  ///
  /// What can be made of the numbers alone is made once and kept: weights of convolutions of images as the kernels want
  /// them, weights after their transforms, such as a spectral norm. The batch normalization and the activation behind a dense
  /// layer or a convolution of images are done together with it, in fewer passes over memory.
  ///
  /// ```swift
  /// let generator = try ModelRegistry.standard.load("runs/train-dcgan/model.safetensors").prepared()
  /// let image = try generator.sample(1, seed: 7)
  /// ```
  ///
  /// What is kept is made by the first call that asks for it, which takes a little longer, and needs about four times the
  /// memory of the weights until these change or the last model with them is gone. The numbers are those of this moment: a training that
  /// goes on does not change them. Where the moving average is wanted, it is ``averaged`` that is prepared.
  ///
  /// Every ability of a model may be used. What there is nothing to prepare of is computed as ever: recurrent and
  /// attention layers, convolutions of sequences and volumes, normalization by class, and models that make a sample pixel
  /// by pixel gain little, and so does ``StyleGAN``, whose convolutions depend on each sample's style, but for the scaling
  /// of weights.
  public func prepared() -> TrainedModel {
    TrainedModel(model: model, state: state.prepared(for: model.network), average: average, step: step)
  }

  /// The name of the kind of model.
  public var kind: String { type(of: model).kind }

  /// Writes a checkpoint that ``ModelRegistry/load(_:)`` opens. An existing file is replaced when the new one is whole.
  ///
  /// A training cannot go on from it; that takes a ``TrainingCheckpoint``.
  /// - Throws: ``FileError`` if the file cannot be written, ``UnregisteredError`` if the configuration has a part that is
  ///   not registered, so that the file could not be opened.
  public func save(to path: String) throws {
    let (tensors, metadata) = try contents
    try CheckpointChecksum.write(tensors, metadata: metadata, to: path)
  }

  /// What is in a checkpoint.
  var contents: (tensors: [String: Tensor], metadata: [String: String]) {
    get throws {
      var tensors = state.tensors
      for (name, tensor) in average?.tensors ?? [:] { tensors[CheckpointKey.averagePrefix + name] = tensor }
      return (
        tensors,
        [
          CheckpointKey.version: CheckpointKey.currentVersion, CheckpointKey.model: kind,
          CheckpointKey.configuration: try CheckpointKey.text(model.configuration), CheckpointKey.step: "\(step)",
        ]
      )
    }
  }
}

extension TrainedModel: CustomStringConvertible {
  public var description: String {
    "\(kind) after \(counted(step, "step")), \(counted(model.network.parameterCount, "parameter"))"
  }
}
