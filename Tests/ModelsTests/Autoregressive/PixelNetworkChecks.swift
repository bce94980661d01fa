import Datasets
import LatentTestSupport
import Layers
import Tensor
import Testing
import Training

@testable import Models

/// What holds for every network of pixels, whatever is in it.
struct PixelNetworkChecks {
  let name: String
  let network: any PixelNetwork
  let values: PixelValues
  let size: Tensor.Size2D
  let condition: Condition
  let context: Context
  /// The places of all pixels in the order in which they are made.
  var order: [Int] {
    network.scan(size, count: condition.count ?? 1, given: condition, in: context).order
  }

  private var pixels: Int { size.height * size.width }
  private var distribution: PixelDistribution { PixelDistribution(network, values: values, size: size) }

  /// Checks with first values that `seed` decides, larger than usual so that little cancels.
  init(
    _ name: String, _ network: any PixelNetwork & Module, values: PixelValues = .binary, _ size: Tensor.Size2D,
    condition: Condition = .none, seed: UInt64 = 3
  ) {
    var random = RandomGenerator(seed: seed)
    let structure = Network(network)
    var state = structure.initialState(using: &random)
    for name in state.names { state[name] = state[name].map { $0 * 2 } }
    self.init(name, network, values, size, condition, Context(structure, state, mode: .inference))
  }

  init(
    _ name: String, _ network: any PixelNetwork, _ values: PixelValues, _ size: Tensor.Size2D, _ condition: Condition,
    _ context: Context
  ) {
    (self.name, self.network, self.values, self.size) = (name, network, values, size)
    (self.condition, self.context) = (condition, context)
  }

  /// Images of random values.
  func images(_ count: Int, seed: UInt64 = 5) -> Tensor {
    var random = RandomGenerator(seed: seed)
    let places = Tensor.categorical(logits: .zeros([count * pixels, values.count]), using: &random)
    return Tensor(values.scalars(at: places), shape: [count, size.height, size.width, 1])
  }

  private func logits(_ input: Tensor) -> Tensor {
    network(input, given: condition.rows(at: condition == .none ? [] : [0]), in: context)
      .reshaped(to: [pixels, values.logitCount])
  }

  /// The logits up to a pixel keep their bits whatever is in it and after it.
  func pixelsAfterDoNotMatter() {
    let input = values.input(of: images(1))
    let (before, order) = (logits(input), order)
    for (done, place) in order.enumerated() {
      var poisoned = input
      for later in order[done...] { poisoned[0, later / size.width, later % size.width] = Tensor(1e6) }
      let after = logits(poisoned)
      for earlier in order[...done] {
        #expect(after[earlier].scalars == before[earlier].scalars, "\(name): pixel \(earlier) sees \(place) or later")
      }
    }
  }

  /// Every pixel's logits change with each of the pixels before it and with no other, for random weights.
  func pixelsBeforeMatter() {
    let (order, channels) = (order, values.inputChannels)
    var isSeen = [Bool](repeating: false, count: pixels * pixels)
    // Several images: a rectifier may be shut at one.
    for seed in 0..<8 as Range<UInt64> {
      let input = values.input(of: images(1, seed: seed)).recorded()
      let logits = logits(input)
      for place in 0..<pixels {
        let gradient = logits[place].sum().gradient(at: input).reshaped(to: [pixels, channels]).absolute().sum(axes: [1]
        )
        for (other, slope) in gradient.scalars.enumerated() where slope != 0 { isSeen[place * pixels + other] = true }
      }
    }
    for (done, place) in order.enumerated() {
      let seen = Set((0..<pixels).filter { isSeen[place * pixels + $0] })
      #expect(seen == Set(order[..<done]), "\(name): pixel \(place) sees \(seen.sorted())")
    }
  }

  /// Whether the first pixel's logits are the same for all images.
  func firstPixelKnowsNothing() {
    let first = order[0]
    let logits = [1, 2, 3].map { self.logits(values.input(of: images(1, seed: $0)))[first].scalars }
    #expect(logits[0] == logits[1] && logits[1] == logits[2], "\(name)")
  }

  /// The logits of a scan of given images have the bits of one pass, and so have the samples of both scans.
  func cachesAreExact(count: Int) {
    let own = self.condition.count ?? 1
    let condition = condition.rows(at: condition == .none ? [] : (0..<count).map { $0 % own })
    let input = values.input(of: images(count))
    let whole = network(input, given: condition, in: context)
    var scan = network.scan(size, count: count, given: condition, in: context)
    for place in scan.order {
      let (row, column) = (place / size.width, place % size.width)
      let (found, expected) = (scan.logits(at: place), whole[.all, row, column])
      #expect(found.shape == expected.shape && found.scalars == expected.scalars, "\(name): pixel \(place)")
      scan.fill(place, with: input[.all, row, column])
    }
    let plain = PixelDistribution(
      PlainNetwork(network: network, order: scan.order, channels: values.inputChannels), values: values, size: size)
    func samples(_ distribution: PixelDistribution) -> [Float] {
      var random = SampleRandom(RandomGenerator(seed: 8), places: 0..<count)
      return distribution.sample(count, given: condition, in: context, using: &random) { _ in }.scalars
    }
    #expect(samples(distribution) == samples(plain), "\(name)")
  }

  /// The probabilities of all images add up to 1.
  func probabilitiesAddUp() {
    let images = Self.allImages(size, values)
    let count = images.shape[0]
    let condition = condition.rows(at: condition == .none ? [] : Array(repeating: 0, count: count))
    let total = distribution.negativeLogLikelihood(of: images, given: condition, in: context)
      .scalars.reduce(0) { $0 + Double((-Tensor($1)).exp().scalar) }
    #expect(abs(total - 1) < 1e-4, "\(name): \(total)")
  }

  /// Every image of so many pixels: `[count, H, W, 1]`.
  static func allImages(_ size: Tensor.Size2D, _ values: PixelValues) -> Tensor {
    let pixels = size.height * size.width
    let count = (0..<pixels).reduce(1) { product, _ in product * values.count }
    let places = (0..<count).flatMap { image -> [Int] in
      var rest = image
      return (0..<pixels).map { _ in
        defer { rest /= values.count }
        return rest % values.count
      }
    }
    return Tensor(values.scalars(at: places), shape: [count, size.height, size.width, 1])
  }
}

extension PixelNetworkChecks: CustomTestStringConvertible {
  var testDescription: String { name }
}

/// A network without caches.
private struct PlainNetwork: PixelNetwork {
  let network: any PixelNetwork
  let order: [Int]
  let channels: Int

  func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor {
    network(input, given: condition, in: context)
  }

  func scan(_ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context) -> any PixelScan {
    WholeImageScan(network, size, count: count, channels: channels, order: order, given: condition, in: context)
  }
}
