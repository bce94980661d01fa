import Datasets
import Layers
import Tensor
import Training

/// Pictures of volumes in rows of eight.
enum VolumePreview {
  static let columns = 8
  private static let sampleRows = 5
  private static let pictureSize = 72

  /// Rows of given volumes, filled up with empty ones, and below them rows of samples.
  static func rows(
    _ given: [Tensor], samplesOf model: some LatentDecoding, with state: State, progress: (Double) throws -> Void
  ) throws -> Preview {
    var pictures: [ImageSet] = []
    let view = VolumeView(size: pictureSize)
    for volumes in given {
      let missing = columns - volumes.shape[0]
      let empty = Tensor.zeros(Tensor.Shape([missing] + volumes.shape.sizes.dropFirst()))
      pictures.append(try view.pictures(of: missing > 0 ? .concatenated([volumes, empty]) : volumes))
    }
    for row in 0..<sampleRows {
      try progress(Double(row) / Double(sampleRows))
      var random = SampleRandom(RandomGenerator(seed: 0), places: row * columns..<(row + 1) * columns)
      let samples = model.sample(columns, given: .none, with: state, using: &random)
      pictures.append(try view.pictures(of: samples))
    }
    return Preview(
      try ImageSet(pixels: pictures.flatMap(\.pixels), height: pictureSize, width: pictureSize), columns: columns)
  }
}
