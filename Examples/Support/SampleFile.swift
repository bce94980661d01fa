import Latent

/// A file of samples, in the format its name asks for.
public struct SampleFile {
  private enum Format: String, CaseIterable {
    case png = ".png"
    case numpy = ".npy"
    case idx = ".idx"
    case compressedIDX = ".idx.gz"
  }

  private let path: String
  private let format: Format

  /// - Throws: ``UsageError`` if the name ends in none of `.png`, `.npy`, `.idx` and `.idx.gz`.
  public init(_ path: String) throws {
    guard let format = Format.allCases.first(where: { path.hasSuffix($0.rawValue) }) else {
      throw UsageError("--out: expected a name that ends in .png, .npy, .idx or .idx.gz, found \"\(path)\"")
    }
    self.path = path
    self.format = format
  }

  /// Writes images `[N, H, W, C]` in 0...1: as a grid, as floats, or as bytes.
  ///
  /// - Parameter rows: of the grid; as many as make it about square if nil.
  /// - Throws: ``FileError`` if the file cannot be written.
  public func write(_ images: Tensor, rows: Int? = nil) throws {
    switch format {
    case .png:
      try PNG.writeGrid(ImageSet(images), columns: Self.columns(images.shape[0], rows), to: path)
    case .numpy:
      try NumPy.write(images.scalars, shape: images.shape.sizes, to: path)
    case .idx, .compressedIDX:
      let shape = images.shape[3] == 1 ? Array(images.shape.sizes.dropLast()) : images.shape.sizes
      try IDXFile.write(IDXArray(bytes: images.bytes, shape: shape), to: path)
    }
  }

  /// The smallest number of columns that makes the grid no taller than wide.
  private static func columns(_ count: Int, _ rows: Int?) -> Int {
    if let rows, rows > 1, count % rows == 0 { return count / rows }
    return (1...max(1, count)).first { $0 * $0 >= count } ?? 1
  }
}
