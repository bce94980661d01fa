import Datasets
import LatentSystem
import Tensor
import Training

extension ModeCoverage {
  /// Which modes of stacked images (``StackedImages``) a model's samples hit: the combinations of the classes that a judge
  /// of single images sees in the channels. One sample is a hit, and each is of some mode.
  ///
  /// With three channels of digits there are 1,000 modes. The literature looks at 26,000 samples, of which a perfect
  /// generator of evenly frequent modes misses none and has a divergence of 0.019 nats from uniform.
  ///
  /// - Parameters:
  ///   - count: of samples.
  ///   - model: makes them, `[height, width, channels]` each.
  ///   - judge: a classifier of `[height, width, 1]`.
  ///   - seed: decides the samples.
  ///   - body: is given each batch `[n, height, width, channels]` as well.
  /// - Throws: ``CapabilityError`` if the judge knows no classes, or images of another size, or there are too many modes;
  ///   whatever `body` throws.
  ///
  /// Reference: Metz et al., arXiv:1611.02163, section 3.3.1; Srivastava et al., arXiv:1705.07761; Lin et al., "PacGAN: the
  /// power of two samples in generative adversarial networks", arXiv:1712.04086, section 4.2.
  public init(
    ofStacked count: Int, from model: TrainedModel, judge: Judge, seed: UInt64 = 0,
    _ body: (Tensor) throws -> Void = { _ in }
  ) throws {
    guard let classCount = judge.classCount else {
      throw CapabilityError("\(judge.trained.kind) cannot tell modes: it knows no classes")
    }
    var histogram: [Int] = []
    try model.forEachBatch(of: count, seed: seed) { batch in
      if histogram.isEmpty { histogram = try Self.noHits(classCount, channels: batch.shape[-1]) }
      for mode in try judge.modes(ofStacked: batch, classCount: classCount) { histogram[mode] += 1 }
      try body(batch)
    }
    self.init(histogram: histogram, sampleCount: count)
  }

  private static func noHits(_ classCount: Int, channels: Int) throws -> [Int] {
    var modes = 1
    for _ in 0..<channels where modes <= mostModes { modes *= classCount }
    guard modes <= mostModes else {
      throw CapabilityError("images of \(channels) channels of \(classCount) classes have more than \(mostModes) modes")
    }
    return [Int](repeating: 0, count: modes)
  }

  private static let mostModes = 1_000_000
}

extension Judge {
  /// The mode of each image: the number whose digits, to the base of the number of classes, are the classes of the
  /// channels, `[N, height, width, channels]` → N numbers.
  func modes(ofStacked images: Tensor, classCount: Int) throws -> [Int] {
    let (count, channels) = (images.shape[0], images.shape[-1])
    let single = images.permuted([0, 3, 1, 2])
      .reshaped(to: [count * channels, images.shape[1], images.shape[2], 1])
    let seen = try view(of: single)
    let classes = requireSome(seen.classes, "Judge: a judge with classes tells none")
    return (0..<count).map { sample in
      classes[sample * channels..<(sample + 1) * channels].reduce(0) { $0 * classCount + $1 }
    }
  }
}
