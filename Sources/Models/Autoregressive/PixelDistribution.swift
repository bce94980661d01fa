import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A distribution of images whose pixels follow from those before them: what a ``PixelNetwork`` gives.
public struct PixelDistribution: Sendable {
  /// Tells the distribution of each pixel.
  public let network: any PixelNetwork
  /// What a pixel can be.
  public let values: PixelValues
  /// Of an image.
  public let size: Tensor.Size2D

  /// A distribution of images of one size.
  public init(_ network: any PixelNetwork, values: PixelValues, size: Tensor.Size2D) {
    self.network = network
    self.values = values
    self.size = size
  }

  /// The shape of an image.
  public var sampleShape: Tensor.Shape { [size.height, size.width, 1] }

  /// The negative logarithm of the probability of each image in nats: `[N, H, W, 1]` → `[N]`.
  public func negativeLogLikelihood(of images: Tensor, given condition: Condition, in context: Context) -> Tensor {
    require(
      images.rank == 4 && Array(images.shape.sizes.dropFirst()) == sampleShape.sizes,
      "negativeLogLikelihood: images of shape \(images.shape), expected [N] + \(sampleShape)")
    values.check(images, "negativeLogLikelihood")
    let input = values.input(of: images)
    return values.negativeLogLikelihood(
      of: images, seenAs: input, given: network(input, given: condition, in: context))
  }

  /// Images drawn from the distribution, `[count, H, W, 1]`.
  ///
  /// - Parameters:
  ///   - start: pixels that are known.
  ///   - condition: what each image is.
  ///   - context: for inference.
  ///   - random: gives each image as many numbers as it has pixels, or twice as many.
  ///   - progress: is called before each row's worth of pixels and at the end with the share that is done. What it throws
  ///     ends the drawing.
  public func sample(
    _ count: Int, continuing start: PartialSamples? = nil, given condition: Condition = .none, in context: Context,
    using random: inout SampleRandom, progress: (Double) throws -> Void
  ) rethrows -> Tensor {
    let draws = random.uniform([count, size.height * size.width, values.drawsPerPixel])
    return try sample(from: draws, continuing: start, given: condition, in: context, progress: progress)
  }

  /// Images drawn from given numbers in 0..<1, `[N, pixels, drawsPerPixel]` → `[N, H, W, 1]`.
  func sample(
    from draws: Tensor, continuing start: PartialSamples?, given condition: Condition, in context: Context,
    progress: (Double) throws -> Void
  ) rethrows -> Tensor {
    let (count, pixels) = (draws.shape[0], draws.shape[1])
    var scan = network.scan(size, count: count, given: condition, in: context)
    let known = start.map { KnownPixels($0, values, count: count, pixels: pixels) }
    var samples = Tensor.zeros([count, pixels])
    for (done, place) in scan.order.enumerated() {
      if done % size.width == 0 { try progress(Double(done) / Double(pixels)) }
      var drawn = values.drawn(from: scan.logits(at: place), draws[.all, place].scalars)
      known?.replace(&drawn, at: place)
      let column = Tensor(values.scalars(at: drawn), shape: [count, 1, 1, 1])
      samples[.all, place] = column.reshaped(to: [count])
      scan.fill(place, with: values.input(of: column).reshaped(to: [count, values.inputChannels]))
    }
    try progress(1)
    return samples.reshaped(to: Tensor.Shape([count] + sampleShape.sizes))
  }
}
