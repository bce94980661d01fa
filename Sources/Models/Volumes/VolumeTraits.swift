import Datasets
import Layers
import Tensor
import Training

/// What some volumes are like.
struct VolumeTraits {
  /// How much of each is full.
  private(set) var filled: [Double] = []
  /// The share of those that hold one object.
  private(set) var connected = 0.0

  /// What `count` volumes are like that are there a batch at a time.
  private init(of count: Int, _ shape: Tensor.Shape, _ volumes: (Range<Int>) -> Tensor) {
    let size = InferenceBatch.size(shape, scalars: 64 << 12)
    for start in stride(from: 0, to: count, by: size) {
      let places = start..<min(count, start + size)
      let batch = volumes(places)
      filled += VolumeFigures.filledShares(of: batch)
      connected += VolumeFigures.shareConnected(of: batch) * Double(places.count) / Double(count)
    }
  }

  /// What the volumes of a source are like, and as many samples of a model.
  static func both(
    of source: any SampleSource, samplesOf model: some LatentDecoding, with state: State
  ) -> (real: VolumeTraits, made: VolumeTraits) {
    let count = min(most, source.count)
    let real = VolumeTraits(of: count, source.sampleShape) { source.batch(at: Array($0)).samples }
    let made = VolumeTraits(of: count, source.sampleShape) { places in
      var random = SampleRandom(RandomGenerator(seed: 0), places: places)
      return model.sample(places.count, given: .none, with: state, using: &random)
    }
    return (real, made)
  }

  private static let most = 400

  /// What the figures are called that all models of volumes tell.
  enum Metric {
    static let connected = "connected"
    static let connectedData = "connected_of_data"
  }
}
