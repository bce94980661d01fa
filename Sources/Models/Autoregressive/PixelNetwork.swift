import Datasets
import LatentSystem
import Layers
import Tensor
import Training

/// A network that tells the distribution of every pixel of an image from the pixels before it, in some order.
public protocol PixelNetwork: Sendable {
  /// The logits of all pixels: `[N, H, W, channels]` → `[N, H, W, logits]`. Those of a pixel depend on the pixels before
  /// it alone.
  func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor

  /// What makes images a pixel after the other, and recomputes only what a new pixel changes.
  ///
  /// - Parameters:
  ///   - size: of an image.
  ///   - count: how many images are made at once.
  ///   - condition: what each is.
  ///   - context: for inference.
  func scan(_ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context) -> any PixelScan
}

/// Images that a ``PixelNetwork`` makes a pixel after the other, with what it has computed so far.
///
/// For each place of ``order``, the logits are asked for, then the pixel is filled in.
public protocol PixelScan {
  /// The places of all pixels, `row * width + column`, in the order in which they are made.
  var order: [Int] { get }

  /// The logits of the next pixel, to the last bit those of a pass over the whole images: `[N, logits]`.
  /// - Precondition: `place` is the next one of ``order``, and those before it are filled.
  mutating func logits(at place: Int) -> Tensor

  /// Fills the pixel with what the network sees of it, `[N, channels]`.
  mutating func fill(_ place: Int, with input: Tensor)
}

/// The plain way: a pass over the whole images for each pixel.
///
/// It takes a thousand times as long, needs nothing but the network and is what other scans are compared with.
public struct WholeImageScan: PixelScan {
  private let network: any PixelNetwork
  private let condition: Condition
  private let context: Context
  private var input: Tensor
  public let order: [Int]

  /// - Parameters:
  ///   - network: gives the logits.
  ///   - size: of an image.
  ///   - count: how many images.
  ///   - channels: of the network's input.
  ///   - order: of the pixels; row by row if nil.
  ///   - condition: what each image is.
  ///   - context: for inference.
  public init(
    _ network: any PixelNetwork, _ size: Tensor.Size2D, count: Int, channels: Int, order: [Int]? = nil,
    given condition: Condition, in context: Context
  ) {
    self.network = network
    self.condition = condition
    self.context = context
    input = .zeros([count, size.height, size.width, channels])
    self.order = order ?? Array(0..<size.height * size.width)
  }

  public mutating func logits(at place: Int) -> Tensor {
    let logits = network(input, given: condition, in: context)
    return logits[.all, place / input.shape[2], place % input.shape[2]]
  }

  public mutating func fill(_ place: Int, with input: Tensor) {
    self.input[.all, place / self.input.shape[2], place % self.input.shape[2]] = input
  }
}

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
  ///   - progress: is called after each row's worth of pixels with the share that is done. What it throws ends the
  ///     drawing.
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

/// The pixels of some images that are known beforehand.
private struct KnownPixels {
  private let places: [Int]
  private let mask: [Float]
  private let pixels: Int

  init(_ start: PartialSamples, _ values: PixelValues, count: Int, pixels: Int) {
    require(
      start.samples.scalarCount == count * pixels,
      "sample: \(count) images of \(pixels) pixels continue partial ones of shape \(start.samples.shape)")
    // What is not known may be anything.
    let known = Tensor.where(start.mask, start.samples, else: Tensor(0))
    values.check(known, "sample")
    places = values.places(of: known)
    mask = start.mask.scalars
    self.pixels = pixels
  }

  /// Puts what is known of the pixel at `place` of each image in place of what was drawn.
  func replace(_ drawn: inout [Int], at place: Int) {
    for image in drawn.indices where mask[image * pixels + place] == 1 {
      drawn[image] = places[image * pixels + place]
    }
  }
}
