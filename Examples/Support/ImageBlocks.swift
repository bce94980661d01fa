import Latent

/// Sets of images side by side in one picture, so that images at the same place of each can be compared.
public enum ImageBlocks {
  /// Writes a picture with a block of eight images a row for each set, and a grey column between them.
  ///
  /// All blocks have the rows of the smallest, the last of which may have free places where the sets differ in size or
  /// are no multiple of eight.
  ///
  /// - Parameter sets: one at least, all of images of one shape.
  /// - Throws: ``FileError`` if the picture cannot be written.
  public static func write(_ sets: [ImageSet], to path: String) throws {
    guard let first = sets.first else { return }
    let rows = sets.map { ($0.count + side - 1) / side }.min() ?? 1
    let grey = Tensor(repeating: 0.375, shape: [1, first.height, first.width, first.channels])
    var images: [Tensor] = []
    for row in 0..<rows {
      for (index, set) in sets.enumerated() {
        if index > 0 { images.append(grey) }
        let places = row * side..<min(set.count, (row + 1) * side)
        images.append(set.batch(at: Array(places)).samples)
        images += Array(repeating: grey, count: side - places.count)
      }
    }
    try PNG.writeGrid(ImageSet(Tensor.concatenated(images)), columns: sets.count * (side + 1) - 1, to: path)
  }

  private static let side = 8
}
