import Datasets
import LatentSystem
import Layers
import Tensor

/// The network of a MADE: dense layers whose weights are masked so that a pixel's logits depend on the pixels before it in
/// an order. The same weights serve several orders, each with masks of its own.
///
/// Masks follow from the orders and are made when they are used. A class is a bias of the first hidden layer.
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
    let pixels = orders[0].count
    // With a class, units of degree 0 see that alone: through them it reaches the first pixel.
    let hidden = hiddenSizes.map { MaskDegrees.hidden($0, of: pixels, first: classCount == nil ? 1 : 0) }
    hiddenDegrees = hidden
    self.logitsPerPixel = logitsPerPixel
    let degrees = [pixelDegrees[0]] + hidden + [pixelDegrees[0].repeated(logitsPerPixel)]
    layers = (1..<degrees.count).map {
      MaskedPixelLayer(from: degrees[$0 - 1], to: degrees[$0], isStrict: $0 == degrees.count - 1)
    }
    direct =
      isDirect
      ? MaskedPixelLayer(from: degrees[0], to: degrees[degrees.count - 1], isStrict: true, hasBias: false) : nil
    classes = classCount.map {
      Embedding(count: $0, size: degrees[1].count, initializer: .normal(standardDeviation: 0.1))
    }
  }

  private static func degrees(_ order: [Int]) -> MaskDegrees {
    require(order.sorted() == Array(order.indices), "MaskedPixelNetwork: an order names each place once")
    var degrees = order
    for (done, place) in order.enumerated() { degrees[place] = done + 1 }
    return MaskDegrees(degrees)
  }

  /// The degrees of the units of all layers, pixels and logits included, for an order.
  func degrees(_ order: Int) -> [MaskDegrees] {
    [pixelDegrees[order]] + hiddenDegrees + [pixelDegrees[order].repeated(logitsPerPixel)]
  }

  /// The logits of all pixels in an order: `[N, pixels]` → `[N, logitsPerPixel · pixels]`, the first logit of each pixel,
  /// then the second, and so on.
  func logits(_ pixels: Tensor, order: Int, given condition: Condition, in context: Context) -> Tensor {
    let degrees = degrees(order)
    var result = pixels
    for (index, layer) in layers.enumerated() {
      result = layer(result, from: degrees[index], to: degrees[index + 1], in: context)
      if index == 0, let classes { result = result + classes(condition.labels ?? [], in: context) }
      if index < layers.count - 1 { result = result.relu() }
    }
    guard let direct else { return result }
    return result + direct(pixels, from: degrees[0], to: degrees[degrees.count - 1], in: context)
  }
}

/// A dense layer whose mask follows from degrees that are given with its input.
final class MaskedPixelLayer: Module {
  /// `[in, out]`.
  let weight: Parameter
  /// `[out]`.
  let bias: Parameter?
  /// Whether an output sees no input of its own degree.
  let isStrict: Bool

  /// A layer whose first values suit the number of inputs that an output sees, on average.
  init(from inputs: MaskDegrees, to outputs: MaskDegrees, isStrict: Bool, hasBias: Bool = true) {
    let connections = Double(inputs.mask(to: outputs, isStrict: isStrict).sum().scalar)
    func share(_ units: Int) -> Int { max(1, Int((connections / Double(units)).rounded())) }
    let fan = Fan(in: share(outputs.count), out: share(inputs.count))
    weight = Parameter([inputs.count, outputs.count], .networkWeight, fan: fan)
    bias = hasBias ? Parameter([outputs.count], .networkBias, fan: fan) : nil
    self.isStrict = isStrict
  }

  func callAsFunction(
    _ input: Tensor, from inputs: MaskDegrees, to outputs: MaskDegrees, in context: Context
  ) -> Tensor {
    let product = input.matmul(maskedWeight(from: inputs, to: outputs, in: context))
    return bias.map { product + context[$0] } ?? product
  }

  /// The weight with zeros where it must not be used.
  func maskedWeight(from inputs: MaskDegrees, to outputs: MaskDegrees, in context: Context) -> Tensor {
    func row(_ degrees: MaskDegrees) -> Tensor { Tensor(degrees.values.map { Float($0) }) }
    let (from, to) = (row(inputs).expanded(axis: 1), row(outputs).expanded(axis: 0))
    return context[weight] * (isStrict ? from .< to : from .<= to)
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
