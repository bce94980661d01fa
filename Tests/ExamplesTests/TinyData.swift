import Latent

/// The contents of files that the examples read, small enough to be made for each test.
enum TinyData {
  /// An uncompressed IDX file of `shape` whose header and bytes are written out here, not by the library.
  static func idx(_ shape: [Int], type: UInt8 = 0x08, byteCount: Int? = nil) -> [UInt8] {
    let header: [UInt8] = [0, 0, type, UInt8(shape.count)]
    let sizes = shape.flatMap { [UInt8($0 >> 24 & 255), UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
    let count = byteCount ?? shape.reduce(1, *)
    return header + sizes + (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 ^ $0 >> 3) }
  }

  /// Twelve images of 4×5 pixels.
  static let images = idx([12, 4, 5])

  /// A label from 0 to 2 for each image.
  static let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 12] + (0..<12).map { UInt8($0 % 3) }

  /// Options that make a training on these images take no time.
  static let options = ["--batch-size", "4", "--hidden-size", "8", "--latent-size", "2", "--steps", "2"]

  /// Twelve images of 8×4 pixels, as convolutional networks need them: multiples of 4.
  static let evenImages = idx([12, 8, 4])

  /// A VAE for images of 4×5 pixels with its first values.
  static func untrainedVAE() throws -> TrainedModel {
    let vae = try VAE(VAE.Configuration(height: 4, width: 5, latentSize: 2, hiddenSize: 8))
    return TrainedModel(model: vae, state: vae.makeTraining(seed: 1).state, step: 7)
  }
}
