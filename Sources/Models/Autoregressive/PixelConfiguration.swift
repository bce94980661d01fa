import Datasets
import Tensor
import Training

/// What the configurations of all models of pixels say.
public protocol PixelConfiguration: Codable, Sendable {
  /// The height of an image in pixels.
  var height: Int { get set }
  /// The width of an image in pixels.
  var width: Int { get set }
  /// What a pixel can be.
  var values: PixelValues { get set }
  /// How grey pixels become black or white ones, where these are learned.
  var binarization: Binarization { get set }
  /// The number of classes that the model is told; nil if it is told none.
  var classCount: Int? { get set }
}

extension PixelConfiguration {
  /// Height and width of an image.
  var imageSize: Tensor.Size2D { Tensor.Size2D(height: height, width: width) }
}

/// The checks of such configurations.
struct PixelLimits {
  let kind: String

  func check(_ name: String, _ value: Int, _ most: Int, least: Int = 1) throws {
    guard (least...most).contains(value) else {
      throw ConfigurationError("\(kind): \(name) is \(value), expected \(least) to \(most)")
    }
  }

  func check(_ configuration: some PixelConfiguration) throws {
    try check("height", configuration.height, 4096)
    try check("width", configuration.width, 4096)
    let (values, binarization) = (configuration.values, configuration.binarization)
    switch values {
    case .binary: break
    case .grey(let levels): try check("levels", levels, 256, least: 2)
    case .codes(let count): try check("codes", count, 4096, least: 2)
    }
    guard (values == .binary) == (binarization != .none) else {
      throw ConfigurationError(
        values == .binary
          ? "\(kind): binarization is none; black and white pixels are drawn, static or dynamic"
          : "\(kind): binarization is \(binarization), which takes black and white pixels")
    }
    if let classCount = configuration.classCount { try check("classCount", classCount, 65536, least: 2) }
  }
}
