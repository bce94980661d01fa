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
  private let degrees: [MaskDegrees]
  private let weights: [Tensor]
  private let directWeight: Tensor?
  private let biases: [Tensor]
  /// Pixels, and what the hidden layers made of them, `[N, units]` each: 0 where something is missing.
  private var activations: [Tensor]
  /// For each hidden layer and degree the units.
  private let units: [[Int: Units]]
  let order: [Int]

  init(
    _ network: MaskedPixelNetwork, order: Int, count: Int, given condition: Condition, in context: Context
  ) {
    let degrees = network.degrees(order)
    func masked(_ layer: MaskedPixelLayer, _ from: Int, _ to: Int) -> Tensor {
      layer.maskedWeight(from: degrees[from], to: degrees[to], in: context)
    }
    let weights = network.layers.enumerated().map { masked($1, $0, $0 + 1) }
    let biases = network.layers.map { $0.bias.map { context[$0] } ?? Tensor(0) }
    let classBias = network.classes.map { $0(condition.labels ?? [], in: context) }
    units = network.hiddenDegrees.indices.map { layer in
      var places: [Int: [Int]] = [:]
      for (place, degree) in network.hiddenDegrees[layer].values.enumerated() {
        places[degree, default: []].append(place)
      }
      return places.mapValues { places in
        Units(
          places: places, weight: weights[layer].gathered(at: places, axis: 1),
          bias: biases[layer].gathered(at: places))
      }
    }
    classBiases = classBias
    directWeight = network.direct.map { masked($0, 0, degrees.count - 1) }
    activations = degrees.dropLast().map { .zeros([count, $0.count]) }
    (self.network, self.degrees, self.weights, self.biases) = (network, degrees, weights, biases)
    var places = degrees[0].values
    for (place, degree) in degrees[0].values.enumerated() { places[degree - 1] = place }
    self.order = places
    compute(degree: 0)
  }

  /// What a class adds to the first hidden layer, `[N, units]`.
  private let classBiases: Tensor?

  mutating func logits(at place: Int) -> Tensor {
    let columns = (0..<network.logitsPerPixel).map { $0 * degrees[0].count + place }
    let last = network.layers.count - 1
    let product = activations[last].matmul(weights[last].gathered(at: columns, axis: 1))
    let result = product + biases[last].gathered(at: columns)
    return directWeight.map { result + activations[0].matmul($0.gathered(at: columns, axis: 1)) } ?? result
  }

  mutating func fill(_ place: Int, with input: Tensor) {
    activations[0][.all, place] = input.reshaped(to: [input.shape[0]])
    compute(degree: degrees[0].values[place])
  }

  /// Computes the hidden units that see the pixels up to the given degree.
  private mutating func compute(degree: Int) {
    for layer in units.indices {
      guard let units = units[layer][degree] else { continue }
      var values = activations[layer].matmul(units.weight) + units.bias
      if layer == 0, let classBiases { values = values + classBiases.gathered(at: units.places, axis: 1) }
      let (rectified, width, count) = (values.relu(), degrees[layer + 1].count, units.places.count)
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
