import Datasets
import Tensor

extension TrainedModel {
  /// Samples without their noise, `[N, …]` → `[N, …]`: restored by a model that learned that, else as an autoencoder
  /// reconstructs them, which knows nothing of noise and leaves it out. They are taken as they are, by models of binary
  /// pixels too.
  /// - Throws: ``CapabilityError`` if the model can do neither, or the samples are of another shape.
  public func denoise(_ samples: Tensor, given condition: Condition = .none, seed: UInt64 = 0) throws -> Tensor {
    if model is any Restoring { return try restore(samples, seed: seed) }
    guard model is any LatentEncoding else {
      throw CapabilityError(kind, cannot: "denoise", because: "it neither restores nor has an encoder")
    }
    return try reconstruct(samples, given: condition)
  }
}
