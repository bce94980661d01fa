import Datasets
import Layers
import Tensor

/// Images that a MADE makes: a unit of a hidden layer is computed once, when the last pixel that it sees is there.
///
/// All of an image's pixels together take about one pass. A unit's sum goes over all units before it, with zeros for those
/// that its mask forbids, so it is made in the same order as in that of the whole image.
struct MaskedPixelScan: PixelScan {
  /// The units of a layer by degree: what makes them, and where they are.
  private struct Units {
    let places: [Int]
    /// `[in, units]`.
    let weight: Tensor
    /// `[units]`, with a class `[N, units]`.
    let bias: Tensor
  }

  private let network: MaskedPixelNetwork
  /// The degrees of the pixels.
  private let degrees: [Int]
  /// From the last hidden layer to logits.
  private let lastWeight: Tensor
  private let lastBias: Tensor
  /// From pixels straight to logits.
  private let directWeight: Tensor?
  /// Pixels, and what the hidden layers made of them, `[N, units]` each: 0 where something is missing.
  private var activations: [Tensor]
  /// For each hidden layer and degree the units.
  private let units: [[Int: Units]]
  let order: [Int]

  init(
    _ network: MaskedPixelNetwork, order: Int, count: Int, given condition: Condition, in context: Context
  ) {
    let last = network.layers.count - 1
    func bias(ofLayer index: Int) -> Tensor { network.layers[index].bias.map { context[$0] } ?? Tensor(0) }
    units = network.hiddenDegrees.indices.map { layer in
      let (weight, bias) = (network.weight(ofLayer: layer, order: order, in: context), bias(ofLayer: layer))
      var places: [Int: [Int]] = [:]
      for (place, degree) in network.hiddenDegrees[layer].values.enumerated() {
        places[degree, default: []].append(place)
      }
      return places.mapValues { places in
        Units(
          places: places, weight: weight.gathered(at: places, axis: 1), bias: bias.gathered(at: places))
      }
    }
    classBiases = network.classes.map { $0(condition.labels ?? [], in: context) }
    lastWeight = network.weight(ofLayer: last, order: order, in: context)
    lastBias = bias(ofLayer: last)
    directWeight = network.directWeight(order: order, in: context)
    degrees = network.pixelDegrees[order].values
    activations = network.layers.map { .zeros([count, $0.weight.shape[0]]) }
    self.network = network
    var places = degrees
    for (place, degree) in degrees.enumerated() { places[degree - 1] = place }
    self.order = places
    compute(degree: 0)
  }

  /// What a class adds to the first hidden layer, `[N, units]`.
  private let classBiases: Tensor?

  mutating func logits(at place: Int) -> Tensor {
    let columns = (0..<network.logitsPerPixel).map { $0 * degrees.count + place }
    let product = activations[activations.count - 1].matmul(lastWeight.gathered(at: columns, axis: 1))
    let result = product + lastBias.gathered(at: columns)
    return directWeight.map { result + activations[0].matmul($0.gathered(at: columns, axis: 1)) } ?? result
  }

  mutating func fill(_ place: Int, with input: Tensor) {
    activations[0][.all, place] = input.reshaped(to: [input.shape[0]])
    compute(degree: degrees[place])
  }

  /// Computes the hidden units that see the pixels up to the given degree.
  private mutating func compute(degree: Int) {
    for layer in units.indices {
      guard let units = units[layer][degree] else { continue }
      var values = activations[layer].matmul(units.weight) + units.bias
      if layer == 0, let classBiases { values = values + classBiases.gathered(at: units.places, axis: 1) }
      let (rectified, width, count) = (values.relu(), activations[layer + 1].shape[1], units.places.count)
      activations[layer + 1].withMutableScalars { target in
        rectified.withScalars { source in
          for row in 0..<rectified.shape[0] {
            for (index, place) in units.places.enumerated() {
              target[row * width + place] = source[row * count + index]
            }
          }
        }
      }
    }
  }
}
