import Datasets
import Tensor

extension TrainedModel {
  /// Samples without their noise, `[N, …]` → `[N, …]`: restored by a model that learned that, else as an autoencoder
  /// reconstructs them, which knows nothing of noise and leaves it out. They are taken as they are, by models of binary
  /// pixels too.
  /// - Throws: ``CapabilityError`` if the model can do neither, or the samples are of another shape. A model that fills
  ///   what is missing takes all that it is given for known, noise too, so it cannot.
  public func denoise(_ samples: Tensor, given condition: Condition = .none, seed: UInt64 = 0) throws -> Tensor {
    try checkDenoising()
    return model is any Restoring
      ? try restore(samples, seed: seed) : try reconstruct(samples, given: condition)
  }

  /// Checks that the model removes noise, before there are samples.
  /// - Throws: ``CapabilityError`` if it does not.
  public func checkDenoising() throws {
    if let model = model as? any Restoring {
      guard !model.takesMask else {
        throw CapabilityError(kind, cannot: "denoise", because: "it fills in what is missing and keeps what is there")
      }
    } else if !(model is any LatentEncoding) {
      throw CapabilityError(kind, cannot: "denoise", because: "it neither restores nor has an encoder")
    }
  }
}
