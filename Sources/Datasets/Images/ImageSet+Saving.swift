import LatentFormats
import LatentSystem
import Tensor

extension ImageSet {
  /// Writes the images, and their labels if they have any, into a folder that ``load(_:split:limit:preparation:maximumSize:)`` reads:
  /// `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, or `t10k-…`, uncompressed IDX files as MNIST is published.
  ///
  /// Images of one channel are `[N, H, W]` in the file, others `[N, H, W, C]`. Labels above 255 take four bytes each. The
  /// labels are written first, so that images without theirs are never there.
  ///
  /// - Parameters:
  ///   - folder: where; it is made if it is not there. Files of these names are replaced.
  ///   - split: which part of the data set these images are.
  /// - Throws: ``FileError`` if a file cannot be written, or if there are labels in the folder that images without labels
  ///   would be taken to have.
  public func save(to folder: String, split: Split = .train) throws {
    try SystemFile.createFolder(folder)
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    if let labels {
      try IDXFile.write(
        IDXArray(integers: labels, shape: [count]), to: base + PublishedFiles.name(split, .labels))
    } else if let path = PublishedFiles(folder).path(split, .labels) {
      throw FileError(path: path, expected: "no labels beside images that have none", found: "a file of labels")
    }
    let shape = channels == 1 ? [count, height, width] : [count, height, width, channels]
    try IDXFile.write(IDXArray(bytes: pixels, shape: shape), to: base + PublishedFiles.name(split, .images))
  }

  /// The files that ``save(to:split:)`` writes into a folder, whether they are there or not.
  public static func savedFiles(in folder: String, split: Split) -> [String] {
    let base = folder.hasSuffix("/") ? folder : folder + "/"
    return PublishedFiles.Content.allCases.map { base + PublishedFiles.name(split, $0) }
  }
}
