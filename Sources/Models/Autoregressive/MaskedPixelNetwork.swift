import Datasets
import LatentSystem
import Layers
import Tensor

/// The network of a MADE: dense layers whose weights are masked so that a pixel's logits depend on the pixels before it in
/// an order. The same weights serve several orders, each with masks of its own.
///
/// Masks follow from the orders and are made when they are first used. They are kept but where each of several orders has
/// one of its own: those are made again in each step, as thousands of orders would be more than fits into memory, and a
/// comparison of degrees costs little beside the products of the step. A class is a bias of the first hidden layer.
///
/// Reference: Germain et al., "MADE: masked autoencoder for distribution estimation", arXiv:1502.03509.
public final class MaskedPixelNetwork: Module {
  /// From pixels through the hidden layers to logits.
  let layers: [MaskedPixelLayer]
  /// From pixels straight to logits.
  let direct: MaskedPixelLayer?
  let classes: Embedding?
  /// For each order the degrees of the pixels, 1 for the first one.
  let pixelDegrees: [MaskDegrees]
  /// The degrees of the units of each hidden layer.
  let hiddenDegrees: [MaskDegrees]
  let logitsPerPixel: Int

  /// - Parameters:
  ///   - orders: of the pixels, each a permutation of their places.
  ///   - hiddenSizes: units of the hidden layers.
  ///   - logitsPerPixel: numbers for each pixel.
  ///   - isDirect: whether pixels are connected straight to logits too.
  ///   - classCount: how many classes it is told, if any.
  public init(
    orders: [[Int]], hiddenSizes: [Int], logitsPerPixel: Int, isDirect: Bool, classCount: Int? = nil
  ) {
    require(!orders.isEmpty, "MaskedPixelNetwork: no order of the pixels; at least one is needed")
    pixelDegrees = orders.map(Self.degrees)
    let pixels = pixelDegrees[0]
    // With a class, units of degree 0 see that alone: through them it reaches the first pixel.
    let hidden = hiddenSizes.map { MaskDegrees.hidden($0, of: pixels.count, first: classCount == nil ? 1 : 0) }
    hiddenDegrees = hidden
    self.logitsPerPixel = logitsPerPixel
    let isOnlyOrder = orders.count == 1
    layers = ([pixels] + hidden).enumerated().map { index, source in
      index < hidden.count
        ? MaskedPixelLayer(from: source, to: hidden[index], keepsMask: isOnlyOrder || index > 0)
        : MaskedPixelLayer(from: source, toLogitsOf: pixels, logitsPerPixel, keepsMask: isOnlyOrder)
    }
    direct =
      isDirect
      ? MaskedPixelLayer(
        from: pixels, toLogitsOf: pixels, logitsPerPixel, hasBias: false, keepsMask: isOnlyOrder) : nil
    let firstSize = layers[0].weight.shape[1]
    classes = classCount.map {
      Embedding(count: $0, size: firstSize, initializer: .normal(standardDeviation: 0.1))
    }
  }

  private static func degrees(_ order: [Int]) -> MaskDegrees {
    var degrees = [Int](repeating: 0, count: order.count)
    for (done, place) in order.enumerated() {
      require(
        degrees.indices.contains(place) && degrees[place] == 0, "MaskedPixelNetwork: an order names each place once")
      degrees[place] = done + 1
    }
    return MaskDegrees(degrees)
  }

  /// The weight of each of ``layers`` in an order, with zeros where it must not be used.
  func weight(ofLayer index: Int, order: Int, in context: Context) -> Tensor {
    layers[index].maskedWeight(
      from: index == 0 ? pixelDegrees[order] : hiddenDegrees[index - 1],
      to: index == layers.count - 1 ? pixelDegrees[order] : hiddenDegrees[index], in: context)
  }

  /// The weight straight to logits in an order, with zeros where it must not be used; nil if there is none.
  func directWeight(order: Int, in context: Context) -> Tensor? {
    direct?.maskedWeight(from: pixelDegrees[order], to: pixelDegrees[order], in: context)
  }

  /// The logits of all pixels in an order: `[N, pixels]` → `[N, logitsPerPixel · pixels]`, the first logit of each pixel,
  /// then the second, and so on.
  func logits(_ pixels: Tensor, order: Int, given condition: Condition, in context: Context) -> Tensor {
    var result = pixels
    for (index, layer) in layers.enumerated() {
      result = layer(result, weight: weight(ofLayer: index, order: order, in: context), in: context)
      if index == 0, let classes { result = result + classes(condition.labels ?? [], in: context) }
      if index < layers.count - 1 { result = result.relu() }
    }
    guard let direct, let weight = directWeight(order: order, in: context) else { return result }
    return result + direct(pixels, weight: weight, in: context)
  }
}

/// A dense layer whose mask follows from the degrees of its inputs and outputs: one that it keeps, or that of the degrees
/// which it is told.
final class MaskedPixelLayer: Module {
  /// `[in, out]`.
  let weight: Parameter
  /// `[out]`.
  let bias: Parameter?
  /// The mask that the layer keeps; empty where each of several orders has another.
  let transforms: [WeightMask]
  /// Whether an output sees no input of its own degree.
  private let isStrict: Bool
  /// How many outputs there are for each degree that is told.
  private let repetitions: Int

  /// A layer to hidden units.
  convenience init(from inputs: MaskDegrees, to outputs: MaskDegrees, keepsMask: Bool) {
    self.init(inputs, outputs, repetitions: 1, isStrict: false, hasBias: true, keepsMask: keepsMask)
  }

  /// A layer to so many logits of each pixel, of which there are as many as `pixels` has degrees.
  convenience init(
    from inputs: MaskDegrees, toLogitsOf pixels: MaskDegrees, _ logitsPerPixel: Int, hasBias: Bool = true,
    keepsMask: Bool
  ) {
    self.init(inputs, pixels, repetitions: logitsPerPixel, isStrict: true, hasBias: hasBias, keepsMask: keepsMask)
  }

  /// A layer whose first values suit the number of inputs that an output sees, on average.
  private init(
    _ inputs: MaskDegrees, _ outputs: MaskDegrees, repetitions: Int, isStrict: Bool, hasBias: Bool, keepsMask: Bool
  ) {
    let outputCount = outputs.count * repetitions
    let connections = Double(inputs.connectionCount(to: outputs, isStrict: isStrict) * repetitions)
    func share(_ units: Int) -> Int { max(1, Int((connections / Double(units)).rounded())) }
    let fan = Fan(in: share(outputCount), out: share(inputs.count))
    weight = Parameter([inputs.count, outputCount], .networkWeight, fan: fan)
    bias = hasBias ? Parameter([outputCount], .networkBias, fan: fan) : nil
    (self.isStrict, self.repetitions) = (isStrict, repetitions)
    transforms =
      keepsMask
      ? [WeightMask(weight.shape) { inputs.mask(to: outputs.repeated(repetitions), isStrict: isStrict) }] : []
  }

  /// - Parameter weight: of ``maskedWeight(from:to:in:)``.
  func callAsFunction(_ input: Tensor, weight: Tensor, in context: Context) -> Tensor {
    let product = input.matmul(weight)
    return bias.map { product + context[$0] } ?? product
  }

  /// The weight with zeros where it must not be used.
  ///
  /// - Parameters:
  ///   - inputs: the degrees of the inputs, those that the layer was made with if it keeps its mask.
  ///   - outputs: those of the outputs, one for all logits of a pixel.
  func maskedWeight(from inputs: MaskDegrees, to outputs: MaskDegrees, in context: Context) -> Tensor {
    transforms.isEmpty
      ? context[weight] * inputs.mask(to: outputs.repeated(repetitions), isStrict: isStrict)
      : context[weight, through: transforms]
  }
}

/// A ``MaskedPixelNetwork`` with one of its orders.
struct OrderedPixelNetwork: PixelNetwork {
  let network: MaskedPixelNetwork
  let order: Int

  func callAsFunction(_ input: Tensor, given condition: Condition, in context: Context) -> Tensor {
    let (count, height, width) = (input.shape[0], input.shape[1], input.shape[2])
    let logits = network.logits(input.flattened(), order: order, given: condition, in: context)
    let perPixel = network.logitsPerPixel
    return logits.reshaped(to: [count, perPixel, height * width]).permuted([0, 2, 1])
      .reshaped(to: [count, height, width, perPixel])
  }

  func scan(_ size: Tensor.Size2D, count: Int, given condition: Condition, in context: Context) -> any PixelScan {
    MaskedPixelScan(network, order: order, count: count, given: condition, in: context)
  }
}
