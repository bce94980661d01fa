import Layers
import Tensor

/// A model that describes a sample by codes: by the numbers of vectors in a codebook.
public protocol Quantizing: GenerativeModel {
  /// How many vectors the codebook has.
  var codeCount: Int { get }

  /// The codes of each sample, whole numbers in `0..<codeCount`: `[N] + sampleShape` → `[N, …]`.
  func codePictures(of samples: Tensor, with state: State) -> Tensor
}

extension TrainedModel {
  /// The codes of each sample, `[N, …]` → `[N, …]`: numbers of vectors in the model's codebook.
  /// - Throws: ``CapabilityError`` if the model has no codebook, or the samples are of another shape.
  public func codePictures(of samples: Tensor) throws -> Tensor {
    let model = try ability("tell codes", "it has no codebook") { $0 as? any Quantizing }
    try checkInput(samples, .none, "tell codes")
    return inBatches(samples) { samples, _, _ in model.codePictures(of: samples, with: state) }
  }
}
