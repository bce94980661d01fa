import LatentFormats
import LatentSystem
import Tensor

/// What images of any size and colour become as they are read.
///
/// ```swift
/// let faces = try ImageSet.load("faces", preparation: ImagePreparation(size: 64, crop: .centre, channels: 3))
/// ```
public struct ImagePreparation: Sendable, Equatable {
  /// What is left out where an image has another shape than it is to have.
  public enum Crop: String, Sendable, CaseIterable {
    /// Nothing: it is stretched.
    case none
    /// What lies around the largest part in the middle that has the new shape.
    case centre
  }

  /// The size that images get; nil for their own, which has to be the same for all.
  public var size: Tensor.Size2D?
  /// What is left out.
  public var crop: Crop
  /// 1 for grey images, 3 for coloured ones; nil for what they are: coloured, if one of them is.
  public var channels: Int?
  /// What a new pixel is made of.
  public var filter: ResamplingFilter
  /// What is seen through the transparent parts of PNG images.
  public var background: ImageBackground
  /// What the axes of an array are; nil for images, rows, columns and, if there are any, channels.
  public var layout: ArrayLayout?

  /// A preparation; nothing is changed if nothing is said.
  /// - Precondition: a size of 1×1 or more, 1 or 3 channels.
  public init(
    size: Tensor.Size2D? = nil, crop: Crop = .none, channels: Int? = nil, filter: ResamplingFilter = .bicubic,
    background: ImageBackground = .black, layout: ArrayLayout? = nil
  ) {
    require(
      size.map { $0.height >= 1 && $0.width >= 1 } ?? true && [nil, 1, 3].contains(channels),
      "ImagePreparation: a size of \(size?.description ?? "") and \(channels ?? 0) channels; 1 or 3 are needed")
    (self.size, self.crop, self.channels, self.filter) = (size, crop, channels, filter)
    (self.background, self.layout) = (background, layout)
  }

  /// Images as they should be; ``ImageSet/preparedCount`` says how many were something else.
  public func callAsFunction(_ images: ImageSet) -> ImageSet {
    var prepared = channels.map { images.withChannels($0) } ?? images
    if let size {
      if crop == .centre { prepared = prepared.middle(as: size) }
      prepared = prepared.resized(height: size.height, width: size.width, filter: filter)
    }
    if prepared.sampleShape != images.sampleShape { prepared.preparedCount = images.count }
    return prepared
  }

  /// An image as it should be.
  func callAsFunction(_ image: DecodedImage) -> DecodedImage {
    if size == nil, channels == nil || channels == image.channels { return image }
    let prepared = self(ImageSet(image))
    return DecodedImage(
      pixels: prepared.pixels, height: prepared.height, width: prepared.width, channels: prepared.channels,
      isTransparent: image.isTransparent)
  }
}

extension ImageSet {
  /// These images in grey or in colour, with 1 or 3 channels; images of other numbers stay as they are.
  ///
  /// Grey is the brightness of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue.
  func withChannels(_ new: Int) -> ImageSet {
    guard new != channels, channels == 1 || channels == 3 else { return self }
    let result: [UInt8]
    if new == 3 {
      result = pixels.flatMap { repeatElement($0, count: 3) }
    } else {
      result = (0..<pixels.count / 3).map { pixel in
        let (red, green, blue) = (Int(pixels[3 * pixel]), Int(pixels[3 * pixel + 1]), Int(pixels[3 * pixel + 2]))
        // The factors with 16 bits after the point.
        return UInt8((red * 19595 + green * 38470 + blue * 7471 + 1 << 15) >> 16)
      }
    }
    return derived(result, count, height, width, new, labels)
  }

  /// The largest part in the middle of each image that has the shape of `size`.
  func middle(as size: Tensor.Size2D) -> ImageSet {
    let wide = width * size.height > height * size.width
    let newHeight = wide ? height : max(1, width * size.height / size.width)
    let newWidth = wide ? max(1, height * size.width / size.height) : width
    return cropped(
      top: (height - newHeight) / 2, left: (width - newWidth) / 2, height: newHeight, width: newWidth)
  }
}
